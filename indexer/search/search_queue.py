"""Decide which search runs next, so that costly searches do not keep ordinary ones waiting.

ordinary search  -------------------->  line: one runs at a time, or as many as the engine can answer side by side
costly search  ->  costly line  ----->  line
a line that is full, or in which a search waits too long  ->  SearchBusy
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from indexer.errors import SearchBusy
from indexer.query.nodes import And, Boost, Fuzzy, Node, Not, Or, Phrase, Prefix, Wildcard, Word

MAX_WAITING = 32
MAX_WAIT_SECONDS = 3.0  # longer than the deadline of the search that runs
MAX_COSTLY_WAITING = 4
MAX_COSTLY_WAIT_SECONDS = 0.5
MAX_ORDINARY_LEAVES = 32
MAX_BRIEF_LEAVES = 8
MAX_BRIEF_CHARACTERS = 200  # a text without spaces has many words
_PLAIN: Final = frozenset((Word, Phrase))
_WITH_PARTS: Final = frozenset((And, Or, Not, Boost))
_PATTERNS: Final = frozenset((Wildcard, Fuzzy))  # that many word forms of the index may match
CHECK_SECONDS = 0.1  # between two checks whether a waiting search was cancelled


class SearchQueue:
    """A line of searches, of which the first one runs. Safe to share between threads."""

    def __init__(self, max_waiting: int, max_wait_seconds: float, max_running: int = 1) -> None:
        self._max_waiting, self._max_wait_seconds = max_waiting, max_wait_seconds
        self._places = threading.BoundedSemaphore(max_waiting)
        self._turn = threading.Lock() if max_running == 1 else threading.Semaphore(max_running)

    def turn(self, is_cancelled: Callable[[], bool] = lambda: False) -> Turn:
        """Return a context manager that waits for the turn and holds it.

        Entering it raises SearchBusy if the line is full, the wait is too long, or it is cancelled.
        """
        return Turn(self, is_cancelled)

    def enter(self, is_cancelled: Callable[[], bool]) -> None:
        """Wait for the turn. `leave` must follow, unless this raises SearchBusy."""
        if self._turn.acquire(blocking=False):
            return
        if not self._places.acquire(blocking=False):
            raise SearchBusy(f"{self._max_waiting} searches are waiting already")
        try:
            if not self._wait(is_cancelled):
                raise SearchBusy(f"the search has waited for {self._max_wait_seconds:g} seconds")
        finally:
            self._places.release()

    def enter_within(self, seconds: float) -> bool:
        """Wait for the turn up to a time limit, without a place in the line. Return whether it has come; then call `leave`."""
        return self._turn.acquire(blocking=False) or self._turn.acquire(timeout=seconds)

    def leave(self) -> None:
        """End the turn."""
        self._turn.release()

    def _wait(self, is_cancelled: Callable[[], bool]) -> bool:
        """Return whether it is our turn within the time. A cancelled search gives its place to another one."""
        until = time.monotonic() + self._max_wait_seconds
        while (seconds := until - time.monotonic()) > 0:
            if is_cancelled():
                raise SearchBusy("the client has left")
            if self._turn.acquire(timeout=min(seconds, CHECK_SECONDS)):
                return True
        return False


class Turn:
    """The turn of one search in a line. A generator would take three times as long."""

    __slots__ = ("_is_cancelled", "_line")

    def __init__(self, line: SearchQueue, is_cancelled: Callable[[], bool]) -> None:
        self._line, self._is_cancelled = line, is_cancelled

    def __enter__(self) -> None:
        self._line.enter(self._is_cancelled)

    def __exit__(self, *_: object) -> None:
        self._line.leave()


class SearchQueues:
    """The two lines. Costly searches enter the ordinary line one by one."""

    def __init__(self, max_running: int = 1) -> None:
        self.ordinary = SearchQueue(MAX_WAITING, MAX_WAIT_SECONDS, max_running)
        self._costly_line = SearchQueue(MAX_COSTLY_WAITING, MAX_COSTLY_WAIT_SECONDS)

    def turn(self, *, is_costly: bool, is_cancelled: Callable[[], bool] = lambda: False) -> AbstractContextManager[None]:
        """Return a context manager that waits until a search may run, and holds its turn. Entering it raises SearchBusy.

        `is_cancelled`: whether the client has left.
        """
        return self._costly_turn(is_cancelled) if is_costly else self.ordinary.turn(is_cancelled)

    @contextmanager
    def _costly_turn(self, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        with self._costly_line.turn(is_cancelled), self.ordinary.turn(is_cancelled):
            yield


def is_costly(query: Node) -> bool:
    """Return whether a query may take far longer than most: it has patterns to expand, or very many parts."""
    if isinstance(query, (Word, Phrase)):
        return False
    if isinstance(query, (And, Or)) and len(query.nodes) <= MAX_ORDINARY_LEAVES and _PLAIN.issuperset(map(type, query.nodes)):
        return False  # as most
    leaves = _leaves(query)
    return len(leaves) > MAX_ORDINARY_LEAVES or not _PATTERNS.isdisjoint(map(type, leaves))


def is_brief(query: Node) -> bool:
    """Return whether a query hardly ever takes long: it has few parts and no patterns."""
    leaves = _leaves(query)
    return len(leaves) <= MAX_BRIEF_LEAVES and (_PATTERNS | {Prefix}).isdisjoint(map(type, leaves))


def _leaves(query: Node) -> Sequence[Node]:
    """Return the words, phrases and other parts of a query that have no parts themselves."""
    if isinstance(query, (And, Or)) and _WITH_PARTS.isdisjoint(map(type, query.nodes)):  # most queries
        return query.nodes
    leaves: list[Node] = []
    pending: list[Node] = [query]
    while pending:
        match pending.pop():
            case And(nodes=nodes) | Or(nodes=nodes):
                pending += nodes
            case Not(node=inner) | Boost(node=inner):
                pending.append(inner)
            case leaf:
                leaves.append(leaf)
    return leaves
