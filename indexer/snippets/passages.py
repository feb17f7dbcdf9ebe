"""Choose the one or two passages of a text that a snippet shows, and cut texts into fragments at their marks.

text and marks -> passages: where the snippet begins and ends -> fragments: marked or not, white space collapsed
"""

from __future__ import annotations

import re
from collections.abc import Collection

from indexer.model import Fragment
from indexer.snippets.term_finder import Mark

MAX_COUNTED_MARKS = 9  # more marks do not make a passage better
# Everything up to the last end of a sentence. Matching backwards takes a third of the time of visiting all sentences.
_SENTENCES = re.compile(r".*[.!?…。！？\n](?:(?<=[。！？\n])|[\"'”’»)\]]*(?=\s))", re.DOTALL)
_match_sentences = _SENTENCES.match
_SPACE = re.compile(r"\s")
_MIN_HALVED = 80  # characters: a passage may begin half its length before the first mark, at least 40

Passage = tuple[int, int]
Fragments = tuple[Fragment, ...]
_new_fragment = tuple.__new__  # a third of the time of calling the class of the named tuple


def passages(text: str, marks: list[Mark], length: int, begin: int, size: int) -> list[Passage]:
    """Return the best passage of text[begin:size] with about `length` characters; the beginning if nothing is marked.

    Return two passages of half that length if they contain more different words. `marks` are in the order of the text.
    """
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
    best_keys = _keys(best)
    if len(best_keys) < len(keys):
        one = best if _fits(best, length // 2) else _window(marks, length // 2, frozenset())
        first_keys = _keys(one)
        other = _window(marks, length // 2, first_keys)
        if len(first_keys | _keys(other)) > len(best_keys):
            two = sorted(_cut(text, each[0][0], each[-1][1], length // 2, begin, size) for each in (one, other))
            if two[0][1] <= two[1][0]:
                return two
    return [_cut(text, best[0][0], best[-1][1], length, begin, size)]


def _densest(marks: list[Mark], room: int) -> tuple[int, int]:
    """Return the first and last index of the densest marks: the same as `_window` if all marks have one key."""
    first = most = 0
    chosen = (0, 0)
    for last, mark in enumerate(marks):
        earliest = mark[1] - room
        while marks[first][0] < earliest and first < last:
            first += 1
        if last - first > most:
            most, chosen = last - first, (first, last)
            if most == MAX_COUNTED_MARKS:
                break
    return chosen


def _keys(marks: list[Mark]) -> set[str]:
    return {key for _, _, key in marks}


def _room(length: int) -> int:
    """Return how many characters the marks of a passage may span. A tenth is reserved for what precedes the first."""
    return length * 9 // 10


def _fits(marks: list[Mark], length: int) -> bool:
    return marks[-1][1] - marks[0][0] <= _room(length)


def _window(marks: list[Mark], length: int, covered: Collection[str]) -> list[Mark]:
    """Return the neighbouring marks that fit one passage and have the most keys that are not `covered`, then the most keys,
    then the most marks; the first of equal ones."""
    room = _room(length)
    if marks[-1][1] - marks[0][0] <= room:
        return marks
    inside: dict[str, int] = {}
    best_new = best_keys = best_marks = -1  # compared one by one: tuples of them take twice as long
    begin = behind = first = new = 0
    for last, (_, end, key) in enumerate(marks):
        count = inside.get(key, 0)
        inside[key] = count + 1
        if not count and key not in covered:
            new += 1
        earliest = end - room
        while first < last and marks[first][0] < earliest:
            leaving_key = marks[first][2]
            first += 1
            count = inside[leaving_key]
            if count > 1:
                inside[leaving_key] = count - 1
            else:
                del inside[leaving_key]
                if leaving_key not in covered:
                    new -= 1
        if new < best_new:
            continue
        keys, counted = len(inside), last - first
        if counted > MAX_COUNTED_MARKS:
            counted = MAX_COUNTED_MARKS
        if new > best_new or keys > best_keys or (keys == best_keys and counted > best_marks):
            best_new, best_keys, best_marks, begin, behind = new, keys, counted, first, last + 1
    return marks[begin:behind]


def _cut(text: str, first: int, last: int, length: int, begin: int, size: int) -> Passage:
    """Return at most `length` characters of text[begin:size] that include text[first:last], from the beginning of its sentence
    if that is near."""
    if last > first + length:  # a mark in a script without spaces may be longer
        last = first + length
    start = first
    if first > begin:
        spare = length - (last - first)
        start = first - _least(spare, length // 2 if length > _MIN_HALVED else _MIN_HALVED // 2)
        if start < begin:
            start = begin
        if sentences := _match_sentences(text, start, first):
            start = sentences.end()
        elif start > begin:
            at = first - _least(spare, length // 4)
            start = _word_start(text, at if at > begin else begin, first, begin)
        while start < first and text[start].isspace():
            start += 1
    end = start + length
    if end < last:
        end = last
    if end >= size:
        end = size
    else:
        earliest = start + length * 3 // 5
        sentences = _match_sentences(text, earliest if earliest > last else last, end)
        end = sentences.end() if sentences else _word_end(text, last if last > start else start + 1, end)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _least(one: int, other: int) -> int:
    """Return the lower number, in half of the time of `min`."""
    return one if one < other else other


def _word_start(text: str, start: int, latest: int, begin: int) -> int:
    """Return the next beginning of a word after `start`; `start` itself in scripts without spaces."""
    if start == begin or text[start - 1].isspace():
        return start
    space = _SPACE.search(text, start, latest)
    return space.end() if space else start


def _word_end(text: str, earliest: int, end: int) -> int:
    """Return the last end of a word before `end`; `end` itself in scripts without spaces."""
    if text[end].isspace():
        return end
    at = max(text.rfind(" ", earliest, end), text.rfind("\n", earliest, end))
    return at if at > 0 else end


# -- fragments ----------------------------------------------------------------------------------------------------------


def whole_text(text: str, begin: int, end: int, marks: list[Mark]) -> Fragments:
    """Return text[begin:end] in fragments."""
    whole = text[begin:end]
    if not whole:
        return ()
    if not marks:
        return (_new_fragment(Fragment, (_collapsed(whole), False)),)
    if not _is_tidy(whole):
        return fragments_of(text, [(begin, end)], marks, begin, end)
    fragments: list[Fragment] = []
    for first, last, _ in marks:
        if first > begin:
            fragments.append(_new_fragment(Fragment, (text[begin:first], False)))
        fragments.append(_new_fragment(Fragment, (text[first:last], True)))
        begin = last
    if begin < end:
        fragments.append(_new_fragment(Fragment, (text[begin:end], False)))
    return tuple(fragments)


def fragments_of(text: str, chosen: list[Passage], marks: list[Mark], begin: int, size: int) -> Fragments:
    """Return the passages of text[begin:size] in fragments, with white space collapsed and an ellipsis at each omission."""
    fragments: list[Fragment] = []
    append, new = fragments.append, _new_fragment
    plain = "… " if chosen[0][0] > begin else ""
    for number, (start, end) in enumerate(chosen):
        if number:
            plain += " … "
        piece = text[start:end]
        tidy = piece.isprintable() and "  " not in piece
        at = start
        for first, last, _ in marks:
            if first < at:
                continue
            if first >= end:
                break
            if last > end:  # in scripts without spaces a passage may end within a word
                last = end
            if first > at:
                plain += text[at:first] if tidy else _collapsed(text[at:first])
            if plain:
                append(new(Fragment, (plain, False)))
                plain = ""
            piece = text[first:last]
            append(new(Fragment, (piece if tidy else _collapsed(piece), True)))
            at = last
        plain += text[at:end] if tidy else _collapsed(text[at:end])
    end = chosen[-1][1]
    if end < size and not text[end:size].isspace():
        plain += " …"
    if plain:
        fragments.append(_new_fragment(Fragment, (plain, False)))
    return tuple(fragments)


def _is_tidy(piece: str) -> bool:
    """Return whether there is no white space to collapse. For 240 letters: 0.4 µs; collapsing takes 1.4 and `re.sub` 5."""
    return piece.isprintable() and "  " not in piece


def _collapsed(piece: str) -> str:
    """Return the piece with each run of white space replaced by one space."""
    if _is_tidy(piece):
        return piece
    # Most texts have such white space between paragraphs only. Handling that first takes half of the time.
    collapsed = piece.replace("\n\n", " ").replace("\n", " ")
    if _is_tidy(collapsed):
        return collapsed
    collapsed = " ".join(piece.split())
    if piece[:1].isspace():
        collapsed = " " + collapsed
    return collapsed + " " if collapsed != " " and piece[-1:].isspace() else collapsed
