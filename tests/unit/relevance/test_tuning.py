from __future__ import annotations

import random
from collections import Counter

import pytest

from indexer.errors import SettingsError
from indexer.model import RankingWeights
from indexer.relevance.tuning import MAX_EVALUATIONS, MIN_QUERIES, tune

PRESENT = RankingWeights()


def test_a_handful_of_queries_is_refused() -> None:
    with pytest.raises(SettingsError, match=f"at least {MIN_QUERIES}"):
        tune(PRESENT, MIN_QUERIES - 1, lambda weights: [1.0] * (MIN_QUERIES - 1))


def test_a_weight_that_helps_every_query_is_found_and_its_gain_is_held_out() -> None:
    def measure(weights: RankingWeights) -> list[float]:
        return [0.5 + min(weights.title, 6.0) / 100 + number / 1000 for number in range(50)]

    tuning = tune(PRESENT, 50, measure)
    assert tuning.is_better
    assert tuning.weights.title > 5.9
    assert set(tuning.changes(PRESENT)) == {"title_weight"}
    assert tuning.gain == pytest.approx(tuning.after - tuning.before, abs=0.005)


def test_chance_is_not_taken_for_a_gain() -> None:
    """Each set of weights gives random figures: some look better on the queries that chose them, none on others."""
    better = 0
    for seed in range(100):

        def measure(weights: RankingWeights, seed: int = seed) -> list[float]:
            generator = random.Random(f"{seed} {weights}")
            return [generator.random() for _ in range(60)]

        tuning = tune(PRESENT, 60, measure)
        assert tuning.after >= tuning.before
        better += tuning.is_better
    assert better <= 6, "of 300 it was 6 when this was set"


def test_a_weight_without_effect_is_tried_once_and_the_number_of_measurements_is_bounded() -> None:
    tried: Counter[float] = Counter()

    def measure(weights: RankingWeights) -> list[float]:
        tried[weights.recency_bonus] += 1
        generator = random.Random(f"{weights.title} {weights.exact_bonus} {weights.proximity_bonus} {weights.summary}")
        return [generator.random() for _ in range(60)]

    tuning = tune(PRESENT, 60, measure)
    assert tuning.evaluations <= MAX_EVALUATIONS
    assert sum(count for bonus, count in tried.items() if bonus != PRESENT.recency_bonus) == 2


def test_each_set_of_weights_is_measured_once() -> None:
    measured: list[RankingWeights] = []

    def measure(weights: RankingWeights) -> list[float]:
        measured.append(weights)
        return [0.5] * 40

    tuning = tune(PRESENT, 40, measure)
    assert len(measured) == len(set(measured)) == tuning.evaluations
    assert not tuning.is_better
