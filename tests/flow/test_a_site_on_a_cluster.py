"""The commands and the page on a cluster: the same as on the embedded engine, and clear words when the cluster is missing."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.config import load_settings, open_engine
from indexer.engines.opensearch.connection import ClusterConnection
from indexer.engines.opensearch.index_name import FILE_NAME, IndexNameFile
from indexer.model import Change
from support.cluster_fixtures import remove_indexes
from support.commands import Indexer
from support.json_output import check_output
from support.opensearch_cluster import Cluster
from support.tcp_relay import TcpRelay
from webui import create_app

TEXTS = {
    "ferry": "The ferry to the island leaves at nine, and the old ferry leaves at ten.",
    "harbour": "A new harbour for the island: the council has decided after long debates.",
    "border": "Storms closed the border bridge. Ferries and trains were late.",
}


@pytest.fixture
def relay(cluster: Cluster) -> Iterator[TcpRelay]:
    relay = TcpRelay(cluster.ports[0])
    yield relay
    relay.close()


@pytest.fixture
def commands(tmp_path: Path, relay: TcpRelay, cluster: Cluster) -> Iterator[Indexer]:
    """The commands on a data folder whose index is in the cluster, with three documents in the archive and none in the index."""
    index = f"test-{uuid.uuid4().hex[:12]}"
    lines = tmp_path / "three.jsonl"
    lines.write_text("".join(json.dumps(_document(name)) + "\n" for name in TEXTS))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "config.toml").write_text(
        f'[search]\nengine = "opensearch"\n[opensearch]\nurls = ["{relay.url}"]\nindex = "{index}"\nreplicas = 0\n'
    )
    yield Indexer(tmp_path / "data", tmp_path / "output")
    remove_indexes(cluster, index)


def _document(name: str) -> dict[str, Any]:
    url = f"https://example.org/{name}"
    return {"url": url, "title": name.title(), "text": TEXTS[name], "language": "en", "date": "2024-05-01T10:00:00Z"}


def results(commands: Indexer, query: str) -> list[tuple[str, str, float]]:
    hits = commands.json("search", "--", query, expect=(0, 4))["hits"]
    return [(hit["url"], hit["snippet_html"], pytest.approx(hit["score"], rel=1e-5)) for hit in hits]


def test_commands_answer_as_on_the_embedded_engine(commands: Indexer, tmp_path: Path) -> None:
    embedded = Indexer(tmp_path / "embedded", tmp_path / "output-2")
    for each in (commands, embedded):
        each("import", str(tmp_path / "three.jsonl"))
    for query in ("ferry", "island council", '"old ferry"', "ferr*", "harbor~", "-ferry", "title:border", "iland"):
        assert results(commands, query) == results(embedded, query)
    assert commands("suggest", "har").out == embedded("suggest", "har").out
    status = commands.json("status")
    assert (status["documents"], status["pending"], status["errors"]) == (3, 0, [])
    assert status["index_bytes"] > 0
    assert commands.json("check")["ok"]
    before = status["generation"]
    commands("reindex")
    assert commands.json("status")["generation"].partition(".")[0] > before.partition(".")[0]
    commands("forget", "https://example.org/ferry")
    assert [url for url, *_ in results(commands, "ferry")] == ["https://example.org/border"]


def test_a_command_leaves_no_view_open_in_the_cluster(commands: Indexer, cluster: Cluster, tmp_path: Path) -> None:
    """A node has 300 at most: the 101st search within five minutes would fail on a single node."""
    commands("import", str(tmp_path / "three.jsonl"))
    index = load_settings(commands.data).cluster.index

    def views() -> int:
        stats: Any = cluster.ask(f"/{index}/_stats/search")
        return int(stats["_all"]["total"]["search"]["point_in_time_current"])

    engine = open_engine(load_settings(commands.data))
    before = views()
    assert engine.reader().document_count == 3
    assert views() == before + 3  # one for each shard
    search = [sys.executable, "-m", "indexer", "--data", str(commands.data), "search", "ferry"]
    assert "Ferry" in subprocess.run(search, capture_output=True, text=True, check=True).stdout
    assert views() == before + 3


def test_a_restored_backup_replaces_no_newer_index(commands: Indexer, cluster: Cluster, tmp_path: Path) -> None:
    """A backup names the index of the site, which goes on, or holds the only copy of what came later."""
    commands("import", str(tmp_path / "three.jsonl"))
    commands("backup", str(tmp_path / "backup"))
    (tmp_path / "later.jsonl").write_text(json.dumps({**_document("ferry"), "url": "https://example.org/later"}))
    commands("import", str(tmp_path / "later.jsonl"))
    copy = Indexer(tmp_path / "copy", tmp_path / "output-2")
    assert "newer than this backup" in copy("restore", str(tmp_path / "backup"), expect=1).err
    assert copy.json("status")["documents"] == 3
    assert len(results(commands, "ferry")) == 3
    config = copy.data / "config.toml"
    config.write_text(config.read_text().replace('index = "test-', 'index = "test-copy-'))
    copy("reindex")
    assert (len(results(copy, "ferry")), len(results(commands, "ferry"))) == (2, 3)
    remove_indexes(cluster, load_settings(copy.data).cluster.index)


def test_a_cluster_that_is_missing_is_named_and_loses_nothing(commands: Indexer, relay: TcpRelay, tmp_path: Path) -> None:
    commands("import", str(tmp_path / "three.jsonl"))
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({**_document("ferry"), "url": "https://example.org/late"}))
    relay.close()
    refused = commands("import", str(more), expect=1)
    assert "can be reached" in refused.err
    assert relay.url in refused.err
    assert "[opensearch] urls" in refused.err
    status = commands.json("status")
    assert (status["documents"], status["pending"], len(status["errors"])) == (4, 4, 1)
    assert commands("search", "ferry", expect=1).err
    relay.open()
    commands("import", str(more))  # stores nothing new, and catches up
    assert len(results(commands, "ferry")) == 3


def test_pages_answer_from_the_cache_while_the_cluster_is_missing(
    commands: Indexer, relay: TcpRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.REFRESH_SECONDS", 0.0)  # each request looks for the cluster
    commands("import", str(tmp_path / "three.jsonl"))
    client = create_app(settings=load_settings(commands.data)).test_client()
    first = client.get("/api/v1/search?q=ferry")
    assert (first.status_code, first.json["total"]) == (200, 2)
    assert "Cache-Status" not in first.headers
    assert client.get("/readyz").status_code == 200

    relay.close()
    again = client.get("/api/v1/search?q=ferry")
    assert (again.status_code, again.json["hits"]) == (200, first.json["hits"])
    assert "cannot be reached" in again.headers["Cache-Status"]
    other = client.get("/api/v1/search?q=harbour")
    assert (other.status_code, "Retry-After" in other.headers) == (503, True)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["part"]) == (503, "index")
    assert "feedsearch_up 0" in client.get("/metrics").text
    asked: list[str] = []
    call = ClusterConnection.call
    monkeypatch.setattr(
        ClusterConnection, "call", lambda self, *request, **more: asked.append(request[1]) or call(self, *request, **more)
    )
    assert client.get("/api/v1/suggest?q=fer").status_code == 503
    assert asked == []  # completions are not worth a thread that waits for the cluster

    relay.open()
    monkeypatch.setattr("indexer.search.searcher.UNREACHABLE_SECONDS", 0.0)
    assert client.get("/api/v1/search?q=harbour").json["total"] == 1
    assert client.get("/readyz").status_code == 200
    assert "Cache-Status" not in client.get("/api/v1/search?q=ferry").headers


def test_an_index_moves_to_the_cluster_and_back(commands: Indexer, cluster: Cluster, tmp_path: Path) -> None:
    config = commands.data / "config.toml"
    settings = config.read_text().replace('engine = "opensearch"', 'engine = "whoosh"  # as ever')
    config.write_text(settings)
    commands("import", str(tmp_path / "three.jsonl"))
    before = results(commands, "ferry")

    moved = commands.json("move", "--engine", "opensearch")
    check_output("move", moved)
    assert (moved["documents"], moved["switched"], moved["problems"]) == (3, True, [])
    assert (moved["queries"] > 0, moved["overlap"]) == (True, 1.0)
    assert config.read_text() == settings.replace('"whoosh"  # as ever', '"opensearch"')
    assert results(commands, "ferry") == before
    assert "already" in commands("move", "--engine", "opensearch", expect=2).err

    commands("forget", "https://example.org/ferry")
    back = commands("move", "--engine", "whoosh")
    assert "2 documents" in back.out
    assert len(results(commands, "ferry")) == 1


def test_an_index_that_differs_from_the_archive_is_not_switched_to(commands: Indexer, cluster: Cluster, tmp_path: Path) -> None:
    commands("import", str(tmp_path / "three.jsonl"))
    settings = load_settings(commands.data)
    writer = open_engine(settings).writer()
    ((first, document),) = [(each.id, each) for each in open_engine(settings).reader().documents() if "bridge" in each.text]
    other = dataclasses.replace(document, text="Nothing about it.")
    writer.apply([Change(writer.position + 1, first, other)], writer.position)

    config = commands.data / "config.toml"
    text = config.read_text().replace('engine = "opensearch"', 'engine = "whoosh"')
    config.write_text(text)
    commands("reindex")
    refused = commands("move", "--engine", "opensearch", expect=1)
    assert "1 documents differ" in refused.out
    assert 'stays "whoosh"' in refused.err
    assert config.read_text() == text


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('urls = ["http://127.0.0.1:9"]', "can be reached"),
        ('urls = ["https://127.0.0.1:{port}"]\nuser = "x"', "127.0.0.1"),
    ],
)
def test_what_is_wrong_with_the_access_is_said(tmp_path: Path, relay: TcpRelay, setting: str, words: str) -> None:
    text = f'[search]\nengine = "opensearch"\n[opensearch]\n{setting.replace("{port}", str(relay.port))}\n'
    (tmp_path / "config.toml").write_text(text)
    engine = open_engine(load_settings(tmp_path))
    (message,) = engine.known_damage()
    assert words in message


def test_a_copied_data_folder_searches_the_same_index_and_writes_its_own(cluster: Cluster, tmp_path: Path) -> None:
    lines = tmp_path / "three.jsonl"
    lines.write_text("".join(json.dumps(_document(name)) + "\n" for name in TEXTS))
    variables = {
        "INDEXER_SEARCH_ENGINE": "opensearch",
        "INDEXER_OPENSEARCH_URLS": ",".join(cluster.urls),
        "INDEXER_OPENSEARCH_SHARDS": "1",
    }
    first = Indexer(tmp_path / "data", tmp_path / "output", variables)
    first("import", str(lines))
    shutil.copytree(first.data, tmp_path / "copy")
    copy = Indexer(tmp_path / "copy", tmp_path / "output-2", variables)
    names = {IndexNameFile(each.data).own for each in (first, copy)}
    try:
        assert results(copy, "ferry") == results(first, "ferry") != []
        copy("forget", "https://example.org/ferry")
        assert len(results(copy, "ferry")) == len(results(first, "ferry")) - 1
        assert first.json("check")["ok"]
        assert copy.json("check")["ok"]

        (copy.data / "index" / FILE_NAME).write_text("{")
        assert FILE_NAME in copy("check", expect=3).err
        copy("check", "--repair")
        assert copy.json("check")["ok"]
    finally:
        for name in names:
            remove_indexes(cluster, name)
