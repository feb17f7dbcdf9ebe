"""Titles and snippets with the words marked that really matched: the same for every engine, dead data, no HTML.

`needles` finds the words, `marks` the phrases, `passages` chooses what is shown. A title and the snippet of 800 bytes take
12 to 26 µs together for one to three words, of which half goes into cutting and making segments; of 19 kB 35 to 77 µs.
"""

from __future__ import annotations

from indexer.analysis.marks import Forms, Seeker, Wanted
from indexer.analysis.needles import Mark
from indexer.analysis.passages import Passage, passages
from indexer.model import Segment

__all__ = ["Forms", "Marker", "Wanted"]

LONGEST_TEXT = 400_000  # characters looked at
MOST_MARKS = 200  # of one word: what passages are chosen by
MOST_MARKS_IN_ALL = 5_000  # of one word, where the whole text is shown
_segment = tuple.__new__  # of a named tuple: a third of the time of calling its class
_MARGIN = 200  # what must be seen around a passage to tell where its first and last words begin and end


class Marker:
    """Marks what one query wants; made once a query, used for each hit.

    `forms` gives the lower-case forms, as written, under which the index holds a term. It may name some that a text has not.
    """

    def __init__(self, wanted: Wanted, forms: Forms) -> None:
        self._wanted = wanted
        self._forms = forms
        self._seekers: dict[str, Seeker] = {}

    def highlight(self, text: str, language: str) -> tuple[Segment, ...]:
        """The whole text, in segments. For titles."""
        if not text:
            return ()
        marks = (self._seekers.get(language) or self._seeker(language)).marks(text, MOST_MARKS_IN_ALL)
        if not marks:
            return (Segment(_folded(text)),)
        if not _is_tidy(text):
            return _segments(text, [(0, len(text))], marks)
        segments: list[Segment] = []
        at = 0
        for start, end, _ in marks:
            if start > at:
                segments.append(_segment(Segment, (text[at:start], False)))
            segments.append(_segment(Segment, (text[start:end], True)))
            at = end
        if at < len(text):
            segments.append(_segment(Segment, (text[at:], False)))
        return tuple(segments)

    def snippet(self, text: str, language: str, *, length: int = 240) -> tuple[Segment, ...]:
        """The best one or two passages of about `length` characters in all; the beginning when nothing is marked."""
        if not text:
            return ()
        text = text[:LONGEST_TEXT]
        seeker = self._seekers.get(language) or self._seeker(language)
        marks = seeker.marks(text, MOST_MARKS)
        chosen = passages(text, marks, length)
        if len(marks) >= MOST_MARKS:  # there may be more in the passages
            marks = [mark for passage in chosen for mark in _marks_within(text, passage, seeker)]
        return _segments(text, chosen, marks)

    def _seeker(self, language: str) -> Seeker:
        seeker = self._seekers[language] = Seeker(self._wanted, self._forms, language)
        return seeker


def _marks_within(text: str, passage: Passage, seeker: Seeker) -> list[Mark]:
    start, end = passage
    margin = max(0, start - _MARGIN)
    near = seeker.marks(text[margin : end + _MARGIN], MOST_MARKS_IN_ALL)
    return [(max(start, margin + first), margin + last, key) for first, last, key in near if start < margin + last]


def _segments(text: str, chosen: list[Passage], marks: list[Mark]) -> tuple[Segment, ...]:
    """The passages in pieces, white space folded, with dots where something is left out."""
    segments: list[Segment] = []
    plain = "… " if chosen[0][0] > 0 else ""
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
                segments.append(_segment(Segment, (plain, False)))
                plain = ""
            piece = text[first:last]
            segments.append(_segment(Segment, (piece if tidy else _folded(piece), True)))
            at = last
        plain += text[at:end] if tidy else _folded(text[at:end])
    if chosen[-1][1] < len(text) and chosen[-1][1] < len(text.rstrip()):
        plain += " …"
    if plain:
        segments.append(_segment(Segment, (plain, False)))
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
