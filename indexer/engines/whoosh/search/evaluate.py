"""Answering a query tree from posting lists: the one place where trees are evaluated.

Each node becomes the documents that match it, in the order of their numbers, and a way to work out what it adds to their
scores. A conjunction first finds the common documents and only then scores these; what merely prefers some of them (exact
forms, words near one another) is asked of no others. Filters are masks: a byte for each document of the index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from indexer.engines.scoring import FIELDS, filter_key, idf
from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS, added_up, common, inside
from indexer.engines.whoosh.search.impacts import Impacts, impacts
from indexer.engines.whoosh.search.phrases import phrase, weights
from indexer.engines.whoosh.search.postings import Postings, TermLookup
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Mask, Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import bound_seconds
from indexer.engines.whoosh.storage.saturated_tf import Floats, saturate
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Everything,
    Filter,
    Node,
    Not,
    Or,
    Prefer,
    Surface,
    TermPhrase,
    Terms,
    TextField,
)

TIME_BUDGET: Final = 2.0  # seconds; then the best so far is returned, with a warning


@dataclass(slots=True)
class NodeMatches:
    """What matches a node: `documents` in order, or a `mask` over all documents. What it adds to their final scores is `factor`
    times `values`, or those of the `word`; nothing where there are none."""

    documents: DocIds
    values: Floats | None = None
    mask: Mask | None = None
    factor: float = 1.0
    word: Impacts | None = None


@dataclass(slots=True)
class Scored:
    """The documents that match a tree, with their scores so far; `better` is yet to be asked about (see `array_rank.refine`)."""

    documents: DocIds
    scores: Floats
    better: list[Node] = field(default_factory=list)
    words: list[Impacts] = field(default_factory=list)  # that all documents hold


class Evaluation:
    """Evaluates trees on one snapshot for one query."""

    def __init__(self, snapshot: Snapshot, budget: float = TIME_BUDGET) -> None:
        self.snapshot, self.weights = snapshot, snapshot.weights
        self.lookup = TermLookup(snapshot)
        self._deadline = time.monotonic() + budget
        self._frequencies: dict[tuple[tuple[str, ...], tuple[TextField, ...]], int] = {}
        self.cut_short = False
        self._excluding = 0

    def expired(self) -> bool:
        if not self.cut_short and time.monotonic() > self._deadline:
            self.cut_short = True
        return self.cut_short

    def scored(self, tree: Node, *, defer: bool = False) -> Scored:
        """All documents that match. `defer`: what is preferred is left to `rank.refine`, which asks it of the best only."""
        return self._conjunction(tree, defer)

    def _may_leave_out(self, alternative: Node) -> bool:
        """Out of time, alternatives are left out; but not filters, which cost little, nor any of what is excluded."""
        return not self._excluding and not isinstance(alternative, Filter | DateRange) and self.expired()

    def _whole(self, excluded: Node) -> NodeMatches:
        """What is excluded, however long it takes: with a part of it, hits would be shown that were asked not to be."""
        self._excluding += 1
        try:
            return self.found(excluded)
        finally:
            self._excluding -= 1

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def found(self, node: Node) -> NodeMatches:
        snapshot = self.snapshot
        match node:
            case Terms():
                return self._word(node)
            case Prefer(node=Terms() as word, better=better) if len(forms := _forms(better)) == len(better):
                return self._word(word, tuple(forms))
            case TermPhrase():
                return self._phrase(node)
            case Surface(form=form, boost=boost):
                holders = self.lookup.surface(form)
                return NodeMatches(
                    holders, snapshot.recency.take(holders), factor=boost * idf(snapshot.document_count, len(holders))
                )
            case And() | Prefer():
                scored = self._conjunction(node, defer=False)
                return NodeMatches(scored.documents, scored.scores)
            case Or(nodes=nodes):
                return self._union(self.alternatives(nodes))
            case Not(node=inner):
                return NodeMatches(NO_DOCUMENTS, mask=snapshot.living & ~self._mask_of(self._whole(inner)))
            case Boost(node=inner, factor=factor):
                found = self.found(inner)
                found.factor *= factor
                return found
            case Constant(node=inner):
                found = self.found(inner)
                return NodeMatches(found.documents, mask=found.mask)
            case Everything():
                return NodeMatches(NO_DOCUMENTS, mask=snapshot.living)
            case Filter() | DateRange():
                return NodeMatches(NO_DOCUMENTS, mask=self._passing(node))
        return NodeMatches(NO_DOCUMENTS)  # Nothing, and the leaves that hold words instead of terms

    def alternatives(self, nodes: Sequence[Node]) -> list[NodeMatches]:
        """Those of the nodes that there is time for."""
        return [self.found(node) for node in nodes if not self._may_leave_out(node)]

    def values(self, found: NodeMatches) -> Floats:
        """What a list adds to each of its documents."""
        added = self._added(found, None, found.documents)
        return np.zeros(len(found.documents), "f4") if added is None else added

    def _conjunction(self, tree: Node, defer: bool) -> Scored:
        required: list[Node] = []
        excluded: list[Node] = []
        better: list[Node] = []
        _gather(tree, required, excluded, better)
        filters = [node for node in required if isinstance(node, Filter | DateRange)]
        found = [self.found(node) for node in required if not isinstance(node, Filter | DateRange)]
        lists = sorted((each for each in found if each.mask is None), key=lambda each: len(each.documents))
        masks = [each.mask for each in found if each.mask is not None]
        if lists:
            documents, scores = self._common(lists, masks, filters)
        else:
            masks += map(self._passing, filters)
            documents, scores = np.flatnonzero(np.logical_and.reduce(masks or [self.snapshot.living])), None
        for node in excluded:
            if documents.size:
                wrong = self._whole(node)
                out = wrong.mask[documents] if wrong.mask is not None else inside(documents, wrong.documents, self.snapshot.size)
                kept = np.flatnonzero(~out)
                documents, scores = documents[kept], scores if scores is None else scores[kept]
        words = [each.word for each in lists if each.word is not None]
        scored = Scored(documents, np.zeros(len(documents), "f4") if scores is None else scores, better, words)
        if better and not defer:
            scored.scores = self.final(scored, None)
            scored.better = []
        return scored

    def _passing(self, node: Filter | DateRange, among: DocIds | None = None) -> Mask:
        """Which documents a filter lets through; `among`: which of these."""
        match node:
            case Filter(field="url", value=value):
                return self.snapshot.urls_with(filter_key(value), among)
            case Filter(field=name, value=value):
                return self.snapshot.having(name, value, among)
        start, end = (bound_seconds(bound) if bound else None for bound in (node.start, node.end))
        return self.snapshot.dated(start, end, among)

    def _common(
        self, lists: Sequence[NodeMatches], masks: Sequence[Mask], filters: Sequence[Filter | DateRange]
    ) -> tuple[DocIds, Floats | None]:
        """The documents of all lists, the shortest being the first, masks and filters; and the sum of what they add."""
        documents = lists[0].documents
        at: list[Array | None] = [None]  # the documents' indices in each list; None: all
        passing: list[Callable[[DocIds], Mask]] = [mask.take for mask in masks]
        passing += [partial(self._passing, node) for node in filters]
        for passes in passing:
            kept = passes(documents).nonzero()[0]
            documents, at[0] = documents.take(kept), kept if at[0] is None else at[0].take(kept)
        for other in lists[1:]:
            mine, theirs = common(documents, other.documents, self.snapshot.size)
            documents = documents.take(mine)
            at = [None if each is None else each.take(mine) for each in at]
            at[0] = mine if at[0] is None else at[0]
            at.append(theirs)
        scores: Floats | None = None
        for each, indices in zip(lists, at, strict=True):
            added = self._added(each, indices, documents)
            if added is not None:
                scores = added if scores is None else scores + added
        return documents, scores

    def _added(self, found: NodeMatches, indices: Array | None, documents: DocIds) -> Floats | None:
        """What a list adds to these of its documents."""
        word = found.word
        if word is None:
            values = found.values if found.values is None or indices is None else found.values.take(indices)
        elif indices is not None:
            values = word.at(self.lookup, indices, documents)
        else:
            values = word.all(self.lookup)
        return values if values is None or found.factor == 1.0 else values * np.float32(found.factor)

    def final(self, scored: Scored, at: Array | None) -> Floats:
        """The final scores of the documents that were found (of those with these indices)."""
        documents, scores = scored.documents, scored.scores
        if at is not None:
            documents, scores = documents[at], scores[at]
        for node in scored.better:
            scores = scores + self.bonus(node, documents)
        return scores

    def bonus(self, node: Node, documents: DocIds) -> Floats:
        """What a preferred node adds to each of these documents."""
        scores: Floats = np.zeros(len(documents), "f4")
        if not documents.size:
            return scores
        if isinstance(node, TermPhrase):
            near = self._phrase(node, documents)
            if near.values is not None:
                scores[documents.searchsorted(near.documents)] = near.values * np.float32(near.factor)
            return scores
        found = self.found(node)
        values = self._added(found, None, found.documents)
        if values is not None and found.documents.size:
            mine, theirs = common(documents, found.documents, self.snapshot.size)
            scores[mine] = values[theirs]
        return scores

    def _union(self, several: Sequence[NodeMatches]) -> NodeMatches:
        lists = [each for each in several if each.mask is None and each.documents.size]
        masks = [each.mask for each in several if each.mask is not None]
        if len(lists) == 1 and not masks:
            return lists[0]
        if masks and not lists:
            return NodeMatches(NO_DOCUMENTS, mask=np.logical_or.reduce(masks))
        documents, total = added_up([each.documents for each in lists], map(self.values, lists), self.snapshot.size)
        if masks:
            scores: Floats = np.zeros(self.snapshot.size, "f4")
            scores[documents] = total
            mask = np.logical_or.reduce(masks)
            mask[documents] = True
            documents = np.flatnonzero(mask)
            total = scores[documents]
        return NodeMatches(documents, total)

    def _mask_of(self, found: NodeMatches) -> Mask:
        if found.mask is not None:
            return found.mask
        mask = np.zeros(self.snapshot.size, bool)
        mask[found.documents] = True
        return mask

    # -- leaves --------------------------------------------------------------------------------------------------------

    def _word(self, word: Terms, exact: tuple[Surface, ...] = ()) -> NodeMatches:
        found = impacts(self.lookup, word, exact)
        return NodeMatches(found.documents, word=found)

    def _phrase(self, node: TermPhrase, among: DocIds | None = None) -> NodeMatches:
        """`among`: only these documents are looked at."""
        documents, values = weights(self.lookup, *phrase(self.lookup, node, among))
        if not documents.size:
            return NodeMatches(NO_DOCUMENTS)
        saturate(values, self.snapshot.scale.k1)
        if self.weights.recency_bonus:
            values *= self.snapshot.recency.take(documents)
        return NodeMatches(documents, values, factor=self.phrase_factor(node))

    def phrase_factor(self, node: TermPhrase) -> float:
        """What a phrase adds at most, recency aside."""
        return node.boost * (self.weights.k1 + 1) * self.rarity(node)

    def rarity(self, node: TermPhrase) -> float:
        """The sum of the idf of its places."""
        return sum(idf(self.snapshot.document_count, self.frequency(terms, node.fields)) for terms in node.places)

    def frequency(self, terms: tuple[str, ...], fields: tuple[TextField, ...]) -> int:
        """How many documents hold any of the terms in any of the fields."""
        key = (terms, fields)
        if key not in self._frequencies:
            held = [self._held(postings, fields) for postings in self.lookup.find_all(terms)]
            self._frequencies[key] = len(held[0] if len(held) == 1 else np.unique(np.concatenate([NO_DOCUMENTS, *held])))
        return self._frequencies[key]

    def _held(self, postings: Postings, fields: tuple[TextField, ...]) -> DocIds:
        if len(fields) == len(FIELDS):
            return postings.documents
        return postings.documents[self.lookup.holding(postings.codes, fields)]


def _gather(node: Node, required: list[Node], excluded: list[Node], better: list[Node]) -> None:
    """A tree of And and Prefer as one list of what must match, must not, and is preferred."""
    match node:
        case And(nodes=nodes):
            for each in nodes:
                _gather(each, required, excluded, better)
        case Prefer(node=Terms(), better=preferred) if len(_forms(preferred)) == len(preferred):
            required.append(node)
        case Prefer(node=inner, better=preferred):
            _gather(inner, required, excluded, better)
            better.extend(preferred)
        case Not(node=inner):
            excluded.append(inner)
        case Constant(node=Filter() | DateRange() as inner):  # which adds nothing anyway
            required.append(inner)
        case _:
            required.append(node)


def _forms(better: Sequence[Node]) -> list[Surface]:
    return [each for each in better if isinstance(each, Surface)]
