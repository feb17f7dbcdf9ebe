"""Which one or two passages of a text to show, chosen by where its marks stand.

Windows are slid over the marks alone; only what was chosen is cut, at sentences where that fits and at words otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from indexer.snippets.term_finder import Mark

_ENOUGH = 9  # more words in a passage make it no better
# Up to the last end of a sentence, if there is one: backwards, and in a third of the time that going through all of them takes.
_SENTENCES = re.compile(r".*[.!?…。！？\n](?:(?<=[。！？\n])|[\"'”’»)\]]*(?=\s))", re.DOTALL)
_SPACE = re.compile(r"\s")

Passage = tuple[int, int]


def passages(text: str, marks: list[Mark], length: int, begin: int, size: int) -> list[Passage]:
    """The best passage of about `length` characters, or two of half that when one cannot hold as many different words; the
    beginning when nothing is marked. Of text[begin:size], in whose order `marks` are."""
    if not marks or size - begin <= length:
        return [_cut(text, begin, begin, length, begin, size)]
    room = _room(length)
    if marks[-1][1] - marks[0][0] <= room:
        return [_cut(text, marks[0][0], marks[-1][1], length, begin, size)]
    keys = {key for _, _, key in marks}
    if len(keys) == 1:
        first, last = _densest(marks, room)
        return [_cut(text, marks[first][0], marks[last][1], length, begin, size)]
    best = _window(marks, length, frozenset())
    seen = _keys(best)
    if len(seen) < len(keys):
        one = best if _fits(best, length // 2) else _window(marks, length // 2, frozenset())
        known = _keys(one)
        other = _window(marks, length // 2, known)
        if len(known | _keys(other)) > len(seen):
            two = sorted(_cut(text, each[0][0], each[-1][1], length // 2, begin, size) for each in (one, other))
            if two[0][1] <= two[1][0]:
                return two
    return [_cut(text, best[0][0], best[-1][1], length, begin, size)]


def _densest(marks: list[Mark], room: int) -> tuple[int, int]:
    """The first and last of the neighbouring marks that are most: what `_window` finds where all have the same key."""
    first = most = 0
    chosen = (0, 0)
    for last, mark in enumerate(marks):
        earliest = mark[1] - room
        while marks[first][0] < earliest and first < last:
            first += 1
        if last - first > most:
            most, chosen = last - first, (first, last)
            if most == _ENOUGH:
                break
    return chosen


def _keys(marks: list[Mark]) -> set[str]:
    return {key for _, _, key in marks}


def _room(length: int) -> int:
    """For the marks of a passage: a tenth of it is left for what leads to the first."""
    return length * 9 // 10


def _fits(marks: list[Mark], length: int) -> bool:
    return marks[-1][1] - marks[0][0] <= _room(length)


def _window(marks: list[Mark], length: int, known: Collection[str]) -> list[Mark]:
    """The neighbouring marks of one passage that have most different keys (those not `known` first), then most marks; the
    first of equals."""
    if _fits(marks, length):
        return marks
    room = _room(length)
    inside: dict[str, int] = {}
    best = (-1, -1, -1)
    chosen = (0, 0)
    first = new = 0
    for last, (_, end, key) in enumerate(marks):
        inside[key] = inside.get(key, 0) + 1
        if inside[key] == 1 and key not in known:
            new += 1
        while first < last and end - marks[first][0] > room:
            gone = marks[first][2]
            first += 1
            if inside[gone] > 1:
                inside[gone] -= 1
            else:
                del inside[gone]
                if gone not in known:
                    new -= 1
        score = (new, len(inside), min(last - first, _ENOUGH))
        if score > best:
            best, chosen = score, (first, last)
    return marks[chosen[0] : chosen[1] + 1]


def _cut(text: str, first: int, last: int, length: int, begin: int, size: int) -> Passage:
    """At most `length` characters of text[begin:size] with text[first:last] in them: from the beginning of its sentence when
    that is near."""
    if last > first + length:  # a mark in a script without spaces may be longer
        last = first + length
    start = first
    if first > begin:
        spare = length - (last - first)
        start = max(begin, first - min(spare, max(length // 2, 40)))
        if sentences := _SENTENCES.match(text, start, first):
            start = sentences.end()
        elif start > begin:
            start = _word_start(text, max(begin, first - min(spare, length // 4)), first, begin)
        while start < first and text[start].isspace():
            start += 1
    end = max(start + length, last)
    if end >= size:
        end = size
    else:
        sentences = _SENTENCES.match(text, max(last, start + length * 3 // 5), end)
        end = sentences.end() if sentences else _word_end(text, max(last, start + 1), end)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _word_start(text: str, start: int, latest: int, begin: int) -> int:
    """The next beginning of a word after `start`; `start` itself where words are not apart."""
    if start == begin or text[start - 1].isspace():
        return start
    space = _SPACE.search(text, start, latest)
    return space.end() if space else start


def _word_end(text: str, earliest: int, end: int) -> int:
    """The last end of a word before `end`; `end` itself where words are not apart."""
    if text[end].isspace():
        return end
    at = max(text.rfind(" ", earliest, end), text.rfind("\n", earliest, end))
    return at if at > 0 else end
