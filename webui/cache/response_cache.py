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
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from flask import Response, request

from indexer.model import SearchRequest, SearchResult
from indexer.search.searcher import Searcher
from webui.cache.s3fifo import CachedResponse, S3FifoCache

if TYPE_CHECKING:
    from indexer.engines.base import Reader

KNOWN: Final = 8_192  # searches whose answer a client may still have
SLOW_MS: Final = 1_500.0
_TOOK: Final = re.compile(rb'(?<="took_ms":)[0-9.e-]+|(?<=class="took">in )(?:under 1|[0-9]+)(?= ms)')
_STARTED: Final = f"{time.time_ns():x}"  # of this module's import: the same in all forked processes


class ResponseCache:
    """What was answered lately, by address. Safe between threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._known: dict[str, tuple[str, SearchRequest, int]] = {}
        self.kept = S3FifoCache()
        self._state: tuple[Reader, str] | None = None
        self._lock = threading.Lock()

    def ready(self, address: str) -> CachedResponse | None:
        """What was sent for this address, if it still is the answer. Raises IndexMissing and IndexDamaged."""
        return self.kept.get(address, self._tag())

    def repeated(self) -> tuple[Response, SearchResult] | None:
        """The answer to what was asked before, and its result without the hits. Raises IndexMissing and IndexDamaged."""
        started = time.perf_counter()
        address = address_of(request.environ)
        known = self._known.get(address)
        if known is not None and (sent := request.environ.get("HTTP_IF_NONE_MATCH")):
            tag, asked, total = known
            if tag == self._tag() and tag in sent and request.if_none_match.contains_weak(tag[3:-1]):
                return not_modified(tag), SearchResult(asked, total, (), 0.0, "")
        answer = self.ready(address)
        if answer is None:
            return None
        took = milliseconds_since(started)
        response = Response(answer.body(took), content_type=answer.content_type)
        if answer.cache_control:
            response.headers["Cache-Control"] = answer.cache_control
        response.headers["ETag"] = answer.tag
        return response, SearchResult(answer.asked, answer.total, (), took, "")

    def keep(self, response: Response, result: SearchResult) -> None:
        """Tag an answer and remember it; not one that took so long that it may have been cut short."""
        if result.took_ms > SLOW_MS:
            return
        reader, tag = self._now()
        if result.generation != reader.generation:  # the index has moved on since the search
            return
        response.headers["ETag"] = tag
        address = address_of(request.environ)
        with self._lock:
            before = self._known.pop(address, None)
            if len(self._known) >= KNOWN:
                del self._known[next(iter(self._known))]  # the one that was answered longest ago
            self._known[address] = (tag, result.request, result.total)
        self.kept.put(address, _answer(response, result, tag), popular=before is not None)

    def _tag(self) -> str:
        return self._now()[1]

    def _now(self) -> tuple[Reader, str]:
        """The index as it is now, and the tag of its state."""
        reader, now = self._searcher.reader(), self._state
        if now is None or now[0] is not reader:
            tag = f'W/"{_STARTED}-{reader.generation}-{reader.position}-{reader.document_count}"'
            now = self._state = (reader, tag)
        return now


def milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


def _answer(response: Response, result: SearchResult, tag: str) -> CachedResponse:
    data = response.get_data()
    took = _TOOK.search(data)
    start, end = took.span() if took else (len(data), len(data))
    cached = response.headers.get("Cache-Control", "")
    return CachedResponse(tag, result.request, result.total, response.headers["Content-Type"], cached, data[:start], data[end:])


def not_modified(tag: str) -> Response:
    return Response(status=304, headers={"ETag": tag, "Cache-Control": "no-cache"})


def address_of(environ: Mapping[str, Any]) -> str:
    site = f"{environ.get('wsgi.url_scheme', '')}://{environ.get('HTTP_HOST', '')}{environ.get('SCRIPT_NAME', '')}"
    return f"{site}{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
