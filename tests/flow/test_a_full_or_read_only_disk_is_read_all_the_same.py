"""A data folder on a full disk, or on one that is mounted read-only: commands read it, and those that write say why they cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import Indexer

READERS = [["status"], ["sources"], ["check"], ["export"], ["queries"], ["show", "https://example.org/1"], ["search", "ferry"]]
WRITERS = [["forget", "https://example.org/1"], ["queries", "--forget-all"], ["crawl"], ["reindex"]]
DISK_BYTES = 2_000_000


def mount(*arguments: str) -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and not subprocess.run(["mount", *arguments], check=False).returncode


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)):
        pytest.skip("only root may mount a small disk on Linux: run the tests as root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def indexer(disk: Path, tmp_path: Path) -> Indexer:
    made = Indexer(disk / "data", tmp_path / "output")
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"url": "https://example.org/1", "title": "Ferry", "text": "The ferry returns."}))
    made("import", str(lines))
    return made


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        for size in (65_536, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def test_a_full_disk(disk: Path, indexer: Indexer, tmp_path: Path) -> None:
    fill(disk)
    for command in READERS:
        indexer(*command)
    indexer("backup", str(tmp_path / "backup"))
    for command in [*WRITERS, ["init"]]:
        ended = indexer(*command, expect=1)
        assert "disk full" in ended.err, str(ended)
    assert not (indexer.data / "config.toml").exists()
    (disk / "filler").unlink()
    assert "intact" in indexer("check").out
    assert indexer.hits("ferry") == ["https://example.org/1"]
    indexer("init")


def test_a_read_only_disk(disk: Path, indexer: Indexer) -> None:
    assert mount("-o", "remount,ro", str(disk))
    for command in READERS:
        indexer(*command)
    for command in WRITERS:
        ended = indexer(*command, expect=2)
        assert "cannot be written" in ended.err, str(ended)
    assert mount("-o", "remount,rw", str(disk))
    assert "intact" in indexer("check").out
