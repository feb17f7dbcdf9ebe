"""Crawl together with crawlers on other machines: each leases some of the sources, and all wait for the same turn at a host.

    sources that are due -> lease a few -> still due? -> crawl -> give the lease back -> the next ones

A worker takes more sources step by step, so that several that begin at the same time share them evenly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from indexer.archive.leases import Leases
from indexer.archive.store import SourceState
from indexer.crawl.report import SourceReport

FIRST_SOURCES: Final = 2
STEP_SECONDS: Final = 0.25  # after which a worker takes one source more
MAX_SOURCES: Final = 64
MAX_POLL_SECONDS: Final = 1.0  # between two checks whether the turn has come at a host that others use
TURN_MARGIN_SECONDS: Final = 5.0


class SharedTurns:
    """The turns at hosts, which all crawlers of an archive share (`indexer.fetch.politeness.HostTurns`)."""

    def __init__(self, leases: Leases, request_seconds: float) -> None:
        """`request_seconds`: time limit of a request. The turn of a worker that died expires `TURN_MARGIN_SECONDS` later."""
        self._leases, self._seconds = leases, request_seconds + TURN_MARGIN_SECONDS

    async def take(self, host: str) -> float:
        """Take the turn at a host; return 0.0, or the seconds to wait before the next attempt."""
        return min(await asyncio.to_thread(self._leases.take_turn, host, self._seconds), MAX_POLL_SECONDS)

    async def end(self, host: str, pause_seconds: float, *, is_known: bool) -> None:
        """End the turn. `pause_seconds`: until the next one. `is_known`: the pause follows from the host's robots.txt."""
        await asyncio.to_thread(lambda: self._leases.end_turn(host, pause_seconds, is_known=is_known))


async def crawl_shared(
    leases: Leases,
    find_due: Callable[[], Sequence[SourceState]],
    crawl_source: Callable[[SourceState], Awaitable[SourceReport]],
) -> list[SourceReport]:
    """Crawl the sources that `find_due` returns and no other worker has; return the reports in the order of their ends.

    Ends when every source that is due is crawled, or leased by another worker.
    """
    reports: list[SourceReport] = []
    running: dict[asyncio.Task[SourceReport], int] = {}
    finished: set[int] = set()
    limit = FIRST_SOURCES
    try:
        while True:
            room = limit - len(running)
            due_now = find_due() if room > 0 else ()  # it reads all sources with their templates
            candidates = [state.id for state in due_now if state.id not in finished and state.id not in running.values()]
            new_ids = set(leases.take(candidates, room))
            due = {state.id: state for state in find_due()} if new_ids else {}  # another worker may have just crawled one
            for source_id in new_ids - due.keys():
                leases.give_back(source_id)
            for source_id in new_ids & due.keys():
                running[asyncio.ensure_future(crawl_source(due[source_id]))] = source_id
            if not running:
                return reports
            done, _ = await asyncio.wait(running, timeout=STEP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source_id = running.pop(task)
                reports.append(task.result())
                finished.add(source_id)
                leases.give_back(source_id)
            limit = min(limit + 1, MAX_SOURCES)
    finally:
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
