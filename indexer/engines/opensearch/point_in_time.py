"""One unchanging view of a generation: a point in time in the cluster, and the statistics that scores depend on.

A point in time lives on particular copies. When the node of one is lost, or when it has expired, the view is opened again: it
then shows the present state of the same generation.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final, TypeVar

from indexer.engines.base import Deadline
from indexer.engines.fields import FIELDS
from indexer.engines.opensearch.connection import ClusterConnection, Table, bulk_body, json_bytes, path_of, reason_of
from indexer.engines.opensearch.filter_query import ALL, Query, any_of, containing
from indexer.engines.opensearch.mapping import EPOCH, seconds_of
from indexer.engines.opensearch.state import IndexState
from indexer.errors import EngineError, EngineUnavailable
from indexer.model import RankingWeights
from indexer.query.nodes import TextField

KEEP_ALIVE: Final = "5m"
RETRY_PAUSES_SECONDS: Final = (0.0, 0.2, 0.8)  # another copy answers at once; a new manager needs up to a second
CLOSE_SECONDS: Final = 1.0  # a command waits for it at its end
MAX_REPEAT_SECONDS: Final = 15.0  # in which a request without a deadline may be tried again
LOOKUP_SECONDS: Final = 5.0  # for what is known of one word
MAX_CACHED_FREQUENCIES: Final = 20_000
MAX_LANGUAGES: Final = 1_000
MIN_REQUEST_SECONDS: Final = 0.25  # what a request gets at least: the cluster itself stops at the deadline
_LOST: Final = ("search_context_missing", "No search context found", "node_not_connected", "no such shard", "not connected")

Answer = TypeVar("Answer")
Frequency = tuple[tuple[TextField, ...], tuple[str, ...]]


class PartialAnswer(EngineUnavailable):
    """Some shards did not answer. Fewer hits than there are would be shown."""


class ClusterSnapshot:
    """A view of one generation. Safe to share between threads."""

    def __init__(self, connection: ClusterConnection, index: str, state: IndexState, weights: RankingWeights) -> None:
        self._connection, self.index, self.state, self.weights = connection, index, state, weights
        self._turn = threading.Lock()
        self._pit = self._open_pit()
        self._frequencies: OrderedDict[Frequency | str, int] = OrderedDict()
        self.averages: dict[TextField, float] = dict(zip(FIELDS, state.averages or (0.0,) * len(FIELDS), strict=True))
        self._measure(self.search(self._description()))

    def _description(self) -> Table:
        """Return the request for what scores depend on."""
        dated = {"range": {"date": {"lte": seconds_of(self.state.written)}}} if self.state.written else ALL
        return {
            "size": 0,
            "track_total_hits": True,
            "aggs": {
                "languages": {"terms": {"field": "facet_language", "size": MAX_LANGUAGES}},
                "dated": {"filter": dated, "aggs": {"newest": {"max": {"field": "day"}}}},
            },
        }

    def _measure(self, answer: Table) -> None:
        """Take over what the view holds, and forget the frequencies of an earlier view."""
        self._frequencies.clear()
        self.document_count: int = answer["hits"]["total"]["value"]
        languages = [(bucket["key"], bucket["doc_count"]) for bucket in answer["aggregations"]["languages"]["buckets"]]
        self.languages = tuple(name for name, count in sorted(languages, key=lambda pair: (-pair[1], pair[0])))
        newest = answer["aggregations"]["dated"]["newest"]["value"]
        self.newest = "" if newest is None else date.fromordinal(EPOCH + int(newest)).isoformat()

    # -- requests ------------------------------------------------------------------------------------------------------

    def search(self, body: Table, deadline: Deadline | None = None, *, only: str = "") -> Table:
        """Search this view. Raises PartialAnswer when shards are missing, although another copy was asked as well.

        `only`: the paths of the answer that are wanted, if not all; `_shards` must be among them.
        """
        return self._repeat(lambda pit: self._search(body, pit, deadline, only), deadline)

    def search_several(self, bodies: Sequence[Table], deadline: Deadline | None = None) -> list[Table]:
        """Run several searches of this view in one request; the cluster runs them side by side. Raises as `search` does.

        Their answers are kept for other searches, so the cluster never cuts them short: after the deadline there is an error.
        """
        return self._repeat(lambda pit: self._search_several(bodies, pit, deadline), deadline) if bodies else []

    def _repeat(self, attempt: Callable[[str], Answer], deadline: Deadline | None) -> Answer:
        """Try again on other copies while that may help."""
        began = time.monotonic()
        for pause in RETRY_PAUSES_SECONDS:
            pit = self._pit
            try:
                return attempt(pit)
            except EngineError as error:
                is_transient = isinstance(error, EngineUnavailable) or any(sign in error.message for sign in _LOST)
                is_late = time.monotonic() - began > MAX_REPEAT_SECONDS if deadline is None else deadline.seconds_left < pause
                if not is_transient or is_late:
                    raise
            time.sleep(pause)
            self._reopen(pit, deadline)
        return attempt(self._pit)

    def _reopen(self, lost: str, deadline: Deadline | None) -> None:
        with self._turn, contextlib.suppress(EngineUnavailable):  # the next attempt reports it
            if self._pit == lost:
                pit = self._open_pit(_request_seconds(deadline))
                whole, seconds = _on(pit, self._description(), None), _request_seconds(deadline)
                self._measure(self._complete(self._connection.call("POST", "/_search", whole, seconds=seconds)))
                self._pit = pit

    def _search(self, body: Table, pit: str, deadline: Deadline | None, only: str) -> Table:
        query = {"filter_path": only} if only else None
        whole, seconds = _on(pit, body, deadline), _request_seconds(deadline)
        return self._complete(self._connection.call("POST", "/_search", whole, query=query, seconds=seconds))

    def _search_several(self, bodies: Sequence[Table], pit: str, deadline: Deadline | None) -> list[Table]:
        lines = [line for body in bodies for line in (b"{}", json_bytes(_on(pit, body, None)))]
        answer = self._connection.call("POST", "/_msearch", bulk_body(lines), seconds=_request_seconds(deadline))
        return [self._complete(each) for each in answer["responses"]]

    def _complete(self, answer: Table) -> Table:
        """Return an answer of all shards. Raises PartialAnswer."""
        if "error" in answer:  # of one search among several
            raise PartialAnswer(f"{self.index} did not answer: {reason_of(answer['error'])}")
        shards = answer.get("_shards", {})
        if shards.get("failed"):
            failures = "; ".join(dict.fromkeys(reason_of(each.get("reason")) for each in shards.get("failures", ())))
            raise PartialAnswer(f"{shards['failed']} of {shards['total']} shards of {self.index} did not answer: {failures}")
        return answer

    def _open_pit(self, seconds: float | None = None) -> str:
        path, query = path_of(self.index, "_search", "point_in_time"), {"allow_partial_pit_creation": "false"}
        opened = self._connection.call("POST", path, query={"keep_alive": KEEP_ALIVE, **query}, seconds=seconds)
        return str(opened["pit_id"])

    def close(self) -> None:
        """Release the view in the cluster. It is opened again if it is used."""
        self._connection.call("DELETE", "/_search/point_in_time", {"pit_id": [self._pit]}, seconds=CLOSE_SECONDS)

    # -- statistics ----------------------------------------------------------------------------------------------------

    def learn(self, keys: Iterable[Frequency | str], more: Sequence[Table] = (), deadline: Deadline | None = None) -> list[Table]:
        """Look up frequencies that are not known yet: of terms in fields, or of a folded word form.

        `more`: other searches to run in the same request; returns their answers.
        """
        unknown = [key for key in dict.fromkeys(keys) if key not in self._frequencies]
        answers = self.search_several([*([_counting(unknown)] if unknown else ()), *more], deadline)
        if unknown:
            self._store(unknown, answers.pop(0))
        return answers

    def frequency(self, fields: tuple[TextField, ...], terms: tuple[str, ...]) -> int:
        """Return the number of documents that contain any of the terms in any of the fields."""
        return self._cached((fields, terms))

    def surface_frequency(self, form: str) -> int:
        """Return the number of documents that contain this folded word form."""
        return self._cached(form)

    def _cached(self, key: Frequency | str) -> int:
        count = self._frequencies.get(key)
        if count is None:
            self.learn([key], deadline=Deadline(LOOKUP_SECONDS))
            count = self._frequencies[key]
        return count

    def _store(self, keys: Sequence[Frequency | str], answer: Table) -> None:
        if len(keys) == 1:
            counts = [answer["hits"]["total"]["value"]]
        else:
            buckets = answer["aggregations"]["counts"]["buckets"]
            counts = [buckets[str(number)]["doc_count"] for number in range(len(keys))]
        while len(self._frequencies) > MAX_CACHED_FREQUENCIES:
            self._frequencies.popitem(last=False)
        self._frequencies.update(zip(keys, counts, strict=True))


def _on(pit: str, body: Table, deadline: Deadline | None) -> Table:
    """Return the body of a search in this view. The cluster ends the search at the deadline."""
    whole: Table = {"pit": {"id": pit, "keep_alive": KEEP_ALIVE}, **body}
    if deadline is not None and deadline.seconds_left < math.inf:
        whole["timeout"] = f"{round(max(deadline.seconds_left, 0.001) * 1000)}ms"
    return whole


def _request_seconds(deadline: Deadline | None) -> float | None:
    """Return how long to wait for an answer: somewhat longer than the cluster works on it."""
    if deadline is None or deadline.seconds_left == math.inf:
        return None
    return max(deadline.seconds_left, MIN_REQUEST_SECONDS) + MIN_REQUEST_SECONDS


def _counting(keys: Sequence[Frequency | str]) -> Table:
    """Return the search that counts the documents of each key."""
    queries = [_containing(key) for key in keys]
    if len(queries) == 1:
        return {"size": 0, "track_total_hits": True, "query": queries[0]}
    filters = {str(number): query for number, query in enumerate(queries)}
    return {"size": 0, "query": any_of(queries), "aggs": {"counts": {"filters": {"filters": filters}}}}


def _containing(key: Frequency | str) -> Query:
    return {"term": {"surfaces": key}} if isinstance(key, str) else containing(key[1], key[0])
