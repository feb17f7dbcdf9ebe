"""Documents that a search has just read are not read again for its partial matches, and few of them stay in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.snapshot import snapshot as snapshot_module
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from support.contract_corpus import changes, doc
from support.engines import NOW, WEIGHTS


@pytest.fixture(params=[True, False], ids=["kernel", "numpy"])
def snapshot(tmp_path: Path, request: pytest.FixtureRequest) -> Snapshot:
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW, compiled=request.param)
    engine.writer().apply(changes([doc(f"d{n}", "Amber", f"text {n}") for n in range(6)]), 6)
    return engine.reader()._snapshot


def test_documents_of_the_call_before_are_not_read_again(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers: list[int] = []
    read = snapshot._read
    monkeypatch.setattr(snapshot, "_read", lambda several: numbers.extend(several) or read(several))
    first = snapshot.documents([3, 1])
    again = snapshot.documents([1, 4, 3])
    assert numbers == [3, 1, 4]
    assert [again[2], again[0]] == first
    assert [snapshot.id_of(number).decode() for number in (1, 4, 3)] == [document.id for document in again]


def test_many_documents_do_not_stay(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_module, "_MAX_RECENT_DOCUMENTS", 2)
    snapshot.documents([0, 1])
    assert sorted(snapshot._recent) == [0, 1]
    snapshot.documents([2, 3, 4])
    assert not snapshot._recent
