"""A new generation, by one process or by several: whole or not there, and nothing and nobody left over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.array_file import Spool
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.write import build_workers, partial_segments
from indexer.engines.whoosh.write import rebuild as rebuild_module
from indexer.engines.whoosh.write import writer as writer_module
from indexer.engines.whoosh.write.build_workers import BuildWorkers, from_row, to_row
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.errors import EngineError
from indexer.model import Change, Document
from indexer.query.nodes import Everything
from support.contract_corpus import NEWS, changes, doc, fill, ids, word
from support.crashes import killed_at
from support.waiting import PATIENCE_SECONDS, eventually, has_ended

MANY = 240


def documents(count: int = MANY) -> Iterator[Document]:
    for n in range(count):
        yield doc(
            f"d{n:04}", f"Lantern number{n}", " ".join(f"w{(n * 7 + i) % 90}" for i in range(30)), categories=(f"c{n % 7}",),
            date=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=n * 37 % 101) if n % 9 else None,
        )  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if MANY documents were many."""
    monkeypatch.setattr(partial_segments, "MAX_PARTIAL_DOCUMENTS", 16)
    monkeypatch.setattr(rebuild_module, "MAX_IN_PROCESS_DOCUMENTS", 50)
    monkeypatch.setattr(rebuild_module, "BATCH_DOCUMENTS", 10)
    monkeypatch.setattr(rebuild_module, "cores", lambda: 2)


def rebuild(whoosh: WhooshEngine, given: list[Change]) -> str:
    with whoosh.rebuild() as made:
        made.apply(given, len(given))
        return made.publish()


def arrays(whoosh: WhooshEngine) -> list[dict[str, tuple[str, bytes]]]:
    folder = whoosh.directory / generations.generation_names(whoosh.directory)[-1]
    found = [Segment(path).arrays for path in sorted(folder.glob("*.arrays"))]
    return [{name: (array.dtype.str, array.tobytes()) for name, array in one.items()} for one in found]


def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that will be started from now on."""
    pids: list[int] = []
    real = build_workers._start

    def start() -> subprocess.Popen[bytes]:
        process = real()
        pids.append(process.pid)
        return process

    monkeypatch.setattr(build_workers, "_start", start)
    return pids


def test_one_process_and_several_build_the_same(
    whoosh: WhooshEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    pids = started(monkeypatch)
    given = changes(documents())
    rebuild(whoosh, given)
    assert len(pids) == 3  # two that build, one that joins
    assert all(map(has_ended, pids))
    alone = WhooshEngine(tmp_path / "alone", whoosh.weights)
    monkeypatch.setattr(rebuild_module, "cores", lambda: 1)
    rebuild(alone, given)
    assert len(pids) == 3
    assert arrays(whoosh) == arrays(alone)
    builder = SegmentBuilder()
    for document in documents():
        builder.add(document)
    assert arrays(whoosh) == [{name: (a.dtype.str, a.tobytes()) for name, a in builder.take()[0].items()}]
    assert whoosh.verify() == ()
    reader = whoosh.reader()
    assert (reader.document_count, reader.position, reader.count(word("en/lantern"))) == (MANY, MANY, MANY)
    assert len(generations.generation_names(whoosh.directory)) == 1
    assert not list(whoosh.directory.rglob("piece*"))


def test_segments_are_few_and_equal(whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    monkeypatch.setattr(rebuild_module, "group_equally", lambda pieces: partial_segments.group_equally(pieces, 100))
    rebuild(whoosh, changes(documents()))
    assert sorted(len(np.frombuffer(one["date"][1], "i8")) for one in arrays(whoosh)) == [80, 80, 80]
    assert sorted(ids(whoosh.reader(), Everything())) == sorted(document.id for document in documents())
    assert whoosh.verify() == ()


def test_a_process_that_cannot_be_started_is_done_without(
    whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    for executable in ("", "/nowhere/python", "/bin/true", "/bin/echo"):
        monkeypatch.setattr(sys, "executable", executable)
        rebuild(whoosh, changes(documents()))
        assert whoosh.reader().document_count == MANY
        assert whoosh.verify() == ()


def test_documents_that_come_again_or_go_again(whoosh: WhooshEngine, small: None) -> None:
    first = list(documents())
    again: list[Document | str] = [
        "unknown",
        *first,
        "d0003",
        doc("d0004", "kite"),
        doc("new", "kite"),
        "d0005",
        doc("d0003", "kite"),
    ]
    with whoosh.rebuild() as made:
        given = changes(again)
        made.apply(given[:120], 120)
        made.apply(given[120:], len(given))
        made.publish()
    reader = whoosh.reader()
    assert (reader.document_count, reader.position, reader.count(word("en/kite"))) == (MANY, len(again), 3)
    assert reader.document("d0005") is None
    assert whoosh.verify() == ()


@pytest.mark.parametrize("when", ["build", "join"])
def test_a_killed_process_is_told_and_the_old_index_stays(
    whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch, small: None, when: str
) -> None:
    fill(whoosh, NEWS)
    pids = started(monkeypatch)
    kill_at = 3 if when == "join" else 2

    def coming() -> Iterator[Change]:
        for change in changes(documents(4000)):
            if kill_at == len(pids) == 2 and change.number == 300:
                os.kill(pids[1], signal.SIGKILL)
            yield change

    real = BuildWorkers._send

    def sent(self: BuildWorkers, i: int, message: tuple[object, ...]) -> None:
        if message[0] == "join" and when == "join":
            os.kill(pids[-1], signal.SIGKILL)
        real(self, i, message)

    monkeypatch.setattr(BuildWorkers, "_send", sent)
    with pytest.raises(EngineError, match="killed by signal 9"), whoosh.rebuild() as made:
        made.apply(coming(), 4000)
        made.publish()
    assert len(pids) == kill_at
    assert all(map(has_ended, pids))
    assert len(generations.generation_names(whoosh.directory)) == 1
    assert whoosh.reader().document_count == 6
    assert whoosh.verify() == ()


def test_what_goes_wrong_in_a_process_is_told(whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    pids = started(monkeypatch)

    def coming() -> Iterator[Change]:
        for change in changes(documents(4000)):
            if len(pids) == 2:
                shutil.rmtree(whoosh.directory, ignore_errors=True)  # as a full disk: nothing can be written
            yield change

    with pytest.raises(EngineError, match="cannot be built: FileNotFoundError"), whoosh.rebuild() as made:
        made.apply(coming(), 4000)
        made.publish()
    assert all(map(has_ended, pids))


@pytest.mark.parametrize("step", [(partial_segments, "write_arrays"), (Spool, "add")], ids=lambda step: step[1])
def test_a_full_disk_is_told(
    whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch, small: None, step: tuple[object, str]
) -> None:
    fill(whoosh, NEWS)
    monkeypatch.setattr(rebuild_module, "cores", lambda: 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "disk full on device")

    monkeypatch.setattr(*step, full)
    with pytest.raises(EngineError, match="disk full"):
        rebuild(whoosh, changes(documents(60)))
    assert len(generations.generation_names(whoosh.directory)) == 1
    assert whoosh.reader().document_count == 6


PARENT = """
import os, sys, time
from pathlib import Path
sys.path[:0] = [{tests!r}]
from support.contract_corpus import changes, doc
from indexer.engines.whoosh.write import rebuild as rebuild_module
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import RankingWeights
rebuild_module.MAX_IN_PROCESS_DOCUMENTS, rebuild_module.cores = 10, lambda: 2
def coming():
    yield from changes(doc(f"d{{n}}", "lantern") for n in range(100))
    print(*[process.pid for process in rebuild._bulk._maker._processes], flush=True)
    time.sleep(3600)
with WhooshEngine(Path({directory!r}), RankingWeights()).rebuild() as rebuild:
    rebuild.apply(coming(), 100)
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_parent_leaves_nobody(whoosh: WhooshEngine, by: signal.Signals) -> None:
    fill(whoosh, NEWS)
    script = PARENT.format(tests=str(Path(__file__).parents[1]), directory=str(whoosh.directory))
    parent = subprocess.Popen(
        [sys.executable, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write(script)
    parent.stdin.close()
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    assert not any(map(has_ended, pids))
    parent.send_signal(by)
    parent.wait(PATIENCE_SECONDS)
    assert eventually(lambda: all(map(has_ended, pids)))
    assert WhooshEngine(whoosh.directory, whoosh.weights).reader().document_count == 6
    rebuild(whoosh, changes(NEWS))
    assert len(generations.generation_names(whoosh.directory)) == 1
    assert not list(whoosh.directory.rglob("piece*"))


def test_workers_end_with_their_parent_although_another_process_holds_their_pipes(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    script = PARENT.format(tests=str(Path(__file__).parents[1]), directory=str(whoosh.directory)).replace(
        "    time.sleep",
        """    import subprocess
    pipes = [process.stdin.fileno() for process in rebuild._bulk._maker._processes]
    print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], pass_fds=pipes).pid, flush=True)
    time.sleep""",
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    holder = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait(PATIENCE_SECONDS)
        assert not has_ended(holder)
        assert eventually(lambda: all(map(has_ended, pids)))
    finally:
        os.kill(holder, signal.SIGKILL)


STEPS = [
    (generations, "write_state"),
    (writer_module, "write_manifest"),
    (generations, "write_pointer"),
    (generations, "remove_others"),
    (generations, "create_folder"),
    (generations, "sync"),
    (os, "replace"),
    (os, "unlink"),
    (os, "fsync"),
    (partial_segments, "write_arrays"),
    (partial_segments, "merge"),
    (Spool, "add"),
    (writer_module, "write_segments"),
    (SegmentBuilder, "add"),
    (SegmentBuilder, "take"),
]


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_a_rebuild_killed_at_any_step_leaves_the_old_or_the_new(
    whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch, small: None, step: tuple[object, str], after: bool, times: int
) -> None:
    """The folder is copied at the moment of the kill: nothing that runs afterwards may tidy it up."""
    fill(whoosh, NEWS)
    monkeypatch.setattr(rebuild_module, "cores", lambda: 1)
    kept = whoosh.directory.with_name("killed")
    given = changes(documents(60))

    def copy() -> None:
        shutil.copytree(whoosh.directory, kept)

    with killed_at(*step, times, after=after, last_words=copy) as killer:
        rebuild(whoosh, given)
    if not killer.kills:
        return  # it is not called so often
    left = WhooshEngine(kept, whoosh.weights)
    assert left.verify() == ()
    reader = left.reader()
    assert (reader.position, reader.document_count) in [(6, 6), (60, 60)]
    rebuild(left, given)
    assert left.reader().document_count == 60
    assert left.verify() == ()
    assert len(generations.generation_names(kept)) == 1
    assert not list(kept.rglob("piece*")) + list(kept.rglob("*.new"))


def test_a_document_arrives_in_another_process_as_it_was() -> None:
    strange = doc("\ud800", "\x1f\x00 a", "\U0001f600", date=datetime(1, 1, 1, 0, 0, 0, 7, UTC), modified=datetime(2020, 1, 1))
    for document in (*NEWS, strange):
        assert from_row(to_row(document)) == document
