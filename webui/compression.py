"""Compress texts for clients that accept it, with Brotli or gzip (RFC 9110, section 8.4).

A page or asset is compressed once and then kept, so that a repeated response costs nothing. Answers of the API name their time
and differ each time; they are compressed quickly.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import brotli
from flask import Flask
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MIN_BYTES: Final = 1_000  # a shorter response fits into one packet anyway
MAX_CACHED_TEXTS: Final = 256  # compressed pages and assets
TEXTS: Final = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")
_SUFFIXES: Final = ("+json", "+xml")


def install(app: Flask) -> None:
    """Wrap a complete application."""
    app.wsgi_app = CompressionMiddleware(app.wsgi_app)  # type: ignore[method-assign]  # Flask documents this assignment


class CompressionMiddleware:
    """Compresses the responses of an application."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started: list[tuple[str, list[tuple[str, str]], tuple[Any, ...]]] = []

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            started[:] = [(status, headers, error)]
            return lambda data: None

        parts = self._application(environ, start)
        status, headers, error = started[0]
        if not _is_text(headers):
            start_response(status, headers, *error)
            return parts
        headers = [*headers, ("Vary", "Accept-Encoding")]
        coding = accepted_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if not coding or status[:3] in ("204", "206", "304") or environ["REQUEST_METHOD"] == "HEAD":
            start_response(status, headers, *error)
            return parts
        try:
            body = parts[0] if isinstance(parts, list) and len(parts) == 1 else b"".join(parts)
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()
        if len(body) >= MIN_BYTES:
            is_repeated = not environ.get("PATH_INFO", "").startswith("/api/")
            body = _compressed_once(body, coding) if is_repeated else _compress(body, coding, is_repeated=False)
            headers = [*_without_length(headers), ("Content-Encoding", coding), ("Content-Length", str(len(body)))]
        start_response(status, headers, *error)
        return [body]


@lru_cache(maxsize=256)
def accepted_coding(header: str) -> str:
    """Return the best coding that an Accept-Encoding field admits, or an empty text.

    >>> accepted_coding("gzip, deflate, br"), accepted_coding("gzip;q=1, br;q=0"), accepted_coding("identity")
    ('br', 'gzip', '')
    """
    accepted = parse_accept_header(header)
    return next((coding for coding in ("br", "gzip") if accepted.quality(coding) > 0), "")


def _is_text(headers: list[tuple[str, str]]) -> bool:
    """Return whether a response is a text that is not compressed yet."""
    kind = ""
    for name, value in headers:
        match name.lower():
            case "content-encoding":
                return False
            case "content-type":
                kind = value.partition(";")[0]
    return kind.startswith(TEXTS) or kind.endswith(_SUFFIXES)


def _without_length(headers: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Yield the fields without the length, and with a weak ETag: the bytes differ from those that it was made for."""
    for name, value in headers:
        if name.lower() == "etag" and not value.startswith("W/"):
            yield name, f"W/{value}"
        elif name.lower() != "content-length":
            yield name, value


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def _compressed_once(body: bytes, coding: str) -> bytes:
    return _compress(body, coding, is_repeated=True)


def _compress(body: bytes, coding: str, *, is_repeated: bool) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(body, quality=6 if is_repeated else 3))
    return gzip.compress(body, 6 if is_repeated else 1, mtime=0)
