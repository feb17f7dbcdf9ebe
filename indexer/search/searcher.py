"""Answer a request with a page of hits.

request -> parse -> understand (words to terms) -> match all words -> (otherwise any of them) -> hits with marks and snippets
                                                                   -> (nothing found) a correction that finds something
"""

from __future__ import annotations

import dataclasses
import threading
import time

from indexer.engines.base import Deadline, Engine, Matches, Reader
from indexer.errors import NotFound
from indexer.model import RankingWeights, SearchRequest, SearchResult, Suggestion
from indexer.query.nodes import Node
from indexer.query.parse import Parsed, parse
from indexer.search.admission import Admission, is_costly
from indexer.search.did_you_mean import corrected_query
from indexer.search.filters import narrow, request_filters
from indexer.search.hits import present
from indexer.search.passes import QueryContext
from indexer.search.query_understanding import UnderstoodQuery, highlight_terms, relaxed, understand
from indexer.search.similar import characteristic_terms, similar_documents
from indexer.search.suggest import complete
from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache

MAX_SECONDS = 2.0  # of work for one search, after its turn has come


@dataclasses.dataclass(frozen=True, slots=True)
class _Search:
    """One request on one snapshot of the index."""

    request: SearchRequest
    filters: tuple[Node, ...]
    context: QueryContext

    def match(self, typed: Node) -> tuple[Matches, UnderstoodQuery, bool]:
        """Match all words. If no document has them all, match any of them; the last value then is True."""
        query = understand(typed, self.context)
        matches = self._evaluate(query)
        looser = relaxed(typed) if matches.total == 0 else None
        if looser is None:
            return matches, query, False
        loose_query = understand(looser, self.context)
        if loose_query.tree is None:
            return matches, query, False
        loose_matches = self._evaluate(loose_query)
        return (loose_matches, loose_query, True) if loose_matches.total else (matches, query, False)

    def count(self, text: str) -> tuple[int, bool]:
        """Return how many documents another query text finds under the same filters, and whether it had to be relaxed."""
        request = dataclasses.replace(self.request, query=text, page=1, size=1, facets=False, explain=False)
        matches, _, is_relaxed = dataclasses.replace(self, request=request).match(parse(text).node)
        return matches.total, is_relaxed

    def _evaluate(self, query: UnderstoodQuery) -> Matches:
        request = self.request
        return self.context.reader.search(
            narrow(query.tree, query.typed, self.filters),
            offset=(request.page - 1) * request.size,
            limit=request.size,
            sort=request.sort,
            facets=request.facets,
            explain=request.explain,
            deadline=self.context.deadline,
        )


class Searcher:
    """Answers searches on the newest state of an index. Safe to share between threads.

    Every method that needs the index raises IndexMissing or IndexDamaged if it cannot be read.
    """

    def __init__(self, engine: Engine, weights: RankingWeights | None = None, *, refresh_seconds: float = 0.0) -> None:
        """`refresh_seconds`: how long the searcher waits before it checks again whether there is a newer index."""
        self._engine, self._weights = engine, weights or RankingWeights()
        self._refresh_seconds, self._refreshed = refresh_seconds, 0.0
        self._reader: Reader | None = None
        self._forms: tuple[Reader, SurfaceFormCache] | None = None
        self._opening = threading.Lock()
        # One search at a time. numpy releases the interpreter lock many times in a search, and threads that search side by side
        # pass it to and fro: eight of them answered 400 searches a second instead of 1,250.
        self._admission = Admission()

    def reader(self) -> Reader:
        """Return the newest snapshot."""
        reader, now = self._reader, time.monotonic()
        if reader is not None and now - self._refreshed < self._refresh_seconds:
            return reader
        with self._opening:
            self._reader = self._reader.refresh() if self._reader else self._engine.reader()
            self._refreshed = now
            return self._reader

    def search(self, request: SearchRequest) -> SearchResult:
        """Return one page of hits for any query text.

        Raises SettingsError if a date filter is not a date, and SearchBusy if too many searches are waiting.
        """
        started = time.perf_counter()
        reader, parsed = self.reader(), parse(request.query)
        with self._admission.turn(is_costly=request.explain or is_costly(parsed.node)):
            return self._answer(reader, request, parsed, started)

    def _answer(self, reader: Reader, request: SearchRequest, parsed: Parsed, started: float) -> SearchResult:
        languages = tuple(request.languages) or reader.languages() or ("und",)
        deadline = Deadline(MAX_SECONDS)
        search = _Search(request, request_filters(request), QueryContext(reader, languages, self._weights, deadline))
        matches, query, is_relaxed = search.match(parsed.node)
        suggestion: Suggestion | None = None
        if matches.total == 0 or is_relaxed:
            suggestion = corrected_query(request.query, query.notes.unknown_words(reader), search.context, search.count)
        return SearchResult(
            request=request,
            total=matches.total,
            hits=present(matches.matches, self._marker(highlight_terms(query.tree), reader), deadline),
            took_ms=_milliseconds_since(started),
            generation=reader.generation,
            relaxed=is_relaxed,
            did_you_mean=suggestion,
            facets=matches.facets,
            warnings=tuple(dict.fromkeys((*parsed.warnings, *query.notes.warnings, *matches.warnings))),
        )

    def suggest(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """Return completions of the last word, most frequent first."""
        return complete(prefix, limit, self.reader())

    def similar(self, document_id: str, size: int = 10) -> SearchResult:
        """Return documents that share this one's characteristic terms. Raises NotFound."""
        started = time.perf_counter()
        reader = self.reader()
        document = reader.document(document_id)
        if document is None:
            raise NotFound(f"there is no document {document_id!r} in the index", remedy="search results contain the ids")
        terms = characteristic_terms(document, reader)
        matches = similar_documents(document, terms, reader, size)
        return SearchResult(
            request=SearchRequest(size=size),
            total=matches.total,
            hits=present(matches.matches, self._marker(HighlightTerms(terms=frozenset(terms)), reader)),
            took_ms=_milliseconds_since(started),
            generation=reader.generation,
        )

    def _marker(self, targets: HighlightTerms, reader: Reader) -> Marker:
        """Return a marker that reuses what earlier searches on this snapshot learnt about written forms."""
        if self._forms is None or self._forms[0] is not reader:
            self._forms = reader, SurfaceFormCache(reader.forms)
        return Marker(targets, self._forms[1])


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
