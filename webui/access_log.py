"""Log each request in one line, if `[web] access_log` names a file: to see what is slow, what fails and who links wrongly.

    2026-05-01T08:30:00.123Z GET /api/v1/search 200 5123 3.2

Time in UTC, method, path, status, bytes of the body ("-" if unknown) and milliseconds until the response began. The log has no
address of a client and no query text: the product stores neither. A rotated file (logrotate) is opened again.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Flask

from indexer.config import Settings
from indexer.errors import SettingsError, write_error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STANDARD_ERROR: Final = "-"
MAX_PATH_CHARACTERS: Final = 200


def install(app: Flask, settings: Settings) -> None:
    """Wrap a complete application. The setting names a file, relative to the data folder, or "-". Raises SettingsError."""
    app.wsgi_app = AccessLog(app.wsgi_app, _handler(settings))  # type: ignore[method-assign]  # Flask documents this assignment


def _handler(settings: Settings) -> logging.Handler:
    if settings.web.access_log == STANDARD_ERROR:
        return logging.StreamHandler(sys.stderr)
    path = settings.data / settings.web.access_log
    if settings.owns(path):
        raise SettingsError(f"access_log under [web] names {path}, which would be destroyed", remedy="name another file")
    try:
        return WatchedFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise write_error(f"cannot write the access log {path}", error, "check access_log under [web]") from error


class AccessLog:
    """Logs the requests of an application. A line that cannot be written is lost; the response is not."""

    def __init__(self, application: WSGIApplication, handler: logging.Handler) -> None:
        self._application, self._handler = application, handler

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            length = next((value for name, value in headers if name.lower() == "content-length"), "-")
            self._write(environ, status[:3], length, (time.perf_counter() - started) * 1000)
            return start_response(status, headers, *error)

        return self._application(environ, start)

    def _write(self, environ: WSGIEnvironment, status: str, length: str, milliseconds: float) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        path = quote(environ.get("PATH_INFO", "")[:MAX_PATH_CHARACTERS].encode("latin-1", "replace"), safe="/.-_~")
        method = environ.get("REQUEST_METHOD", "-")[:16]
        line = f"{moment} {method} {path or '/'} {status} {length} {milliseconds:.1f}"
        self._handler.handle(logging.LogRecord("access", logging.INFO, "", 0, line, None, None))
