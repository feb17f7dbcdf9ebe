"""Leave the conjunctions and phrases within a larger tree to the compiled kernel, and the rest of the tree to numpy."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from indexer.engines.scoring import Floats
from indexer.engines.whoosh.search.kernel_queries import plan_words, planned_node, words_of_phrase
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.posting_lists import DocIds
from indexer.query.nodes import Node, TermPhrase, Terms, TextField


class WordColumn(NamedTuple):
    """What a word adds to each document of a conjunction."""

    word: Terms
    max_text_score: float
    values: Floats

    def take(self, indices: Array) -> WordColumn:
        """Return the column for the documents at these indices."""
        return WordColumn(self.word, self.max_text_score, self.values[indices])


def conjunction_of_words(
    snapshot: Snapshot, nodes: Sequence[Node], *, wants_columns: bool
) -> tuple[DocIds, Floats, list[WordColumn]] | None:
    """Return the documents that contain all words, their scores, and what each word adds to them."""
    kernel = snapshot.kernel
    if kernel is None or not (words := plan_words(snapshot, kernel, nodes)):
        return None
    words.sort(key=lambda word: word.frequency)  # the order in which query_execution.py adds up
    documents, scores = kernel.conjunction(tuple([word.arguments for word in words]), wants_columns=wants_columns)
    if not wants_columns:
        return documents, scores, []
    columns = [WordColumn(word.word, word.unit, scores[:, i]) for i, word in enumerate(words, 1)]
    return documents, np.ascontiguousarray(scores[:, 0]), columns


def phrase_of_words(snapshot: Snapshot, node: TermPhrase, among: DocIds | None) -> tuple[DocIds, Floats] | None:
    """Return the documents with a phrase of single words, and its X in each; None if the kernel cannot answer."""
    kernel = snapshot.kernel
    if kernel is None or (plan := words_of_phrase(snapshot, kernel, node)) is None:
        return None
    words, places = plan
    if among is None:
        distinct = list({word.rows: word for word in words}.values())
        among = kernel.documents(tuple([word.arguments for word in distinct]))
    x = kernel.phrase(places, node.slop, among)
    occurs = (x >= 0).nonzero()[0]
    return among.take(occurs), x.take(occurs)


def frequency_of_word(snapshot: Snapshot, terms: tuple[str, ...], fields: tuple[TextField, ...]) -> int | None:
    """Return the number of living documents with a word in any field; None for single fields."""
    kernel = snapshot.kernel
    words = plan_words(snapshot, kernel, [Terms(terms, fields)]) if kernel is not None else None
    return words[0].frequency if words else None


def occurrences_of_words(snapshot: Snapshot, nodes: Sequence[Node], among: array[int]) -> list[bytes | None]:
    """Return which of the documents, which ascend, contain each word, as a byte a document; None for what has no rows."""
    kernel = snapshot.kernel
    if kernel is None:
        return [None] * len(nodes)
    plans = [planned_node(snapshot, kernel, node) for node in nodes]
    lists = tuple([plan.rows for plan in plans if plan and not plan.is_merged])
    flags, count, start = kernel.contains(lists, among) if lists else b"", len(among), 0
    parts: list[bytes | None] = []
    for plan in plans:
        if plan is None or plan.is_merged:
            parts.append(None)
        else:
            parts.append(flags[start : start + count])
            start += count
    return parts
