"""Search the ranking weights on judged queries, and estimate by cross-validation what that would gain.

    queries -> K folds; for each fold: climb on the other folds  ->  measure on this fold  ->  held-out gain of each query
            -> climb on all queries  ->  the proposal

Climbing changes one weight at a time by a factor, and continues in the same direction while that helps. This is coordinate
ascent (Metzler and Croft 2007, "Linear feature-based models for information retrieval"). A weight that changes no query, such
as the recency of undated documents, is not tried again. The gain is held out: no query counts for weights that it helped to
choose. A proposal needs a held-out gain of more than MIN_ERRORS standard errors.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from indexer.errors import SettingsError
from indexer.model import RankingWeights
from indexer.phrases import number

MIN_QUERIES: Final = 40  # with fewer, the weights follow single queries
FOLDS: Final = 5
MAX_ROUNDS: Final = 3  # over all weights
MIN_STEP_GAIN: Final = 0.0005  # of the mean nDCG, for a change to be kept
MIN_ERRORS: Final = 2.5  # the folds often choose the same weights, so two would let chance pass in 5 % of all cases
FACTORS: Final = (1.5, 0.67)
MAX_STEPS: Final = 3  # in one direction
MAX_EVALUATIONS: Final = 120  # of all queries; then climbing ends where it is
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
        return self.gain > MIN_ERRORS * self.error and self.gain > 0

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
    climber = _Climber(measure, progress)
    row = climber.row

    gains: list[float] = []
    for fold in range(FOLDS):
        training = [number for number in range(count) if number % FOLDS != fold]
        chosen = climber.climb(present, training)
        gains += [row(chosen)[number] - row(present)[number] for number in range(fold, count, FOLDS)]
    best = climber.climb(present, range(count))
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    before, after = statistics.fmean(row(present)), statistics.fmean(row(best))
    return Tuning(best, before, after, statistics.fmean(gains), error, len(climber.rows))


class _Climber:
    """Climbs on several sets of queries, and measures all queries once for each choice of weights."""

    def __init__(self, measure: Measure, progress: Callable[[int], None]) -> None:
        self.rows: dict[RankingWeights, Sequence[float]] = {}
        self._measure, self._progress = measure, progress
        self._without_effect: set[str] = set()

    def row(self, weights: RankingWeights) -> Sequence[float]:
        if weights not in self.rows:
            self.rows[weights] = self._measure(weights)
            self._progress(len(self.rows))
        return self.rows[weights]

    def climb(self, start: RankingWeights, numbers: Sequence[int]) -> RankingWeights:
        """Return the weights that are best for these queries, one change at a time."""
        best, score = start, self._mean(start, numbers)
        for _ in range(MAX_ROUNDS):
            before = score
            for name in TUNED:
                if name not in self._without_effect:
                    best, score = self._along(name, best, score, numbers)
            if score == before:
                break
        return best

    def _along(self, name: str, best: RankingWeights, score: float, numbers: Sequence[int]) -> tuple[RankingWeights, float]:
        """Return the best weights with one weight increased or, if that does not help, decreased."""
        start = best
        for factor in FACTORS:
            for _ in range(MAX_STEPS):
                weights = _changed(best, name, factor)
                if weights not in self.rows and len(self.rows) >= MAX_EVALUATIONS:
                    return best, score
                if (value := self._mean(weights, numbers)) <= score + MIN_STEP_GAIN:
                    break
                best, score = weights, value
            if best != start:
                return best, score
        if all(self.row(_changed(start, name, factor)) == self.row(start) for factor in FACTORS):
            self._without_effect.add(name)
        return best, score

    def _mean(self, weights: RankingWeights, numbers: Sequence[int]) -> float:
        values = self.row(weights)
        return statistics.fmean(values[number] for number in numbers)


def _changed(weights: RankingWeights, name: str, factor: float) -> RankingWeights:
    value = round(float(getattr(weights, name)) * factor, 3)
    changed: Mapping[str, float] = {name: value}
    return replace(weights, **changed)
