"""How a document is scored. All engines use these functions or compute the same numbers.

The complete formula (`explain` shows the parts, so a reader can check a score by hand):

    idf(df)         = ln(1 + (N - df + 0.5) / (df + 0.5))      N documents; df contain the word in any of the leaf's fields
    tf(field)       = weight * count / (1 - b + b * length / average length)
    Terms           = boost * idf * (k1 + 1) * X / (k1 + X) with X = sum of tf over the fields: BM25F (Robertson, Zaragoza
                      and Taylor 2004). A word in title and text counts once with more weight, not twice. The terms of one
                      leaf are variants of one word: their counts are added, and df counts documents with any of them
    TermPhrase      = the same; count is the number of occurrences of the phrase, idf is the sum over its places
    Surface         = boost * idf
    And, Or         = the sum over the nodes that match;   Prefer = its node plus each `better` that matches
    everything else = 0
    score           = sum * (1 + recency_bonus / (1 + age in days / recency_half_life_days))

The average lengths may differ from the true ones by MAX_AVERAGE_DRIFT (`stable_averages`). The age is measured from the
newest document that was not dated in the future when the index was last written. So the scores of an index do not change
with time. Documents dated in the future have age 0. Undated documents get no bonus. The bonus decreases by the reciprocal of the
age, as Solr's `recip` does: the older a document, the longer its half-life. So documents of 2010 are still ordered by date when
the newest is of today, which an exponential decrease would lose in rounding.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from indexer.engines.fields import FIELDS
from indexer.model import RankingWeights
from indexer.query.nodes import TermPhrase, Terms

MAX_TERMS: Final = 1024  # terms looked up for one leaf; query rewriting bounds the expansions of patterns as well
MAX_AVERAGE_DRIFT: Final = 0.05  # of an average length: scores change by 1 to 2 %, those of all documents alike

Averages = tuple[float, ...]  # tokens per document in each of FIELDS; () while nothing is indexed
Floats = npt.NDArray[np.float32]
ScoreParts = dict[str, float]  # what a match adds to the score, by name; empty for filters


def idf(documents: int, frequency: int) -> float:
    """Return the inverse document frequency of a word that `frequency` of `documents` documents contain."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5)) if documents else 0.0


@lru_cache(maxsize=100)
def _max_idf(documents: int) -> float:
    return idf(documents, 0)


def stable_averages(previous: Averages, true: Averages) -> Averages:
    """Return the averages to rank by after an update: the previous ones unless a true one is MAX_AVERAGE_DRIFT away.

    While they stay, an update changes the scores of other documents only through document frequencies.
    """
    near = len(previous) == len(true) and all(
        abs(now - old) <= MAX_AVERAGE_DRIFT * old for old, now in zip(previous, true, strict=True)
    )
    return previous if near else true


def field_tf(count: float, length: int, average: float, weight: float, b: float) -> float:
    """Return the weighted, length-normalised term frequency that a field adds to BM25F's X."""
    return weight * count / (1 - b + b * length / average) if average else 0.0


@dataclass(frozen=True, slots=True)
class NormScale:
    """What a saturation depends on in addition to the counts and lengths of a document."""

    averages: Averages
    weights: tuple[float, ...]  # of FIELDS
    k1: float
    b: float

    @classmethod
    def of(cls, averages: Averages, weights: RankingWeights) -> NormScale:
        return cls(averages, tuple(float(getattr(weights, name)) for name in FIELDS), weights.k1, weights.b)

    @property
    def meta(self) -> list[Any]:
        """Return the scale as stored in the header of a segment. JSON reproduces the numbers exactly."""
        return [list(self.averages), list(self.weights), self.k1, self.b]


def length_norms(lengths: Sequence[npt.NDArray[Any]], scale: NormScale) -> Floats:
    """Return the length norms by [field, document], given the lengths by field."""
    norms: Floats = np.empty((len(FIELDS), len(lengths[0])), "f4")
    for norm, length, average, weight in zip(norms, lengths, scale.averages, scale.weights, strict=True):
        if average:
            norm[:] = length
            norm *= scale.b / average
            norm += 1 - scale.b
            np.divide(weight, norm, out=norm)
        else:
            norm[:] = 0
    return norms


def recency_factor(day: str, newest: str, weights: RankingWeights) -> float:
    """Return the factor for a document of `day` (ISO, with or without a time; "" if undated); `newest` has age 0."""
    if not day:
        return 1.0
    age = max(0, _ordinal(newest) - _ordinal(day)) if newest else 0
    return float(1 + weights.recency_bonus / (1 + age / max(weights.recency_half_life_days, 0.001)))


def max_contribution(max_text_score: float, boosts: float, documents: int, weights: RankingWeights) -> float:
    """Return an upper bound for what a word adds to one of `documents` documents, with its exact forms and with recency.

    `boosts`: the sum of those of its exact forms.
    """
    return (max_text_score + boosts * _max_idf(documents)) * max(1 + weights.recency_bonus, 1)


def _ordinal(day: str) -> int:
    return date.fromisoformat(day[:10]).toordinal()


def phrase_count(places: Sequence[Sequence[int]], gaps: Sequence[int], slop: int) -> int:
    """Count the occurrences of a phrase, see `phrase_starts`."""
    return len(phrase_starts(places, gaps, slop))


def phrase_starts(places: Sequence[Sequence[int]], gaps: Sequence[int], slop: int) -> list[int]:
    """Return where a phrase occurs, given the ascending positions of the words at each of its places.

    An occurrence is a start from which each place follows in order, at its gap or farther, with at most `slop` extra
    positions in total. Taking the nearest position at each place leaves the most slop for the rest.
    """
    starts: list[int] = []
    for start in places[0]:
        here = start
        for i in range(1, len(places)):
            at = bisect_left(places[i], here + gaps[i] - gaps[i - 1])
            if at == len(places[i]):
                return starts  # later starts fail here as well
            here = places[i][at]
            if here - start - (gaps[i] - gaps[0]) > slop:
                break
        else:
            starts.append(start)
    return starts


# -- the parts of a score ----------------------------------------------------------------------------------------------


def scaled_parts(parts: ScoreParts, factor: float) -> ScoreParts:
    """Return the parts with one more, `boost`, by which their sum grows to `factor` times as much."""
    return {**parts, "boost": (factor - 1) * sum(parts.values())} if factor != 1 else parts


def sum_parts(several: Iterable[ScoreParts | None]) -> ScoreParts:
    """Add up the parts of several nodes, by name. None stands for a node that does not match."""
    total: ScoreParts = {}
    for parts in several:
        for name, value in (parts or {}).items():
            total[name] = total.get(name, 0.0) + value
    return total


def term_label(node: Terms) -> str:
    """Return the name of a leaf among the parts of a score."""
    more = f"|+{len(node.terms) - 3}" if len(node.terms) > 3 else ""
    return "|".join(node.terms[:3]) + more


def phrase_label(node: TermPhrase) -> str:
    """Return the name of a phrase among the parts of a score."""
    return f"phrase {' '.join('|'.join(place[:2]) for place in node.places[:8])}"
