"""Find the first page of a phrase or of a few plain words by numpy: documents with all words, then documents with some of them.

Both searches share the lists of the words and what they add to scores. The compiled kernel finds the same page, with the same
scores, in one call (`kernel_queries.first_page_of_words`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import Floats
from indexer.engines.whoosh.search.impacts import Impacts, compute_values
from indexer.engines.whoosh.search.node_matches import Scored, documents_with_words, impacts_of_word, is_one_of, is_word
from indexer.engines.whoosh.search.postings import is_member
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.search.topk import rescore, top_k
from indexer.engines.whoosh.search.tree_parts import is_filter, without_constants
from indexer.engines.whoosh.search.unions import any_of, passing_all, top_k_of_union
from indexer.engines.whoosh.snapshot.kernel import FirstPage
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.query.nodes import Node, TermPhrase


class _PageFilters:
    """The filters of a page: which documents pass them all, and which ones fail one of the filters in `sideways` alone."""

    def __init__(self, evaluation: Evaluation, filters: Sequence[Node], sideways: Sequence[Node]) -> None:
        self._evaluation, self._sideways = evaluation, sideways
        self._others = passing_all(evaluation, [node for node in filters if not is_one_of(node, sideways)])
        self.all = passing_all(evaluation, filters)
        self.failing: list[DocIds] = []

    def indices(self, documents: DocIds) -> Array:
        """Return the indices of the documents that pass, and set `failing`."""
        passing = None if self._others is None else self._others(documents).nonzero()[0]
        if not self._sideways:
            return np.arange(len(documents)) if passing is None else passing
        candidates = documents if passing is None else documents.take(passing)
        own, self.failing = self._evaluation.split(candidates, self._sideways)
        return own if passing is None else passing.take(own)


def first_page(
    evaluation: Evaluation,
    nodes: Sequence[Node],
    filters: Sequence[Node],
    slop: int,
    bonus: float,
    count: int,
    *,
    sideways: Sequence[Node] = (),
) -> FirstPage | None:
    """Return the first `count` documents with all words under the filters and, if there are fewer, with any of the words.

    Documents with the words at most `slop` words apart get the bonus. There may be one phrase instead of the words. `sideways`:
    those of the filters, without `Constant`, of which it matters which documents fail them alone. Returns None if one of the
    nodes is not a word in any field, if one of the filters is something else, or if the time does not suffice.
    """
    inner = without_constants(filters)
    if count <= 0 or not all(map(is_filter, inner)):
        return None
    page_filters = _PageFilters(evaluation, inner, sideways)
    words: list[Impacts] = []
    if len(nodes) == 1 and isinstance(nodes[0], TermPhrase):
        scored = _documents_with_phrase(evaluation, nodes[0], page_filters)
    elif nodes and all(map(is_word, nodes)):
        words = [impacts_of_word(evaluation.lookup, node) for node in nodes]
        if any([len(impacts.word.fields) < len(FIELDS) for impacts in words]):  # noqa: C419 # a list takes half of the time
            return None
        compute_values(evaluation.lookup, words)
        passing = page_filters.indices if inner else None
        scored = documents_with_words(evaluation.lookup, words, _near(words, slop, bonus), passing)
    else:
        return None
    scores = rescore(evaluation, scored, count)
    best = top_k(evaluation.snapshot, scored.documents, scores, count)
    numbers, values = scored.documents.take(best).tolist(), scores.take(best).tolist()
    documents, total, failing = scored.documents, len(scored.documents), page_filters.failing
    lacks: tuple[tuple[int, ...], ...] = ()
    is_relaxed = not total and len(words) > 1
    if total < count and len(words) > 1:
        matching = _any_that_passes(evaluation, words, page_filters) if is_relaxed else None
        allowed = page_filters.all if matching is None or not inner else partial(_members, matching)
        others = _partial_matches(top_k_of_union(evaluation, words, allowed, count, matching), numbers, count)
        lacks = _lacks(words, [number for number, _ in others], evaluation.snapshot.size)
        numbers, values = [*numbers, *[number for number, _ in others]], [*values, *[score for _, score in others]]
        if matching is not None and (some := matching.nonzero()[0]).size:
            documents, total, failing = some, len(some), page_filters.failing
    if evaluation.cut_short:
        return None
    return total, len(best), numbers, values, lacks, int(is_relaxed and total > 0), documents, failing


def _documents_with_phrase(evaluation: Evaluation, phrase: TermPhrase, filters: _PageFilters) -> Scored:
    """Return the documents that have a phrase and pass the filters."""
    matches = evaluation.evaluate(phrase)
    passing, scores = filters.indices(matches.documents), evaluation.contributions(matches)
    return Scored(matches.documents.take(passing), scores.take(passing))


def _any_that_passes(evaluation: Evaluation, words: Sequence[Impacts], filters: _PageFilters) -> Mask:
    """Return the mask of the documents with any of the words that pass the filters."""
    matching = any_of(words, evaluation.snapshot.size, None)
    if filters.all is not None:
        documents = matching.nonzero()[0]
        passing = documents.take(filters.indices(documents))
        matching = np.zeros(evaluation.snapshot.size, bool)
        matching[passing] = True
    return matching


def _members(mask: Mask, documents: DocIds | None) -> Mask:
    """Return which of the documents (None: of all) the mask contains."""
    return mask if documents is None else mask.take(documents)


def _partial_matches(best: tuple[DocIds, Floats], full: Sequence[int], count: int) -> list[tuple[int, float]]:
    """Return those of the best documents that are not among the full matches, as many as the page has room for."""
    shown, ranked = frozenset(full), zip(best[0].tolist(), best[1].tolist(), strict=True)
    return [(number, score) for number, score in ranked if number not in shown][: count - len(full)]


def _near(words: Sequence[Impacts], slop: int, bonus: float) -> list[Node]:
    """Return the preference for documents with the words near one another, as `search.word_forms.prefer_near` makes it."""
    if len(words) < 2 or not bonus:
        return []
    places = tuple([impacts.word.terms for impacts in words])
    return [TermPhrase(places, tuple(range(len(places))), FIELDS, slop, bonus)]


def _lacks(words: Sequence[Impacts], numbers: Sequence[int], size: int) -> tuple[tuple[int, ...], ...]:
    """Return for each of the documents the numbers of the words that it lacks."""
    documents = np.array(numbers, "i8")
    has = [is_member(documents, impacts.documents, size).tolist() for impacts in words]
    return tuple([tuple([number for number, is_there in enumerate(row) if not is_there]) for row in zip(*has, strict=True)])
