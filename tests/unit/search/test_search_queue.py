"""Searches wait in lines that are bounded, and a costly one keeps no ordinary one waiting for more than its own turn."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from indexer.errors import SearchBusy
from indexer.query.parse import parse
from indexer.search.search_queue import (
    MAX_BRIEF_LEAVES,
    MAX_COSTLY_WAITING,
    MAX_ORDINARY_LEAVES,
    SearchQueue,
    SearchQueues,
    is_brief,
    is_costly,
)


@pytest.mark.parametrize(
    ("query", "costly"),
    [
        ("border fence", False),
        ('"border fence" -gate title:wall', False),
        ("bord*", False),
        ("?*a*?", True),
        ("fence -?*a*?", True),
        ("(fence OR bordr~)^2", True),
        (" ".join(f"w{n}" for n in range(MAX_ORDINARY_LEAVES)), False),
        (" ".join(f"w{n}" for n in range(MAX_ORDINARY_LEAVES + 1)), True),
    ],
)
def test_patterns_and_very_long_queries_are_costly(query: str, costly: bool) -> None:
    assert is_costly(parse(query).node) is costly


@pytest.mark.parametrize(
    ("query", "brief"),
    [
        ("border fence", True),
        ('"border fence" -gate title:wall OR (a b)', True),
        ("bord*", False),
        ("fence bord*", False),
        ("?*a*?", False),
        ("bordr~", False),
        (" ".join(f"w{n}" for n in range(MAX_BRIEF_LEAVES)), True),
        (" ".join(f"w{n}" for n in range(MAX_BRIEF_LEAVES + 1)), False),
    ],
)
def test_a_brief_query_has_few_parts_and_no_patterns(query: str, brief: bool) -> None:
    assert is_brief(parse(query).node) is brief


def test_a_full_line_refuses_at_once() -> None:
    line = SearchQueue(max_waiting=0, max_wait_seconds=60)
    with line.turn(), pytest.raises(SearchBusy, match="waiting already"), line.turn():
        pass
    with line.turn():
        pass  # the place is free again


def test_a_search_that_waits_too_long_is_refused() -> None:
    line = SearchQueue(max_waiting=1, max_wait_seconds=0.01)
    with line.turn(), pytest.raises(SearchBusy, match="has waited"), line.turn():
        pass


def test_a_waiting_search_whose_client_leaves_gives_its_place_to_another() -> None:
    line = SearchQueue(1, 3600)
    leave = threading.Event()
    left: list[str] = []

    def wait() -> None:
        with pytest.raises(SearchBusy) as refusal, line.turn(leave.is_set):
            left.append("it ran")
        left.append(str(refusal.value))

    with line.turn():
        waiting = threading.Thread(target=wait)
        waiting.start()
        leave.set()
        waiting.join()
        assert "has left" in left[0]
    with line.turn():
        pass


def test_an_ordinary_search_runs_while_costly_ones_wait_for_each_other() -> None:
    queues = SearchQueues()
    inside, leave, refused = threading.Event(), threading.Event(), []

    def search() -> None:
        try:
            with queues._costly_line.turn():
                inside.set()
                leave.wait(30)
        except SearchBusy:
            refused.append(True)

    threads = [threading.Thread(target=search) for _ in range(MAX_COSTLY_WAITING + 4)]
    for thread in threads:
        thread.start()
    assert inside.wait(30)
    with queues.turn(is_costly=False):
        pass
    leave.set()
    for thread in threads:
        thread.join(30)
    assert len(refused) <= len(threads) - 1


def refused(line: SearchQueue) -> bool:
    """Return whether a line refuses a search at once; otherwise the search has ended again."""
    try:
        with line.turn(lambda: True):
            return False
    except SearchBusy:
        return True


@pytest.mark.parametrize("max_running", [1, 2, 3])
def test_as_many_searches_run_side_by_side_as_the_engine_can_answer(max_running: int) -> None:
    line = SearchQueue(max_waiting=5, max_wait_seconds=60, max_running=max_running)
    with ExitStack() as running:
        for _ in range(max_running):
            assert not refused(line)
            running.enter_context(line.turn())
        assert refused(line)
    assert not refused(line)


@pytest.mark.parametrize("max_waiting", [0, 1, 3])
def test_as_many_searches_wait_as_the_line_is_long(max_waiting: int) -> None:
    line = SearchQueue(max_waiting, max_wait_seconds=3600)
    leave, waiting = threading.Event(), threading.Semaphore(0)

    def is_cancelled() -> bool:
        waiting.release()
        return leave.is_set()

    def wait() -> None:
        with pytest.raises(SearchBusy, match="has left"), line.turn(is_cancelled):
            pass

    threads = [threading.Thread(target=wait) for _ in range(max_waiting)]
    with line.turn():
        for thread in threads:
            thread.start()
            assert waiting.acquire(timeout=30)
        with pytest.raises(SearchBusy, match=f"{max_waiting} searches are waiting already"), line.turn():
            pass
        leave.set()
        for thread in threads:
            thread.join()


def test_a_search_that_fails_ends_its_turn() -> None:
    line = SearchQueue(max_waiting=0, max_wait_seconds=60)
    with pytest.raises(ValueError, match="of the search"), line.turn():
        raise ValueError("of the search")
    assert not refused(line)


def test_an_engine_for_several_searches_still_runs_one_costly_search_at_a_time() -> None:
    queues = SearchQueues(max_running=2)
    with queues.turn(is_costly=True):
        with pytest.raises(SearchBusy), queues.turn(is_costly=True, is_cancelled=lambda: True):
            pass
        ordinary = queues.turn(is_costly=False, is_cancelled=lambda: True)
        with queues.turn(is_costly=False), pytest.raises(SearchBusy), ordinary:
            pass
