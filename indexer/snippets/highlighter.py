"""Titles and snippets with the words marked that really matched: the same for every engine, dead data, no HTML.

`needles` finds the words, `marks` the phrases, `passages` chooses what is shown. All titles and texts of a page are looked
through at once: a title and the snippet of 800 bytes take 10 to 20 µs together, of which two thirds go into cutting and
making segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from indexer.model import Fragment
from indexer.snippets.match_spans import HighlightTerms, SpanFinder, SurfaceFormCache
from indexer.snippets.passages import Passage, passages
from indexer.snippets.term_finder import APART, Mark

__all__ = ["HighlightTerms", "Marker", "SurfaceFormCache"]

LENGTH = 240  # characters of a snippet
MAX_PAGE = 100_000  # characters of all texts that are looked through together
MAX_ON_A_PAGE = 2_000  # marks in them; with more, each text is looked through for itself, as far as it takes
MAX_TEXT = 400_000  # characters looked at
MAX_MARKS = 200  # of one word: what passages are chosen by
MAX_MARKS_IN_ALL = 5_000  # of one word, where the whole text is shown

Segments = tuple[Fragment, ...]
Shown = tuple[Segments, Segments]  # of a hit: title and snippet
_segment = tuple.__new__  # of a named tuple: a third of the time of calling its class
_MARGIN = 200  # what must be seen around a passage to tell where its first and last words begin and end


class Marker:
    """Marks what one query wants; made once a query, used for all hits of a page.

    `spellings`: of the index. Its `forms` gives the lower-case forms, as written, under which the index holds a term. It may
    name some that a text has not.
    """

    def __init__(self, wanted: HighlightTerms, spellings: SurfaceFormCache) -> None:
        self._wanted = wanted
        self._spellings = spellings
        self._seekers: dict[str, SpanFinder] = {}

    def page(self, texts: Sequence[tuple[str, str]], language: str) -> list[Shown]:
        """`highlight` of each title and `snippet` of each text beside it, all in one language.

        Short texts are looked through together: it is the calls for each that take the time, not the letters.
        """
        seeker = self._seekers.get(language) or self._seeker(language)
        marks: list[Mark] | None = None
        joined = APART.join(["", *chain.from_iterable(texts), ""])
        if len(joined) < MAX_PAGE and joined.count(APART) == 2 * len(texts) + 1:
            marks = seeker.marks_in_all(joined, MAX_ON_A_PAGE)
        if marks is None:
            return [(self.highlight(title, language), self.snippet(text, language)) for title, text in texts]
        marks.append((len(joined), len(joined), ""))
        shown: list[Shown] = []
        start = at = 0
        for title, text in texts:
            begin, start = start + 1, start + 1 + len(title)
            first = at
            while marks[at][0] < start:
                at += 1
            heading = _whole(joined, begin, start, marks[first:at])
            begin, start = start + 1, start + 1 + len(text)
            first = at
            while marks[at][0] < start:
                at += 1
            found = marks[first:at]
            shown.append((heading, _segments(joined, passages(joined, found, LENGTH, begin, start), found, begin, start)))
        return shown

    def highlight(self, text: str, language: str) -> Segments:
        """The whole text, in segments. For titles."""
        marks = (self._seekers.get(language) or self._seeker(language)).marks(text, MAX_MARKS_IN_ALL)
        return _whole(text, 0, len(text), marks)

    def snippet(self, text: str, language: str, *, length: int = LENGTH) -> Segments:
        """The best one or two passages of about `length` characters in all; the beginning when nothing is marked."""
        text = text[:MAX_TEXT]
        seeker = self._seekers.get(language) or self._seeker(language)
        marks = seeker.marks(text, MAX_MARKS)
        chosen = passages(text, marks, length, 0, len(text))
        if len(marks) >= MAX_MARKS:  # there may be more in the passages
            marks = [mark for passage in chosen for mark in _marks_within(text, passage, seeker)]
        return _segments(text, chosen, marks, 0, len(text))

    def _seeker(self, language: str) -> SpanFinder:
        seeker = self._seekers[language] = SpanFinder(self._wanted, self._spellings, language)
        return seeker


def _marks_within(text: str, passage: Passage, seeker: SpanFinder) -> list[Mark]:
    start, end = passage
    margin = max(0, start - _MARGIN)
    near = seeker.marks(text[margin : end + _MARGIN], MAX_MARKS_IN_ALL)
    return [(max(start, margin + first), margin + last, key) for first, last, key in near if start < margin + last]


def _whole(text: str, begin: int, end: int, marks: list[Mark]) -> Segments:
    """text[begin:end] in pieces."""
    whole = text[begin:end]
    if not whole:
        return ()
    if not marks:
        return (_segment(Fragment, (_folded(whole), False)),)
    if not _is_tidy(whole):
        return _segments(text, [(begin, end)], marks, begin, end)
    segments: list[Fragment] = []
    for first, last, _ in marks:
        if first > begin:
            segments.append(_segment(Fragment, (text[begin:first], False)))
        segments.append(_segment(Fragment, (text[first:last], True)))
        begin = last
    if begin < end:
        segments.append(_segment(Fragment, (text[begin:end], False)))
    return tuple(segments)


def _segments(text: str, chosen: list[Passage], marks: list[Mark], begin: int, size: int) -> Segments:
    """The passages of text[begin:size] in pieces, white space folded, with dots where something is left out."""
    segments: list[Fragment] = []
    plain = "… " if chosen[0][0] > begin else ""
    for number, (start, end) in enumerate(chosen):
        if number:
            plain += " … "
        tidy = _is_tidy(text[start:end])
        at = start
        for first, last, _ in marks:
            if first < at:
                continue
            if first >= end:
                break
            if last > end:  # words end where passages do, but not those of scripts without spaces
                last = end
            if first > at:
                plain += text[at:first] if tidy else _folded(text[at:first])
            if plain:
                segments.append(_segment(Fragment, (plain, False)))
                plain = ""
            piece = text[first:last]
            segments.append(_segment(Fragment, (piece if tidy else _folded(piece), True)))
            at = last
        plain += text[at:end] if tidy else _folded(text[at:end])
    end = chosen[-1][1]
    if end < size and not text[end:size].isspace():
        plain += " …"
    if plain:
        segments.append(_segment(Fragment, (plain, False)))
    return tuple(segments)


def _is_tidy(piece: str) -> bool:
    """Without white space to fold: 0.4 µs for 240 letters, where folding takes 1.4 and `re.sub` 5."""
    return piece.isprintable() and "  " not in piece


def _folded(piece: str) -> str:
    """Each run of white space becomes one space."""
    if _is_tidy(piece):
        return piece
    # Between paragraphs, and nowhere else, as in most texts: half of the time.
    folded = piece.replace("\n\n", " ").replace("\n", " ")
    if _is_tidy(folded):
        return folded
    folded = " ".join(piece.split())
    if piece[:1].isspace():
        folded = " " + folded
    return folded + " " if folded != " " and piece[-1:].isspace() else folded
