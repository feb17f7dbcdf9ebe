"""How several crawlers share the sources that are due."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import cast

import pytest

from indexer.archive.leases import Leases
from indexer.archive.store import SourceState
from indexer.crawl import distributed_crawl
from indexer.crawl.distributed_crawl import FIRST_SOURCES, SharedTurns, crawl_shared
from indexer.crawl.report import SourceReport
from indexer.model import Source


class Shared:
    """Sources by number, and the leases of two workers: this one and another."""

    def __init__(self, due: Collection[int], of_others: Collection[int] = ()) -> None:
        self.due, self.of_others = list(due), set(of_others)
        self.leased: set[int] = set()
        self.log: list[str] = []
        self.running = self.most_running = 0

    def find_due(self) -> list[SourceState]:
        return [state(number) for number in self.due]

    def take(self, candidates: Sequence[int], count: int) -> list[int]:
        free = [each for each in candidates if each not in self.of_others | self.leased][: max(0, count)]
        self.leased |= set(free)
        return free

    def give_back(self, number: int) -> None:
        self.leased.remove(number)
        self.log.append(f"back {number}")

    async def crawl(self, source: SourceState) -> SourceReport:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0)
            self.log.append(f"crawl {source.id}")
            self.due.remove(source.id)
            return SourceReport(source.source)
        finally:
            self.running -= 1

    def run(self) -> list[str]:
        """Crawl, and return the sources in the order of their reports."""
        reports = asyncio.run(crawl_shared(cast("Leases", self), self.find_due, self.crawl))
        assert self.leased == set()
        return [report.source.name for report in reports]


def state(number: int) -> SourceState:
    return SourceState(number, Source(f"https://n.example/{number}", str(number)), "ok", None, None, None, None, 0, None, None)


def test_every_source_that_is_due_is_crawled_once_and_given_back() -> None:
    shared = Shared([1, 2, 3, 4, 5])
    assert sorted(shared.run()) == ["1", "2", "3", "4", "5"]
    assert sorted(shared.log) == sorted([f"crawl {n}" for n in range(1, 6)] + [f"back {n}" for n in range(1, 6)])


def test_sources_that_another_worker_has_are_left_to_it() -> None:
    shared = Shared([1, 2, 3], of_others=[2])
    assert sorted(shared.run()) == ["1", "3"]
    assert Shared([1], of_others=[1]).run() == []
    assert Shared([]).run() == []


def test_a_worker_begins_with_few_sources() -> None:
    shared = Shared(range(2))
    shared.run()
    assert shared.most_running == FIRST_SOURCES
    shared = Shared(range(40))
    shared.run()
    assert FIRST_SOURCES < shared.most_running < 40, "and takes more step by step"


def test_a_worker_has_no_more_than_a_number_of_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed_crawl, "MAX_SOURCES", 3)
    shared = Shared(range(40))
    shared.run()
    assert shared.most_running <= 3


def test_a_source_that_another_worker_has_just_crawled_is_given_back() -> None:
    shared = Shared([1, 2])
    find_due, calls = shared.find_due, []

    def find_due_once() -> list[SourceState]:
        calls.append(len(calls))
        if len(calls) == 2:  # after the lease
            shared.due.remove(2)
        return find_due()

    shared.find_due = find_due_once  # type: ignore[method-assign]  # another worker ends between two questions
    assert shared.run() == ["1"]
    assert shared.log == ["back 2", "crawl 1", "back 1"]


def test_an_error_of_the_program_ends_the_other_crawls() -> None:
    shared = Shared([1, 2])
    ended: list[int] = []

    async def crawl(source: SourceState) -> SourceReport:
        try:
            await asyncio.sleep(0 if source.id == 1 else 60)
            raise ValueError(source.id)
        finally:
            ended.append(source.id)

    with pytest.raises(ValueError, match="1"):
        asyncio.run(crawl_shared(cast("Leases", shared), shared.find_due, crawl))
    assert ended == [1, 2]


@pytest.mark.parametrize(("wait", "expected"), [(0.0, 0.0), (0.4, 0.4), (30.0, 1.0)])
def test_a_turn_is_asked_for_every_second(wait: float, expected: float) -> None:
    asked: list[tuple[str, float]] = []

    class Turns:
        def take_turn(self, host: str, seconds: float) -> float:
            asked.append((host, seconds))
            return wait

    assert asyncio.run(SharedTurns(cast("Leases", Turns()), 20.0).take("n.example")) == expected
    assert asked == [("n.example", 25.0)], "the turn of a worker that died ends five seconds after its request"
