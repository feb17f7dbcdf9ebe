"""Search the ranking weights on judged queries, and estimate by cross-validation what that would gain.

    queries -> K folds; for each fold: climb on the other folds  ->  measure on this fold  ->  held-out gain of each query
            -> climb on all queries  ->  the proposal

Climbing changes one weight at a time by a factor and keeps a change that helps (coordinate ascent, Metzler and Croft 2007,
"Linear feature-based models for information retrieval"). The gain is held out: no query counts for weights that it helped to
choose. A proposal needs a held-out gain above zero at two standard errors.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from indexer.errors import SettingsError
from indexer.messages import number
from indexer.model import RankingWeights

MIN_QUERIES: Final = 40  # with fewer, the weights follow single queries
FOLDS: Final = 5
MAX_ROUNDS: Final = 3  # over all weights
MIN_STEP_GAIN: Final = 0.0005  # of the mean nDCG, for a change to be kept
FACTORS: Final = (0.5, 0.75, 1.33, 2.0)
TUNED: Final = ("title", "summary", "categories", "exact_bonus", "proximity_bonus", "recency_bonus")  # relative to `body`

Measure = Callable[[RankingWeights], Sequence[float]]  # nDCG@10 of each query


@dataclass(frozen=True, slots=True)
class Tuning:
    """What tuning found. `gain` is the mean held-out gain of nDCG@10, `error` its standard error."""

    weights: RankingWeights
    before: float  # nDCG@10 of the present weights on all queries
    after: float  # of the proposed weights on the same queries, which chose them
    gain: float
    error: float
    evaluations: int

    @property
    def is_better(self) -> bool:
        """Return whether the gain is more than chance."""
        return self.gain > 2 * self.error and self.gain > 0

    def changes(self, present: RankingWeights) -> dict[str, float]:
        """Return the weights that differ from the present ones, by their keys under [search]."""
        pairs = {name: getattr(self.weights, name) for name in TUNED if getattr(self.weights, name) != getattr(present, name)}
        return {name if name.endswith("_bonus") else f"{name}_weight": value for name, value in pairs.items()}


def tune(present: RankingWeights, count: int, measure: Measure, progress: Callable[[int], None] = lambda _: None) -> Tuning:
    """Tune on `count` judged queries. Raises SettingsError if there are too few."""
    if count < MIN_QUERIES:
        raise SettingsError(
            f"{number(count, 'judged query is', 'judged queries are')} too few to tune on: at least {MIN_QUERIES} are needed",
            remedy="judge more queries; `indexer queries` lists what people search for",
        )
    rows: dict[RankingWeights, Sequence[float]] = {}

    def row(weights: RankingWeights) -> Sequence[float]:
        if weights not in rows:
            rows[weights] = measure(weights)
            progress(len(rows))
        return rows[weights]

    gains: list[float] = []
    for fold in range(FOLDS):
        training = [number for number in range(count) if number % FOLDS != fold]
        chosen = _climb(present, row, training)
        gains += [row(chosen)[number] - row(present)[number] for number in range(fold, count, FOLDS)]
    best = _climb(present, row, range(count))
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    before, after = statistics.fmean(row(present)), statistics.fmean(row(best))
    return Tuning(best, before, after, statistics.fmean(gains), error, len(rows))


def _climb(start: RankingWeights, row: Measure, numbers: Sequence[int]) -> RankingWeights:
    """Return the weights that are best for these queries, one change at a time."""

    def mean(weights: RankingWeights) -> float:
        values = row(weights)
        return statistics.fmean(values[number] for number in numbers)

    best, score = start, mean(start)
    for _ in range(MAX_ROUNDS):
        before = score
        for name in TUNED:
            for weights in (_changed(best, name, factor) for factor in FACTORS):
                if (value := mean(weights)) > score + MIN_STEP_GAIN:
                    best, score = weights, value
        if score == before:
            break
    return best


def _changed(weights: RankingWeights, name: str, factor: float) -> RankingWeights:
    value = round(float(getattr(weights, name)) * factor, 3)
    changed: Mapping[str, float] = {name: value}
    return replace(weights, **changed)
