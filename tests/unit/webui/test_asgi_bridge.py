"""What a WSGI application gets from the server."""

from __future__ import annotations

from typing import Any

import pytest

from webui.server.asgi_bridge import WsgiBridge, make_environ


def scope(**changes: Any) -> dict[str, Any]:
    return {
        "method": "GET", "raw_path": b"/a", "query_string": b"q=1", "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 8080), "client": ("192.0.2.1", 5000), "headers": [], **changes,
    }  # fmt: skip


def test_an_environ_has_the_parts_of_the_request() -> None:
    environ = make_environ(
        scope(raw_path="/ä%20b%2Fc".encode(), headers=[(b"host", b"a.example"), (b"content-type", b"text/plain")])
    )
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/ä b/c"
    names = ("REQUEST_METHOD", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "HTTP_HOST", "CONTENT_TYPE")
    assert [environ[name] for name in names] == ["GET", "q=1", "127.0.0.1", "8080", "192.0.2.1", "a.example", "text/plain"]
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_a_field_with_an_underscore_cannot_pass_for_one_of_a_proxy() -> None:
    environ = make_environ(scope(headers=[(b"x_forwarded_for", b"127.0.0.1"), (b"x-forwarded-for", b"192.0.2.9")]))
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.9"
    assert "127.0.0.1" not in [value for name, value in environ.items() if name.startswith("HTTP_")]


def test_repeated_fields_are_joined() -> None:
    fields = [(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"2.2.2.2"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    environ = make_environ(scope(headers=fields))
    assert (environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_COOKIE"]) == ("1.1.1.1,2.2.2.2", "a=1; b=2")


def test_a_connection_without_addresses_has_empty_ones() -> None:
    environ = make_environ(scope(server=None, client=None))
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"]) == ("", "localhost")


class Parts(list[bytes]):
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        ("200 OK", [], [("content-length", "4")]),
        ("200 OK", [("Content-Length", "4")], [("Content-Length", "4")]),
        ("304 Not Modified", [], []),
        ("204 No Content", [], []),
    ],
)
def test_an_answer_has_its_length_and_its_parts_are_closed(
    status: str, headers: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    parts = Parts([b"ab", b"cd"])

    def application(environ: Any, start_response: Any) -> Parts:
        start_response("500 Error", [])
        start_response(status, headers)  # the last one counts
        return parts

    bridge = WsgiBridge(application, lambda environ: True)
    assert bridge._run({}) == (int(status[:3]), expected, b"abcd")
    assert parts.closed
    bridge.close()
