"""Compare a typed word with a word of the index: by the number of errors, and by how likely they are."""

from __future__ import annotations

from typing import Final

_KEYBOARD: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS: Final = frozenset("aeiouyäöü")

# Costs of single errors. People double and undouble letters more often than they confuse them.
DOUBLING_COST: Final = 0.5
OMISSION_COST: Final = 0.8
SWAP_COST: Final = 0.8  # of two neighbouring letters
ADDITION_COST: Final = 0.9
NEAR_COST: Final = 0.8  # a vowel for a vowel, or a letter for its neighbour on the keyboard
OTHER_COST: Final = 1.2
FIRST_LETTER_COST: Final = 0.5  # in addition: the first letter is rarely wrong


def within_distance(form: str, word: str, distance: int) -> bool:
    """Return whether at most `distance` letters are wrong, missing, additional or swapped with their neighbour.

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
    remaining = distance - 1
    return (
        within_distance(form[i + 1 :], word[i + 1 :], remaining)
        or within_distance(form[i + 1 :], word[i:], remaining)
        or within_distance(form[i:], word[i + 1 :], remaining)
        or (form[i : i + 2] == word[i : i + 2][::-1] and within_distance(form[i + 2 :], word[i + 2 :], remaining))
    )


def edit_cost(typed: str, correct: str) -> float:
    """Return the lowest cost of the errors that turn `correct` into `typed`.

    >>> edit_cost("goverment", "government"), edit_cost("tarrif", "tariff"), edit_cost("sugar", "sugar")
    (0.8, 1.0, 0.0)
    """
    two_back: list[float] = []
    omissions = [_omission(correct, j) for j in range(len(correct) + 1)]
    before = [0.0]
    for j in range(1, len(correct) + 1):
        before.append(before[-1] + omissions[j])
    for i in range(1, len(typed) + 1):
        addition = _addition(typed, i)
        row = [before[0] + addition]
        for j in range(1, len(correct) + 1):
            best = min(
                before[j - 1] + _substitution(typed[i - 1], correct[j - 1], i == 1),
                before[j] + addition,
                row[j - 1] + omissions[j],
            )
            if i > 1 and j > 1 and typed[i - 2 : i] == correct[j - 2 : j][::-1] and typed[i - 1] != typed[i - 2]:
                best = min(best, two_back[j - 2] + SWAP_COST)
            row.append(best)
        two_back, before = before, row
    return round(before[-1], 3)


def _omission(correct: str, j: int) -> float:
    """Return the cost of leaving out letter number `j`."""
    if _is_doubled(correct, j):
        return DOUBLING_COST
    return OMISSION_COST + (FIRST_LETTER_COST if j == 1 else 0)


def _addition(typed: str, i: int) -> float:
    """Return the cost of adding letter number `i`."""
    if _is_doubled(typed, i):
        return DOUBLING_COST
    return ADDITION_COST + (FIRST_LETTER_COST if i == 1 else 0)


def _substitution(typed: str, correct: str, is_first: bool) -> float:
    if typed == correct:
        return 0.0
    cost = NEAR_COST if (typed in _VOWELS and correct in _VOWELS) or _are_neighbours(typed, correct) else OTHER_COST
    return cost + (FIRST_LETTER_COST if is_first else 0)


def _is_doubled(word: str, position: int) -> bool:
    """Return whether a letter (counted from 1) equals the one before."""
    return position > 1 and word[position - 1] == word[position - 2]


def _are_neighbours(one: str, other: str) -> bool:
    """Return whether two letters are next to each other on the keyboard."""
    for row in _KEYBOARD:
        at, where = row.find(one), row.find(other)
        if at >= 0 and where >= 0:
            return abs(at - where) == 1
    return False
