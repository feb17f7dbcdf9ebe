"""Expand patterns and misspelt words to word forms, over all forms of a segment in one pass.

Patterns are searched in the text of the dictionary, at a nanosecond a letter. For similar words, candidates are filtered by
their lengths, their frequencies and their signatures first (see `storage/form_signatures.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from indexer.analysis.edit_distance import within_distance
from indexer.engines.base import Deadline
from indexer.engines.whoosh.search.postings import TermLookup
from indexer.engines.whoosh.snapshot.kernel import nearest_forms
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.segment import Segment

Forms = list[tuple[str, int]]

_MAX_SEGMENT_FORMS: Final = 4_000  # the most frequent forms of a segment that are processed one by one
_MAX_COMPARED_FORMS: Final = 20_000  # the most frequent forms of a segment that are compared with an unspecific pattern
_COMPARED_PER_CHECK: Final = 2_000  # forms that are compared between two checks of the time
_MAX_RECOUNTED_FORMS: Final = 200  # up to this many forms, documents are counted exactly where some are deleted


def forms_matching(
    snapshot: Snapshot, prefix: str, pattern: re.Pattern[str] | None, limit: int, deadline: Deadline | None = None
) -> tuple[Forms, int]:
    """Return the most frequent forms that begin with `prefix` and match the pattern as a whole, and how many there are."""
    return _most_frequent(snapshot, ((s, _rows_matching(s, prefix, pattern, deadline)) for s in snapshot.segments), limit)


def forms_near(
    snapshot: Snapshot, form: str, distance: int, limit: int, deadline: Deadline | None = None, least: int = 0
) -> tuple[Forms, int]:
    """Return the most frequent forms within this many edits, and how many there are.

    Forms with fewer documents than `least` may be left out.
    """
    segments, share = snapshot.segments, least
    if len(segments) == 1 and not snapshot.any_deleted:  # as most indexes
        return _near_in_segment(snapshot, segments[0], form, distance, deadline, least, limit)
    if len(segments) > 1:
        share = -(-least // len(segments))  # one of them has at least this share of the documents
    counts: dict[str, int] = {}
    left_out = 0
    for segment in segments:
        forms, total = _near_in_segment(snapshot, segment, form, distance, deadline, share, _MAX_SEGMENT_FORMS)
        left_out += total - len(forms)
        for each, count in forms:
            counts[each] = counts.get(each, 0) + count
    if len(segments) > 1 and share > 1:  # some segments have left out what others have
        counts = {each: snapshot.surface_frequency(each) for each in counts}
    return _first(snapshot, counts, limit, left_out)


def forms_with_prefix(snapshot: Snapshot, prefix: str, limit: int) -> Forms:
    """Return the first forms that begin with `prefix`, in order.

    Where documents are deleted and many forms are requested, a form of more than three documents keeps the count of the
    segments until these are merged.
    """
    start, counts = prefix.encode("utf-8", "replace"), Counter[bytes]()
    for segment in snapshot.segments:
        first, last = segment.surfaces.prefix_range(start)
        last = min(last, first + limit)
        sizes = _document_counts(segment, np.arange(first, last)).tolist()
        counts.update(dict(zip(segment.surfaces.words(first, last), sizes, strict=True)))
    return _drop_deleted(snapshot, [(form.decode("utf-8", "replace"), counts[form]) for form in sorted(counts)[:limit]])


def _rows_matching(segment: Segment, prefix: str, pattern: re.Pattern[str] | None, deadline: Deadline | None) -> Array:
    surfaces = segment.surfaces
    first, last = surfaces.prefix_range(prefix.encode("utf-8", "replace"))
    rows = np.arange(first, last)
    if pattern is None or first == last:
        return rows
    if not prefix:
        rows = _rows_with_literal(segment, pattern)
        if re.sub(r"\\(.)", r"\1", pattern.pattern) == f".*{_longest_literal(pattern)}.*":
            return rows
    rows = _most_frequent_rows(segment, rows)
    matches = pattern.fullmatch
    return _select(segment, rows, lambda word: matches(word) is not None, deadline)


def _select(segment: Segment, rows: Array, accepts: Callable[[str], bool], deadline: Deadline | None) -> Array:
    """Return the rows whose forms are accepted, up to those that could be compared before the deadline."""
    selected: list[Array] = []
    for first in range(0, len(rows), _COMPARED_PER_CHECK):
        if deadline is not None and deadline.has_passed:
            break
        part = rows[first : first + _COMPARED_PER_CHECK]
        selected.append(part[[accepts(word.decode("utf-8", "replace")) for word in segment.surfaces.words_at(part)]])
    return np.concatenate(selected) if selected else rows[:0]


def _longest_literal(pattern: re.Pattern[str]) -> str:
    """Return the longest text of a pattern without wildcards."""
    literals = re.split(r"(?<!\\)\.\*?", pattern.pattern)
    return max((re.sub(r"\\(.)", r"\1", literal) for literal in literals), key=len)


def _rows_with_literal(segment: Segment, pattern: re.Pattern[str]) -> Array:
    literal = _longest_literal(pattern).encode("utf-8", "replace")
    if not literal:
        return np.arange(segment.surfaces.count)
    text, ends = segment.surfaces.text_and_ends
    has_literal = np.zeros(len(ends), bool)
    has_literal[ends.searchsorted(_find_all(text, literal))] = True
    return has_literal.nonzero()[0]


def _find_all(text: Array, literal: bytes) -> Array:
    """Return the positions of a literal in a text.

    Its first letters are compared as one number with the text as numbers, once for each alignment. That takes a third of the
    time of `bytes.find`.
    """
    width = 4 if len(literal) >= 4 else 2 if len(literal) > 1 else 1
    first = np.frombuffer(literal, f"<u{width}", 1)[0]
    data, hits = text.data, []
    for start in range(min(width, len(text))):
        numbers = np.frombuffer(data, f"<u{width}", (len(text) - start) // width, start)
        at = (numbers == first).nonzero()[0]
        at *= width
        at += start
        hits.append(at)
    places = np.concatenate(hits) if hits else np.zeros(0, "i8")
    for i, letter in enumerate(literal[width:], width):
        places = places[places + i < len(text)]
        places = places[text[places + i] == letter]
    return places


def _near_in_segment(
    snapshot: Snapshot, segment: Segment, form: str, distance: int, deadline: Deadline | None, least: int, limit: int
) -> tuple[Forms, int]:
    """Return the most frequent forms of one segment within this many edits, and how many there are."""
    if deadline is not None and deadline.has_passed:
        return [], 0
    if snapshot.kernel is not None:
        compiled = nearest_forms(segment, form, distance, least=least, most=_MAX_COMPARED_FORMS, limit=limit)
        if compiled is not None:
            return compiled
    rows = segment.form_signatures.rows_near(form, distance, least)
    rows = _select(segment, _most_frequent_rows(segment, rows), lambda word: within_distance(word, form, distance), deadline)
    words = [word.decode("utf-8", "replace") for word in segment.surfaces.words_at(rows)]
    counts = zip(words, _document_counts(segment, rows).tolist(), strict=True)
    return sorted(counts, key=_by_count)[:limit], len(rows)


def _most_frequent_rows(segment: Segment, rows: Array) -> Array:
    """Return up to _MAX_COMPARED_FORMS of the rows, those of the most frequent forms."""
    if len(rows) <= _MAX_COMPARED_FORMS:
        return rows
    sizes = _document_counts(segment, rows)
    return np.sort(rows[np.argpartition(-sizes, _MAX_COMPARED_FORMS)[:_MAX_COMPARED_FORMS]])


def _document_counts(segment: Segment, rows: Array) -> Array:
    """Return how many documents contain each of these forms."""
    return segment.surface_lists.sizes(rows)


def _most_frequent(snapshot: Snapshot, hits: Iterable[tuple[Segment, Array]], limit: int) -> tuple[Forms, int]:
    counts: dict[str, int] = {}
    left_out = 0
    for segment, rows in hits:
        sizes = _document_counts(segment, rows)
        if len(rows) > _MAX_SEGMENT_FORMS:
            left_out += len(rows) - _MAX_SEGMENT_FORMS
            chosen = np.sort(np.argpartition(-sizes, _MAX_SEGMENT_FORMS)[:_MAX_SEGMENT_FORMS])
            rows, sizes = rows[chosen], sizes[chosen]
        for word, size in zip(segment.surfaces.words_at(rows), sizes.tolist(), strict=True):
            form = word.decode("utf-8", "replace")
            counts[form] = counts.get(form, 0) + size
    return _first(snapshot, counts, limit, left_out)


def _first(snapshot: Snapshot, counts: dict[str, int], limit: int, left_out: int) -> tuple[Forms, int]:
    """Return the most frequent forms, and how many there are with those that were left out."""
    best = sorted(_drop_deleted(snapshot, sorted(counts.items(), key=_by_count)[:limit]), key=_by_count)
    total = len(counts) + left_out  # includes forms that only deleted documents contain
    return best, total if total > limit else len(best)


def _by_count(pair: tuple[str, int]) -> tuple[int, bytes]:
    return -pair[1], pair[0].encode()


def _drop_deleted(snapshot: Snapshot, counts: Forms) -> Forms:
    """Drop forms without a living document. Small counts are computed again where documents are deleted."""
    if not snapshot.any_deleted:
        return counts
    lookup, most = TermLookup(snapshot), snapshot.size if len(counts) <= _MAX_RECOUNTED_FORMS else 3
    exact = [(form, len(lookup.surface_documents(form)) if count <= most else count) for form, count in counts]
    return [(form, count) for form, count in exact if count]
