"""The verb that answers: what a person asked -> a page of hits.

request -> parse -> resolve (words to terms) -> match all words -> (else any of them) -> hits with marks and snippets
                                                                -> (nothing found) a correction that finds something
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.analysis.analyzer import analyze, fold
from indexer.analysis.spelling import corrections
from indexer.engines.base import TOO_SLOW, Engine, Matches, Reader
from indexer.errors import ArchiveBusy, IndexerError, NotFound, SettingsError
from indexer.model import Hit, LoggedClick, LoggedSearch, Match, RankingWeights, SearchRequest, SearchResult, Suggestion
from indexer.query.dates import span
from indexer.query.nodes import And, Constant, DateRange, Everything, Filter, Node, Nothing, Or, Terms
from indexer.query.parse import Parsed, parse
from indexer.search.result_cache import ResultCache
from indexer.search.rewrite import TEXT_FIELDS, QueryRewriter, RewriteLog, relaxed
from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache

if TYPE_CHECKING:
    from indexer.archive.query_log import QueryLog
    from indexer.archive.store import Archive
    from indexer.diagnostics.status import QualityCache

SIMILAR_TERMS = 12
CACHED_PAGES = 1_000
IMPATIENT_SECONDS = 0.02  # how long noting one search may keep the person who searched
MAX_CORRECTIONS = 3  # corrected queries tried for one that finds nothing


class Searcher:
    """Answers searches on the newest state of an index. Safe to share between threads.

    Raises IndexMissing and IndexDamaged from every method that needs the index.
    """

    def __init__(
        self,
        engine: Engine,
        weights: RankingWeights | None = None,
        *,
        open_archive: Callable[[], Archive] | None = None,
        archive_path: Path | None = None,
        cache_pages: int = CACHED_PAGES,
    ) -> None:
        """`cache_pages`: how many result pages are kept, 0 for none."""
        self._results = ResultCache(cache_pages)
        self._working = threading.Lock()
        self._engine, self._weights = engine, weights or RankingWeights()
        self._open_archive, self._archive_path = open_archive, archive_path
        self._opened: Reader | None = None
        self._spelled: tuple[Reader, SurfaceFormCache] | None = None
        self._opened_archive: Archive | None = None
        self._suspicions: QualityCache | None = None
        self._log: QueryLog | None = None
        self._lock, self._recording = threading.Lock(), threading.Lock()
        self.look_every_seconds = 0.0  # how old the look at the index may be that tells whether there is a newer one
        self._looked = 0.0

    def reader(self) -> Reader:
        """The newest snapshot."""
        opened, now = self._opened, time.monotonic()
        if opened is not None and now - self._looked < self.look_every_seconds:
            return opened
        with self._lock:
            self._opened = self._opened.refresh() if self._opened else self._engine.reader()
            self._looked = now
            return self._opened

    def refresh(self) -> None:
        self.reader()

    # -- search ------------------------------------------------------------------------------------------------------

    def search(self, request: SearchRequest) -> SearchResult:
        """One page of hits. Any query text is answered; raises SettingsError on a date filter that is no date."""
        started = time.perf_counter()
        reader = self.reader()
        if known := self._kept(reader, request, started):
            return known
        # One at a time: numpy lets go of the interpreter many times in a search, and threads that search side by side hand it to
        # and fro: 8 of them answered 400 searches a second instead of 1,250.
        with self._working:
            # Another thread may have worked it out meanwhile.
            return self._kept(reader, request, started) or self._answer(reader, request, started)

    def _kept(self, reader: Reader, request: SearchRequest, started: float) -> SearchResult | None:
        known = self._results.get(reader.generation, request)
        return known and dataclasses.replace(known, took_ms=_milliseconds_since(started))

    def _answer(self, reader: Reader, request: SearchRequest, started: float) -> SearchResult:
        parsed = parse(request.query)
        filters = _filters(request)
        languages = tuple(request.languages) or reader.languages() or ("und",)
        matches, noted, was_relaxed = self._match(reader, parsed.node, filters, request, languages)
        suggestion = None
        if matches.total == 0 or was_relaxed:
            suggestion = self._correction(reader, parsed, noted.unknown(reader), filters, request, languages)
        marker = Marker(noted.wanted, self._spellings(reader))
        result = SearchResult(
            request=request,
            total=matches.total,
            hits=_hits(matches.matches, marker),
            took_ms=_milliseconds_since(started),
            generation=reader.generation,
            relaxed=was_relaxed,
            did_you_mean=suggestion,
            facets=matches.facets,
            warnings=tuple(dict.fromkeys((*parsed.warnings, *noted.warnings, *matches.warnings))),
        )
        if TOO_SLOW not in result.warnings:
            self._results.put(result)
        return result

    def _spellings(self, reader: Reader) -> SurfaceFormCache:
        """What the marks of earlier pages have found out about this reader's words."""
        known = self._spelled
        if known is None or known[0] is not reader:
            known = self._spelled = reader, SurfaceFormCache(reader.forms)
        return known[1]

    def _match(
        self, reader: Reader, node: Node, filters: tuple[Node, ...], request: SearchRequest, languages: tuple[str, ...]
    ) -> tuple[Matches, RewriteLog, bool]:
        """All words together; when nothing has them all, any of them."""
        resolver = QueryRewriter(reader, languages, self._weights)
        tree = _filtered(resolver.resolve(node), node, filters)
        matches = self._ask(reader, tree, request)
        looser = relaxed(node) if matches.total == 0 else None
        if looser is None:
            return matches, resolver.noted, False
        again = QueryRewriter(reader, languages, self._weights)
        looser_tree = again.resolve(looser)
        if looser_tree is None:
            return matches, resolver.noted, False
        found = self._ask(reader, _filtered(looser_tree, looser, filters), request)
        return (found, again.noted, True) if found.total else (matches, resolver.noted, False)

    def _ask(self, reader: Reader, tree: Node, request: SearchRequest) -> Matches:
        return reader.search(
            tree,
            offset=(request.page - 1) * request.size,
            limit=request.size,
            sort=request.sort,
            facets=request.facets,
            explain=request.explain,
        )

    def _correction(
        self,
        reader: Reader,
        parsed: Parsed,
        unknown: list[str],
        filters: tuple[Node, ...],
        request: SearchRequest,
        languages: tuple[str, ...],
    ) -> Suggestion | None:
        """The query with its unknown words put right, if that finds something."""
        text = request.query
        for wrong in dict.fromkeys(unknown):
            found = corrections(
                wrong,
                near=lambda form, distance: reader.surfaces_near(form, distance, 50)[0],
                frequency=reader.surface_frequency,
            )
            typed = next((word for word in text.replace('"', " ").split() if fold(word.strip("().,;:!?")) == wrong), None)
            if not found or typed is None:
                continue
            for candidate in found[:MAX_CORRECTIONS]:
                changed = text.replace(typed.strip("().,;:!?"), candidate, 1)
                small = dataclasses.replace(request, query=changed, page=1, size=1, facets=False, explain=False)
                matches, _, was_relaxed = self._match(reader, parse(changed).node, filters, small, languages)
                if matches.total and not was_relaxed:
                    return Suggestion(changed, matches.total)
            text = text.replace(typed.strip("().,;:!?"), found[0], 1)
        if text == request.query:
            return None
        total = self._match(reader, parse(text).node, filters, dataclasses.replace(request, query=text), languages)[0].total
        return Suggestion(text, total) if total else None

    # -- beside search -----------------------------------------------------------------------------------------------

    def suggest(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """Completions of the last word, most frequent first; the words before it stay."""
        reader = self.reader()
        before, _, last = prefix.lstrip()[:200].rpartition(" ")
        start = fold(last)
        if len(start) < 2:
            return ()
        forms = sorted(reader.surfaces(start, 5_000), key=lambda pair: (-pair[1], len(pair[0]), pair[0]))
        lead = before + " " if before else ""
        return tuple(lead + form for form, _ in forms[:limit])

    def similar(self, document_id: str, size: int = 10) -> SearchResult:
        """Documents that share this one's most telling terms. Raises NotFound."""
        started = time.perf_counter()
        reader = self.reader()
        document = reader.document(document_id)
        if document is None:
            raise NotFound(f"there is no document {document_id!r} in the index", remedy="ids stand in search results")
        tokens = list(analyze(f"{document.title}\n\n{document.text[:20_000]}", document.language))
        counts = Counter(token.term for token in tokens)
        forms = {token.term: token.surface for token in tokens}
        telling = sorted(counts, key=lambda term: (-counts[term] / (1 + reader.surface_frequency(forms[term])), term))
        terms = [term for term in telling if len(forms[term]) > 3][:SIMILAR_TERMS]
        tree: Node = Or(tuple(Terms((term,), TEXT_FIELDS) for term in terms)) if terms else Nothing()
        matches = reader.search(tree, limit=size + 1)
        others = [match for match in matches.matches if match.document.id != document_id][:size]
        marker = Marker(HighlightTerms(terms=frozenset(terms)), self._spellings(reader))
        return SearchResult(
            request=SearchRequest(size=size),
            total=max(0, matches.total - 1),
            hits=_hits(others, marker),
            took_ms=_milliseconds_since(started),
            generation=reader.generation,
        )

    def status(self) -> dict[str, Any]:
        """Counts, sizes and freshness of archive and index."""
        from indexer.diagnostics.status import status

        return status(self._archive(), self._engine)

    def sources(self) -> list[dict[str, Any]]:
        from indexer.diagnostics.status import sources

        return sources(self._archive())

    def attention(self) -> dict[str, Any]:
        """What needs the operator's eye: pages that fail, documents that look wrongly extracted."""
        from indexer.diagnostics.status import QualityCache, attention

        self._suspicions = self._suspicions or QualityCache()
        return attention(self._archive(), kept=self._suspicions)

    def record(self, result: SearchResult, channel: str) -> None:
        """Note a search for `queries`. Losing one is better than keeping a person waiting: never raises."""
        asked = result.request
        if asked.page == 1 and asked.query.strip():
            self.record_many([LoggedSearch(channel, asked.query, result.total, datetime.now(UTC))], IMPATIENT_SECONDS)

    def record_many(self, notes: Sequence[LoggedSearch | LoggedClick], patience_seconds: float) -> bool:
        """Note searches and openings, in one transaction. False when somebody else was writing for all that time: nothing is
        noted then, and it may be tried again. What cannot be noted for another reason is lost: never raises."""
        if self._archive_path is None or not self._archive_path.exists():
            return True
        from indexer.archive.query_log import QueryLog

        with self._recording:
            try:
                self._log = self._log or QueryLog(self._archive_path)
                self._log.note(notes, patience_seconds)
            except ArchiveBusy:
                return False
            except IndexerError as error:
                logging.getLogger(__name__).warning("searches could not be noted: %s", error)
            return True

    def top_queries(self, limit: int = 20) -> list[dict[str, object]]:
        return self._archive().top_queries(limit)

    def _archive(self) -> Archive:
        if self._open_archive is None:
            raise NotFound("this searcher has no archive")
        with self._lock:
            if self._opened_archive is None:
                self._opened_archive = self._open_archive()
            return self._opened_archive


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


# -- pure parts ------------------------------------------------------------------------------------------------------


def _filters(request: SearchRequest) -> tuple[Node, ...]:
    """The request's filters: values of one kind are alternatives, kinds add up."""
    given = request.sources or request.categories or request.authors or request.languages
    if not (given or request.date_from or request.date_to):
        return ()
    nodes: list[Node] = []
    for name, values in (
        ("source", request.sources),
        ("category", request.categories),
        ("author", request.authors),
        ("language", request.languages),
    ):
        choices = tuple(Filter(name, value) for value in values)  # type: ignore[arg-type]  # the names are FilterField's
        if choices:
            nodes.append(choices[0] if len(choices) == 1 else Or(choices))
    start, end = _bound(request.date_from, 0), _bound(request.date_to, 1)
    if start or end:
        nodes.append(DateRange(start, end))
    return tuple(Constant(node) for node in nodes)


def _bound(text: str | None, which: int) -> str | None:
    if not text:
        return None
    found = span(text)
    if found is None:
        raise SettingsError(f"{text!r} is not a date", remedy="write YYYY, YYYY-MM or YYYY-MM-DD")
    return found[which]


def _filtered(tree: Node | None, asked: Node, filters: tuple[Node, ...]) -> Node:
    """The query under its filters. An empty query lists what the filters leave; without a filter it finds nothing."""
    if isinstance(asked, Nothing) or tree is None:
        if not filters or not isinstance(asked, Nothing):
            return Nothing()
        tree = Constant(Everything())
    return And((tree, *filters)) if filters else tree


def _hits(matches: Sequence[Match], marker: Marker) -> tuple[Hit, ...]:
    texts: dict[str, list[tuple[str, str]]] = {}
    for document, *_ in matches:
        texts.setdefault(document.language, []).append((document.title, document.text or document.summary))
    shown = {language: iter(marker.page(texts[language], language)) for language in texts}
    return tuple([Hit(match[0], match[1], *next(shown[match[0].language]), match[2]) for match in matches])
