"""Word forms that a pattern or a misspelt word stands for, found among all forms of a segment at once.

Patterns are searched in the dictionary's text as a whole, which costs a nanosecond a letter; similar words are first sifted
by which letters they have: an edit changes a word's set of letters by two at most, and `numpy` compares 100,000 sets in a
third of a millisecond.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np

from indexer.analysis.spelling import within_distance
from indexer.engines.whoosh.search.postings import TermLookup
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.segment import Segment

Forms = list[tuple[str, int]]

_MAX_OF_A_SEGMENT: Final = 4_000  # forms of one segment that are looked at one by one: the most frequent
_MAX_COMPARED: Final = 20_000  # words of a segment compared with a pattern that says little: the most frequent
_EXACT: Final = 200  # forms whose documents are counted one by one where some are deleted


def forms_matching(snapshot: Snapshot, prefix: str, pattern: re.Pattern[str] | None, limit: int) -> tuple[Forms, int]:
    """The most frequent forms that begin with `prefix` and that the pattern matches as a whole, and how many there are."""
    return _most_frequent(snapshot, ((s, _rows_matching(s, prefix, pattern)) for s in snapshot.segments), limit)


def forms_near(snapshot: Snapshot, form: str, distance: int, limit: int) -> tuple[Forms, int]:
    """The most frequent forms within this many edits, and how many there are."""
    return _most_frequent(snapshot, ((s, _rows_near(s, form, distance)) for s in snapshot.segments), limit)


def forms_from(snapshot: Snapshot, prefix: str, limit: int) -> Forms:
    """The first forms that begin with `prefix`, in order. Where documents are deleted and many forms are asked for, those of
    more than three documents are counted as the segments count them, until these are merged."""
    start, counts = prefix.encode("utf-8", "replace"), Counter[bytes]()
    for segment in snapshot.segments:
        first, last = segment.surfaces.beginning_with(start)
        last = min(last, first + limit)
        sizes = _sizes(segment, np.arange(first, last)).tolist()
        counts.update(dict(zip(segment.surfaces.words(first, last), sizes, strict=True)))
    return _living(snapshot, [(form, counts[form]) for form in sorted(counts)[:limit]])


def _rows_matching(segment: Segment, prefix: str, pattern: re.Pattern[str] | None) -> Array:
    surfaces = segment.surfaces
    first, last = surfaces.beginning_with(prefix.encode("utf-8", "replace"))
    rows = np.arange(first, last)
    if pattern is None or first == last:
        return rows
    if not prefix:
        rows = _rows_with_longest_piece(segment, pattern)
        if re.sub(r"\\(.)", r"\1", pattern.pattern) == f".*{_longest_piece(pattern)}.*":
            return rows
    if len(rows) > _MAX_COMPARED:
        sizes = _sizes(segment, rows)
        rows = np.sort(rows[np.argpartition(-sizes, _MAX_COMPARED)[:_MAX_COMPARED]])
    matches = pattern.fullmatch
    return rows[[matches(word.decode("utf-8", "replace")) is not None for word in surfaces.some(rows)]]


def _longest_piece(pattern: re.Pattern[str]) -> str:
    """What stands between wild cards."""
    pieces = re.split(r"(?<!\\)\.\*?", pattern.pattern)
    return max((re.sub(r"\\(.)", r"\1", piece) for piece in pieces), key=len)


def _rows_with_longest_piece(segment: Segment, pattern: re.Pattern[str]) -> Array:
    piece = _longest_piece(pattern).encode("utf-8", "replace")
    if not piece:
        return np.arange(segment.surfaces.count)
    text, ends = segment.surfaces.text_and_ends
    return np.unique(ends.searchsorted(_places(text, piece)))


def _places(text: Array, piece: bytes) -> Array:
    """Where the piece stands. Its first letters are compared as one number, with the text read from each of as many letters on:
    a third of the time of `bytes.find`."""
    width = 4 if len(piece) >= 4 else 2 if len(piece) > 1 else 1
    first = np.frombuffer(piece, f"<u{width}", 1)[0]
    data, found = text.data, []
    for start in range(min(width, len(text))):
        numbers = np.frombuffer(data, f"<u{width}", (len(text) - start) // width, start)
        at = (numbers == first).nonzero()[0]
        at *= width
        at += start
        found.append(at)
    places = np.concatenate(found) if found else np.zeros(0, "i8")
    for i, letter in enumerate(piece[width:], width):
        places = places[places + i < len(text)]
        places = places[text[places + i] == letter]
    return places


def _rows_near(segment: Segment, form: str, distance: int) -> Array:
    letters, lengths = segment.letters
    own = np.bitwise_or.reduce(_letter_bits(form)) if form else np.uint64(0)
    close = np.abs(lengths.astype("i2") - len(form)) <= distance
    close &= np.bitwise_count(letters ^ own) <= 2 * distance
    rows = np.flatnonzero(close)
    words = segment.surfaces.some(rows)
    return rows[[within_distance(word.decode("utf-8", "replace"), form, distance) for word in words]]


def _letter_bits(text: str) -> Array:
    return np.uint64(1) << (np.frombuffer(text.encode("utf-32-le", "replace"), "u4") & 63).astype("u8")


def _sizes(segment: Segment, rows: Array) -> Array:
    """How many documents hold each of these forms."""
    return segment.users.sizes(rows)


def _most_frequent(snapshot: Snapshot, found: Iterable[tuple[Segment, Array]], limit: int) -> tuple[Forms, int]:
    counts: Counter[bytes] = Counter()
    left_out = 0
    for segment, rows in found:
        sizes = _sizes(segment, rows)
        if len(rows) > _MAX_OF_A_SEGMENT:
            left_out += len(rows) - _MAX_OF_A_SEGMENT
            chosen = np.sort(np.argpartition(-sizes, _MAX_OF_A_SEGMENT)[:_MAX_OF_A_SEGMENT])
            rows, sizes = rows[chosen], sizes[chosen]
        counts.update(dict(zip(segment.surfaces.some(rows), sizes.tolist(), strict=True)))
    best = _living(snapshot, sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])
    total = len(counts) + left_out  # with those that only deleted documents have
    return sorted(best, key=lambda pair: (-pair[1], pair[0].encode())), total if total > limit else len(best)


def _living(snapshot: Snapshot, counts: list[tuple[bytes, int]]) -> Forms:
    """A form may have lost its last document, so where some are deleted small counts are worked out anew."""
    decoded = [(form.decode("utf-8", "replace"), count) for form, count in counts]
    if not snapshot.any_dead:
        return decoded
    lookup, most = TermLookup(snapshot), snapshot.size if len(counts) <= _EXACT else 3
    exact = [(form, len(lookup.surface(form)) if count <= most else count) for form, count in decoded]
    return [(form, count) for form, count in exact if count]
