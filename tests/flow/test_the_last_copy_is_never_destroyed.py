"""An archive that is lost, emptied or older than the index is not taken for the truth; reading creates nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from indexer.engines.whoosh.storage.generations import checksum, write_json
from support.commands import Indexer

DOCUMENTS = [
    {
        "url": f"https://example.org/{number}",
        "title": f"Ferry {number}",
        "text": f"The ferry number{number} returns.",
        "source": "News",
    }
    for number in range(5)
]
WRITERS = [
    ["reindex"],
    ["crawl"],
    ["check", "--repair"],
    ["import", "{lines}"],
    ["add", "http://127.0.0.1:9/"],
    ["forget", "https://e.org/"],
]
READERS = [
    ["status"],
    ["sources"],
    ["check"],
    ["export"],
    ["queries"],
    ["show", "https://example.org/1"],
    ["backup", "{folder}/b"],
]


@pytest.fixture
def indexer(tmp_path: Path) -> Indexer:
    made = Indexer(tmp_path / "data", tmp_path / "output")
    write_lines(tmp_path / "lines.jsonl", DOCUMENTS)
    made("import", str(tmp_path / "lines.jsonl"))
    return made


def write_lines(path: Path, tables: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(table) + "\n" for table in tables), "utf-8")


def filled(arguments: list[str], folder: Path) -> list[str]:
    return [argument.format(folder=folder, lines=folder / "lines.jsonl") for argument in arguments]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def lose(data: Path) -> None:
    for file in data.glob("archive.db*"):
        file.unlink()


def empty(data: Path) -> None:
    lose(data)
    (data / "archive.db").touch()


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_reading_a_missing_folder_creates_nothing(tmp_path: Path, command: list[str]) -> None:
    indexer = Indexer(tmp_path / "none", tmp_path / "output")
    ended = indexer(*filled(command, tmp_path), expect=4)
    assert "there is no search data at" in ended.err
    assert "begin with `indexer add" in ended.err
    assert not indexer.data.exists()


@pytest.mark.parametrize("command", READERS[:5], ids=" ".join)
def test_reading_a_folder_without_an_archive_creates_none(tmp_path: Path, command: list[str]) -> None:
    indexer = Indexer(tmp_path / "data", tmp_path / "output")
    indexer("init")
    indexer(*command)
    assert files(indexer.data) == {"config.toml"}


@pytest.mark.parametrize("damage", [lose, empty])
@pytest.mark.parametrize("command", WRITERS + READERS[:4], ids=" ".join)
def test_no_command_goes_on_without_the_archive_of_an_index(
    indexer: Indexer, tmp_path: Path, damage: object, command: list[str]
) -> None:
    damage(indexer.data)  # type: ignore[operator]  # one of the two functions above
    before = files(indexer.data)
    ended = indexer(*filled(command, tmp_path), expect=3)
    assert "an index of 5 documents" in ended.err
    assert "--from-index" in ended.err
    assert files(indexer.data) == before
    assert indexer.hits("number3") == ["https://example.org/3"], "searches go on"


@pytest.mark.parametrize("damage", [lose, empty])
def test_the_index_restores_a_lost_archive(indexer: Indexer, damage: object) -> None:
    before = {table["url"]: table["text"] for table in indexer.documents().values()}
    damage(indexer.data)  # type: ignore[operator]  # one of the two functions above
    indexer("check", "--repair", "--from-index")
    assert {table["url"]: table["text"] for table in indexer.documents().values()} == before
    assert "intact" in indexer("check").out
    assert indexer.hits("number3") == ["https://example.org/3"]
    history = indexer.json("show", "https://example.org/3")["history"]
    assert [event["what"] for event in history] == ["restored from the index"]


def test_an_old_backup_is_refused_until_the_operator_decides(indexer: Indexer, tmp_path: Path) -> None:
    indexer("backup", str(tmp_path / "old"))
    write_lines(tmp_path / "lines.jsonl", [{**DOCUMENTS[0], "url": "https://example.org/new", "text": "brandnew"}])
    indexer("import", str(tmp_path / "lines.jsonl"))
    older = Indexer(tmp_path / "older", tmp_path / "output2")
    older("restore", str(tmp_path / "old"))
    for file in indexer.data.glob("archive.db*"):
        file.unlink()
    shutil.copy(older.data / "archive.db", indexer.data / "archive.db")
    for command in WRITERS:
        ended = indexer(*filled(command, tmp_path), expect=3)
        assert "is older than the index" in ended.err
        assert indexer.hits("brandnew") == ["https://example.org/new"]
    checked = indexer("check", expect=3).err
    assert "ahead" in checked
    assert "--from-index" in checked
    assert "Fix the index" not in checked
    status = indexer("status").out
    assert "older than the index" in status
    assert "up to date" not in status
    assert "documents may be missing from this export" in indexer("export", expect=1).err
    kept = (tmp_path / "old").read_bytes()
    assert "is older than the index" in indexer("backup", str(tmp_path / "old"), expect=3).err
    assert (tmp_path / "old").read_bytes() == kept
    indexer("check", "--repair", "--from-index")
    assert "https://example.org/new" in indexer.documents()
    assert "intact" in indexer("check").out


def test_the_operator_may_declare_the_archive_to_be_right(indexer: Indexer, tmp_path: Path) -> None:
    indexer("backup", str(tmp_path / "old"))
    write_lines(tmp_path / "lines.jsonl", [{**DOCUMENTS[0], "url": "https://example.org/new", "text": "brandnew"}])
    indexer("import", str(tmp_path / "lines.jsonl"))
    older = Indexer(tmp_path / "older", tmp_path / "output2")
    older("restore", str(tmp_path / "old"))
    lose(indexer.data)
    shutil.copy(older.data / "archive.db", indexer.data / "archive.db")
    indexer("check", "--repair", "--from-archive")
    assert indexer.hits("brandnew") == []
    assert "intact" in indexer("check").out


@pytest.mark.parametrize("more", [0, 3])
def test_another_archive_is_refused_whatever_it_holds(indexer: Indexer, tmp_path: Path, more: int) -> None:
    """It may have more changes than the index has read, so the numbers alone do not tell."""
    other = Indexer(tmp_path / "other", tmp_path / "output2")
    write_lines(
        tmp_path / "others.jsonl",
        [{**DOCUMENTS[0], "url": f"https://example.net/{number}", "text": "foreign"} for number in range(len(DOCUMENTS) + more)],
    )
    other("import", str(tmp_path / "others.jsonl"))
    lose(indexer.data)
    shutil.copy(other.data / "archive.db", indexer.data / "archive.db")
    for command in [*WRITERS, ["backup", "{folder}/b"]]:
        ended = indexer(*filled(command, tmp_path), expect=3)
        assert "not the archive that the index was made from" in ended.err
        assert "--from-index" in ended.err
    assert "another archive" in indexer("check", expect=3).err
    assert "another archive" in indexer("status").out
    assert "documents may be missing from this export" in indexer("export", expect=1).err
    assert indexer.hits("number3") == ["https://example.org/3"]
    indexer("check", "--repair", "--from-index")
    assert len(indexer.documents()) == 2 * len(DOCUMENTS) + more
    assert "intact" in indexer("check").out
    assert len(indexer.hits("foreign")) == len(DOCUMENTS) + more
    indexer("reindex")


def test_an_index_of_an_earlier_version_belongs_to_the_archive_beside_it(indexer: Indexer) -> None:
    for state in (indexer.data / "index").glob("*/state-*.json"):
        values = {name: value for name, value in json.loads(state.read_text()).items() if name not in ("archive", "crc32")}
        write_json(state, values)
        manifest = next(state.parent.glob("manifest-*.json"))
        names = {name: value for name, value in json.loads(manifest.read_text()).items() if name != "crc32"}
        names[state.name] = [state.stat().st_size, checksum(state)]
        write_json(manifest, names)
    assert "intact" in indexer("check").out
    indexer("forget", "https://example.org/4")
    assert indexer.hits("number4") == []
    assert "intact" in indexer("check").out
    with sqlite3.connect(indexer.data / "archive.db") as database:
        database.execute("UPDATE counter SET value = value + 1 WHERE name = 'identity'")
    database.close()
    assert "not the archive" in indexer("reindex", expect=3).err


def test_the_repair_names_the_sources_whose_addresses_are_lost(indexer: Indexer) -> None:
    (indexer.data / "config.toml").write_text("", "utf-8")
    lose(indexer.data)
    repaired = indexer("check", "--repair", "--from-index").err
    assert "the address of the source 'News' (5 documents) is not in the index" in repaired
    assert "indexer add URL" in repaired
    assert "cannot be restored: history, stored answers" in repaired


def test_the_repair_restores_the_sources_of_the_configuration(indexer: Indexer) -> None:
    (indexer.data / "config.toml").write_text('[[source]]\nurl = "https://example.org/rss"\nname = "News"\n', "utf-8")
    lose(indexer.data)
    assert "the address of the source" not in indexer("check", "--repair", "--from-index").err
    assert [(row["name"], row["documents"]) for row in indexer.json("sources")["sources"]] == [("News", 5)]


def spoil(data: Path, old: str, new: str) -> None:
    """Change the stored text of one document, as a failing disk does: without the program."""
    with sqlite3.connect(data / "archive.db") as database:
        database.execute("UPDATE documents SET document = replace(document, ?, ?) WHERE url LIKE '%/3'", (old, new))
    database.close()


@pytest.mark.parametrize(("old", "new"), [("ferry", "ferry"[::-1]), ('"title"', '"title')], ids=["a letter", "the syntax"])
def test_a_damaged_document_is_named_left_out_and_restored(indexer: Indexer, old: str, new: str) -> None:
    spoil(indexer.data, old, new)
    assert "https://example.org/3" in indexer("check", expect=3).err
    exported = indexer("export", expect=1)
    assert "https://example.org/3" in exported.err
    assert len(exported.out.splitlines()) == 4
    repaired = indexer("check", "--repair")
    assert "it was restored from the index" in repaired.err
    assert indexer.documents()["https://example.org/3"]["text"] == "The ferry number3 returns."
    assert "intact" in indexer("check").out


def test_a_reindex_before_the_repair_keeps_the_indexed_version(indexer: Indexer) -> None:
    spoil(indexer.data, "ferry", "yrref")
    reindexed = indexer("reindex", expect=1)
    assert "https://example.org/3: the document" in reindexed.err
    assert "Indexed 5 documents" in reindexed.out
    assert indexer.hits("number3") == ["https://example.org/3"]
    assert "it was restored from the index" in indexer("check", "--repair").err
    assert indexer.documents()["https://example.org/3"]["text"] == "The ferry number3 returns."
    assert "intact" in indexer("check").out


def test_a_document_that_nothing_can_rebuild_is_dropped_and_reported(indexer: Indexer) -> None:
    spoil(indexer.data, "ferry", "yrref")
    shutil.rmtree(indexer.data / "index")
    reindexed = indexer("reindex", expect=1)
    assert "Indexed 4 documents" in reindexed.out
    assert "https://example.org/3" in reindexed.err
    assert indexer.hits("number3") == []
    assert "so it was dropped" in indexer("check", "--repair").err
    assert "intact" in indexer("check").out
    assert len(indexer.documents()) == 4


def test_a_damaged_database_is_moved_aside_and_read_as_far_as_possible(indexer: Indexer) -> None:
    with sqlite3.connect(indexer.data / "archive.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_size, root = (
            database.execute("PRAGMA page_size").fetchone()[0],
            database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'history'").fetchone()[0],
        )
    database.close()
    data = bytearray((indexer.data / "archive.db").read_bytes())
    data[(root - 1) * page_size : root * page_size] = bytes(page_size)
    (indexer.data / "archive.db").write_bytes(data)
    assert "--from-index" in indexer("check", expect=3).err
    repaired = indexer("check", "--repair", "--from-index")
    assert "archive.db.damaged-1" in repaired.err
    assert (indexer.data / "archive.db.damaged-1").exists()
    assert len(indexer.documents()) == 5
    assert "intact" in indexer("check").out


@pytest.mark.parametrize("command", ["backup", "export"])
@pytest.mark.parametrize("name", ["archive.db", "archive.db-wal", "config.toml", "index/CURRENT", "../data/archive.db", "link"])
def test_no_command_writes_over_the_data_folder(indexer: Indexer, command: str, name: str) -> None:
    indexer("init")
    (indexer.data / "link").symlink_to("archive.db")
    ended = indexer(command, str(indexer.data / name), expect=2)
    assert "belongs to the data folder" in ended.err
    assert "intact" in indexer("check").out


def test_an_export_that_fails_leaves_the_last_one(indexer: Indexer, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    indexer("export", str(file))
    before = file.read_bytes()
    (indexer.data / "archive.db").write_bytes((indexer.data / "archive.db").read_bytes()[:9_000])
    indexer("export", str(file), expect=3)
    assert file.read_bytes() == before
    assert list(tmp_path.glob(".export*")) == []


@pytest.mark.parametrize("name", ["archive.db", "index"])
def test_a_link_that_leads_nowhere_is_an_error_and_not_an_empty_archive(indexer: Indexer, tmp_path: Path, name: str) -> None:
    volume = (indexer.data / name).rename(tmp_path / "volume")
    for target in ("nowhere", name):  # a volume that is not mounted, a loop
        (indexer.data / name).unlink(missing_ok=True)
        (indexer.data / name).symlink_to(target)
        for command in (*WRITERS, ["backup", "{folder}/b"], ["check", "--repair", "--from-archive"]):
            ended = indexer.run(*filled(command, tmp_path))
            assert not ended.broken, str(ended)
            assert ended.code in ((3,) if name == "archive.db" else (0, 1, 2, 3)), str(ended)
    (indexer.data / name).unlink()
    volume.rename(indexer.data / name)
    assert "intact" in indexer("check").out
    assert len(indexer.documents()) == 5


def test_a_counter_that_is_no_number_is_damage(indexer: Indexer) -> None:
    with sqlite3.connect(indexer.data / "archive.db") as database:
        database.execute("UPDATE counter SET value = 'x'")
    database.close()
    for command in (["status"], ["check"], ["export"], ["reindex"]):
        assert "is damaged" in indexer(*command, expect=3).err
