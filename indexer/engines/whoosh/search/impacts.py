"""Impacts: what a word of a query adds to the final score of each document that contains it.

They depend only on the word and the snapshot, whose statistics cover the whole index, so the snapshot caches the recently used
ones. The score of a query of words is a sum of impacts. Where only a few documents of a long list are needed, only these are
computed, until the list has been used several times.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import idf
from indexer.engines.whoosh.search.docsets import NO_DOCUMENTS, NO_SCORES, is_member, sum_by_document
from indexer.engines.whoosh.search.postings import MIN_USES_TO_CACHE, TermLookup
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.saturated_tf import Floats, saturate
from indexer.query import nodes

_MAX_SEPARATE_TERMS: Final = 8  # terms of a word that are looked up separately; more of them are looked up in one go
_VALUE_BYTES: Final = 4  # that a cached value takes in addition to its posting


@dataclass(slots=True)
class Impacts:
    """The living documents that contain a word, in order, and what it adds to the final score of each.

    `max_text_score` is an upper bound without exact forms and recency. `values` holds the values of all documents once they are
    computed. Until then, `codes` holds the counts, `saturations` the stored saturations if there are any, and `uses` how often
    some of the values were requested.
    """

    word: nodes.Terms
    exact: tuple[nodes.Surface, ...]
    documents: DocIds
    max_text_score: float = 0.0
    values: Floats | None = None
    codes: Array | None = None
    saturations: Floats | None = None
    uses: int = 0

    def all_values(self, lookup: TermLookup) -> Floats:
        """Return the values of all documents."""
        if self.values is None and self.codes is not None:
            saturations = lookup.saturations_of(self.documents, self.codes) if self.saturations is None else self.saturations
            self.values = _final_values(self, lookup, self.documents, saturations)
        return NO_SCORES if self.values is None else self.values

    def values_at(self, lookup: TermLookup, indices: Array, documents: DocIds) -> Floats:
        """Return the values of the documents at these indices."""
        if self.values is None and self.codes is not None:
            self.uses += 1
            if self.uses < MIN_USES_TO_CACHE and len(indices) * 4 < len(self.documents):
                if self.saturations is not None:
                    return _final_values(self, lookup, documents, self.saturations.take(indices))
                return _final_values(self, lookup, documents, lookup.saturations_of(documents, self.codes.take(indices)))
        return self.all_values(lookup).take(indices)

    def max_value(self, lookup: TermLookup) -> float:
        """Return an upper bound for what the word adds to a document."""
        if self.values is not None:
            return float(self.values.max(initial=0))
        return self.static_max_value(lookup)

    def static_max_value(self, lookup: TermLookup) -> float:
        """Return an upper bound that does not depend on what was computed before. Words are summed in its order."""
        return max_contribution(lookup.snapshot, self.max_text_score, self.exact)


def max_contribution(snapshot: Snapshot, max_text_score: float, exact: tuple[nodes.Surface, ...]) -> float:
    """Return an upper bound for what a word adds to a document, with its exact forms and with recency."""
    forms = sum(form.boost for form in exact) * idf(snapshot.document_count, 0)
    return (max_text_score + forms) * max(1 + snapshot.weights.recency_bonus, 1)


def find_impacts(lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...] = ()) -> Impacts:
    """Return the impacts of a word. `exact`: word forms that are preferred."""
    if len(word.terms) > _MAX_SEPARATE_TERMS:
        return _merge_variants(lookup, word, exact, *lookup.find_many(word.terms))
    flat: list[Hashable] = [word.fields, word.boost, *word.terms]
    for form in exact:
        flat += (form.form, form.boost)
    cache, key = (
        lookup.snapshot.postings_cache,
        tuple(flat),
    )  # one flat tuple: nested ones would be more objects for the garbage collector
    result: Impacts | None = cache.get(key)
    if result is None:
        result = _find(lookup, word, exact)
        cache.put(key, result, len(result.documents) * _VALUE_BYTES)
    return result


def _find(lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...]) -> Impacts:
    postings = lookup.find_all(word.terms)
    if not postings:
        return Impacts(word, exact, NO_DOCUMENTS)
    if len(postings) == 1 and len(word.fields) == len(FIELDS):
        documents = postings[0].documents
        only = postings[0]
        return Impacts(
            word,
            exact,
            documents,
            _max_text_score(lookup, word, documents),
            codes=only.codes,
            saturations=only.saturations,
        )
    documents = np.concatenate([each.documents for each in postings])
    return _merge_variants(lookup, word, exact, documents, np.concatenate([each.codes for each in postings]))


def _merge_variants(
    lookup: TermLookup, word: nodes.Terms, exact: tuple[nodes.Surface, ...], documents: DocIds, codes: Array
) -> Impacts:
    """Merge the postings of variants of one word: their counts are added. A document may occur several times."""
    if len(word.fields) < len(FIELDS):
        selected = lookup.field_mask(codes, word.fields)
        documents, codes = documents[selected], codes[selected]
    if not documents.size:
        return Impacts(word, exact, NO_DOCUMENTS)
    x = lookup.weighted_tf(documents, codes, word.fields)
    documents, x = sum_by_document([documents], [x], lookup.snapshot.size, repeated=True)
    result = Impacts(word, exact, documents, _max_text_score(lookup, word, documents))
    result.values = _final_values(result, lookup, documents, saturate(x, lookup.snapshot.scale.k1))
    return result


def _max_text_score(lookup: TermLookup, word: nodes.Terms, documents: DocIds) -> float:
    snapshot = lookup.snapshot
    return word.boost * (snapshot.weights.k1 + 1) * idf(snapshot.document_count, len(documents))


def _final_values(of: Impacts, lookup: TermLookup, documents: DocIds, saturations: Floats) -> Floats:
    """Compute what is added to the scores of these documents from their saturations."""
    snapshot = lookup.snapshot
    values: Floats = saturations * np.float32(of.max_text_score)
    for form in of.exact:
        holders = lookup.surface_documents(form.form)
        values += is_member(documents, holders, snapshot.size) * np.float32(
            form.boost * idf(snapshot.document_count, len(holders))
        )
    if snapshot.weights.recency_bonus:
        values *= snapshot.recency.take(documents)
    return values
