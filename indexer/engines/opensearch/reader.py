"""The reader: one view of a generation behind the protocol that all engines implement."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from indexer.analysis.analyzer import query_terms
from indexer.engines.base import FACET_NAMES, MAX_SPLIT_CHARACTERS, TOO_SLOW, Deadline, Matches, Sideways, WordMatches, are_plain
from indexer.engines.document_matcher import DocumentMatcher, IndexedDocument
from indexer.engines.drill_sideways import count_by_searches
from indexer.engines.fields import MAX_FACET_VALUES
from indexer.engines.opensearch.connection import Table
from indexer.engines.opensearch.filter_query import Query, distinct, is_shortened, matching
from indexer.engines.opensearch.mapping import document_of, record_id
from indexer.engines.opensearch.point_in_time import LOOKUP_SECONDS, ClusterSnapshot
from indexer.engines.opensearch.ranking import Ranking, is_scored, needed_frequencies
from indexer.engines.opensearch.vocabulary import forms_in, forms_matching, forms_near, forms_request, forms_with_prefix
from indexer.errors import IndexDamaged
from indexer.model import Document, Facets, FacetValue, Match, Sort
from indexer.query.nodes import TEXT_FIELDS, And, Boost, Constant, Node, Not, Or, Prefer, Scale, TermPhrase, Terms

MAX_WINDOW: Final = 10_000  # `index.max_result_window`: results behind it are reached with search_after
MAX_EXACT_MATCHES: Final = 1_000  # up to this number, each match gets its exact score
MAX_RESCORED_DOCUMENTS: Final = 300  # candidates of each shard that get it otherwise
MAX_TIES: Final = 20  # documents with the score of the last one, among which date and id decide
MAX_CACHED_FORMS: Final = 10_000  # terms whose spellings are kept; a new view begins without any
MAX_PREPARED_WORDS: Final = 32
MAX_PREPARED_FORMS: Final = 48  # searches for spellings in one request
MAX_PREPARED_SPLITS: Final = 4  # words that nothing contains, whose parts are looked up
PAGE_DOCUMENTS: Final = 1_000
SHARD_FACET_VALUES: Final = 10_000
SHORTENED: Final = "a phrase has too many variants; only the first ones were searched for"
_BY_DATE: Final = [{"date": {"order": "desc", "missing": "_last"}}, {"id": "asc"}]
_BY_OLDEST: Final = [{"date": {"order": "asc", "missing": "_last"}}, {"id": "asc"}]
_BY_SCORE: Final = [{"_score": "desc"}, *_BY_DATE]


class ClusterReader:
    """Searches one view of a generation. It is immutable and safe to share between threads."""

    def __init__(self, snapshot: ClusterSnapshot, newest: Callable[[ClusterReader], ClusterReader]) -> None:
        self.snapshot, self._newest = snapshot, newest
        self.position, self.archive_id = snapshot.state.position, snapshot.state.archive_id
        self.generation = f"{snapshot.index}.{snapshot.state.commit}"
        self.memo: dict[Hashable, Any] = {}
        self.has_word_search = False
        self._forms: dict[str, tuple[str, ...]] = {}
        self._ranking, self._matcher = Ranking(snapshot), DocumentMatcher(snapshot)

    @property
    def document_count(self) -> int:
        return self.snapshot.document_count

    def languages(self) -> tuple[str, ...]:
        return self.snapshot.languages

    def document(self, document_id: str) -> Document | None:
        hits = self.snapshot.search({"size": 1, "query": {"ids": {"values": [record_id(document_id)]}}})["hits"]["hits"]
        return _document(hits[0]) if hits else None

    def documents(self) -> Iterator[Document]:
        body: Table = {"size": PAGE_DOCUMENTS, "sort": [{"id": "asc"}]}
        while hits := self.snapshot.search(body)["hits"]["hits"]:
            yield from map(_document, hits)
            body["search_after"] = hits[-1]["sort"]

    # -- words ---------------------------------------------------------------------------------------------------------

    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        return forms_with_prefix(self.snapshot, prefix, limit)

    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int, deadline: Deadline | None = None
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return forms_matching(self.snapshot, prefix, pattern, limit, deadline)

    def surfaces_near(
        self, form: str, distance: int, limit: int, deadline: Deadline | None = None, *, least: int = 0
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return forms_near(self.snapshot, form, distance, limit, deadline)

    def prepare(self, words: Iterable[str], languages: Sequence[str], deadline: Deadline | None = None) -> None:
        """Look up in one request what a search for these words needs, and the parts of words that nothing has in another."""
        tokens = [token for word in islice(words, MAX_PREPARED_WORDS) for token in query_terms(word, languages)]
        surfaces = [token.surface for token in tokens]
        joined = ["".join(surfaces[at : at + count]) for count in (2, 3) for at in range(len(surfaces) - count + 1)]
        terms = list(dict.fromkeys(term for token in tokens for term in token.terms if term not in self._forms))
        terms = terms[:MAX_PREPARED_FORMS]
        together = [(TEXT_FIELDS, distinct(token.terms)) for token in tokens]
        answers = self.snapshot.learn([*surfaces, *joined, *together], [forms_request(term) for term in terms], deadline)
        self._store_forms(terms, answers)
        unknown = [form for form in surfaces if form.isalpha() and not self.snapshot.surface_frequency(form)]
        parts = (
            part
            for form in unknown[:MAX_PREPARED_SPLITS]
            if len(form) <= MAX_SPLIT_CHARACTERS
            for at in range(1, len(form))
            for part in (form[:at], form[at:])
        )
        self.snapshot.learn(parts, deadline=deadline)

    def forms(self, term: str) -> Sequence[str]:
        forms = self._forms.get(term)
        if forms is None:
            self._store_forms([term], self.snapshot.search_several([forms_request(term)], Deadline(LOOKUP_SECONDS)))
            forms = self._forms[term]
        return forms

    def _store_forms(self, terms: Sequence[str], answers: Sequence[Table]) -> None:
        if len(self._forms) + len(terms) > MAX_CACHED_FORMS:
            self._forms.clear()
        for term, answer in zip(terms, answers, strict=True):
            self._forms[term] = forms_in(answer)

    def has_any_surface(self, forms: list[str]) -> bool:
        return any(map(self.surface_frequency, forms))

    def surface_frequency(self, form: str) -> int:
        return self.snapshot.surface_frequency(form)

    def look_up(self, form: str, terms: tuple[str, ...]) -> tuple[int, bool]:
        return self.surface_frequency(form), are_plain(form, map(self.forms, terms))

    # -- search --------------------------------------------------------------------------------------------------------

    def select(
        self, trees: Sequence[Node], document_ids: Sequence[str], deadline: Deadline | None = None
    ) -> list[frozenset[str]]:
        if not trees or not document_ids:
            return [frozenset() for _ in trees]
        named: list[Query] = [{"bool": {"filter": [matching(tree)], "_name": str(n)}} for n, tree in enumerate(trees)]
        among = {"ids": {"values": [record_id(each) for each in document_ids]}}
        query = {"bool": {"filter": [among], "should": named, "minimum_should_match": 0}}
        body = {"size": len(document_ids), "_source": ["document.id"], "query": query}
        hits = self.snapshot.search(body, deadline)["hits"]["hits"]
        selected: list[set[str]] = [set() for _ in trees]
        for hit in hits:
            for name in hit.get("matched_queries", ()):
                selected[int(name)].add(hit["_source"]["document"]["id"])
        return [frozenset(each) for each in selected]

    def search_words(
        self,
        words: Sequence[Node],
        filters: Sequence[Node],
        slop: int,
        bonus: float,
        limit: int,
        *,
        facets: bool = False,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> WordMatches | None:
        """Return None: all words and any of them take two searches."""
        return None

    def count(self, tree: Node, deadline: Deadline | None = None) -> int:
        if isinstance(tree, Terms) and tree.terms:
            return self.snapshot.frequency(tree.fields, distinct(tree.terms))
        answer = self.snapshot.search({"size": 0, "track_total_hits": True, "query": matching(tree)}, deadline)
        return int(answer["hits"]["total"]["value"])

    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool | Collection[str] = False,
        explain: bool = False,
        counted: bool = True,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> Matches:
        scored = is_scored(tree)
        if scored:
            self.snapshot.learn(needed_frequencies(tree), deadline=deadline)
        query = self._ranking.exact(tree) if scored else {"bool": {"filter": [matching(tree)]}}
        body: Table = {"query": query, "track_total_hits": True, "track_scores": scored}
        if facets:
            body["aggs"] = _facet_requests()
        if scored and sort == "relevance" and self._has_many_matches(tree, offset + limit):
            answer, hits = self._best_candidates(tree, body, offset, limit, deadline)
        else:
            body["sort"] = _BY_OLDEST if sort == "oldest" else _BY_SCORE if scored and sort == "relevance" else _BY_DATE
            answer, hits = self._page(body, offset, limit, deadline)
        counts = _facets(answer["aggregations"]) if facets and "aggregations" in answer else {}
        warnings = [TOO_SLOW] if answer.get("timed_out") else []
        if any(map(is_shortened, _phrases(tree))):
            warnings.append(SHORTENED)
        return Matches(
            total=answer["hits"]["total"]["value"],
            matches=tuple(self._match(tree, hit, explain=explain) for hit in hits),
            facets={**counts, **count_by_searches(self, tree, sideways, deadline)} if counts else {},
            warnings=tuple(warnings),
        )

    def _has_many_matches(self, tree: Node, count: int) -> bool:
        """Return whether scoring all matches would take long, and the first `count` are among the candidates."""
        return count <= MAX_RESCORED_DOCUMENTS // 2 and self._ranking.most_matches(tree) > MAX_EXACT_MATCHES

    def _best_candidates(
        self, tree: Node, body: Table, offset: int, limit: int, deadline: Deadline | None
    ) -> tuple[Table, list[Table]]:
        """Rank all matches roughly and fast, and the RESCORED best ones of each shard exactly."""
        exact = {"rescore_query": body["query"], "query_weight": 0.0, "rescore_query_weight": 1.0}
        rescore = {"window_size": MAX_RESCORED_DOCUMENTS, "query": exact}
        size = min(offset + limit + MAX_TIES, MAX_RESCORED_DOCUMENTS) if limit else 0
        rough = {**body, "query": self._ranking.candidates(tree), "size": size, **({"rescore": rescore} if size else {})}
        answer = self.snapshot.search(rough, deadline)
        hits = sorted(answer["hits"]["hits"], key=lambda hit: str(hit["_source"]["document"]["id"]))
        hits.sort(key=lambda hit: str(hit["_source"]["document"].get("date") or "")[:19], reverse=True)
        hits.sort(key=lambda hit: float(hit["_score"]), reverse=True)
        return answer, hits[offset : offset + limit]

    def _page(self, body: Table, offset: int, limit: int, deadline: Deadline | None) -> tuple[Table, list[Table]]:
        """Return the answer with the totals, and one page of hits; far pages are reached step by step."""
        if offset + limit <= MAX_WINDOW:
            answer = self.snapshot.search({**body, "from": offset, "size": limit}, deadline)
            return answer, answer["hits"]["hits"]
        answer = self.snapshot.search({**body, "size": 0}, deadline)
        step = {name: value for name, value in body.items() if name != "aggs"} | {"track_total_hits": False}
        while offset:
            size = min(MAX_WINDOW, offset)
            hits = self.snapshot.search({**step, "size": size, "_source": False}, deadline)["hits"]["hits"]
            if len(hits) < size:
                return answer, []
            step["search_after"], offset = hits[-1]["sort"], offset - size
        return answer, self.snapshot.search({**step, "size": limit}, deadline)["hits"]["hits"]

    def _match(self, tree: Node, hit: Table, *, explain: bool) -> Match:
        document, score = _document(hit), float(hit.get("_score") or 0.0)
        if not explain:
            return Match(document, score)
        result = self._matcher.score(tree, IndexedDocument.of(document))
        return Match(document, score, result[1] if result else {})

    def refresh(self) -> ClusterReader:
        return self._newest(self)

    def close(self) -> None:
        """Do nothing: the engine releases views that have been replaced, and the cluster those that are not used."""


def _phrases(node: Node) -> Iterator[TermPhrase]:
    match node:
        case And(nodes=nodes) | Or(nodes=nodes):
            for each in nodes:
                yield from _phrases(each)
        case Not(node=inner) | Boost(node=inner) | Constant(node=inner) | Scale(node=inner):
            yield from _phrases(inner)
        case Prefer(node=inner, better=better):
            for each in (inner, *better):
                yield from _phrases(each)
        case TermPhrase():
            yield node


def _document(hit: Table) -> Document:
    try:
        return document_of(hit["_source"]["document"])
    except (KeyError, TypeError, ValueError) as error:
        raise IndexDamaged(f"the record {hit.get('_id')} in {hit.get('_index')} holds no document: {error!r}") from error


def _facet_requests() -> Table:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    terms = {"size": MAX_FACET_VALUES, "shard_size": SHARD_FACET_VALUES, "order": order}
    return {name: {"terms": {"field": f"facet_{name}", **terms}} for name in FACET_NAMES}


def _facets(aggregations: dict[str, Any]) -> Facets:
    return {
        name: tuple(FacetValue(bucket["key"], bucket["doc_count"]) for bucket in aggregations[name]["buckets"])
        for name in FACET_NAMES
    }
