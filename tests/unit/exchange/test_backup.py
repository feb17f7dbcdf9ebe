"""A backup holds everything of one moment, and a damaged one restores nothing."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from indexer.archive.pages import PageRecord, entry_hash
from indexer.archive.store import Archive
from indexer.cli import cli
from indexer.config import load_settings, open_engine
from indexer.engines.base import Engine
from indexer.errors import IndexerError, SettingsError
from indexer.exchange.backup import BackupDamaged, back_up, move_into_place, restore_files, work_folder
from indexer.model import Document, Entry, Response, Source
from indexer.reasons import Reason

NOW = datetime(2026, 5, 1, tzinfo=UTC)
URL = "https://example.org/a"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    folder = tmp_path / "data"
    (folder / "templates").mkdir(parents=True)
    (folder / "config.toml").write_text("[web]\n")
    (folder / "synonyms.de.txt").write_text("a, b")
    (folder / "templates" / "base.html").write_text("<p>")
    made = Archive(folder / "archive.db")
    made.sources.add(Source("https://example.org/rss", "News", include="article", pdf=True))
    entry = Entry(URL, guid="g", title="Ferry", authors=("A",))
    number = made.responses.put(Response(URL, URL, 200, {"etag": "x"}, b"<p>Ferry", NOW))
    made.documents.put(Document("a", URL, "Ferry", "Text", also=("https://example.org/b",)), 1, 1)
    made.documents.put(Document("b", "", "Gone", "Text"), 1, 1)
    made.documents.remove("b", Reason("gone", "404"))
    made.pages.put(
        PageRecord("a", URL, 1, entry, entry_hash(entry), number, fetched_at=NOW, document_id="a", own_document_id="a")
    )
    made.forget(["c"], "https://example.org/c")
    yield made
    made.close()


def rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    tables = [row[0] for row in archive.database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: [tuple(row) for row in archive.database.rows(f"SELECT * FROM {table} ORDER BY 1")] for table in tables}


def restored(tmp_path: Path, file: Path) -> Path:
    folder = tmp_path / "restored"
    work = work_folder(folder)
    restore_files(file, work)
    move_into_place(work, folder)
    return folder


def test_a_restored_folder_holds_every_field(archive: Archive, tmp_path: Path) -> None:
    manifest = back_up(archive, tmp_path / "data", tmp_path / "b")
    assert (manifest["documents"], manifest["pages"], manifest["sources"]) == (1, 1, 1)
    folder = restored(tmp_path, tmp_path / "b")
    assert sorted(path.name for path in folder.rglob("*")) == [
        "archive.db",
        "base.html",
        "config.toml",
        "synonyms.de.txt",
        "templates",
    ]
    copy = Archive(folder / "archive.db", create=False)
    assert rows(copy) == rows(archive)
    assert copy.integrity_problems() == []
    copy.close()


def test_a_backup_is_consistent_while_others_write(archive: Archive, tmp_path: Path) -> None:
    """Two documents are always written together: a copy that holds one of them only would be of two moments."""
    stop = threading.Event()

    def write() -> None:
        writer = Archive(tmp_path / "data" / "archive.db")
        number = 0
        while not stop.is_set():
            number += 1
            with writer.transaction():
                for name in ("one", "two"):
                    writer.documents.put(Document(name, "", name, f"{number} " * 2_000), 1, 1)
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            back_up(archive, tmp_path / "data", tmp_path / f"{number}")
    finally:
        stop.set()
        thread.join()
    for number in range(5):
        folder = tmp_path / f"copy{number}"
        restore_files(tmp_path / f"{number}", folder)
        copy = Archive(folder / "archive.db", create=False)
        one, two = copy.documents.get("one"), copy.documents.get("two")
        assert (one and one.text) == (two and two.text)
        assert copy.integrity_problems() == []
        copy.close()


@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["flipped", "cut"])
def test_a_damaged_backup_restores_nothing(archive: Archive, tmp_path: Path, place: float, kind: str) -> None:
    file = tmp_path / "b"
    back_up(archive, tmp_path / "data", file)
    data = bytearray(file.read_bytes())
    at = int(place * len(data))
    data[at] ^= 0x10
    file.write_bytes(data if kind == "flipped" else data[:at])
    with pytest.raises(BackupDamaged) as damage:
        restored(tmp_path, file)
    assert damage.value.exit_code == 3
    assert not (tmp_path / "restored" / "archive.db").exists()


def test_only_an_empty_folder_is_restored_into(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not empty"):
        work_folder(tmp_path / "data")
    (tmp_path / "restored" / ".restoring").mkdir(parents=True)
    (tmp_path / "restored" / "config.toml").touch()  # what an interrupted restore has moved already
    back_up(archive, tmp_path / "data", tmp_path / "b")
    assert (restored(tmp_path, tmp_path / "b") / "config.toml").read_text() == "[web]\n"


def test_a_folder_is_no_file_for_a_backup(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        back_up(archive, tmp_path / "data", tmp_path)


def test_a_missing_folder_for_a_backup_is_named(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no folder .*nowhere"):
        back_up(archive, tmp_path / "data", tmp_path / "nowhere" / "file")


def test_a_backup_is_not_written_to_standard_output(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="standard output"):
        back_up(archive, tmp_path / "data", Path("-"))
    assert not Path("-").exists()


def test_a_backup_replaces_no_device_and_no_pipe(archive: Archive, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(SettingsError, match="name a file"):
        back_up(archive, tmp_path / "data", pipe)
    assert pipe.is_fifo()


def test_a_full_disk_leaves_the_last_backup_as_it_was(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "b"
    back_up(archive, tmp_path / "data", file)
    before = file.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(IndexerError, match="disk full") as error:
        back_up(archive, tmp_path / "data", file)
    assert error.value.exit_code == 1
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".b")] == []


def test_a_backup_removes_what_killed_ones_have_left(archive: Archive, tmp_path: Path) -> None:
    left, running, other = (tmp_path / name for name in (".b.1.copying", ".b.2.copying", ".b.old"))
    for folder in (left, running, other):
        folder.mkdir()
        (folder / "archive.db").touch()
    descriptor = os.open(running, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        back_up(archive, tmp_path / "data", tmp_path / "b")
    finally:
        os.close(descriptor)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "b", running.name, other.name}


def forged(file: Path, members: dict[str, bytes], **manifest: object) -> Path:
    """Write a backup with these files. `manifest` replaces members of the manifest that belongs to them."""
    files = [{"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()]
    table = {"format": 1, "created": NOW.isoformat(), "documents": 1, "files": files, **manifest}
    with (
        file.open("wb") as raw,
        zstandard.ZstdCompressor().stream_writer(raw) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for name, data in {"backup.json": json.dumps(table).encode(), **members}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/tmp/evil", "templates/../../evil", "templates/..", "static/./x", "index/CURRENT", "writer.lock", "a\0b",
        "archive.db-wal", ".restoring/x", "templates", "", "templates//x",
    ],
)  # fmt: skip
def test_a_forged_backup_writes_no_other_file(tmp_path: Path, name: str) -> None:
    file = forged(tmp_path / "b", {"archive.db": b"x", name: b"evil"})
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(BackupDamaged, match="not an intact backup"):
        restored(tmp_path, file)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "manifest",
    [
        {"files": [1]}, {"files": [{"name": "archive.db"}]}, {"files": [{"name": 1, "bytes": 1, "sha256": "x"}]}, {"files": []},
        {"documents": "many"}, {"created": "today"}, {"created": 1}, {"created": None}, {"format": "1"}, {"files": {"name": "archive.db"}},
        {"files": [{"name": "archive.db", "bytes": 99, "sha256": hashlib.sha256(b"x").hexdigest()}]},
    ],
)  # fmt: skip
def test_a_forged_manifest_is_refused(tmp_path: Path, manifest: dict[str, object]) -> None:
    with pytest.raises(BackupDamaged):
        restored(tmp_path, forged(tmp_path / "b", {"archive.db": b"x"}, **manifest))


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\x28\xb5\x2f\xfd", bytes(1_000)])
def test_any_other_file_is_no_backup(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "b").write_bytes(data)
    with pytest.raises(BackupDamaged):
        restored(tmp_path, tmp_path / "b")


def test_a_backup_holds_every_file_that_a_person_edits(archive: Archive, tmp_path: Path) -> None:
    names = {"config.toml", "curation.toml", "synonyms.txt", "synonyms.de.txt", "templates/base.html", "static/logo.svg"}
    for name in names:
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).write_text(f"# {name}")
    (tmp_path / "data" / "writer.lock").write_text("")
    back_up(archive, tmp_path / "data", tmp_path / "b")
    folder = restored(tmp_path, tmp_path / "b")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {*names, "archive.db"}
    assert all((folder / name).read_text() == f"# {name}" for name in names)


def test_only_the_owner_reads_a_backup_and_the_restored_configuration(archive: Archive, tmp_path: Path) -> None:
    back_up(archive, tmp_path / "data", tmp_path / "b")
    folder = restored(tmp_path, tmp_path / "b")
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "b", folder / "config.toml")] == [0, 0]


def test_a_restored_index_is_where_the_data_folder_looks_for_it(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster has no folder that could be moved into place."""
    pytest.importorskip("opensearchpy")
    (tmp_path / "data" / "config.toml").write_text('[search]\nengine = "opensearch"\n')
    back_up(archive, tmp_path / "data", tmp_path / "b")
    built: list[Engine] = []
    monkeypatch.setattr("indexer.reindex.rebuild_index", lambda archive, engine, show: built.append(engine))
    result = CliRunner().invoke(cli, ["--data", str(tmp_path / "restored"), "restore", str(tmp_path / "b")])
    assert result.exit_code == 0, result.output
    assert built[0].access.index == open_engine(load_settings(tmp_path / "restored")).access.index  # type: ignore[attr-defined]  # OpenSearchEngine
