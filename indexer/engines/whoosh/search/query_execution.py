"""Execute a query: evaluate its tree on posting lists. This is the only place where trees are evaluated.

Each node yields the documents that match it, in the order of their numbers, and a way to compute what it adds to their
scores. A conjunction first intersects the documents of its nodes and scores only the common ones. Preferences (exact forms,
words near one another) are computed for matches only. Filters are masks: one byte for each document of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import Final

import numpy as np

from indexer.engines.base import Deadline
from indexer.engines.fields import filter_key
from indexer.engines.scoring import Floats, idf
from indexer.engines.whoosh.search.impacts import Impacts, find_phrase, phrase_tf
from indexer.engines.whoosh.search.kernel_conjunctions import conjunction_of_words, frequency_of_word, phrase_of_words
from indexer.engines.whoosh.search.node_matches import (
    NodeMatches,
    Scored,
    common_documents,
    cut,
    documents_with_words,
    impacts_of_word,
    is_one_of,
    is_word,
    split_sideways,
    words_of,
)
from indexer.engines.whoosh.search.postings import (
    NO_DOCUMENTS,
    NO_SCORES,
    TermLookup,
    intersect,
    is_member,
    sum_by_document,
)
from indexer.engines.whoosh.search.tree_parts import choice_of, flatten
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import parse_bound
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask, saturate
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    IdFilter,
    Node,
    Not,
    Or,
    Prefer,
    Scale,
    Surface,
    TermPhrase,
    TextField,
)

MAX_SEARCH_SECONDS: Final = 2.0  # after which a search returns the best results so far, with a warning
MAX_LATE_STEPS: Final = 32  # of exclusions after the deadline; one step may be a term of a phrase, which takes up to 5 ms
STEPS_OF_A_NODE: Final = 4  # some take 50 ms


class _ExclusionTooLate(Exception):
    """There is no time left to evaluate what the query excludes."""


class Evaluation:
    """Evaluates trees on one snapshot for one query."""

    def __init__(self, snapshot: Snapshot, deadline: Deadline | None = None, sideways: Sequence[Node] = ()) -> None:
        """`sideways`: filters of the tree. The documents that fail one of them alone are `failing`, if that takes no time."""
        self.snapshot, self.weights = snapshot, snapshot.weights
        self._sideways, self.failing = sideways, None if sideways else list[DocIds]()
        self._deadline = deadline or Deadline(MAX_SEARCH_SECONDS)
        self._frequencies: dict[tuple[tuple[str, ...], tuple[TextField, ...]], int] = {}
        self.cut_short = False
        self._excluding = self._late_steps = 0

    @cached_property
    def lookup(self) -> TermLookup:
        """Return the look-up of posting lists in Python, which the kernel does not need."""
        return TermLookup(self.snapshot, self._may_stop)

    def expired(self) -> bool:
        """Test whether the time for this query is over, and remember it in `cut_short`."""
        self.cut_short = self.cut_short or self._deadline.has_passed
        return self.cut_short

    def scored(self, tree: Node, *, defer: bool = False) -> Scored:
        """Return all documents that match. With `defer`, preferences are left to `topk.rescore`.

        If the time does not suffice for what the query excludes, no documents are returned.
        """
        try:
            return self._conjunction(tree, defer)
        except _ExclusionTooLate:
            self.cut_short = True
            return Scored(NO_DOCUMENTS, NO_SCORES)

    def documents(self, tree: Node) -> DocIds:
        """Return all documents that match, without computing their scores if the tree is a word."""
        return impacts_of_word(self.lookup, tree).documents if is_word(tree) else self.scored(tree, defer=True).documents

    def _may_stop(self) -> bool:
        """Test whether to leave the rest out because time is over. Never within an exclusion: excluded hits would be shown."""
        self._count_late(1)
        return not self._excluding and self.expired()

    def _count_late(self, steps: int) -> None:
        """Count steps within an exclusion. Raises _ExclusionTooLate after MAX_LATE_STEPS of them past the deadline."""
        if self._excluding and self._deadline.has_passed:
            self._late_steps += steps
            if self._late_steps > MAX_LATE_STEPS or self._deadline.is_cancelled:
                raise _ExclusionTooLate

    def _may_skip(self, alternative: Node) -> bool:
        """Test whether to skip an alternative because time is over. Filters are cheap and never skipped."""
        return not isinstance(alternative, Filter | DateRange) and self._may_stop()

    def _evaluate_excluded(self, excluded: Node) -> NodeMatches:
        """Evaluate an excluded node completely. Raises _ExclusionTooLate."""
        self._excluding += 1
        try:
            return self.evaluate(excluded)
        finally:
            self._excluding -= 1

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def evaluate(self, node: Node) -> NodeMatches:
        """Return the documents that match a node."""
        snapshot = self.snapshot
        self._count_late(STEPS_OF_A_NODE)
        if is_word(node):
            impacts = impacts_of_word(self.lookup, node)
            return NodeMatches(impacts.documents, word=impacts)
        match node:
            case TermPhrase():
                return self._phrase(node)
            case Surface(form=form, boost=boost):
                documents = self.lookup.surface_documents(form)
                rarity = idf(snapshot.document_count, len(documents))
                return NodeMatches(documents, snapshot.recency.take(documents), factor=boost * rarity)
            case Scale():
                return self._scaled(node)
            case IdFilter(ids=ids):
                numbers = {number for id_ in ids if (number := snapshot.number_with_id(id_)) >= 0}
                return NodeMatches(np.array(sorted(numbers), "i8"))
            case And() | Prefer():
                scored = self._conjunction(node, defer=False)
                return NodeMatches(scored.documents, scored.scores)
            case Or(nodes=nodes):
                return self._union(self.alternatives(nodes))
            case Not(node=inner):
                return NodeMatches(NO_DOCUMENTS, mask=snapshot.living & ~self._evaluate_excluded(inner).as_mask(snapshot.size))
            case Boost(node=inner, factor=factor):
                matches = self.evaluate(inner)
                matches.factor *= factor
                return matches
            case Constant(node=inner):
                matches = self.evaluate(inner)
                return NodeMatches(matches.documents, mask=matches.mask)
            case Everything():
                return NodeMatches(NO_DOCUMENTS, mask=snapshot.living)
            case Filter() | DateRange():
                return NodeMatches(NO_DOCUMENTS, mask=self.filter_mask(node))
        return NodeMatches(NO_DOCUMENTS)  # Nothing, and leaves with words that were not rewritten to terms

    def _scaled(self, node: Scale) -> NodeMatches:
        """Multiply the scores of the documents that match a filter by its factor."""
        scored = self._conjunction(node.node, defer=False)
        scores = scored.scores.copy()
        for each, factor in node.factors:
            scores[self.membership(scored.documents, self.evaluate(each))] *= np.float32(factor)
        return NodeMatches(scored.documents, scores)

    def alternatives(self, nodes: Sequence[Node]) -> list[NodeMatches]:
        """Evaluate as many of the nodes as time allows."""
        return [self.evaluate(node) for node in nodes if not self._may_skip(node)]

    def contributions(self, matches: NodeMatches) -> Floats:
        """Return what a node adds to the score of each of its documents."""
        values = self._contributions_at(matches, None, matches.documents)
        return np.zeros(len(matches.documents), "f4") if values is None else values

    def _conjunction(self, tree: Node, defer: bool) -> Scored:
        plain, preferred = words_of(tree) if self.snapshot.kernel is None else ((), [])
        if plain:
            return self._scored(documents_with_words(self.lookup, self._impacts(plain), preferred), defer)
        if isinstance(tree, TermPhrase):
            matches = self._phrase(tree)
            return Scored(matches.documents, self.contributions(matches))
        required: list[Node] = []
        excluded: list[Node] = []
        better: list[Node] = []
        flatten(tree, required, excluded, better)
        filters = [node for node in required if isinstance(node, Filter | DateRange)]
        if (compiled := self._compiled(required, filters, excluded, better)) is not None:
            return self._scored(compiled, defer)
        sideways = self._sideways if not excluded and all([is_one_of(n, required) for n in self._sideways]) else ()  # noqa: C419
        self._sideways = ()  # for the whole tree, not for its parts
        if sideways:
            required = [node for node in required if not is_one_of(node, sideways)]
            filters = [node for node in required if isinstance(node, Filter | DateRange)]
        if required and not excluded and self.snapshot.kernel is None and all(map(is_word, required)):
            passing = partial(self._passing, sideways) if sideways else None
            return self._scored(documents_with_words(self.lookup, self._impacts(required), better, passing), defer)
        operands = [self.evaluate(node) for node in required if not isinstance(node, Filter | DateRange)]
        lists = sorted((each for each in operands if each.mask is None), key=lambda each: len(each.documents))
        masks = [each.mask for each in operands if each.mask is not None]
        if lists:
            documents, scores = self._intersect_all(lists, masks, filters, sideways)
        else:
            masks += map(self.filter_mask, filters)
            documents, scores = np.flatnonzero(np.logical_and.reduce(masks or [self.snapshot.living])), None
            documents = documents.take(self._passing(sideways, documents)) if sideways else documents
        for node in excluded:
            if documents.size:
                out = self.membership(documents, self._evaluate_excluded(node))
                remaining = np.flatnonzero(~out)
                documents, scores = documents[remaining], scores if scores is None else scores[remaining]
        words = [each.word for each in lists if each.word is not None]
        return self._scored(Scored(documents, np.zeros(len(documents), "f4") if scores is None else scores, better, words), defer)

    def _impacts(self, words: Sequence[Node]) -> list[Impacts]:
        return [impacts_of_word(self.lookup, word) for word in words]

    def _compiled(
        self, required: Sequence[Node], filters: Sequence[Filter | DateRange], excluded: Sequence[Node], better: list[Node]
    ) -> Scored | None:
        """Return the documents with all words that pass the filters, computed by the kernel; None if it cannot."""
        words = [node for node in required if not isinstance(node, Filter | DateRange)]
        if not words or self.snapshot.kernel is None:
            return None
        result = conjunction_of_words(self.snapshot, words, wants_columns=bool(better))
        if result is None:
            return None
        documents, scores, columns = result
        for mask in chain(
            (self.filter_mask(node, documents) for node in filters),
            (~self.membership(documents, self._evaluate_excluded(node)) for node in excluded),
        ):
            passing = mask.nonzero()[0]
            documents, scores, columns = documents[passing], scores[passing], [column.take(passing) for column in columns]
        return Scored(documents, scores, better, [], columns)

    def _scored(self, scored: Scored, defer: bool) -> Scored:
        """Add the preferences unless they are deferred."""
        if scored.better and not defer:
            scored.scores = self.final_scores(scored, None)
            scored.better = []
        return scored

    def membership(self, documents: DocIds, matches: NodeMatches) -> Mask:
        """Return which of the documents match a node."""
        if matches.mask is not None:
            return matches.mask[documents]
        return is_member(documents, matches.documents, self.snapshot.size)

    def filter_mask(self, node: Filter | DateRange, among: DocIds | None = None) -> Mask:
        """Return which documents pass a filter, or which of `among`."""
        match node:
            case Filter(field="url", value=value):
                return self.snapshot.url_mask(filter_key(value), among)
            case Filter(field=name, value=value):
                return self.snapshot.value_mask(name, value, among)
        start, end = (parse_bound(bound) if bound else None for bound in (node.start, node.end))
        return self.snapshot.date_mask(start, end, among)

    def _passing(self, sideways: Sequence[Node], documents: DocIds) -> Array:
        """Return the indices of the documents that pass the filters, and set `failing`."""
        passing, self.failing = self.split(documents, sideways)
        return passing

    def split(self, documents: DocIds, filters: Sequence[Node]) -> tuple[Array, list[DocIds]]:
        """Return the indices of the documents that pass all filters, and for each filter the documents that fail it alone."""
        return split_sideways(documents, [self.passes(each, documents) for each in filters])

    def passes(self, node: Node, documents: DocIds | None) -> Mask:
        """Return which of the documents (None: of all) pass a filter. A mask for all of them is not made for a few."""
        inner = node.node if isinstance(node, Constant) else node
        if isinstance(inner, Filter | DateRange):
            return self.filter_mask(inner, documents)
        if choice := choice_of(inner):
            return np.asarray(np.logical_or.reduce([self.filter_mask(each, documents) for each in choice]))
        matches = self.evaluate(inner)
        return matches.as_mask(self.snapshot.size) if documents is None else self.membership(documents, matches)

    def _intersect_all(
        self,
        lists: Sequence[NodeMatches],
        masks: Sequence[Mask],
        filters: Sequence[Filter | DateRange],
        sideways: Sequence[Node] = (),
    ) -> tuple[DocIds, Floats | None]:
        """Return the documents that are in all lists and pass all masks and filters, and the sum of the contributions.

        The shortest list comes first. Filters in `sideways` come last, and set `failing`.
        """
        filter_masks: list[Callable[[DocIds], Mask]] = [mask.take for mask in masks]
        filter_masks += [partial(self.filter_mask, node) for node in filters]
        documents, at = common_documents([each.documents for each in lists], filter_masks, self.snapshot.size)
        if sideways:
            documents, at = cut(documents, at, self._passing(sideways, documents))
        scores: Floats | None = None
        for each, indices in zip(lists, at, strict=True):
            values = self._contributions_at(each, indices, documents)
            if values is not None:
                scores = values if scores is None else scores + values
        return documents, scores

    def _contributions_at(self, matches: NodeMatches, indices: Array | None, documents: DocIds) -> Floats | None:
        """Return what a node adds to the documents at these indices of its list (None: to all of them)."""
        word = matches.word
        if word is None:
            values = matches.values if matches.values is None or indices is None else matches.values.take(indices)
        elif indices is not None:
            values = word.values_at(self.lookup, indices, documents)
        else:
            values = word.all_values(self.lookup)
        return values if values is None or matches.factor == 1.0 else values * np.float32(matches.factor)

    def final_scores(self, scored: Scored, at: Array | None) -> Floats:
        """Return the final scores of the matching documents, or of those at the indices `at`."""
        documents, scores = scored.documents, scored.scores
        if at is not None:
            documents, scores = documents[at], scores[at]
        for node in scored.better:
            scores = scores + self.bonus(node, documents)
        return scores

    def bonus(self, node: Node, documents: DocIds) -> Floats:
        """Return what a preferred node adds to each of these documents."""
        scores: Floats = np.zeros(len(documents), "f4")
        if not documents.size:
            return scores
        if isinstance(node, TermPhrase):
            near = self._phrase(node, documents)
            if near.values is not None:
                scores[documents.searchsorted(near.documents)] = near.values * np.float32(near.factor)
            return scores
        matches = self.evaluate(node)
        values = self._contributions_at(matches, None, matches.documents)
        if values is not None and matches.documents.size:
            mine, theirs = intersect(documents, matches.documents, self.snapshot.size)
            scores[mine] = values[theirs]
        return scores

    def _union(self, several: Sequence[NodeMatches]) -> NodeMatches:
        lists = [each for each in several if each.mask is None and each.documents.size]
        masks = [each.mask for each in several if each.mask is not None]
        if len(lists) == 1 and not masks:
            return lists[0]
        if masks and not lists:
            return NodeMatches(NO_DOCUMENTS, mask=np.logical_or.reduce(masks))
        documents, total = sum_by_document([each.documents for each in lists], map(self.contributions, lists), self.snapshot.size)
        if masks:
            scores: Floats = np.zeros(self.snapshot.size, "f4")
            scores[documents] = total
            mask = np.logical_or.reduce(masks)
            mask[documents] = True
            documents = np.flatnonzero(mask)
            total = scores[documents]
        return NodeMatches(documents, total)

    def _phrase(self, node: TermPhrase, among: DocIds | None = None) -> NodeMatches:
        """Find a phrase, in all documents or in those of `among`."""
        compiled = phrase_of_words(self.snapshot, node, among)
        documents, values = compiled or phrase_tf(self.lookup, *find_phrase(self.lookup, node, among))
        if not documents.size:
            return NodeMatches(NO_DOCUMENTS)
        saturate(values, self.snapshot.scale.k1)
        if self.weights.recency_bonus:
            values *= self.snapshot.recency.take(documents)
        return NodeMatches(documents, values, factor=self.phrase_factor(node))

    def phrase_factor(self, node: TermPhrase) -> float:
        """Return the most that a phrase adds to a score, before recency."""
        return node.boost * (self.weights.k1 + 1) * self.rarity(node)

    def rarity(self, node: TermPhrase) -> float:
        """Return the sum of the idf of a phrase's places."""
        return sum(idf(self.snapshot.document_count, self.frequency(terms, node.fields)) for terms in node.places)

    def frequency(self, terms: tuple[str, ...], fields: tuple[TextField, ...]) -> int:
        """Count the documents that contain any of the terms in any of the fields."""
        key = (terms, fields)
        if key not in self._frequencies and (frequency := frequency_of_word(self.snapshot, terms, fields)) is not None:
            self._frequencies[key] = frequency
        if key not in self._frequencies:
            lists = [self.lookup.documents_in_fields(postings, fields) for postings in self.lookup.find_all(terms)]
            self._frequencies[key] = len(lists[0] if len(lists) == 1 else np.unique(np.concatenate([NO_DOCUMENTS, *lists])))
        return self._frequencies[key]
