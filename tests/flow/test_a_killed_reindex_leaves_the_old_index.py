"""`indexer reindex` of many documents: several processes, and what remains when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer.config import load_settings, open_archive, open_engine
from indexer.engines.whoosh.write.rebuild import MAX_IN_PROCESS_DOCUMENTS
from indexer.exchange.jsonl import import_lines
from indexer.reindex import reindex
from support.waiting import eventually, has_ended

COUNT = MAX_IN_PROCESS_DOCUMENTS + 1_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    archive = open_archive(load_settings(folder))
    tables = ({"id": f"{n:08}", "title": f"Ferry {n}", "text": f"Tide number{n % 50}", "language": "en"} for n in range(COUNT))
    with archive.transaction():
        assert import_lines(archive, map(json.dumps, tables), "many.jsonl") == (COUNT, [])
    archive.close()
    return folder


def children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(values[1]) == pid and values[0] != "Z":
            found.append(int(path.parent.name))
    return found


def command(data: Path) -> subprocess.Popen[str]:
    script = Path(sys.executable).with_name("indexer")  # as people start it
    start = [str(script)] if script.exists() else [sys.executable, "-m", "indexer"]
    line = [*start, "--data", str(data), "reindex"]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_builds_all_and_says_so(data: Path) -> None:
    out, error = command(data).communicate(timeout=120)
    assert f"Indexed {COUNT:,} documents as generation g" in out
    assert "Traceback" not in error
    engine = open_engine(load_settings(data))
    reader = engine.reader()
    assert (reader.document_count, reader.position) == (COUNT, COUNT)
    assert engine.verify() == ()
    assert len(list(load_settings(data).index_path.rglob("*.arrays"))) == 1


@pytest.mark.skipif(not Path("/proc").exists() or len(os.sched_getaffinity(0)) < 2, reason="needs /proc and two cores")
@pytest.mark.parametrize("wait", [0.0, 0.2, 0.4])
def test_a_killed_command_leaves_the_old_index_and_nobody(data: Path, wait: float) -> None:
    settings = load_settings(data)
    archive, engine = open_archive(settings), open_engine(settings)
    reindex(archive, engine)
    before = engine.reader().generation
    process = command(data)
    workers: list[int] = []
    while len(workers) < 2 and process.poll() is None:
        workers = children(process.pid)
        time.sleep(0.005)
    time.sleep(wait)
    killed = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert eventually(lambda: all(map(has_ended, workers)))
    reader = open_engine(settings).reader()
    assert reader.document_count == COUNT
    assert not killed or wait or reader.generation == before
    seen: list[tuple[int, int]] = []
    reindex(archive, engine, lambda done, of: seen.append((done, of)))
    assert seen[0] == (1000, COUNT)
    assert seen[-1] == (COUNT, COUNT)
    assert len(list(settings.index_path.iterdir())) == 3  # the pointer, this generation and the one before it
    archive.close()
