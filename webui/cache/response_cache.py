"""Answer a repeated search from the cache as long as the index is the same: with 304 if the client still has the response,
otherwise with the body that was sent before. Neither searches nor renders.

The ETag names the state of the index: its generation, the last archive change in it, and its number of documents (a generation
alone can come back when an operator deletes the index and rebuilds it). It also names the start of the server, because settings
and templates change only with a restart. It is weak: the time of each answer differs.

The cache holds the search and its total with each response, so that repeated searches are recorded like any other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flask import Response, request

from indexer.model import SearchRequest, SearchResult
from indexer.search.searcher import Searcher
from webui.cache.packing import pack, unpack
from webui.interface_language import accepted_locale
from webui.json_provider import append_milliseconds

if TYPE_CHECKING:
    from indexer.curation.curation import Curation
    from indexer.engines.base import Reader

STALE: Final = ("Cache-Status", 'feed-search; hit; detail="the index cannot be reached"')
MAX_CLIENT_COPIES: Final = 8_192  # searches whose response a client may still have
MAX_CACHED_SEARCH_MS: Final = 1_500.0  # a slower search may have been cut short by its time limit
SETTLE_SECONDS: Final = 2.0  # after a change of the settings, as a page with the old ones may still be in progress
_STARTED: Final = f"{time.time_ns():x}"  # import time of this module: the same in all forked processes


class ResponseCache:
    """Recent responses by address. Safe between threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._client_copies: dict[str, tuple[str, SearchRequest, int]] = {}
        self.bodies = S3FifoCache()
        self._state: tuple[Reader, Curation, str] | None = None
        self._settings, self._stores_after = "", 0.0
        self._lock = threading.Lock()

    def get(self, address: str) -> CachedResponse | None:
        """Return the current response for an address. Raises IndexMissing and IndexDamaged."""
        return self.bodies.get(address, self.tag())

    def lookup(self) -> tuple[Response, SearchResult] | None:
        """Return the response to Flask's current request, and its result without hits. Raises IndexMissing and IndexDamaged."""
        started = time.perf_counter()
        address = address_of(request.environ)
        copy = self._client_copies.get(address)
        if copy is not None and (etags := request.environ.get("HTTP_IF_NONE_MATCH")):
            tag, search, total = copy
            if tag == self.tag() and tag in etags and request.if_none_match.contains_weak(tag[3:-1]):
                return not_modified(tag), SearchResult(search, total, (), 0.0, "")
        cached = self.get(address)
        if cached is None:
            return None
        took_ms = milliseconds_since(started)
        headers = self.headers(cached, took_ms)
        return Response(timed_body(cached, took_ms), headers=headers), SearchResult(cached.request, cached.total, (), took_ms, "")

    def store(
        self,
        address: str,
        content_type: str,
        body: bytes,
        result: SearchResult,
        cache_control: str = "",
        *,
        is_timed: bool = False,
    ) -> list[tuple[str, str]]:
        """Cache a body, unless the search may have been cut short. Return the fields that the response gets for it.

        `is_timed`: see CachedResponse.
        """
        fields = [("Server-Timing", server_timing(result.took_ms))]
        if result.took_ms > MAX_CACHED_SEARCH_MS or time.monotonic() < self._stores_after:
            return fields
        reader, _, tag = self._current_state()
        if result.generation != reader.generation:  # the index has changed since the search
            return fields
        fields.append(("ETag", tag))
        with self._lock:
            before = self._client_copies.pop(address, None)
            if len(self._client_copies) >= MAX_CLIENT_COPIES:
                del self._client_copies[next(iter(self._client_copies))]  # the oldest
            self._client_copies[address] = (tag, result.request, result.total)
        cached = CachedResponse(tag, result.request, result.total, content_type, cache_control, body, is_timed)
        self.bodies.put(address, cached, popular=before is not None)
        return fields

    def headers(self, cached: CachedResponse, took_ms: float) -> list[tuple[str, str]]:
        """Return the fields that the response had when it was stored, with the time of this answer.

        While the index cannot be reached, the response may be outdated: Cache-Status says so (RFC 9211).
        """
        headers = _response_headers(cached, took_ms)
        return [*headers, STALE] if self._searcher.is_stale else headers

    def tag(self) -> str:
        """Return the ETag of the current state of the index."""
        return self._current_state()[2]

    def forget(self, settings: str) -> None:
        """Use no earlier response any more. `settings` names the state of the settings, the same in all processes."""
        self._settings, self._state = f".{settings}", None
        self._stores_after = time.monotonic() + SETTLE_SECONDS

    def _current_state(self) -> tuple[Reader, Curation, str]:
        reader, curation, state = self._searcher.reader(), self._searcher.curation(), self._state
        if state is None or state[0] is not reader or state[1] is not curation:
            rules = f"-{curation.version}" if curation.version else ""
            tag = f'W/"{_STARTED}{self._settings}-{reader.generation}-{reader.position}-{reader.document_count}{rules}"'
            state = self._state = (reader, curation, tag)
        return state


def milliseconds_since(started: float) -> float:
    """Return the milliseconds since a `perf_counter` value."""
    return round((time.perf_counter() - started) * 1000, 3)


def server_timing(took_ms: float) -> str:
    """Format the time of a search as a Server-Timing field (https://www.w3.org/TR/server-timing/)."""
    return f"search;dur={took_ms:.3f}"


def timed_body(cached: CachedResponse, took_ms: float) -> bytes:
    """Return the body, with the time in it if it is an answer of the API."""
    body = cached.body
    return append_milliseconds(body, "took_ms", took_ms) if cached.is_timed else body


def _response_headers(cached: CachedResponse, took_ms: float) -> list[tuple[str, str]]:
    headers = [("Content-Type", cached.content_type), ("ETag", cached.tag), ("Server-Timing", server_timing(took_ms))]
    if cached.cache_control:
        headers.append(("Cache-Control", cached.cache_control))
    if cached.content_type.startswith("text/html"):
        headers.append(("Vary", "Accept-Language"))
    return headers


def not_modified(tag: str) -> Response:
    """Return a 304: the client has the current response."""
    return Response(status=304, headers={"ETag": tag, "Cache-Control": "no-cache"})


def address_of(environ: Mapping[str, Any]) -> str:
    """Return the cache key of a request: its complete URL, and the language if the response is a page."""
    site = f"{environ.get('wsgi.url_scheme', '')}://{environ.get('HTTP_HOST', '')}{environ.get('SCRIPT_NAME', '')}"
    path = environ["PATH_INFO"]
    language = "" if path.startswith("/api/") else accepted_locale(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    return f"{language} {site}{path}?{environ.get('QUERY_STRING', '')}"


# -- which responses stay within the limit of bytes: S3-FIFO (https://s3fifo.com/) ------------------------------------------

MAX_BYTES: Final = 48_000_000  # some 12,000 popular answers of the API, packed
MAX_NEW_SHARE: Final = 0.2  # of MAX_BYTES, for responses requested once
_ENTRY_BYTES: Final = 1_000  # of a cached response in addition to its body


@dataclass(slots=True)
class CachedResponse:
    """A response, with the search that it answers and the number of documents that match."""

    tag: str
    request: SearchRequest
    total: int
    content_type: str
    cache_control: str
    stored: bytes  # the body, which may be packed
    is_timed: bool = False  # JSON that gets the time of each answer as its last member
    hit_since_insert: bool = field(default=False, compare=False)

    def __len__(self) -> int:
        return len(self.stored) + _ENTRY_BYTES

    @property
    def body(self) -> bytes:
        return unpack(self.stored)

    def pack(self) -> None:
        """Take less memory."""
        self.stored = pack(self.stored)


class S3FifoCache:
    """Cached responses by address. Safe between threads. Popular ones are packed: they are many, and the others go soon."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._new: dict[str, CachedResponse] = {}
        self._popular: dict[str, CachedResponse] = {}
        self._new_bytes = self._popular_bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._new) + len(self._popular)

    @property
    def bytes(self) -> int:
        """Return the size of all cached responses."""
        return self._new_bytes + self._popular_bytes

    def get(self, address: str, tag: str) -> CachedResponse | None:
        """Return the response if it was made from the state of the index that the tag names."""
        cached = self._popular.get(address) or self._new.get(address)
        if cached is None or cached.tag != tag:
            return None
        cached.hit_since_insert = True
        return cached

    def put(self, address: str, response: CachedResponse, *, popular: bool = False) -> None:
        """Insert or replace a response. `popular`: this address was requested before."""
        with self._lock:
            if old := self._new.pop(address, None):
                self._new_bytes -= len(old)
            elif old := self._popular.pop(address, None):
                self._popular_bytes -= len(old)
            if popular or old:
                response.pack()
                self._popular[address] = response
                self._popular_bytes += len(response)
            else:
                self._new[address] = response
                self._new_bytes += len(response)
            while self.bytes > self._max_bytes:
                self._evict()

    def _evict(self) -> None:
        """Drop the oldest response of a queue, or move it to the popular ones if it was requested since."""
        if self._new and (self._new_bytes > MAX_NEW_SHARE * self._max_bytes or not self._popular):
            address = next(iter(self._new))
            response = self._new.pop(address)
            self._new_bytes -= len(response)
        else:
            address = next(iter(self._popular))
            response = self._popular.pop(address)
            self._popular_bytes -= len(response)
        if response.hit_since_insert:
            response.hit_since_insert = False
            response.pack()
            self._popular[address] = response
            self._popular_bytes += len(response)
