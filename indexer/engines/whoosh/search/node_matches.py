"""What the evaluation of a node gives, and the documents that several nodes have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from indexer.engines.scoring import Floats
from indexer.engines.whoosh.search.impacts import Impacts, find_impacts
from indexer.engines.whoosh.search.kernel_conjunctions import WordColumn
from indexer.engines.whoosh.search.postings import NO_SCORES, TermLookup, indices_of, intersect, is_member
from indexer.engines.whoosh.search.tree_parts import surfaces_of
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.posting_lists import DocIds, Mask
from indexer.query.nodes import And, Node, Prefer, Terms

MAX_CARRIED_LISTS: Final = 16  # of a conjunction, whose indices are kept; each further list would cut all of them again
_MAX_RECENT_WORDS: Final = 16  # of a snapshot: partial matches, missing words and counts need those of the query again
_MAX_RECENT_DOCUMENTS: Final = 50_000  # of such a word: looking up a longer list takes no time beside reading it


@dataclass(slots=True)
class NodeMatches:
    """The documents that match a node: `documents`, ascending, or a `mask` over all documents.

    The node adds `factor` times `values` (or times the values of `word`) to their final scores, or nothing without them.
    """

    documents: DocIds
    values: Floats | None = None
    mask: Mask | None = None
    factor: float = 1.0
    word: Impacts | None = None

    def as_mask(self, size: int) -> Mask:
        """Return the mask of the documents that match; `size` is the number of all documents."""
        if self.mask is not None:
            return self.mask
        mask = np.zeros(size, bool)
        mask[self.documents] = True
        return mask


@dataclass(slots=True)
class Scored:
    """The documents that match a tree and their scores so far, without the preferences in `better` (see `topk.rescore`)."""

    documents: DocIds
    scores: Floats
    better: list[Node] = field(default_factory=list)
    words: list[Impacts] = field(default_factory=list)  # words that all of the documents contain
    columns: list[WordColumn] = field(default_factory=list)  # the same, where the kernel has computed them


def common_documents(
    lists: Sequence[DocIds], filter_masks: Sequence[Callable[[DocIds], Mask]], size: int
) -> tuple[DocIds, list[Array | None]]:
    """Return the documents that are in all lists and pass all filters, and their indices in each list (None: all of it).

    A filter returns which of some documents pass it. `size` is the number of all documents. The shortest list comes first.
    """
    documents, own = lists[0], None
    for filter_mask in filter_masks:
        passing = filter_mask(documents).nonzero()[0]
        documents, own = documents.take(passing), passing if own is None else own.take(passing)
    if len(lists) > MAX_CARRIED_LISTS:
        for other in lists[1:]:
            documents = documents[is_member(documents, other, size)]
        return documents, [indices_of(each, documents, size) for each in lists]
    at = [own]
    for other in lists[1:]:
        mine, theirs = intersect(documents, other, size)
        documents, at = cut(documents, at, mine)
        at.append(theirs)
    return documents, at


def cut(documents: DocIds, at: list[Array | None], indices: Array) -> tuple[DocIds, list[Array | None]]:
    """Return the documents at some indices, and their indices in each list."""
    if len(indices) == len(documents):
        return documents, at
    return documents.take(indices), [indices if each is None else each.take(indices) for each in at]


def split_sideways(documents: DocIds, passing: Sequence[Mask]) -> tuple[Array, list[DocIds]]:
    """Return the indices of the documents that pass all filters, and for each filter the documents that fail it alone.

    `passing` has for each filter which of the documents pass it.
    """
    if len(passing) == 1:
        return passing[0].nonzero()[0], [documents[~passing[0]]]
    passed = np.add.reduce(passing, dtype="u1")
    fails_one = passed == len(passing) - 1
    return (passed == len(passing)).nonzero()[0], [documents[fails_one & ~each] for each in passing]


def is_one_of(node: Node, nodes: Sequence[Node]) -> bool:
    """Return whether a node is the same object as one of several."""
    return any([node is each for each in nodes])  # noqa: C419 # a list of few nodes takes half of the time


def impacts_of_word(lookup: TermLookup, node: Node) -> Impacts:
    """Return the impacts of a word, see `is_word`. Those of the last nodes are remembered."""
    recent = lookup.snapshot.recent_words
    entry = recent.get(id(node))
    if entry is not None and entry[0] is node:
        impacts: Impacts = entry[1]
        return impacts
    word, exact = (node.node, tuple(surfaces_of(node.better))) if isinstance(node, Prefer) else (node, ())
    if not isinstance(word, Terms):
        raise TypeError(f"not a word: {node!r}")
    impacts = find_impacts(lookup, word, exact)
    if len(impacts.documents) <= _MAX_RECENT_DOCUMENTS:
        if len(recent) >= _MAX_RECENT_WORDS:
            recent.clear()
        recent[id(node)] = node, impacts
    return impacts


def is_word(node: Node) -> bool:
    """Return whether a node is a word, perhaps with preferred forms."""
    if isinstance(node, Prefer):
        return isinstance(node.node, Terms) and len(surfaces_of(node.better)) == len(node.better)
    return isinstance(node, Terms)


def words_of(tree: Node) -> tuple[Sequence[Node], list[Node]]:
    """Return the words of a tree that requires words alone, and what it prefers. There are no words for any other tree."""
    if is_word(tree):
        return (tree,), []
    inner, better = (tree.node, list(tree.better)) if isinstance(tree, Prefer) else (tree, [])
    return (inner.nodes if isinstance(inner, And) and all(map(is_word, inner.nodes)) else ()), better


def documents_with_words(
    lookup: TermLookup, words: Sequence[Impacts], better: list[Node], passing: Callable[[DocIds], Array] | None = None
) -> Scored:
    """Return the documents with all of some words, and their scores without the preferences.

    What the rarest word adds comes first, as in the kernel: the last bit of a sum depends on the order. `passing`
    returns the indices of those of them that pass the filters.
    """
    if len(words) == 1 and passing is None:
        return Scored(words[0].documents, words[0].all_values(lookup), better, [*words])
    several = sorted(words, key=lambda impacts: len(impacts.documents))
    documents, at = common_documents([impacts.documents for impacts in several], (), lookup.snapshot.size)
    if passing is not None:
        documents, at = cut(documents, at, passing(documents))
    scores: Floats | None = None
    for impacts, indices in zip(several, at, strict=True):
        values = impacts.all_values(lookup) if indices is None else impacts.values_at(lookup, indices, documents)
        scores = values if scores is None else scores + values
    return Scored(documents, NO_SCORES if scores is None else scores, better, several)
