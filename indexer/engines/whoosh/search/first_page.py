"""Find the first page of a few plain words by numpy: documents with all words, then documents with some of them.

Both searches share the lists of the words and what they add to scores. The compiled kernel finds the same page, with the same
scores, in one call (`kernel_queries.first_page_of_words`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.search.impacts import Impacts, compute_values
from indexer.engines.whoosh.search.node_matches import documents_with_words, impacts_of_word, is_word
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.search.topk import rescore, top_k
from indexer.engines.whoosh.search.tree_parts import FILTERS, choice_of
from indexer.engines.whoosh.search.unions import passing_all, top_k_of_union
from indexer.engines.whoosh.snapshot.kernel import FirstPage
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.query.nodes import Constant, Node, TermPhrase


def first_page(
    snapshot: Snapshot, nodes: Sequence[Node], filters: Sequence[Node], slop: int, bonus: float, count: int
) -> FirstPage | None:
    """Return the first `count` documents with all words under the filters and, if that are not enough, with any of the words.

    Documents with the words at most `slop` words apart get the bonus. Returns None if one of the nodes is not a word in any
    field, if one of the filters is something else, or if the time does not suffice.
    """
    inner = [node.node if isinstance(node, Constant) else node for node in filters]
    if count <= 0 or not all([isinstance(node, FILTERS) or choice_of(node) for node in inner]):  # noqa: C419 # a list is quicker
        return None
    if not nodes or not all(map(is_word, nodes)):
        return None
    evaluation = Evaluation(snapshot)
    words = [impacts_of_word(evaluation.lookup, node) for node in nodes]
    if any([len(impacts.word.fields) < len(FIELDS) for impacts in words]):  # noqa: C419 # a list takes half of the time
        return None
    compute_values(evaluation.lookup, words)
    allowed = passing_all(evaluation, inner)
    passing = None if allowed is None else lambda documents: allowed(documents).nonzero()[0]
    scored = documents_with_words(evaluation.lookup, words, _near(words, slop, bonus), passing)
    total, scores = len(scored.documents), rescore(evaluation, scored, count)
    best = top_k(snapshot, scored.documents, scores, count)
    numbers, values = scored.documents[best].tolist(), scores[best].tolist()
    lacks: tuple[tuple[int, ...], ...] = ()
    is_relaxed = not total and len(words) > 1
    if total < count and len(words) > 1:
        matching, documents, some_scores = top_k_of_union(evaluation, words, allowed, count, wants_all=is_relaxed)
        if matching is not None:
            total = int(np.count_nonzero(matching))
        full = frozenset(numbers)
        ranked = zip(documents.tolist(), some_scores.tolist(), strict=True)
        partial = [(number, score) for number, score in ranked if number not in full][: count - len(full)]
        numbers += [number for number, _ in partial]
        values += [score for _, score in partial]
        lacks = _lacks(words, numbers[len(full) :])
    if evaluation.cut_short:
        return None
    return total, len(best), numbers, values, lacks, int(is_relaxed and total > 0), None, []


def _near(words: Sequence[Impacts], slop: int, bonus: float) -> list[Node]:
    """Return the preference for documents with the words near one another, as `search.word_forms.prefer_near` makes it."""
    if len(words) < 2 or not bonus:
        return []
    places = tuple([impacts.word.terms for impacts in words])
    return [TermPhrase(places, tuple(range(len(places))), FIELDS, slop, bonus)]


def _lacks(words: Sequence[Impacts], numbers: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return for each of the documents the numbers of the words that it lacks."""
    documents = np.array(numbers, "i8")
    has = [_contains(impacts.documents, documents).tolist() for impacts in words]
    return tuple([tuple([number for number, is_there in enumerate(row) if not is_there]) for row in zip(*has, strict=True)])


def _contains(documents: DocIds, few: DocIds) -> Mask:
    """Return which of a few documents are among others, which ascend."""
    if not documents.size:
        return np.zeros(len(few), bool)
    mask: Mask = documents.take(documents.searchsorted(few), mode="clip") == few
    return mask
