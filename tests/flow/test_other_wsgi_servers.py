"""`webui:create_app()` serves under any WSGI server: here the standard library's, with its checks of the protocol."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import pytest

from support.waiting import PATIENCE_SECONDS
from webui import create_app


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.mark.parametrize("cached", [False, True], ids=["plain", "with the cache in front"])
def test_the_application_keeps_to_the_protocol_and_answers(data: Path, cached: bool) -> None:
    app = create_app(data, cache_before_flask=cached)
    failures: list[BaseException] = []

    def checked(environ, start_response):  # type: ignore[no-untyped-def]  # a WSGI application
        try:
            return validator(app)(environ, start_response)
        except BaseException as error:
            failures.append(error)
            raise

    server = make_server("127.0.0.1", 0, checked, Server, Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    paths = ["/", "/?q=ferry", "/?q=ferry", "/api/v1/search?q=ferry", "/api/v1/search?q=ferry", "/search.rss?q=ferry", "/status"]
    for path in [*paths, "/healthz", "/metrics", "/static/site.css", "/widget.js"]:
        for method in ("GET", "HEAD"):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE_SECONDS)
            connection.request(method, path)
            answer = connection.getresponse()
            assert answer.status == 200, path
            assert bool(answer.read()) is (method == "GET")
            connection.close()
    assert failures == []
    server.shutdown()
    server.server_close()
