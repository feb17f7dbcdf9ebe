"""An invented language with English's frame: real function words, made-up stems with English endings, Zipf and Heaps.

Real function words matter, because engines treat them specially (ours leaves them out, the others store a posting for each);
endings matter, because stemmers must have something to do. Everything follows from the seed.
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
    """Different content words by falling frequency; frequent ones are short, 4 in 10 are forms of an earlier stem."""
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
    """Cumulated frequencies of the content words: Zipf and Mandelbrot, steeper beyond the knee."""
    ranks = np.arange(FORMS, dtype=np.float64)
    weights = 1 / (ranks + 8)
    beyond = ranks > KNEE
    weights[beyond] = weights[KNEE] * (KNEE / ranks[beyond]) ** STEEP
    return cumulated(weights)


@cache
def function_shares() -> NDArray[np.float64]:
    return cumulated(1 / (np.arange(len(FUNCTION_WORDS)) + 1.5))


def drawn(chance: np.random.Generator, shares: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """So many ranks, by their cumulated frequencies."""
    return np.minimum(np.searchsorted(shares, chance.random(count)), len(shares) - 1)


def names(count: int, seed: int = 5) -> list[str]:
    """Of invented people."""
    chance = random.Random(seed)

    def part() -> str:
        return "".join(chance.choice(ONSETS) + chance.choice(VOWELS) for _ in range(2)).capitalize() + chance.choice(CODAS)

    found: dict[str, None] = {}
    while len(found) < count:
        found[f"{part()} {part()}"] = None
    return list(found)
