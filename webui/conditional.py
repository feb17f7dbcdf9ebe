"""A search asked again, as long as the index is the same: 304 for a client that still has the answer, else the body that was
sent before. Nothing is searched or rendered anew, which is what most of a busy site's searches come down to.

The tag names the state of the index: its generation, how far it has read the archive, and how many documents it holds (the
generation alone would come again if somebody deletes the index and rebuilds it). It also holds the start of the server, as
settings, templates and the program itself can only change with a restart. It is weak: `took_ms` differs.

Both are given only when this process knows what the search found, so that it can be noted like any other search. A body is
kept without the time that it took: each answer says its own.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import Final

from flask import Response, request

from indexer.model import SearchRequest, SearchResult
from indexer.search import Searcher

KNOWN: Final = 4_096  # searches whose answer a client may still have
SLOW_MS: Final = 1_500.0
MOST_BYTES: Final = 24_000_000  # of bodies kept: some 3,000 answers of the API or 1,400 pages
_TOOK: Final = re.compile(rb'(?<="took_ms":)[0-9.e-]+|(?<=class="took">in )(?:under 1|[0-9]+)(?= ms)')
_STARTED: Final = f"{time.time_ns():x}"  # of this module's import: the same in all forked processes


class Answered:
    """What was answered lately, by address. Safe between threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._known: dict[str, tuple[str, SearchRequest, int]] = {}
        self._bodies: dict[str, _Body] = {}
        self._bytes = 0
        self._state: tuple[str, str] = ("", "")  # a generation, and the tag of its state
        self._lock = threading.Lock()

    def repeated(self) -> tuple[Response, SearchResult] | None:
        """The answer to what was asked before, and its result without the hits. Raises IndexMissing."""
        started = time.perf_counter()
        address = _address()
        known = self._known.get(address)
        if known is None:
            return None
        tag, asked, total = known
        if tag != self._tag():
            return None
        sent = request.environ.get("HTTP_IF_NONE_MATCH")
        if sent and tag in sent and request.if_none_match.contains_weak(tag[3:-1]):
            return not_modified(tag), SearchResult(asked, total, (), 0.0, "")
        body = self._bodies.get(address)
        if body is None or body.tag != tag:
            return None
        took = round((time.perf_counter() - started) * 1000, 3)
        return body.response(took), SearchResult(asked, total, (), took, "")

    def keep(self, response: Response, result: SearchResult) -> None:
        """Tag an answer and remember it; not one that took so long that it may have been cut short."""
        if result.took_ms > SLOW_MS:
            return
        generation, tag = self._state
        if result.generation != generation:
            tag = self._tag()
            generation = self._state[0]
        if result.generation != generation:  # the index has moved on since the search
            return
        response.headers["ETag"] = tag
        with self._lock:
            self._known.pop(address := _address(), None)
            if len(self._known) >= KNOWN:
                del self._known[next(iter(self._known))]  # the one that was answered longest ago
            self._known[address] = (tag, result.request, result.total)
            self._keep_body(address, _Body.of(response, tag))

    def _keep_body(self, address: str, body: _Body) -> None:
        self._bytes -= len(old) if (old := self._bodies.pop(address, None)) else 0
        self._bodies[address] = body
        self._bytes += len(body)
        while self._bytes > MOST_BYTES:
            self._bytes -= len(self._bodies.pop(next(iter(self._bodies))))

    def _tag(self) -> str:
        """Of the index as it is now."""
        reader = self._searcher.reader()
        tag = f'W/"{_STARTED}-{reader.generation}-{reader.position}-{reader.document_count}"'
        self._state = (reader.generation, tag)
        return tag


@dataclass(frozen=True, slots=True)
class _Body:
    """What was sent, around the time that it took."""

    tag: str
    content_type: str
    cache_control: str
    before: bytes
    after: bytes

    @classmethod
    def of(cls, response: Response, tag: str) -> _Body:
        data = response.get_data()
        took = _TOOK.search(data)
        start, end = took.span() if took else (len(data), len(data))
        cached = response.headers.get("Cache-Control", "")
        return cls(tag, response.headers["Content-Type"], cached, data[:start], data[end:])

    def __len__(self) -> int:
        return len(self.before) + len(self.after) + 500

    def response(self, took_ms: float) -> Response:
        took = b"" if not self.after else f"{took_ms:.3f}".encode() if "json" in self.content_type else b"under 1"
        response = Response(self.before + took + self.after, content_type=self.content_type)
        if self.cache_control:
            response.headers["Cache-Control"] = self.cache_control
        response.headers["ETag"] = self.tag
        return response


def not_modified(tag: str) -> Response:
    return Response(status=304, headers={"ETag": tag, "Cache-Control": "no-cache"})


def _address() -> str:
    environ = request.environ
    site = f"{environ.get('wsgi.url_scheme', '')}://{environ.get('HTTP_HOST', '')}{environ.get('SCRIPT_NAME', '')}"
    return f"{site}{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
