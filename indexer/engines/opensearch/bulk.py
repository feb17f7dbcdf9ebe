"""Bulk writes: many changes in one request, with the status of each of them.

A change is written under its number in the archive as the version of the document. The cluster refuses an older version, so
applying a change twice, or late, does no harm: a conflict means that this change, or a newer one, is there already.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from indexer.engines.fields import analyse_document
from indexer.engines.opensearch.connection import (
    ClusterConnection,
    Table,
    block_error,
    bulk_body,
    is_blocked,
    json_bytes,
    path_of,
    reason_of,
)
from indexer.engines.opensearch.mapping import indexed_fields, record_id
from indexer.engines.scoring import Averages
from indexer.errors import EngineError, EngineUnavailable
from indexer.model import Change, RankingWeights

MAX_REQUESTS: Final = 3  # at a time
MAX_BULK_CHANGES: Final = 500
MAX_BULK_BYTES: Final = 8 << 20
BULK_SECONDS: Final = 120.0
MAX_ATTEMPTS: Final = 8
SAMPLED_CHANGES: Final = 200  # an index without averages takes those of its first documents for its impacts
FIRST_PAUSE_SECONDS: Final = 0.2  # doubled with each attempt
_BUSY: Final = 429
_CONFLICT: Final = 409
_NOT_FOUND: Final = 404


@dataclass(slots=True)
class BulkReport:
    """What became of the changes so far."""

    written: int = 0
    present: int = 0  # refused, as the same or a newer version is there
    resent: int = 0
    on_some_copies: int = 0  # acknowledged while a copy was missing

    def add(self, other: BulkReport) -> None:
        """Count in what became of other changes."""
        self.written += other.written
        self.present += other.present
        self.resent += other.resent
        self.on_some_copies += other.on_some_copies


@dataclass(frozen=True, slots=True)
class _Line:
    """One change as it is sent."""

    change: Change
    body: bytes


class BulkWriter:
    """Sends changes to one index."""

    def __init__(
        self,
        connection: ClusterConnection,
        alias: str,
        averages: Averages,
        weights: RankingWeights,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`alias`: an alias with exactly one index; the cluster refuses to create an index of that name."""
        self._connection, self._path = connection, path_of(alias, "_bulk")
        self._averages, self._weights, self._sleep = averages, weights, sleep
        self.report = BulkReport()

    def write(self, changes: Iterable[Change]) -> None:
        """Write all changes: the next ones are analysed while the cluster indexes. Their versions put them in order.

        Raises EngineError and EngineUnavailable; what was sent before stays written.
        """
        remaining = iter(changes)
        if not self._averages:
            first = list(islice(remaining, SAMPLED_CHANGES))
            self._averages = _average_lengths(first)
            remaining = chain(first, remaining)
        requests: deque[Future[BulkReport]] = deque()
        with ThreadPoolExecutor(MAX_REQUESTS, thread_name_prefix="bulk") as threads:
            for lines in self._requests(remaining):
                if len(requests) == MAX_REQUESTS:
                    self.report.add(requests.popleft().result())
                requests.append(threads.submit(self._send, lines))
            for each in requests:
                self.report.add(each.result())

    def _requests(self, changes: Iterable[Change]) -> Iterator[list[_Line]]:
        lines: list[_Line] = []
        size = 0
        for change in changes:
            line = _Line(change, self._line(change))
            if lines and (len(lines) == MAX_BULK_CHANGES or size + len(line.body) > MAX_BULK_BYTES):
                yield lines
                lines, size = [], 0
            lines.append(line)
            size += len(line.body)
        if lines:
            yield lines

    def _line(self, change: Change) -> bytes:
        target = {"_id": record_id(change.document_id), "version": change.number, "version_type": "external"}
        if change.document is None:
            return json_bytes({"delete": target})
        fields = indexed_fields(change.document, self._averages, self._weights)
        return json_bytes({"index": target}) + b"\n" + json_bytes(fields)

    def _send(self, lines: list[_Line]) -> BulkReport:
        """Send one request, and again what the cluster was too busy for or did not answer."""
        report, pause = BulkReport(), FIRST_PAUSE_SECONDS
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                lines, reason = self._attempt(lines, report)
            except EngineUnavailable as error:  # whatever it did write is a conflict next time
                reason = error.message
                if attempt == MAX_ATTEMPTS:
                    raise
            if not lines:
                return report
            report.resent += len(lines)
            self._sleep(pause)
            pause *= 2
        raise EngineUnavailable(f"the cluster was too busy for {len(lines)} changes, {MAX_ATTEMPTS} times: {reason}")

    def _attempt(self, lines: list[_Line], report: BulkReport) -> tuple[list[_Line], str]:
        """Send lines; return those to be sent again, and why."""
        body = bulk_body(line.body for line in lines)
        answer = self._connection.call("POST", self._path, body, query={"require_alias": "true"}, seconds=BULK_SECONDS)
        again: list[_Line] = []
        why = ""
        for line, item in zip(lines, answer["items"], strict=True):
            ((_, result),) = item.items()
            if _is_busy(line, result, report):
                again.append(line)
                why = reason_of(result)
        return again, why


def _is_busy(line: _Line, result: Table, report: BulkReport) -> bool:
    """Count one result; tell whether its change has to be sent again. Raises EngineError for one that does not succeed."""
    status = int(result["status"])
    if is_blocked(status, result):
        raise block_error(reason_of(result))
    if status in (_BUSY, 502, 503, 504):
        return True
    if status == _CONFLICT:
        report.present += 1
    elif status < 300 or (status == _NOT_FOUND and "error" not in result):
        shards = result["_shards"]
        report.written += 1
        report.on_some_copies += shards["successful"] < shards["total"]
    else:
        raise EngineError(f"the cluster refuses the document {line.change.document_id}: {reason_of(result)}")
    return False


def _average_lengths(changes: Iterable[Change]) -> Averages:
    lengths = [analyse_document(change.document).lengths for change in changes if change.document is not None]
    return tuple(sum(each) / len(lengths) for each in zip(*lengths, strict=True))
