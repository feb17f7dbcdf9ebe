"""What each word of a query adds to the final score of each document that holds it: a query of words is a sum of these.

They depend on nothing but the word and the snapshot (the statistics are those of the whole index), which keeps the latest used.
A long list that is asked for few of its documents gives these alone, until it is seen to come again.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.engines.scoring import FIELDS, idf
from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS, NO_SCORES, added_up, inside
from indexer.engines.whoosh.search.postings import OFTEN, TermLookup
from indexer.engines.whoosh.snapshot.snapshot import DocIds
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.saturated_tf import Floats, saturate
from indexer.query import nodes

_ONE_BY_ONE: Final = 8  # terms of a word; more of them are gathered together
_BYTES: Final = 4  # that a kept number takes, beside its posting


@dataclass(slots=True)
class Impacts:
    """The living documents that hold a word, in order, and what it adds to the final score of each: `unit` at most, exact forms
    and recency aside.

    `values`: of each document, once they are worked out. Until then `codes` are the counts in the documents, and `shares` what
    is stored of them; `uses` is how often some values were asked for.
    """

    word: nodes.Terms
    exact: tuple[nodes.Surface, ...]
    documents: DocIds
    unit: float = 0.0
    values: Floats | None = None
    codes: Array | None = None
    shares: Floats | None = None
    uses: int = 0

    def all(self, lookup: TermLookup) -> Floats:
        if self.values is None and self.codes is not None:
            shares = lookup.shares(self.documents, self.codes) if self.shares is None else self.shares
            self.values = _finished(self, lookup, self.documents, shares)
        return NO_SCORES if self.values is None else self.values

    def at(self, lookup: TermLookup, indices: Array, documents: DocIds) -> Floats:
        """Of the documents with these indices only."""
        if self.values is None and self.codes is not None:
            self.uses += 1
            if self.uses < OFTEN and len(indices) * 4 < len(self.documents):
                if self.shares is not None:
                    return _finished(self, lookup, documents, self.shares.take(indices))
                return _finished(self, lookup, documents, lookup.shares(documents, self.codes.take(indices)))
        return self.all(lookup).take(indices)

    def most(self, lookup: TermLookup) -> float:
        """What it adds to a document at most."""
        if self.values is not None:
            return float(self.values.max(initial=0))
        snapshot = lookup.snapshot
        forms = sum(form.boost for form in self.exact) * idf(snapshot.document_count, 0)
        return (self.unit + forms) * max(1 + snapshot.weights.recency_bonus, 1)


def impacts(lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...] = ()) -> Impacts:
    """Of a word, whose exact forms may be preferred."""
    if len(word.terms) > _ONE_BY_ONE:
        return _of_variants(lookup, word, exact, *lookup.gather(word.terms))
    flat: list[Hashable] = [word.fields, word.boost, *word.terms]
    for form in exact:
        flat += (form.form, form.boost)
    hot, key = lookup.snapshot.hot, tuple(flat)  # one object, where a key of pairs would be several for the garbage collector
    found: Impacts | None = hot.get(key)
    if found is None:
        found = _looked_up(lookup, word, exact)
        hot.put(key, found, len(found.documents) * _BYTES)
    return found


def _looked_up(lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...]) -> Impacts:
    several = lookup.find_all(word.terms)
    if not several:
        return Impacts(word, exact, NO_DOCUMENTS)
    if len(several) == 1 and len(word.fields) == len(FIELDS):
        documents = several[0].documents
        only = several[0]
        return Impacts(word, exact, documents, _unit(lookup, word, documents), codes=only.codes, shares=only.shares)
    documents = np.concatenate([each.documents for each in several])
    return _of_variants(lookup, word, exact, documents, np.concatenate([each.codes for each in several]))


def _of_variants(
    lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...], documents: DocIds, codes: Array
) -> Impacts:
    """Variants of one word: their counts add up. Documents are repeated, and may hold them in other fields."""
    if len(word.fields) < len(FIELDS):
        held = lookup.holding(codes, word.fields)
        documents, codes = documents[held], codes[held]
    if not documents.size:
        return Impacts(word, exact, NO_DOCUMENTS)
    x = lookup.x(documents, codes, word.fields)
    documents, x = added_up([documents], [x], lookup.snapshot.size, twice=True)
    found = Impacts(word, exact, documents, _unit(lookup, word, documents))
    found.values = _finished(found, lookup, documents, saturate(x, lookup.snapshot.scale.k1))
    return found


def _unit(lookup: TermLookup, word: nodes.Terms, documents: DocIds) -> float:
    snapshot = lookup.snapshot
    return word.boost * (snapshot.weights.k1 + 1) * idf(snapshot.document_count, len(documents))


def _finished(of: Impacts, lookup: TermLookup, documents: DocIds, shares: Floats) -> Floats:
    """What is added to these documents' scores, out of their shares."""
    snapshot = lookup.snapshot
    values: Floats = shares * np.float32(of.unit)
    for form in of.exact:
        holders = lookup.surface(form.form)
        values += inside(documents, holders, snapshot.size) * np.float32(form.boost * idf(snapshot.document_count, len(holders)))
    if snapshot.weights.recency_bonus:
        values *= snapshot.recency.take(documents)
    return values
