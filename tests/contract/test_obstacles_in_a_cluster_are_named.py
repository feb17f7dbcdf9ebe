"""What others do to a cluster: blocks, indexes with our name, damaged states, and servers that are no OpenSearch."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from indexer.engines.base import Deadline
from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.engines.opensearch.connection import ClusterConnection
from indexer.engines.opensearch.engine import OpenSearchEngine
from indexer.errors import EngineError, EngineUnavailable, IndexDamaged, IndexFull
from indexer.query.nodes import Everything
from support.cluster_fixtures import engine_in
from support.contract_corpus import changes, doc, fill
from support.opensearch_cluster import Cluster


@contextmanager
def blocked(engine: OpenSearchEngine, kind: str) -> Iterator[None]:
    """Set a block on the index, and lift it afterwards."""
    path = f"/{engine.access.index}/_settings"
    engine.connection.call("PUT", path, {f"index.blocks.{kind}": True})
    try:
        yield
    finally:
        engine.connection.call("PUT", path, {f"index.blocks.{kind}": None})


@pytest.mark.parametrize(
    ("kind", "error", "remedy"),
    [("read_only_allow_delete", IndexFull, "free disk space"), ("write", EngineUnavailable, "remove the block")],
)
def test_a_block_is_named_at_once_and_lifted_without_loss(
    opensearch: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch, kind: str, error: type[EngineError], remedy: str
) -> None:
    """The nodes set the first one when their disks are nearly full."""
    fill(opensearch, [doc("a", "kite")])
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    with blocked(opensearch, kind):
        with pytest.raises(error, match=remedy):
            opensearch.writer().apply(changes([doc("b", "kite")], 2), 2)
        assert opensearch.reader().document_count == 1
    assert pauses == []
    opensearch.writer().apply(changes([doc("b", "kite")], 2), 2)
    assert opensearch.reader().document_count == 2


def test_a_block_is_not_taken_for_a_missing_right(opensearch: OpenSearchEngine) -> None:
    fill(opensearch, [doc("a", "kite")])
    with blocked(opensearch, "metadata"), pytest.raises(EngineUnavailable, match=r"blocks a request.*remove the block"):
        opensearch.reader()


def test_a_missing_copy_is_named_when_changes_are_written(cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    with engine_in(cluster, replicas=9) as engine:  # more copies than there are nodes
        writer = engine.writer()
        writer.waits_for_copies = False
        writer.apply(changes([doc("a", "kite")]), 1)
        assert "a copy of the index" in caplog.text
        assert (writer.position, engine.reader().document_count) == (0, 1)


@pytest.mark.parametrize("is_alias", [False, True])
def test_an_index_of_others_with_our_name_is_left_alone(opensearch: OpenSearchEngine, is_alias: bool) -> None:
    name = opensearch.access.index
    other = f"other-{name}" if is_alias else name
    opensearch.connection.call("PUT", f"/{other}", {"aliases": {name: {}} if is_alias else {}})
    try:
        for write in (opensearch.writer, opensearch.rebuild("").__enter__):
            with pytest.raises(EngineError, match=rf"another index.*{other}.*another name"):
                write()
        assert list(opensearch.connection.call("GET", f"/{name}*/_alias")) == [other]
    finally:
        opensearch.connection.call("DELETE", f"/{other}")


@pytest.mark.parametrize(
    "damage",
    [{"position": "5"}, {"commit": "x"}, {"averages": "abc"}, {"averages": [1.0]}, {"averages": ["a"] * 5}, {"schema": None}],
)
def test_a_damaged_state_is_reported_and_rebuilt(opensearch: OpenSearchEngine, damage: dict[str, Any]) -> None:
    fill(opensearch, [doc("a", "kite")])
    index, state = opensearch.reader().snapshot.index, opensearch.reader().snapshot.state
    opensearch.connection.call("PUT", f"/{index}/_mapping", {"_meta": {**state.meta(), **damage}})
    for use in (opensearch.reader, opensearch.writer):
        with pytest.raises(IndexDamaged, match=f"{index}.*{next(iter(damage))}"):
            use()
    assert next(iter(damage)) in opensearch.known_damage()[0]
    with opensearch.rebuild("") as rebuild:
        rebuild.apply(changes([doc("a", "kite"), doc("b", "kite")]), 2)
        rebuild.publish()
    assert opensearch.reader().document_count == 2


def test_a_view_that_was_lost_is_opened_again_within_the_time_of_the_search(
    opensearch: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(opensearch, [doc("a", "kite")])
    reader = opensearch.reader()
    reader.snapshot.close()
    waits: list[float | None] = []
    call = ClusterConnection.call

    def waiting(self: ClusterConnection, *request: Any, **more: Any) -> object:
        waits.append(more.get("seconds"))
        return call(self, *request, **more)

    monkeypatch.setattr(ClusterConnection, "call", waiting)
    assert reader.search(Everything(), deadline=Deadline(9.0)).total == 1
    assert len(waits) == 4  # the search, the new view, what it holds, the search
    assert all(seconds is not None and seconds <= 9.5 for seconds in waits)


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!DOCTYPE html>\n<title>Not Found</title>" + b"<p>x" * 1_000
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def web_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_web_server_is_not_taken_for_a_cluster(web_server: str) -> None:
    with pytest.raises(EngineUnavailable, match="answers 404 and not as OpenSearch does: <!DOCTYPE html>") as raised:
        ClusterConnection(ClusterAccess(urls=(f"http://{web_server}",), index="x")).call("GET", "/x/_mapping")
    assert "urls must name" in str(raised.value)
    assert len(raised.value.message) < 250


def test_a_node_that_is_silent_is_asked_once(web_server: str) -> None:
    """A node that hangs accepts connections. The library itself would ask it again and again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = (f"http://127.0.0.1:{silent.getsockname()[1]}", f"http://{web_server}")
        connection = ClusterConnection(ClusterAccess(urls=urls, index="x"))
        failures = []
        for _ in range(6):
            with pytest.raises(EngineUnavailable) as raised:
                connection.call("GET", "/", seconds=1.0)
            failures.append("did not answer in time" in str(raised.value))
        assert sum(failures) == 1
        connection.close()


def test_a_node_without_tls_is_not_taken_for_one_with_a_wrong_certificate(web_server: str) -> None:
    with pytest.raises(EngineUnavailable, match=r"does not speak TLS.*write http://"):
        ClusterConnection(ClusterAccess(urls=(f"https://{web_server}",), index="x")).call("GET", "/")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EngineUnavailable, match=r"ca\.pem cannot be read"):
        ClusterConnection(ClusterAccess(urls=("https://127.0.0.1:1",), ca_file=str(path)))
