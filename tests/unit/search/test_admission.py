"""Searches wait in lines that are bounded, and a costly one keeps no ordinary one waiting for more than its own turn."""

from __future__ import annotations

import threading

import pytest

from indexer.errors import SearchBusy
from indexer.query.parse import parse
from indexer.search.admission import MAX_COSTLY_WAITING, MAX_ORDINARY_LEAVES, Admission, SearchQueue, is_costly


@pytest.mark.parametrize(
    ("query", "costly"),
    [
        ("border fence", False),
        ('"border fence" -gate title:wall', False),
        ("bord*", False),
        ("?*a*?", True),
        ("fence -?*a*?", True),
        ("(fence OR bordr~)^2", True),
        (" ".join(f"w{n}" for n in range(MAX_ORDINARY_LEAVES + 1)), True),
    ],
)
def test_patterns_and_very_long_queries_are_costly(query: str, costly: bool) -> None:
    assert is_costly(parse(query).node) is costly


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
    admission = Admission()
    inside, leave, refused = threading.Event(), threading.Event(), []

    def search() -> None:
        try:
            with admission._costly_line.turn():
                inside.set()
                leave.wait(30)
        except SearchBusy:
            refused.append(True)

    threads = [threading.Thread(target=search) for _ in range(MAX_COSTLY_WAITING + 4)]
    for thread in threads:
        thread.start()
    assert inside.wait(30)
    with admission.turn(is_costly=False):
        pass
    leave.set()
    for thread in threads:
        thread.join(30)
    assert len(refused) <= len(threads) - 1
