"""Call a WSGI application for the requests of an event loop.

    request -> body, up to 64 kB -> answered in microseconds? -> in the loop's own thread
                                 -> brief?                    -> there, when its turn comes (`loop_turns`)
                                 -> otherwise                 -> one of some threads, or 503 if too many requests wait

To pass a request to a thread and its answer back takes 100 µs and more, because the interpreter switches threads twice. To
send a cached response takes 10 µs. Health and metrics are answered in the loop as well, so they wait
for a brief search at most.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from webui.environ_keys import CLIENT_HAS_LEFT, IN_EVENT_LOOP, REFUSAL
from webui.server.connection import CONNECTION_KEY, CYCLE_KEY, ClientConnection
from webui.server.loop_turns import LoopTurns

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

MAX_BODY_BYTES: Final = 65_536
MAX_THREADS: Final = 8  # five costly searches may occupy one each: the search queue lets one run and four wait
MAX_QUEUE: Final = 64  # requests that wait for a thread or for their turn

Answer = tuple[int, list[tuple[str, str]], bytes]


class WsgiBridge:
    """An ASGI application that answers with a WSGI application."""

    def __init__(
        self,
        application: WSGIApplication,
        is_instant: Callable[[WSGIEnvironment], bool],
        is_brief: Callable[[WSGIEnvironment], bool] = lambda environ: False,
    ) -> None:
        """Take two functions that tell in microseconds how the application will answer a request.

        `is_instant`: without waiting for anything. `is_brief`: in a millisecond or so, or with NeedsThread.
        """
        self._application, self._is_instant, self._is_brief = application, is_instant, is_brief
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="request")
        self._turns = LoopTurns()
        self._in_progress = 0  # requests that wait for a thread or for their turn, or are in a thread

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        connection: ClientConnection = scope[CONNECTION_KEY]
        cycle: RequestResponseCycle = scope[CYCLE_KEY]
        environ = make_environ(scope)
        body, refusal = b"", 0
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            body, refusal = await _read_body(environ, receive, connection)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        if refusal:
            cycle.keep_alive = False  # the rest of the body is not read
        elif self._in_progress >= MAX_THREADS + MAX_QUEUE:
            refusal = 503
        if refusal:
            environ[REFUSAL] = refusal
        answer: Answer | None
        if refusal or self._is_instant(environ):
            answer = self._run(environ)
        else:
            self._in_progress += 1
            try:
                answer = await self._run_in_turn(environ, cycle) if self._may_be_brief(environ) else None
                if answer is None and not cycle.disconnected:
                    answer = await self._run_in_thread(environ, connection)
            finally:
                self._in_progress -= 1
        if answer is None:
            cycle.disconnected = True  # uvicorn marks only the last of several pipelined requests
            return
        await connection.flow.drain()
        connection.respond(cycle, *answer)

    def _may_be_brief(self, environ: WSGIEnvironment) -> bool:
        return not self._turns.is_paused and self._is_brief(environ)

    async def _run_in_turn(self, environ: WSGIEnvironment, cycle: RequestResponseCycle) -> Answer | None:
        """Run the application in this thread. Return None if the request needs another one, or if the client has left."""
        await self._turns.wait()
        if cycle.disconnected:
            return None
        environ[IN_EVENT_LOOP] = True
        answer = self._turns.run(partial(self._run, environ))
        del environ[IN_EVENT_LOOP]
        return answer

    async def _run_in_thread(self, environ: WSGIEnvironment, connection: ClientConnection) -> Answer | None:
        """Run the application in one of the threads. Return None if the client leaves before it has begun."""
        client_left = threading.Event()
        environ[CLIENT_HAS_LEFT] = client_left.is_set
        work = self._threads.submit(self._run, environ)
        connection.cancel_work = partial(_cancel, work, client_left)
        return await _result(work)

    def close(self) -> None:
        """Stop the threads. Requests that still wait are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, environ: WSGIEnvironment) -> Answer:
        """Run the application, in the thread that calls."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
            started[:] = [(status, headers)]
            return lambda data: None

        parts = self._application(environ, start_response)
        try:
            content = parts[0] if isinstance(parts, list) and len(parts) == 1 else b"".join(parts)
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()
        status, headers = started[0]
        if status[:3] not in ("204", "304") and not any(name.lower() == "content-length" for name, _ in headers):
            headers = [*headers, ("content-length", str(len(content)))]
        return int(status[:3]), headers, content


def make_environ(scope: Any) -> WSGIEnvironment:
    """Return the environ of a request (https://peps.python.org/pep-3333/)."""
    server, client = scope["server"] or ("", None), scope["client"]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0] or "localhost",
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:  # a_b and a-b have the same name in an environ, so a client could forge a proxy's field
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        value = raw_value.decode("latin-1").strip()
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


def _cancel(work: Future[Answer], client_left: threading.Event) -> None:
    """Drop work that has not begun, and tell a search that runs to stop."""
    client_left.set()
    work.cancel()


async def _read_body(environ: WSGIEnvironment, receive: Any, connection: ClientConnection) -> tuple[bytes, int]:
    """Return the body, and 0 or the status of a refusal: 413 for one that is too long, 408 for one that does not arrive."""
    length = environ.get("CONTENT_LENGTH", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        return b"", 413
    body = b""
    reading = asyncio.ensure_future(_read_all(receive))
    connection.cancel_work = reading.cancel
    try:
        body = await reading
    except asyncio.CancelledError:
        return b"", 408
    finally:
        connection.cancel_work = None
    return (b"", 413) if len(body) > MAX_BODY_BYTES else (body, 0)


async def _read_all(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body") or len(body) > MAX_BODY_BYTES:
            return bytes(body)


async def _result(work: Any) -> Answer | None:
    """Wait for a thread. Return None if the client has gone before the work began."""
    try:
        answer: Answer = await asyncio.wrap_future(work)
    except asyncio.CancelledError:
        return None
    except Exception:
        logging.getLogger(__name__).exception("the application failed")
        return 500, [("content-type", "text/plain"), ("content-length", "0")], b""
    return answer
