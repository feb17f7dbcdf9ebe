"""A search asked again by a client that still has the answer: 304, without searching, as long as the index is the same.

The tag names the state of the index: its generation, how far it has read the archive, and how many documents it holds (the
generation alone would come again if somebody deletes the index and rebuilds it). It also holds the start of the server, as
settings, templates and the program itself can only change with a restart. It is weak: `took_ms` differs.

A 304 is given only when this process knows what the search found, so that it can be noted like any other search.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from flask import Response, request

from indexer.model import SearchRequest, SearchResult
from indexer.search import Searcher

KNOWN: Final = 4_096  # searches whose answer a client may still have
_STARTED: Final = f"{time.time_ns():x}"  # of this module's import: the same in all forked processes


class Answered:
    """What was answered lately, by address. Safe between threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._known: dict[str, tuple[str, SearchRequest, int]] = {}
        self._state: tuple[str, str] = ("", "")  # a generation, and the tag of its state
        self._lock = threading.Lock()

    def repeated(self) -> tuple[str, SearchResult] | None:
        """When the client has the answer already: its tag, and the result without its hits. Raises IndexMissing."""
        sent = request.environ.get("HTTP_IF_NONE_MATCH")
        if not sent:
            return None
        known = self._known.get(_address())
        if known is None:
            return None
        tag, asked, total = known
        if tag not in sent or not request.if_none_match.contains_weak(tag[3:-1]) or tag != self._tag():
            return None
        return tag, SearchResult(asked, total, (), 0.0, "")

    def keep(self, response: Response, result: SearchResult) -> None:
        """Tag an answer and remember it."""
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

    def _tag(self) -> str:
        """Of the index as it is now."""
        reader = self._searcher.reader()
        tag = f'W/"{_STARTED}-{reader.generation}-{reader.position}-{reader.document_count}"'
        self._state = (reader.generation, tag)
        return tag


def not_modified(tag: str) -> Response:
    return Response(status=304, headers={"ETag": tag, "Cache-Control": "no-cache"})


def _address() -> str:
    environ = request.environ
    return f"{environ.get('SCRIPT_NAME', '')}{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}"
