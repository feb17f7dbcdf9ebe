"""Apply changes to a generation, and commit them.

    bulk writes -> do all copies hold them? -> refresh -> averages -> new state

The state is written last. After a crash the changes are applied again, which does no harm.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from indexer.engines.fields import FIELDS, sortable_date
from indexer.engines.opensearch.bulk import BulkReport, BulkWriter
from indexer.engines.opensearch.connection import ClusterConnection, path_of
from indexer.engines.opensearch.state import IndexState, write_state
from indexer.engines.scoring import Averages, stable_averages
from indexer.errors import EngineUnavailable
from indexer.model import Change, RankingWeights

COPIES_SECONDS: Final = 30.0  # how long a commit waits for copies that were missing
REFRESH_SECONDS: Final = 120.0


class GenerationWriter:
    """Writes to one generation through an alias of its own."""

    def __init__(
        self,
        connection: ClusterConnection,
        alias: str,
        index: str,
        state: IndexState,
        weights: RankingWeights,
        now: Callable[[], datetime],
        archive_id: str,
    ) -> None:
        self._connection, self._alias, self.index = connection, alias, index
        self.state, self._weights, self._now = state, weights, now
        self._archive_id = archive_id or state.archive_id
        self.report = BulkReport()
        self.waits_for_copies = True

    @property
    def position(self) -> int:
        """Return the number of the last change that all copies hold."""
        return self.state.position

    def apply(self, changes: Iterable[Change], position: int) -> None:
        """Apply and commit changes. The position stays if copies are missing: the changes are then applied again later.

        If `changes` fails, a part of it may have been written. Searches see it from the next commit on.
        """
        bulk = BulkWriter(self._connection, self._alias, self.state.averages, self._weights)
        self.report = bulk.report
        bulk.write(changes)
        changed = bulk.report.written + bulk.report.present > 0
        is_complete = not changed or self._all_copies_hold(bulk.report)
        if not is_complete:
            logging.getLogger(__name__).warning(
                "a copy of the index %s is missing: its changes can be searched, and count as pending until all copies are there;"
                " start the missing nodes, or lower [opensearch] replicas and run: indexer reindex",
                self.index,
            )
        self._connection.call("POST", path_of(self.index, "_refresh"), seconds=REFRESH_SECONDS)
        averages = stable_averages(self.state.averages, self._average_lengths())
        state = dataclasses.replace(
            self.state,
            position=position if is_complete else min(position, self.state.position),
            commit=self.state.commit + 1,
            written=sortable_date(self._now()),
            averages=averages,
            archive_id=self._archive_id,
        )
        write_state(self._connection, self.index, state)
        self.state = state

    def close(self) -> None:
        """Do nothing: a writer holds no resources."""

    def _all_copies_hold(self, report: BulkReport) -> bool:
        """Return whether every copy holds what was written.

        `_shards` of each acknowledged change says so. A change that was refused as present may have been written while a copy
        was missing. If all copies are in step now, they hold it.
        """
        if not report.on_some_copies and not report.present:
            return True
        return is_green(self._connection, self.index, COPIES_SECONDS if self.waits_for_copies else 0.0)

    def _average_lengths(self) -> Averages:
        averages = {name: {"avg": {"field": f"length_{name}"}} for name in FIELDS}
        body = {"size": 0, "aggs": averages}
        answer = self._connection.call("POST", path_of(self.index, "_search"), body, seconds=REFRESH_SECONDS)
        if answer["_shards"]["failed"]:
            return self.state.averages or (0.0,) * len(FIELDS)
        return tuple(answer["aggregations"][name]["value"] or 0.0 for name in FIELDS)


def is_green(connection: ClusterConnection, index: str, seconds: float) -> bool:
    """Return whether all copies of an index are in step, or are so within this time."""
    query = {"wait_for_status": "green", "timeout": f"{round(seconds * 1000)}ms", "filter_path": "status"}
    try:
        answer = connection.call("GET", path_of("_cluster", "health", index), query=query, seconds=seconds + 10)
    except EngineUnavailable:  # 408 when the time is over
        return False
    return bool(answer["status"] == "green")
