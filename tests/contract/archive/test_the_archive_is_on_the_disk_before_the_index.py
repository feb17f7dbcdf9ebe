"""A power cut may lose what was committed and not written to the disk. The index must never hold more than the archive then."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import Document, RankingWeights
from indexer.reindex import catch_up, reindex


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to tell which file is written")
@pytest.mark.parametrize("build", [catch_up, reindex])
def test_the_log_of_the_archive_is_written_before_the_state_of_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: object
) -> None:
    archive, engine = Archive(tmp_path / "archive.db"), WhooshEngine(tmp_path / "index", RankingWeights())
    catch_up(archive, engine)
    written: list[str] = []
    sync = os.fsync

    def recorded(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        written.append(
            "state" if name.startswith("state-") and '"position": 2' in Path(f"/proc/self/fd/{descriptor}").read_text() else name
        )
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    for number in range(2):
        archive.documents.put(Document(f"d{number}", f"https://example.org/{number}", "Ferry", "Text"), None, 1)
    build(archive, engine)  # type: ignore[operator]  # one of the two functions above
    archive.close()
    assert written.index("archive.db-wal") < written.index("state")
