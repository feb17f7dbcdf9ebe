"""What the cluster says of each change in a bulk request decides what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from indexer.engines.opensearch.bulk import MAX_ATTEMPTS, BulkWriter
from indexer.engines.opensearch.connection import Table
from indexer.engines.opensearch.engine import OpenSearchEngine
from indexer.errors import EngineError, EngineUnavailable
from support.contract_corpus import changes, doc, fill
from support.engines import WEIGHTS

AVERAGES = (1.0,) * 5


class BusyConnection:
    """Answers as a cluster that is too busy for every other change at first: that cannot be provoked in a real one."""

    def __init__(self, refusals: int, status: int = 429) -> None:
        self.refusals, self.status = refusals, status
        self.requests: list[int] = []

    def call(self, method: str, path: str, body: bytes, **more: Any) -> Table:
        actions = [json.loads(line) for line in body.splitlines() if b'"version_type"' in line]
        self.requests.append(len(actions))
        self.refusals -= 1
        return {"items": [{"index": self._result(n)} for n in range(len(actions))]}

    def _result(self, number: int) -> Table:
        if self.refusals >= 0 and number % 2 == 0:
            return {"status": self.status, "error": {"type": "circuit_breaking_exception", "reason": "too much"}}
        return {"status": 201, "_shards": {"total": 2, "successful": 2}}


def writer(connection: Any) -> BulkWriter:
    return BulkWriter(connection, "x", AVERAGES, WEIGHTS, sleep=lambda seconds: None)


def test_only_what_the_cluster_was_too_busy_for_is_sent_again() -> None:
    connection = BusyConnection(refusals=2)
    bulk = writer(connection)
    bulk.write(changes([doc(f"d{n}", "kite") for n in range(8)]))
    assert connection.requests == [8, 4, 2]
    assert (bulk.report.written, bulk.report.resent) == (8, 6)


def test_a_cluster_that_stays_busy_is_reported() -> None:
    connection = BusyConnection(refusals=99)
    with pytest.raises(EngineUnavailable, match="too busy"):
        writer(connection).write(changes([doc("a", "kite")]))
    assert len(connection.requests) == MAX_ATTEMPTS


def test_a_change_that_is_refused_for_good_is_named() -> None:
    with pytest.raises(EngineError, match="document a: too much"):
        writer(BusyConnection(refusals=1, status=400)).write(changes([doc("a", "kite")]))


def test_an_older_change_never_replaces_a_newer_one(opensearch: OpenSearchEngine) -> None:
    fill(opensearch, [doc("a", "new", url="https://example.org/new"), "b"])
    late = opensearch.writer()
    late.apply(changes([doc("a", "old")], 1), 2)
    assert (late.report.written, late.report.present) == (0, 1)
    late.apply(changes([doc("b", "gone")], 1), 2)
    assert late.report.present == 1
    reader = opensearch.reader()
    assert (reader.document_count, reader.document("b")) == (1, None)


def test_long_ids_and_values_are_indexed(opensearch: OpenSearchEngine) -> None:
    long = doc("i" * 3_000, "kite", source="s" * 40_000, url="https://example.org/" + "u" * 40_000)
    reader = fill(opensearch, [long])
    assert reader.document(long.id) == long
    assert reader.document_count == 1
