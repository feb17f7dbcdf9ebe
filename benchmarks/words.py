"""Invent a language that resembles English: real function words, invented stems with English endings, the laws of Zipf and Heaps.

The function words are real because engines treat them in their own ways: ours leaves them out, the others store postings. The
endings are English so that stemmers have work to do. A seed decides everything.
"""

from __future__ import annotations

import random
from functools import cache

import numpy as np
from numpy.typing import NDArray

FUNCTION_WORDS = tuple(
    """the of and to in a for is on that by it with as was be at from are this has have an will not or its were would had
    he which their they but been his also who more than about up into one over when no some there if her she out so we
    all can what could only after most other may do them these such where him while between during before our against
    how because you should any those each under then both through did being i your me my us very just now even since
    until within without among toward""".split()
)  # by falling frequency, as they stand in news
ONSETS = "b b c c ch d d f g h j k l l m m n n p p pl pr r r s s sh st t t th tr v w".split()
VOWELS = "a a a e e e i i o o u u ai ea ee ou".split()
CODAS = ["", "", "", "n", "r", "s", "t", "l", "nd", "st", "m"]
ENDINGS = "s s s s ed ed ed ing ing er ers ly al ation ment able".split()
FORMS = 400_000  # word forms there are: more than a corpus of 500,000 documents comes upon
KNEE = 7_000  # the rank at which frequencies begin to fall faster, as in all large corpora
STEEP = 1.85  # how fast: the vocabulary grows with about the 0.54th power of the text (Heaps' law)


@cache
def vocabulary(size: int = FORMS, seed: int = 7) -> tuple[str, ...]:
    """Return different content words, the most frequent first. Frequent words are short; 4 of 10 are forms of an earlier stem."""
    chance = random.Random(seed)
    taken = dict.fromkeys(FUNCTION_WORDS)
    words: list[str] = []
    stems: list[str] = []
    while len(words) < size:
        kind = chance.random()
        if kind < 0.03 and len(words) > 60:
            word = str(chance.choice((1987 + chance.randrange(40), chance.randrange(10, 100), chance.randrange(100, 90_000))))
        elif kind < 0.43 and len(words) > 100:
            word = chance.choice(stems) + chance.choice(ENDINGS)
        else:
            rank = len(words)
            syllables = 1 + (rank > 300) + (chance.random() < 0.2) + (rank > 20_000 and chance.random() < 0.5)
            word = "".join(chance.choice(ONSETS) + chance.choice(VOWELS) for _ in range(syllables)) + chance.choice(CODAS)
            if len(word) > 2 and word not in taken:
                stems.append(word)
        if len(word) > 1 and word not in taken:
            taken[word] = None
            words.append(word)
    return tuple(words)


def cumulated(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.cumsum(weights)
    return np.asarray(total / total[-1])


@cache
def content_shares() -> NDArray[np.float64]:
    """Return the cumulated frequencies of the content words by the law of Zipf and Mandelbrot, steeper beyond a knee."""
    ranks = np.arange(FORMS, dtype=np.float64)
    weights = 1 / (ranks + 8)
    beyond = ranks > KNEE
    weights[beyond] = weights[KNEE] * (KNEE / ranks[beyond]) ** STEEP
    return cumulated(weights)


@cache
def function_shares() -> NDArray[np.float64]:
    return cumulated(1 / (np.arange(len(FUNCTION_WORDS)) + 1.5))


def drawn(chance: np.random.Generator, shares: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Draw `count` ranks by their cumulated frequencies."""
    return np.minimum(np.searchsorted(shares, chance.random(count)), len(shares) - 1)


def names(count: int, seed: int = 5) -> list[str]:
    """Return names of invented people."""
    chance = random.Random(seed)

    def part() -> str:
        return "".join(chance.choice(ONSETS) + chance.choice(VOWELS) for _ in range(2)).capitalize() + chance.choice(CODAS)

    found: dict[str, None] = {}
    while len(found) < count:
        found[f"{part()} {part()}"] = None
    return list(found)
