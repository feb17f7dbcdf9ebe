"""Titles and snippets with the words marked that really matched: the same for every engine, dead data, no HTML.

The distinct words of a text are analysed once each (texts repeat their words), so a page of 19 kB takes about a
millisecond. A snippet is the passage, or the two passages, that hold most of what was asked, cut at sentences where that
fits and at words otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from indexer.analysis.analyzer import ASCII_WORDS, WORDS, analyze
from indexer.model import Segment

LONGEST_TEXT = 400_000  # characters looked at
MOST_MARKS = 500  # marks that passages are chosen by
_PHRASE_GAP = 4  # stop words that may stand within a phrase
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？]|\n+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to mark: words by their index terms; phrases as the terms that may stand at each of their places."""

    terms: frozenset[str] = frozenset()
    phrases: tuple[tuple[frozenset[str], ...], ...] = ()


class _Mark(NamedTuple):
    start: int
    end: int
    key: str  # marks with the same key are the same word


def highlight(text: str, language: str, wanted: Wanted) -> tuple[Segment, ...]:
    """The whole text, in segments. For titles."""
    return tuple(_segments(text, 0, len(text), _marks(text, language, wanted)))


def snippet(text: str, language: str, wanted: Wanted, *, length: int = 240) -> tuple[Segment, ...]:
    """The best one or two passages of about `length` characters in all; the beginning when nothing is marked."""
    text = text[:LONGEST_TEXT]
    if not text:
        return ()
    marks = _marks(text, language, wanted)
    considered = marks[:MOST_MARKS]
    if not considered:
        passages = [_passage(text, 0, 0, length)]
    else:
        passages = [_best(text, considered, length, frozenset())]
        seen = {mark.key for mark in _within(considered, *passages[0])}
        if {mark.key for mark in considered} - seen:
            first = _best(text, considered, length // 2, frozenset())
            known = frozenset(mark.key for mark in _within(considered, *first))
            second = _best(text, considered, length // 2, known)
            both = known | {mark.key for mark in _within(considered, *second)}
            if len(both) > len(seen) and (second[0] >= first[1] or second[1] <= first[0]):
                passages = sorted((first, second))
    segments: list[Segment] = []
    for number, (start, end) in enumerate(passages):
        if start > 0 and not number:
            segments.append(Segment("… "))
        elif number:
            segments.append(Segment(" … "))
        segments += _segments(text, start, end, marks)
    if passages[-1][1] < len(text.rstrip()):
        segments.append(Segment(" …"))
    return tuple(_merged(segments))


def _marks(text: str, language: str, wanted: Wanted) -> list[_Mark]:
    """What is wanted of a text, in order and without overlaps."""
    found = list(_term_marks(text, language, wanted.terms)) if wanted.terms else []
    if wanted.phrases:
        found += _phrase_marks(text, language, wanted.phrases)
        found.sort(key=lambda mark: (mark.start, -mark.end))
        kept: list[_Mark] = []
        for mark in found:
            if not kept or mark.start >= kept[-1].end:
                kept.append(mark)
        return kept
    return found


def _term_marks(text: str, language: str, terms: frozenset[str]) -> Iterator[_Mark]:
    known: dict[str, tuple[tuple[int, int, str], ...]] = {}
    for match in (ASCII_WORDS if text.isascii() else WORDS).finditer(text):
        word = match[0]
        spans = known.get(word)
        if spans is None:
            tokens = (token for token in analyze(word, language) if token.term in terms)
            unique = {(token.start, token.end): token.term for token in tokens}
            known[word] = spans = _joined([(start, end, term) for (start, end), term in sorted(unique.items())])
        for start, end, key in spans:
            yield _Mark(match.start() + start, match.start() + end, key)


def _joined(spans: list[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    """Overlapping pairs of letters become one mark."""
    joined: list[tuple[int, int, str]] = []
    for start, end, key in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2] + key)
        else:
            joined.append((start, end, key))
    return tuple(joined)


def _phrase_marks(text: str, language: str, phrases: tuple[tuple[frozenset[str], ...], ...]) -> list[_Mark]:
    positions: list[int] = []
    places: list[tuple[set[str], int, int]] = []
    for token in analyze(text, language):
        if positions and positions[-1] == token.position:
            places[-1][0].add(token.term)
        else:
            positions.append(token.position)
            places.append(({token.term}, token.start, token.end))
    marks = []
    for number, phrase in enumerate(phrases):
        for i in range(len(places) - len(phrase) + 1):
            if places[i][0].isdisjoint(phrase[0]) or positions[i + len(phrase) - 1] - positions[i] > len(phrase) + _PHRASE_GAP:
                continue
            if all(not places[i + j][0].isdisjoint(phrase[j]) for j in range(1, len(phrase))):
                marks.append(_Mark(places[i][1], places[i + len(phrase) - 1][2], f"phrase {number}"))
    return marks


def _best(text: str, marks: list[_Mark], length: int, known: frozenset[str]) -> tuple[int, int]:
    """The passage that holds most different words (those not `known` first), then most words; the first of equals."""
    best: tuple[float, tuple[int, int]] | None = None
    for mark in marks:
        start, end = _passage(text, mark.start, mark.end, length)
        inside = _within(marks, start, end)
        keys = {each.key for each in inside}
        score = 100.0 * len(keys - known) + 10 * len(keys) + min(len(inside), 9)
        if best is None or score > best[0]:
            best = score, (start, end)
    return best[1] if best else _passage(text, 0, 0, length)


def _within(marks: list[_Mark], start: int, end: int) -> list[_Mark]:
    first = bisect_left(marks, start, key=lambda mark: mark.start)
    last = bisect_right(marks, end, key=lambda mark: mark.end)
    return marks[first:last]


def _passage(text: str, first: int, last: int, length: int) -> tuple[int, int]:
    """Some `length` characters around text[first:last]: from the beginning of its sentence when that is near."""
    lead = max(length // 2, 40)
    start = max(0, first - lead)
    boundaries = [match.end() for match in _SENTENCE_END.finditer(text, start, first)]
    if boundaries:
        start = boundaries[-1]
    elif start > 0:
        start = _word_start(text, max(0, first - length // 4), first)
    while start < first and text[start].isspace():
        start += 1
    end = min(len(text), max(start + length, last))
    if end < len(text):
        stops = [match.end() for match in _SENTENCE_END.finditer(text, max(last, start + length * 3 // 5), end)]
        end = stops[-1] if stops else _word_end(text, max(last, start + 1), end)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _word_start(text: str, start: int, latest: int) -> int:
    """The next beginning of a word after `start`; `start` itself where words are not apart."""
    if start == 0 or text[start - 1].isspace():
        return start
    space = _SPACE.search(text, start, latest)
    return space.end() if space else start


def _word_end(text: str, earliest: int, end: int) -> int:
    if text[end].isspace():
        return end
    at = max(text.rfind(" ", earliest, end), text.rfind("\n", earliest, end))
    return at if at > 0 else end


def _segments(text: str, start: int, end: int, marks: list[_Mark]) -> Iterator[Segment]:
    at = start
    for mark in marks[bisect_left(marks, start, key=lambda mark: mark.start) :]:
        if mark.end > end:
            break
        if mark.start > at:
            yield Segment(_SPACE.sub(" ", text[at : mark.start]))
        yield Segment(_SPACE.sub(" ", text[mark.start : mark.end]), True)
        at = mark.end
    if at < end:
        yield Segment(_SPACE.sub(" ", text[at:end]))


def _merged(segments: list[Segment]) -> Iterator[Segment]:
    waiting = ""
    for segment in segments:
        if segment.marked:
            if waiting:
                yield Segment(waiting)
            waiting = ""
            yield segment
        else:
            waiting += segment.text
    if waiting:
        yield Segment(waiting)
