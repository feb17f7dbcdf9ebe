"""Match one request under its filters: first all words, then some of them.

full matches                    documents with all words
partial matches                 documents with some words, if the full matches do not fill the first page
relaxed                         the same as partial matches, if there is no full match: then they are the result
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from indexer.engines.base import Matches, Sideways
from indexer.errors import SettingsError
from indexer.model import Facets, Match, SearchRequest
from indexer.query.date_ranges import span
from indexer.query.nodes import (
    And,
    Constant,
    DateRange,
    Everything,
    Filter,
    FilterField,
    IdFilter,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Word,
)
from indexer.query.parse import parse
from indexer.search.cross_language_stop_words import words_not_left_out
from indexer.search.curated_results import NO_PLAN, ResultPlan
from indexer.search.query_context import QueryContext
from indexer.search.query_understanding import UnderstoodQuery, loosened, plain_query, understand
from indexer.search.question_frames import MIN_REMAINING_WORDS, without_question_frames
from indexer.search.relaxation import relaxed
from indexer.search.relevance_feedback import MAX_DOCUMENTS, MIN_WORDS, with_feedback
from indexer.search.word_forms import NEAR_SLOP
from indexer.snippets import kernel

_new = tuple.__new__  # half of the time of calling the class of a named tuple

# The kinds of filters, and the facets whose counts ignore each of them.
FACETS_OF_FILTERS: Final = {
    "source": ("source",),
    "category": ("category",),
    "author": ("author",),
    "language": ("language",),
    "filetype": ("filetype",),
    "date": ("year", "month"),
}


class Outcome(NamedTuple):
    """What a request matches. `loose` is the relaxed query, if it was evaluated."""

    matches: Matches
    query: UnderstoodQuery
    loose: UnderstoodQuery | None = None
    is_relaxed: bool = False
    partial: tuple[Match, ...] = ()
    lacks: tuple[tuple[int, ...], ...] = ()  # the numbers of the words that each partial match lacks, if they are known

    @property
    def shown_query(self) -> UnderstoodQuery:
        """Return the query whose words are marked in the hits."""
        return self.loose if self.is_relaxed and self.loose else self.query

    def lacks_of(self, chosen: Sequence[Match]) -> Sequence[tuple[int, ...]]:
        """Return the numbers of the words that each of these partial matches lacks. They are in the same order."""
        matches = self.matches.matches if self.is_relaxed else self.partial
        if len(chosen) == len(matches):
            return self.lacks
        lacks = {match.document.id: own for match, own in zip(matches, self.lacks, strict=True)}  # near-duplicates are left out
        return [lacks[match.document.id] for match in chosen]


class Matcher(NamedTuple):
    """Evaluates one request on one snapshot of the index."""

    request: SearchRequest
    filters_by_kind: Mapping[str, Node]
    context: QueryContext
    plan: ResultPlan = NO_PLAN

    @property
    def filters(self) -> tuple[Node, ...]:
        return tuple(self.filters_by_kind.values())

    def match(self, typed: Node) -> Outcome:
        """Match all words of the query, and some of them if that does not fill the first page."""
        request = self.request
        if isinstance(typed, And) and len(typed.nodes) > MIN_REMAINING_WORDS:
            typed = without_question_frames(typed)
        if (outcome := self._match_at_once(typed)) is not None:
            return outcome
        query = understand(typed, self.context)
        pinned = self.plan.pinned
        matches = self._with_pinned(query) if pinned else self._evaluate(query, request.page, request.size)
        if matches.total and not self._has_room(matches):
            return Outcome(matches, query)
        loose = loosened(query) if query.is_plain else self._relaxed(typed)
        if loose is None or loose.tree is None:
            return Outcome(matches, query)
        if len(loose.optional) >= MIN_WORDS and request.sort == "relevance" and not self.context.deadline.has_passed:
            best = self._evaluate(loose, 1, MAX_DOCUMENTS, counted=False).matches
            loose = loose._replace(tree=with_feedback(loose.tree, best, self.context.reader))
        if matches.total == 0:
            loose_matches = self._evaluate(loose, request.page, request.size)
            return Outcome(loose_matches, query, loose, True) if loose_matches.total else Outcome(matches, query)
        full = {match.document.id for match in matches.matches}
        candidates = self._evaluate(loose, 1, request.size, counted=False).matches
        partial = [match for match in candidates if match.document.id not in full]
        return Outcome(matches, query, loose, partial=tuple(partial[: request.size - len(full)]))

    def _match_at_once(self, typed: Node) -> Outcome | None:
        """Match the first page of a phrase or of a few plain words in one step of the engine, with a third of the calls.

        Returns None for any other request, and if the engine has no such step.
        """
        request, reader = self.request, self.context.reader
        if (
            not reader.has_word_search
            or not isinstance(typed, (Word, And, Phrase))
            or (isinstance(typed, And) and len(typed.nodes) >= MIN_WORDS)
            or request.page != 1
            or request.sort != "relevance"
            or (request.facets and request.languages)
            or request.explain
            or self.plan is not NO_PLAN
        ):
            return None
        query = plain_query(typed, self.context)
        if query is None:
            return None
        nodes = [word.node for word in query.words] if query.tree is None else [query.tree]
        first = reader.search_words(
            nodes,
            self.filters,
            NEAR_SLOP,
            self.context.weights.proximity_bonus,
            request.size,
            facets=request.facets,
            sideways=self._sideways() if request.facets else (),
            deadline=self.context.deadline,
        )
        if first is None:
            return None
        shown, partial = (first.partial, ()) if first.is_relaxed else (first.full, first.partial)
        matches = _new(Matches, (first.total, shown, first.facets, first.warnings))
        return _new(Outcome, (matches, query, None, first.is_relaxed, partial, first.lacks))

    def _relaxed(self, typed: Node) -> UnderstoodQuery | None:
        """Return the query that any of the plain words satisfies; None if it has fewer than two of them."""
        looser = relaxed(typed)
        return understand(looser, self.context) if looser is not None else None

    def count(self, text: str) -> int:
        """Return how many documents have all words of another query text, under the same filters."""
        typed = parse(text).node
        return self.context.reader.count(self._tree_of(understand(typed, self.context), self.filters), self.context.deadline)

    def first_page(self, text: str) -> Outcome:
        """Return what another query text finds under the same filters."""
        request = self.request._replace(query=text, page=1, facets=False, explain=False)
        plan = dataclasses.replace(self.plan, pinned=()) if self.plan.pinned else self.plan  # `match` compares by identity
        return self._replace(request=request, plan=plan).match(parse(text).node)

    def missing_words(self, outcome: Outcome, matches: Sequence[Match]) -> tuple[tuple[str, ...], ...]:
        """Return for some of the partial matches the optional words that each one lacks, as typed, without stop words of its
        language."""
        if outcome.lacks:
            typed = outcome.query.typed
            words = tuple([node.text for node in typed.nodes if isinstance(node, Word)]) if isinstance(typed, And) else ()
            return words_lacking(words, outcome.lacks_of(matches), matches)
        if outcome.loose is None:
            return ((),) * len(matches)
        words, trees = tuple([word for word, _ in outcome.loose.optional]), [tree for _, tree in outcome.loose.optional]
        ids = [match.document.id for match in matches]
        having = self.context.reader.select(trees, ids, self.context.deadline)
        return words_lacking(words, [tuple([n for n, those in enumerate(having) if id_ not in those]) for id_ in ids], matches)

    def _has_room(self, matches: Matches) -> bool:
        """Return whether partial matches fit on the first page."""
        request = self.request
        return request.page == 1 and request.sort == "relevance" and matches.total < request.size

    def _evaluate(self, query: UnderstoodQuery, page: int, size: int, *, counted: bool = True) -> Matches:
        """Return a page of matches. `counted`: with the total, and with the facets if the request wants them."""
        tree, facets = self._tree_of(query, self.filters), counted and self.request.facets
        matches = self._search(tree, (page - 1) * size, size, facets=facets, counted=counted)
        return self._with_all_languages(query, matches) if facets and self.request.languages else matches

    def _tree_of(self, query: UnderstoodQuery, filters: tuple[Node, ...]) -> Node:
        """Return what to evaluate: the query under the filters, without hidden documents and with the operator's factors."""
        tree = narrow(query.tree, query.typed, filters)
        return tree if self.plan is NO_PLAN else self.plan.apply(tree)

    def _search(self, tree: Node, offset: int, limit: int, *, facets: bool, counted: bool = True) -> Matches:
        """Search a tree under the filters. Facets with a selection are counted without it, so that a value can be added to it."""
        request = self.request
        return self.context.reader.search(
            tree,
            offset=offset,
            limit=limit,
            sort=request.sort,
            facets=facets,
            explain=request.explain,
            counted=counted,
            sideways=self._sideways() if facets else (),
            deadline=self.context.deadline,
        )

    def _with_pinned(self, query: UnderstoodQuery) -> Matches:
        """Return a page of the pinned documents followed by the matches. Total and facets count each document once."""
        request, pinned, reader = self.request, self.plan.pinned, self.context.reader
        tree = self._tree_of(query, self.filters)
        start = (request.page - 1) * request.size
        shown = [document for id_ in pinned[start : start + request.size] if (document := reader.document(id_))]
        offset, limit = max(0, start - len(pinned)), request.size - len(shown)
        rest = self._search(And((tree, Not(IdFilter(pinned)))), offset, limit, facets=False)
        facets: Facets = {}
        if request.facets:
            unfiltered = self._tree_of(query, (Constant(Everything()),))
            facets = self._search(And((Or((unfiltered, IdFilter(pinned))), *self.filters)), 0, 0, facets=True).facets
        best = rest.matches[0].score if rest.matches else 0.0
        first = tuple(Match(document, best) for document in shown)
        return rest._replace(total=rest.total + len(pinned), matches=first + rest.matches, facets=facets)

    def _sideways(self) -> tuple[Sideways, ...]:
        """Return for each filter the facets that are counted without it."""
        return tuple([Sideways(node, FACETS_OF_FILTERS[kind]) for kind, node in self.filters_by_kind.items()])

    def _with_all_languages(self, query: UnderstoodQuery, matches: Matches) -> Matches:
        """Count the languages again, for the query as it is understood without the filter for them."""
        others = tuple([node for kind, node in self.filters_by_kind.items() if kind != "language"])
        tree = self._tree_of(self._in_all_languages(query), others or (Constant(Everything()),))
        deadline = self.context.deadline
        facets = self.context.reader.search(tree, limit=0, facets=FACETS_OF_FILTERS["language"], deadline=deadline).facets
        return matches._replace(facets={**matches.facets, "language": facets.get("language", ())})

    def _in_all_languages(self, query: UnderstoodQuery) -> UnderstoodQuery:
        """Return the query as it is understood without a filter for languages, which decides the terms of its words."""
        languages = self.context.reader.languages() or self.context.languages
        return understand(query.typed, self.context._replace(languages=languages))


def words_lacking(
    words: tuple[str, ...], lacks: Sequence[tuple[int, ...]], matches: Sequence[Match]
) -> tuple[tuple[str, ...], ...]:
    """Return the words that each document lacks, each once, without stop words of its language. Most lack the same ones.

    `lacks`: the numbers of the words that each document does not contain, in ascending order.
    """
    languages = {match.document.language for match in matches}
    if kernel.missing_words is not None and len(languages) == 1 and len(words) <= kernel.MAX_MISSING_WORDS:
        (language,) = languages
        if len(set(words)) == len(words) and words_not_left_out(words, language) == words:  # as in most queries
            return kernel.missing_words(words, tuple(lacks))
    by_language: dict[str, tuple[set[str], dict[tuple[int, ...], tuple[str, ...]]]] = {}
    result: list[tuple[str, ...]] = []
    for (document, _, _), numbers in zip(matches, lacks, strict=True):
        of_language = by_language.get(document.language)
        if of_language is None:
            of_language = by_language[document.language] = set(words_not_left_out(words, document.language)), {}
        indexed, by_lack = of_language
        missing = by_lack.get(numbers)
        if missing is None:
            missing = tuple(dict.fromkeys([words[number] for number in numbers if words[number] in indexed]))
            by_lack[numbers] = missing
        result.append(missing)
    return tuple(result)


# -- filters of a request -----------------------------------------------------------------------------------------------


def request_filters(request: SearchRequest) -> dict[str, Node]:
    """Return one node for each kind of filter: the facet that it selects from, or `date`. The values of a kind are alternatives.

    Raises SettingsError if a date is not YYYY, YYYY-MM or YYYY-MM-DD.
    """
    is_narrowed = request.sources or request.categories or request.authors or request.languages or request.file_types
    if not (is_narrowed or request.date_from or request.date_to):  # as most requests
        return {}
    values: dict[FilterField, tuple[str, ...]] = {
        "source": request.sources,
        "category": request.categories,
        "author": request.authors,
        "language": request.languages,
        "filetype": request.file_types,
    }
    filters: dict[str, Node] = {}
    for kind, several in values.items():
        nodes = tuple([Filter(kind, value) for value in several])
        if nodes:
            filters[kind] = Constant(nodes[0] if len(nodes) == 1 else Or(nodes))
    start, end = _bound(request.date_from, 0), _bound(request.date_to, 1)
    if start or end:
        filters["date"] = Constant(DateRange(start, end))
    return filters


def narrow(tree: Node | None, typed: Node, filters: tuple[Node, ...]) -> Node:
    """Return `tree`, the understood form of `typed`, under the filters.

    An empty query lists all documents that pass the filters. Without a filter it finds nothing.
    """
    if isinstance(typed, Nothing) or tree is None:
        if not filters or not isinstance(typed, Nothing):
            return Nothing()
        tree = Constant(Everything())
    return And((tree, *filters)) if filters else tree


def _bound(text: str | None, side: int) -> str | None:
    """Return the first day of a typed date (`side` 0) or the first day after it (`side` 1)."""
    if not text:
        return None
    interval = span(text)
    if interval is None:
        raise SettingsError(f"{text!r} is not a date", remedy="write YYYY, YYYY-MM or YYYY-MM-DD")
    return interval[side]
