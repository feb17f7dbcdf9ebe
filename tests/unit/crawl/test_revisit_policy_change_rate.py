"""The estimate of how often something changes, against things whose rhythm is known."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from indexer.archive.visits import ChangeHistory
from indexer.crawl.revisit_policy import MAX_VISITS, interval, jitter, with_visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def settled(changes_a_day: float, looks: int = 200, seed: int = 1) -> list[timedelta]:
    """The intervals chosen for something that changes at random, so often on average."""
    rng, known, chosen = random.Random(seed), ChangeHistory(), []
    for _ in range(looks):
        wait = interval(known, HOUR, timedelta(minutes=15), DAY)
        chosen.append(wait)
        days = wait / DAY
        known = with_visit(known, days, changed=rng.random() < 1 - 2.718281828 ** (-changes_a_day * days))
    return chosen[looks // 2 :]


def test_without_evidence_it_is_the_guess() -> None:
    assert interval(ChangeHistory(), HOUR, timedelta(minutes=15), DAY) == pytest.approx(HOUR, rel=1e-6)
    assert interval(ChangeHistory(), 9 * DAY, DAY, 60 * DAY) == pytest.approx(9 * DAY, rel=1e-6)


@pytest.mark.parametrize("changes_a_day", [3.0, 6.0, 12.0, 24.0])
def test_what_changes_is_looked_at_about_twice_for_each_change(changes_a_day: float) -> None:
    chosen = settled(changes_a_day)
    mean = sum(chosen, timedelta()) / len(chosen)
    assert 0.25 < mean / (DAY / changes_a_day) < 1.0


def test_the_bounds_hold() -> None:
    assert set(settled(0.0)) == {DAY}
    assert set(settled(1e6)) == {timedelta(minutes=15)}


def test_a_new_habit_is_learned_within_the_memory() -> None:
    known = ChangeHistory()
    for _ in range(100):
        known = with_visit(known, 1.0, changed=False)
    assert known.visits == pytest.approx(MAX_VISITS)
    for _ in range(int(MAX_VISITS)):
        known = with_visit(known, 1 / 24, changed=True)
    assert interval(known, HOUR, timedelta(minutes=15), DAY) < timedelta(hours=6)


def test_many_looks_in_a_short_time_do_not_stretch_the_interval() -> None:
    """`crawl --all` ten times in ten minutes says nothing about a week."""
    known = ChangeHistory()
    for _ in range(10):
        known = with_visit(known, 1 / 1440, changed=False)
    assert interval(known, 7 * DAY, DAY, 60 * DAY) < 9 * DAY


def test_jitter_is_the_same_each_time_and_spreads_evenly() -> None:
    waits = [jitter(10 * DAY, f"https://example.org/{n}", 0.65, 1.0) for n in range(10_000)]
    assert waits == [jitter(10 * DAY, f"https://example.org/{n}", 0.65, 1.0) for n in range(10_000)]
    days = [int(wait / DAY) for wait in waits]
    assert set(days) == {6, 7, 8, 9}
    assert max(days.count(day) for day in set(days)) < 3_300  # of 10,000
