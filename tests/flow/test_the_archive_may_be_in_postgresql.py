"""The commands work on an archive in PostgreSQL as on archive.db, and say what to use instead where they do not."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indexer.archive.writer_lock import writer_lock
from indexer.config import load_settings, open_archive
from indexer.errors import SettingsError
from support.commands import Ended, Indexer
from support.postgres import PostgresServer, postgres_server
from support.server_process import Served
from webui import create_app

LINES = [
    {"url": f"https://example.org/{name}", "title": f"The {name}", "text": f"All about the {name} and its harbour."}
    for name in ("ferry", "tide", "island")
]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def url(server: PostgresServer) -> Iterator[str]:
    with server.schema() as url:
        yield url


@pytest.fixture
def indexer(tmp_path: Path, url: str) -> Indexer:
    (tmp_path / "scratch").mkdir()
    indexer = Indexer(tmp_path / "data", tmp_path / "scratch", {"INDEXER_ARCHIVE_URL": url})
    (tmp_path / "lines").write_text("\n".join(json.dumps(line) for line in LINES))
    done(indexer.run("import", str(tmp_path / "lines")))
    return indexer


def done(ended: Ended, code: int = 0) -> Ended:
    assert (ended.code, ended.broken) == (code, False), str(ended)
    assert PostgresServer.password not in ended.out + ended.err
    return ended


def result(indexer: Indexer, *arguments: str, code: int = 0) -> dict:
    return dict(json.loads(done(indexer.run("--json", *arguments), code).out))


def test_the_commands_need_no_file(indexer: Indexer, tmp_path: Path) -> None:
    assert not (indexer.data / "archive.db").exists()
    assert result(indexer, "search", "harbour")["total"] == 3
    status = result(indexer, "status")
    assert (status["documents"], status["pending"], status["archive_bytes"] > 0) == (3, 0, True)
    assert result(indexer, "check") == {"ok": True, "problems": [], "repaired": []}
    done(indexer.run("reindex"))
    assert result(indexer, "queries")["queries"][0]["query"] == "harbour"
    done(indexer.run("forget", "https://example.org/tide"))
    assert result(indexer, "search", "harbour")["total"] == 2
    assert len(done(indexer.run("export")).out.splitlines()) == 3  # two documents, and what was forgotten
    refused = done(indexer.run("backup", str(tmp_path / "backup")), 2)
    assert "pg_dump" in refused.err
    assert not (tmp_path / "backup").exists()


def test_the_environment_alone_names_the_archive(indexer: Indexer, tmp_path: Path) -> None:
    """A machine that searches a cluster has no data folder to name it."""
    other = Indexer(tmp_path / "nowhere", indexer.scratch, indexer.environment)
    assert result(other, "sources") == {"sources": []}
    assert result(other, "status")["documents"] == 3


def test_the_index_restores_a_lost_database(indexer: Indexer, server: PostgresServer, tmp_path: Path) -> None:
    with server.schema() as url:
        lost = Indexer(indexer.data, indexer.scratch, {"INDEXER_ARCHIVE_URL": url})
        assert "--from-index" in done(lost.run("crawl"), 3).err
        done(lost.run("check", "--repair", "--from-index"))
        assert result(lost, "status")["documents"] == 3


def test_a_backup_is_not_restored_over_a_database(indexer: Indexer, tmp_path: Path) -> None:
    plain = Indexer(tmp_path / "plain", indexer.scratch)
    done(plain.run("import", str(tmp_path / "lines")))
    done(plain.run("backup", str(tmp_path / "backup")))
    other = Indexer(tmp_path / "other", indexer.scratch, indexer.environment)
    assert "indexer move" in done(other.run("restore", str(tmp_path / "backup")), 2).err


def test_a_server_that_does_not_answer_is_named(indexer: Indexer) -> None:
    away = Indexer(indexer.data, indexer.scratch, {"INDEXER_ARCHIVE_URL": "postgresql://test:secret@127.0.0.1:1/test"})
    for command in ("status", "crawl", "sources"):
        ended = done(away.run(command), 1)
        assert "check that PostgreSQL runs" in ended.err
        assert "secret" not in ended.err
    assert result(away, "search", "harbour")["total"] == 3  # the index needs no archive


def test_the_search_page_needs_no_archive(indexer: Indexer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXER_ARCHIVE_URL", "postgresql://test:secret@127.0.0.1:1/test")
    served = Served("-m", "webui", "--data", str(indexer.data), "--port", "0")
    try:
        status, body = served.get("/api/v1/search?q=harbour")
        assert (status, json.loads(body)["total"]) == (200, 3)
        status, body = served.get("/readyz")
        assert (status, json.loads(body)["parts"]) == (200, {"index": "ok", "archive": "missing"})
        status, body = served.get("/readyz?strict=1")
        assert (status, json.loads(body)["part"]) == (503, "archive")
    finally:
        served.stop()


def test_the_password_comes_from_a_file_of_ones_own(tmp_path: Path, server: PostgresServer, url: str) -> None:
    bare = url.replace(f":{server.password}", "")
    secret = tmp_path / "secret"
    secret.write_text(f"{server.password}\n")
    (tmp_path / "config.toml").write_text(f'[archive]\nurl = "{bare}"\npassword_file = "secret"\n')
    secret.chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP)
    with pytest.raises(SettingsError, match="line 3: others may read") as raised:
        load_settings(tmp_path, {})
    assert "chmod 600" in str(raised.value)
    secret.chmod(stat.S_IRUSR | stat.S_IWUSR)
    with closing(open_archive(load_settings(tmp_path, {}))) as archive:
        assert archive.counts()["documents"] == 0


def test_a_password_in_the_configuration_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    (tmp_path / "config.toml").write_text(f'[archive]\nurl = "{url}"\n')
    with pytest.raises(SettingsError, match=r"line 2: archive\.url contains a password") as raised:
        load_settings(tmp_path, {})
    assert PostgresServer.password not in str(raised.value)
    assert PostgresServer.password not in repr(load_settings(tmp_path, {"INDEXER_ARCHIVE_URL": url}))


def test_a_data_folder_has_one_writer_and_other_folders_do_not_wait_for_it(indexer: Indexer, tmp_path: Path) -> None:
    with writer_lock(indexer.data, 0, "crawl"):
        refused = done(indexer.run("reindex", "--wait", "0"), 5)
        assert "indexer crawl" in refused.err
        assert str(indexer.data) in refused.err
        done(Indexer(tmp_path / "machine-2", indexer.scratch, indexer.environment).run("reindex", "--wait", "0"))
    done(indexer.run("reindex", "--wait", "0"))


def test_pages_that_need_the_archive_answer(indexer: Indexer, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("INDEXER_ARCHIVE_URL", url)
    client = create_app(settings=load_settings(indexer.data)).test_client()
    ready = client.get("/readyz?strict=1")
    assert (ready.status_code, ready.json["parts"]) == (200, {"index": "ok", "archive": "ok"})
    feed = client.get("/changes.json").json
    assert sorted(item["url"] for item in feed["items"]) == sorted(line["url"] for line in LINES)
    last = feed["_feed_search"]["last_change"]
    done(indexer.run("forget", "https://example.org/tide"))
    (removed,) = client.get(f"/changes.json?since={last}").json["items"]
    assert removed["_feed_search"]["removed"]
    newest, *_ = client.get("/changes.json?limit=1").json["items"]
    assert newest == removed
    assert client.get("/status").status_code == 200
    assert client.get("/metrics").status_code == 200
