"""Words that were probably meant: near in letters (Damerau-Levenshtein, adjacent swaps) and frequent in the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer.analysis.analyzer import fold

SHORTEST = 4  # letters; shorter words are near to too many others
TWO_ERRORS_FROM = 7
MAX_CANDIDATES = 5


def corrections(
    word: str, *, near: Callable[[str, int], Sequence[tuple[str, int]]], frequency: Callable[[str], int]
) -> list[str]:
    """Candidates for a word that the index lacks, best first: fewer errors, the first letter right (people rarely get it
    wrong), then more frequent; last, the word as two. Empty for numbers.

    `near(form, distance)` gives the most frequent forms of the index within so many errors, `frequency(form)` says how many
    documents hold one.
    """
    word = fold(word)
    if len(word) < SHORTEST or any(letter.isdigit() for letter in word):
        return []
    found: dict[str, tuple[int, bool, int]] = {}
    for distance in (1, 2) if len(word) >= TWO_ERRORS_FROM else (1,):
        for form, count in near(word, distance):
            if form != word:
                found.setdefault(form, (distance, form[0] not in word[:2], -count))
        if found:
            break
    halves = [(word[:i], word[i:]) for i in range(3, len(word) - 2)]
    split = [(min(frequency(a), frequency(b)), f"{a} {b}") for a, b in halves]
    best = sorted(found, key=lambda form: (found[form], form))[:MAX_CANDIDATES]
    if split and max(split)[0]:
        best.append(max(split)[1])
    return best


def within_distance(form: str, word: str, distance: int) -> bool:
    """Whether at most `distance` letters are wrong, missing, too many or swapped with their neighbour.

    >>> within_distance("border", "bodrer", 1), within_distance("border", "brdr", 1)
    (True, False)
    """
    if abs(len(form) - len(word)) > distance:
        return False
    if distance == 0:
        return form == word
    i, shortest = 0, min(len(form), len(word))
    while i < shortest and form[i] == word[i]:
        i += 1
    if i == shortest:
        return True  # the rest is at most `distance` letters long
    left = distance - 1
    return (
        within_distance(form[i + 1 :], word[i + 1 :], left)
        or within_distance(form[i + 1 :], word[i:], left)
        or within_distance(form[i:], word[i + 1 :], left)
        or (form[i : i + 2] == word[i : i + 2][::-1] and within_distance(form[i + 2 :], word[i + 2 :], left))
    )
