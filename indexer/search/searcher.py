"""Answer a request with a page of hits.

request -> parse -> understand (words to terms) -> match all words -> (otherwise any of them) -> hits with marks and snippets
                                                                   -> (nothing found) a correction that finds something
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable

from indexer.analysis.analyzer import surface_of
from indexer.analysis.segmentation import load_for
from indexer.curation.curation import NO_CURATION, Curation
from indexer.engines.base import Deadline, Engine, Reader
from indexer.errors import EngineUnavailable, NotFound, SearchBusy
from indexer.model import Completion, Document, Hit, Match, RankingWeights, SearchRequest, SearchResult, Suggestion
from indexer.query.nodes import And, Constant, Everything, Node, Word
from indexer.query.parse import Parsed, parse, with_half_typed_end
from indexer.search.address_queries import page_with_address
from indexer.search.curated_results import NO_PLAN, plan_results
from indexer.search.date_queries import NEWEST_WORDS, newest_first, pages_of_date, with_date_filter
from indexer.search.did_you_mean import Corrector, as_in_pages, may_be_misspelt, unquoted, without_hyphens
from indexer.search.matching import Matcher, Outcome, request_filters
from indexer.search.more_like_this import characteristic_terms, similar_documents
from indexer.search.near_duplicate_hits import PAIR_LIMITS, fold_similar, similar_pairs
from indexer.search.query_context import QueryContext
from indexer.search.query_understanding import SEARCH_TOO_SLOW, targets_of
from indexer.search.search_queue import MAX_BRIEF_CHARACTERS, SearchQueues, is_brief, is_costly
from indexer.search.suggest import Suggester
from indexer.search.word_correction import QueryWord
from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache

_new = tuple.__new__  # half of the time of calling the class of the named tuple
UNREACHABLE_SECONDS = 3.0  # between two attempts to reach a cluster that does not answer
_ADDRESS_SIGN = re.compile(r"\.|//")  # as in every address
_DIGIT = re.compile(r"\d")  # as in every date
_ADDRESS_OR_DATE_SIGN = re.compile(f"{_ADDRESS_SIGN.pattern}|{_DIGIT.pattern}")  # most queries have none
MAX_SECONDS = 2.0  # of work for one search, after its turn has come


class Searcher:
    """Answers searches on the newest state of an index. Safe to share between threads.

    Every method that needs the index raises IndexMissing or IndexDamaged if it cannot be read.
    """

    def __init__(
        self,
        engine: Engine,
        weights: RankingWeights | None = None,
        *,
        refresh_seconds: float = 0.0,
        curation: Callable[[], Curation] = lambda: NO_CURATION,
        folds_similar: bool = True,
    ) -> None:
        """`refresh_seconds`: how long the searcher waits before it checks again whether there is a newer index.

        `curation` returns the operator's rules as they are now. `folds_similar`: whether near-duplicates on one page of results
        are shown with the best of them.
        """
        self.curation, self._folds_similar = curation, folds_similar
        self._engine, self._weights = engine, weights or RankingWeights()
        self._refresh_seconds, self._refreshed = refresh_seconds, 0.0
        self._reader: Reader | None = None
        self.is_stale = False  # whether the cluster of the index could not be reached at the last attempt
        self._forms: tuple[Reader, SurfaceFormCache] | None = None
        self._suggester: tuple[Reader, Suggester] | None = None
        self._opening = threading.Lock()
        # One search at a time on the embedded engine. numpy releases the interpreter lock many times in a search, and threads
        # that search side by side pass it to and fro: eight of them answered 400 searches a second instead of 1,250.
        self.is_embedded = engine.max_running_searches == 1  # a search keeps a processor busy and waits for no other machine
        self._queues = SearchQueues(engine.max_running_searches)

    def on(self, reader: Reader) -> Searcher:
        """Return a searcher with the same weights and rules on a snapshot that never changes."""
        searcher = Searcher(
            self._engine, self._weights, refresh_seconds=math.inf, curation=self.curation, folds_similar=self._folds_similar
        )
        searcher._reader, searcher._refreshed = reader, time.monotonic()
        return searcher

    def reader(self) -> Reader:
        """Return the newest snapshot, or the last one while the cluster that has a newer one cannot be reached."""
        reader, now = self._reader, time.monotonic()
        if reader is not None and now - self._refreshed < (UNREACHABLE_SECONDS if self.is_stale else self._refresh_seconds):
            return reader
        with self._opening:
            try:
                self._reader = self._reader.refresh() if self._reader else self._engine.reader()
                self.is_stale = False
            except EngineUnavailable:
                if self._reader is None:
                    raise
                self.is_stale = True
            self._refreshed = time.monotonic()
            return self._reader

    def search(self, request: SearchRequest, is_cancelled: Callable[[], bool] = lambda: False) -> SearchResult:
        """Return one page of hits for any query text.

        `is_cancelled`: whether the client has left. Raises SettingsError if a date filter is not a date, and
        SearchBusy if too many searches are waiting or the search was cancelled.
        """
        started = time.perf_counter()
        reader, parsed, request = self._read(request)
        if request.explain or is_costly(parsed.node):
            with self._queues.turn(is_costly=True, is_cancelled=is_cancelled):
                result = self._answer(reader, request, parsed, started, MAX_SECONDS, is_cancelled)
        else:  # without a context manager, as most searches are short
            self._queues.ordinary.enter(is_cancelled)
            try:
                result = self._answer(reader, request, parsed, started, MAX_SECONDS, is_cancelled)
            finally:
                self._queues.ordinary.leave()
        if is_cancelled():
            raise SearchBusy("the client has left")  # the result is incomplete: it must be neither cached nor recorded
        return result

    def search_briefly(self, request: SearchRequest, max_wait_seconds: float, max_seconds: float) -> SearchResult | None:
        """Return one page of hits as `search` does, or None if that may take long.

        It may if the query is long or has patterns or many parts, if another search runs for `max_wait_seconds`, or if the
        page is not complete after `max_seconds`.
        """
        started = time.perf_counter()
        if request.explain or len(request.query) > MAX_BRIEF_CHARACTERS:
            return None
        reader, parsed, request = self._read(request)
        if not is_brief(parsed.node) or not self._queues.ordinary.enter_within(max_wait_seconds):
            return None
        try:
            result = self._answer(reader, request, parsed, started, max_seconds)
        finally:
            self._queues.ordinary.leave()
        return None if time.perf_counter() - started >= max_seconds else result

    def _read(self, request: SearchRequest) -> tuple[Reader, Parsed, SearchRequest]:
        """Return the newest snapshot, the parsed query, and the request with the order that the query asks for."""
        text = request.query
        reader, parsed = self.reader(), parse(text)
        if request.prefix_last:
            parsed = with_half_typed_end(parsed, text)
        if _ADDRESS_OR_DATE_SIGN.search(text):
            if _ADDRESS_SIGN.search(text):
                parsed = page_with_address(parsed, text, reader)
            if _DIGIT.search(text):
                parsed = pages_of_date(parsed, text, reader)
        if _begins_with_newest(parsed.node):
            parsed, request = newest_first(parsed, request, reader)
        return reader, parsed, request

    def _answer(
        self,
        reader: Reader,
        request: SearchRequest,
        parsed: Parsed,
        started: float,
        max_seconds: float,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> SearchResult:
        if not request.query.isascii():
            load_for(request.query, reader.languages())
        deadline = Deadline(max_seconds, is_cancelled)
        languages = tuple(request.languages) or reader.languages() or ("und",)
        curation, filters, plan = self.curation(), request_filters(request), NO_PLAN
        if curation.version:
            plan = plan_results(curation, request, tuple(filters.values()), reader)
        context = _new(QueryContext, (reader, languages, self._weights, deadline, curation))
        matcher = _new(Matcher, (request, filters, context, plan))
        outcome = matcher.match(parsed.node)
        matches, notes = outcome.matches, outcome.shown_query.notes
        hits, partial = self._hits(outcome, matcher)
        if plan.pinned:
            hits = tuple(hit._replace(pinned=hit.document.id in plan.pinned) for hit in hits)
        notices = (*parsed.notices, *notes.notices, *((SEARCH_TOO_SLOW,) if matches.warnings else ()))
        return SearchResult(
            request=request,
            total=matches.total,
            hits=hits,
            took_ms=_milliseconds_since(started),
            generation=reader.generation,
            relaxed=outcome.is_relaxed,
            did_you_mean=self._suggestion(matcher, outcome),
            facets=matches.facets,
            notices=tuple(dict.fromkeys(notices)) if notices else (),
            partial=partial,
            answers=plan.answers,
            rules=(*notes.rules, *plan.rules) if request.explain else (),
            pages=_page_count(matches.total, request.size),
        )

    def _hits(self, outcome: Outcome, matcher: Matcher) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
        """Return the hits of a page and its partial hits, each with near-duplicates folded into the best of them."""
        full, partial = outcome.matches.matches, outcome.partial
        similar: dict[str, tuple[Document, ...]] = {}
        if self._folds_similar:
            if len(full) > 1 and (pairs := similar_pairs(full, *PAIR_LIMITS)):
                full, similar = fold_similar(full, pairs)
            if len(partial) > 1 and (pairs := similar_pairs(partial, *PAIR_LIMITS)):
                partial, similar_partial = fold_similar(partial, pairs)
                similar = {**similar_partial, **similar}
        reader, deadline = matcher.context.reader, matcher.context.deadline
        marker = self._marker(targets_of(outcome.shown_query), reader)
        if not partial:
            hits = present(full, marker, deadline, matcher.missing_words(outcome, full) if outcome.is_relaxed else None)
        else:
            missing = matcher.missing_words(outcome, partial)
            if outcome.loose and (loose_targets := targets_of(outcome.loose)) != marker.targets:
                hits = present(full, marker, deadline)
                hits += present(partial, self._marker(loose_targets, reader), deadline, missing)
            else:  # texts that are marked together take less time
                hits = present((*full, *partial), marker, deadline, ((),) * len(full) + missing)
        if similar:
            hits = tuple(hit._replace(similar=similar.get(hit.document.id, ())) for hit in hits)
        return hits[: len(full)], hits[len(full) :]

    def _suggestion(self, matcher: Matcher, outcome: Outcome) -> Suggestion | None:
        """Return a corrected query with its first hits, or the query without quotation marks, if that finds more."""
        text, total = matcher.request.query, 0 if outcome.is_relaxed else outcome.matches.total
        if outcome.query.is_plain and total >= matcher.request.size:  # documents have each word, and none has two of them as one
            return None
        corrected = _corrected(text, outcome, matcher, total)
        plain = unquoted(text) if corrected is None and not outcome.matches.total else None
        if corrected is None and plain is None:
            plain = _other_query(text, matcher) if not total else None
            if plain is None:
                return None
        better = matcher.first_page(corrected or plain or "")
        if plain and better.is_relaxed and (corrected := _corrected(plain, better, matcher, 0)):
            text, better = plain, matcher.first_page(corrected)
        if not better.matches.total:
            return None
        marker = self._marker(targets_of(better.shown_query), matcher.context.reader)
        hits = present(better.matches.matches, marker, matcher.context.deadline)
        query = as_in_pages(text, corrected, better.matches.matches, matcher.context) if corrected else plain or ""
        return Suggestion(query, better.matches.total, hits)

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Completion, ...]:
        """Return completions of a half-typed query, best first. Raises EngineUnavailable immediately if the cluster is away."""
        reader = self.reader()
        if self.is_stale:  # no visitor waits for completions, and many ask for them
            raise EngineUnavailable("the cluster of the index did not answer at the last attempt")
        if self._suggester is None or self._suggester[0] is not reader:
            facets = reader.search(Constant(Everything()), limit=0, facets=True).facets
            self._suggester = reader, Suggester(reader, facets)
        return self._suggester[1].complete(prefix, limit)

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
            pages=_page_count(matches.total, size),
        )

    def _marker(self, targets: HighlightTerms, reader: Reader) -> Marker:
        """Return a marker that reuses what earlier searches on this snapshot learnt about written forms."""
        if self._forms is None or self._forms[0] is not reader:
            self._forms = reader, SurfaceFormCache(reader.forms)
        return Marker(targets, self._forms[1])


def _begins_with_newest(query: Node) -> bool:
    """Return whether `newest_first` may change a query. False for nearly all."""
    first = query.nodes[0] if isinstance(query, And) else query
    return isinstance(first, Word) and surface_of(first.text) in NEWEST_WORDS


def _page_count(total: int, size: int) -> int:
    """Return the number of pages of `size` hits."""
    return -(-total // size) if size else 0


def _corrected(text: str, outcome: Outcome, matcher: Matcher, total: int) -> str | None:
    """Return a query with its misspelt words corrected. `total`: how many documents have all words of the text."""
    is_full = total >= matcher.request.size
    if outcome.query.is_plain and (is_full or not may_be_misspelt(outcome.query.words, matcher.context)):
        return None  # documents have each word, and none has two of them as one
    notes, plain = outcome.query.notes, outcome.query.words
    lookups = [(word.surface, word.terms) for word in plain] if plain else notes.words
    words = [QueryWord(surface, terms) for surface, terms in lookups if surface not in notes.curated_words]
    if not words:
        return None
    return Corrector(text, words, matcher.context, matcher.count).corrected(total, is_full=is_full)


def _other_query(text: str, matcher: Matcher) -> str | None:
    """Return a query that finds all of the words after all: with hyphenated words apart, or with its year as a filter."""
    for other in (without_hyphens(text), with_date_filter(text, matcher.context.reader)):
        if other and (first := matcher.first_page(other)).matches.total and not first.is_relaxed:
            return other
    return None


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1_000_000) / 1000  # rounding to digits takes seven times as long


def present(
    matches: tuple[Match, ...],
    marker: Marker,
    deadline: Deadline | None = None,
    missing: tuple[tuple[str, ...], ...] | None = None,
) -> tuple[Hit, ...]:
    """Return one hit for each match, in the same order. Texts of one language are marked together, which is faster.

    `missing`: the words that each document lacks. After the deadline nothing is marked.
    """
    if not matches:
        return ()
    if (hits_of_kernel := marker.hits(matches, matches[0].document.language, missing)) is not None:
        return hits_of_kernel
    texts: dict[str, list[tuple[str, str]]] = {}
    for document, _, _ in matches:
        texts.setdefault(document.language, []).append((document.title, document.text or document.summary))
    shown = {
        language: iter(marker.page(texts[language], language, lambda: deadline is not None and deadline.has_passed))
        for language in texts
    }
    hits = []
    for (document, score, parts), words in zip(matches, missing or ((),) * len(matches), strict=True):
        title, snippet = next(shown[document.language])
        hits.append(_new(Hit, (document, score, title, snippet, parts, words, False, ())))
    return tuple(hits)
