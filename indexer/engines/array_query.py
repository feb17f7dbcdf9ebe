"""Answering a query tree from posting lists: the one place where trees are evaluated.

Each node becomes the documents that match it, in the order of their numbers, and a way to work out what it adds to their
scores. A conjunction first finds the common documents and only then scores these; what merely prefers some of them (exact
forms, words near one another) is asked of no others. Filters are masks: a byte for each document of the index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from indexer.engines.array_file import Array
from indexer.engines.array_layout import bound_seconds
from indexer.engines.array_postings import NO_DOCUMENTS, Postings, common, inside
from indexer.engines.array_postings import Terms as TermLookup
from indexer.engines.array_snapshot import Floats, Mask, Numbers, Snapshot
from indexer.engines.postings import FIELDS, filter_key, idf
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
_NO_SCORES: Final = np.zeros(0, "f4")
_ONE_BY_ONE: Final = 8  # terms of a leaf; more of them are gathered together
_DENSE: Final = 8  # a union of more than 1/8 of all documents is added up in an array of all


@dataclass(slots=True)
class Found:
    """What matches a node: `documents` in order, or a `mask` over all documents. What it adds to their scores is `factor` times
    what `share` gives for the indices of the documents asked for (None: all); nothing where there is no `share`."""

    documents: Numbers
    mask: Mask | None = None
    share: Callable[[Array | None], Floats] | None = None
    factor: float = 1.0
    terms: tuple[str, ...] = ()
    postings: Postings | None = None  # of a word that is a single term


@dataclass(frozen=True, slots=True)
class Better:
    """What is preferred; among `base`, or all that were found."""

    node: Node
    base: Numbers | None = None


@dataclass(slots=True)
class Scored:
    """The documents that match a tree, with their scores so far; `better` is yet to be asked about (see `refine`)."""

    documents: Numbers
    scores: Floats
    better: list[Better] = field(default_factory=list)
    shares: dict[tuple[str, ...], Floats] = field(default_factory=dict)  # by terms of a word
    places: dict[tuple[str, ...], tuple[Postings, Array | None]] = field(default_factory=dict)  # its postings, which of them


class Evaluation:
    """Evaluates trees on one snapshot for one query."""

    def __init__(self, snapshot: Snapshot, budget: float = TIME_BUDGET) -> None:
        self.snapshot, self.weights = snapshot, snapshot.weights
        self.lookup = TermLookup(snapshot)
        self._deadline = time.monotonic() + budget
        self._frequencies: dict[tuple[tuple[str, ...], tuple[TextField, ...]], int] = {}
        self._exact: dict[str, tuple[Numbers, float]] = {}
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

    def _whole(self, excluded: Node) -> Found:
        """What is excluded, however long it takes: with a part of it, hits would be shown that were asked not to be."""
        self._excluding += 1
        try:
            return self.found(excluded)
        finally:
            self._excluding -= 1

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def found(self, node: Node) -> Found:
        snapshot = self.snapshot
        match node:
            case Terms():
                return self._terms(node)
            case TermPhrase():
                return self._phrase(node)
            case Surface():
                documents, score = self.exact(node)
                return Found(documents, share=lambda at: np.ones(len(documents if at is None else at), "f4"), factor=score)
            case And() | Prefer():
                scored = self._conjunction(node, defer=False)
                return _eager(scored.documents, scored.scores)
            case Or(nodes=nodes):
                return self._union([self.found(n) for n in nodes if not self._may_leave_out(n)])
            case Not(node=inner):
                return Found(NO_DOCUMENTS, snapshot.living & ~self._mask_of(self._whole(inner)))
            case Boost(node=inner, factor=factor):
                found = self.found(inner)
                found.factor *= factor
                return found
            case Constant(node=inner):
                found = self.found(inner)
                return Found(found.documents, found.mask)
            case Everything():
                return Found(NO_DOCUMENTS, snapshot.living)
            case Filter(field="url", value=value):
                return Found(NO_DOCUMENTS, snapshot.urls_with(filter_key(value)))
            case Filter(field=name, value=value):
                return Found(NO_DOCUMENTS, snapshot.having(name, value))
            case DateRange(start=start, end=end):
                bounds = (bound_seconds(bound) if bound else None for bound in (start, end))
                return Found(NO_DOCUMENTS, snapshot.dated(*bounds))
        return Found(NO_DOCUMENTS)  # Nothing, and the leaves that hold words instead of terms

    def _conjunction(self, tree: Node, defer: bool) -> Scored:
        required: list[Node] = []
        excluded: list[Node] = []
        preferred: list[Node] = []
        _gather(tree, required, excluded, preferred)
        better = [Better(node) for node in preferred]
        found = [self._alternatives(n.nodes, better) if defer and isinstance(n, Or) else self.found(n) for n in required]
        masks = [each.mask for each in found if each.mask is not None]
        lists = sorted((each for each in found if each.mask is None), key=lambda each: len(each.documents))
        at: list[Array | None] = [None] * len(lists)
        if lists:
            documents = lists[0].documents
            for mask in masks:
                documents, at[0] = _keep(documents, at[0], mask[documents])
            for i, other in enumerate(lists[1:], 1):
                mine, theirs = common(documents, other.documents, self.snapshot.size)
                documents = documents[mine]
                at[:i] = [mine if each is None else each[mine] for each in at[:i]]
                at[i] = theirs
        else:
            documents = np.flatnonzero(np.logical_and.reduce(masks or [self.snapshot.living]))
        for node in excluded:
            if documents.size:
                wrong = self._whole(node)
                out = wrong.mask[documents] if wrong.mask is not None else inside(documents, wrong.documents, self.snapshot.size)
                kept = np.flatnonzero(~out)
                documents, at = documents[kept], [kept if each is None else each[kept] for each in at]
        scores: Floats | None = None
        scored = Scored(documents, _NO_SCORES)
        for each, indices in zip(lists, at, strict=True):
            if each.share is not None:
                share = each.share(indices)
                added = share * np.float32(each.factor)
                scores = added if scores is None else scores + added
                if each.postings is not None:
                    scored.shares[each.terms] = share
                    scored.places[each.terms] = each.postings, indices
        scored.scores = np.zeros(len(documents), "f4") if scores is None else scores
        if defer:
            scored.better = better
        else:
            for wish in better:
                scored.scores = scored.scores + self.bonus(wish, scored, None)
        return scored

    def bonus(self, better: Better, scored: Scored, at: Array | None) -> Floats:
        """What a preferred node adds to each of the documents that were found (to those with these indices)."""
        node, size = better.node, self.snapshot.size
        documents = scored.documents if at is None else scored.documents[at]
        if isinstance(node, TermPhrase):
            scores = self._nearness(node, scored, at)
        elif isinstance(node, Surface):
            holders, score = self.exact(node)
            scores = inside(documents, holders, size) * np.float32(score)
        else:
            scores = np.zeros(len(documents), "f4")
            found = self.found(node)
            if found.share is not None and documents.size:
                mine, theirs = common(documents, found.documents, size)
                scores[mine] = found.share(theirs) * np.float32(found.factor)
        return scores if better.base is None else scores * inside(documents, better.base, size)

    def exact(self, node: Surface) -> tuple[Numbers, float]:
        """The documents that hold a word form, and what that adds."""
        if node.form not in self._exact:
            holders = self.lookup.surface(node.form)
            self._exact[node.form] = holders, idf(self.snapshot.document_count, len(holders))
        holders, score = self._exact[node.form]
        return holders, score * node.boost

    def _alternatives(self, nodes: Sequence[Node], better: list[Better]) -> Found:
        """A union whose preferences are put off: each holds among the documents of its own alternative."""
        several = []
        for node in nodes:
            if self._may_leave_out(node):
                continue
            if isinstance(node, Prefer) and isinstance(node.node, Terms):
                several.append(self.found(node.node))
                better += [Better(wish, several[-1].documents) for wish in node.better]
            else:
                several.append(self.found(node))
        return self._union(several)

    def _union(self, several: Sequence[Found]) -> Found:
        lists = [each for each in several if each.mask is None and each.documents.size]
        masks = [each.mask for each in several if each.mask is not None]
        if len(lists) == 1 and not masks:
            return lists[0]
        if masks and not lists:
            return Found(NO_DOCUMENTS, np.logical_or.reduce(masks))
        documents, total = added_up([e.documents for e in lists], [_scores(e) for e in lists], self.snapshot.size)
        if masks:
            scores: Floats = np.zeros(self.snapshot.size, "f4")
            scores[documents] = total
            mask = np.logical_or.reduce(masks)
            mask[documents] = True
            documents = np.flatnonzero(mask)
            total = scores[documents]
        return _eager(documents, total)

    def _mask_of(self, found: Found) -> Mask:
        if found.mask is not None:
            return found.mask
        mask = np.zeros(self.snapshot.size, bool)
        mask[found.documents] = True
        return mask

    # -- leaves --------------------------------------------------------------------------------------------------------

    def _terms(self, node: Terms) -> Found:
        lookup = self.lookup
        several = lookup.find_all(node.terms) if len(node.terms) <= _ONE_BY_ONE else []
        if len(several) == 1:
            documents, codes = several[0].documents, several[0].codes
        else:
            documents, codes = lookup.gather(node.terms)
        if not documents.size:
            return Found(NO_DOCUMENTS)
        held = lookup.holding(codes, node.fields)
        if held is not None and not held.all():
            documents, codes = documents[held], codes[held]
        if len(several) != 1:  # variants of one word: their counts add up
            documents, total = added_up([documents], [lookup.x(documents, codes, node.fields)], self.snapshot.size, twice=True)
            share = _taking(lookup.saturated(total))
        elif len(node.fields) == len(FIELDS):
            share = lambda at: lookup.share_of(several[0], at)  # noqa: E731
        else:
            share = _taking(lookup.saturated(lookup.x(documents, codes, node.fields)))
        factor = node.boost * (self.weights.k1 + 1) * idf(self.snapshot.document_count, len(documents))
        whole = len(several) == 1 and len(node.fields) == len(FIELDS)
        return Found(documents, share=share, factor=factor, terms=node.terms, postings=several[0] if whole else None)

    def _phrase(self, node: TermPhrase) -> Found:
        documents, which, fields = self.lookup.phrase(node, None)
        x = self._phrase_x(documents, which, fields)
        matching = np.unique(which)  # also where the field's weight is 0
        factor = node.boost * (self.weights.k1 + 1) * self.rarity(node)
        return Found(documents[matching], share=_taking(self.lookup.saturated(x[matching])), factor=factor)

    def _nearness(self, node: TermPhrase, scored: Scored, at: Array | None) -> Floats:
        """What the phrase adds to each of the documents that were found (to those with these indices)."""
        among = documents = scored.documents if at is None else scored.documents[at]
        scores: Floats = np.zeros(len(documents), "f4")
        if not documents.size:
            return scores
        keys = []
        for terms in node.places:
            known = scored.places.get(terms)
            if known is None:  # a word of several terms
                among, which, fields = self.lookup.phrase(node, documents)
                break
            postings, indices = known
            if at is not None:
                indices = at if indices is None else indices[at]
            keys.append(self.lookup.positions(postings, np.arange(len(documents)) if indices is None else indices))
        else:
            which, fields = self.lookup.matching(node, documents, keys)
        if which.size:
            factor = node.boost * (self.weights.k1 + 1) * self.rarity(node)
            found = self.lookup.saturated(self._phrase_x(among, which, fields)) * np.float32(factor)
            scores[slice(None) if among is documents else np.searchsorted(documents, among)] = found
        return scores

    def _phrase_x(self, documents: Numbers, which: Numbers, fields: Array) -> Floats:
        norms = self.snapshot.norms[fields, documents[which]]
        return np.bincount(which, norms, len(documents)).astype("f4")

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

    def _held(self, postings: Postings, fields: tuple[TextField, ...]) -> Numbers:
        held = self.lookup.holding(postings.codes, fields)
        return postings.documents if held is None else postings.documents[held]


def _gather(node: Node, required: list[Node], excluded: list[Node], better: list[Node]) -> None:
    """A tree of And and Prefer as one list of what must match, must not, and is preferred."""
    match node:
        case And(nodes=nodes):
            for each in nodes:
                _gather(each, required, excluded, better)
        case Prefer(node=inner, better=preferred):
            _gather(inner, required, excluded, better)
            better.extend(preferred)
        case Not(node=inner):
            excluded.append(inner)
        case _:
            required.append(node)


def _keep(documents: Numbers, at: Array | None, kept: Mask) -> tuple[Numbers, Array]:
    numbers = np.flatnonzero(kept)
    return documents[numbers], numbers if at is None else at[numbers]


def _scores(found: Found) -> Floats:
    return found.share(None) * np.float32(found.factor) if found.share else np.zeros(len(found.documents), "f4")


def _eager(documents: Numbers, scores: Floats) -> Found:
    return Found(documents, share=_taking(scores))


def _taking(values: Floats) -> Callable[[Array | None], Floats]:
    return lambda at: values if at is None else values[at]


def added_up(
    documents: Iterable[Numbers], values: Iterable[Floats], size: int, *, twice: bool = False
) -> tuple[Numbers, Floats]:
    """The sum of the values by document. `twice`: one list may name a document more than once."""
    lists, amounts = list(documents), list(values)
    if not lists:
        return NO_DOCUMENTS, np.zeros(0, "f4")
    if len(lists) == 1 and not twice:
        return lists[0], amounts[0]
    count = sum(map(len, lists))
    if twice or count * _DENSE < size:
        joined, added = np.concatenate(lists), np.concatenate(amounts)
        if count * _DENSE < size:
            order = np.argsort(joined, kind="stable")
            joined = joined[order]
            first = np.flatnonzero(np.concatenate(([True], joined[1:] != joined[:-1])))[: len(joined)]
            return joined[first], np.add.reduceat(added[order], first) if len(joined) else added
        held = np.zeros(size, bool)
        held[joined] = True
        present = np.flatnonzero(held)
        return present, np.bincount(joined, added, size)[present].astype("f4")
    total: Floats = np.zeros(size, "f4")
    for numbers, amount in zip(lists, amounts, strict=True):
        total[numbers] += amount
    held = total > 0
    for numbers, amount in zip(lists, amounts, strict=True):
        if amount.size and amount.min() <= 0:  # filters add nothing
            held[numbers] = True
    present = held.nonzero()[0]
    return present, total[present]
