"""From documents to the arrays of a segment.

add      a document's texts -> codes of words (`array_words`), its values -> ordinals, its stored form -> bytes
take     the columns in the order of the documents' numbers; codes -> posting lists (`array_invert`)
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from indexer.engines.scoring import filter_key, indexed_texts
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.docstore import pack_document
from indexer.engines.whoosh.storage.layout import FACETS, SEPARATOR, pack_texts, seconds_of, smallest
from indexer.engines.whoosh.write.inverter import Runs, inverted
from indexer.engines.whoosh.write.word_ids import TextIds, WordTable
from indexer.model import Document

MAX_WORDS_KNOWN: Final = 300_000  # different words, after which the table is made anew: some 150 MB
_UNSPACED: Final = 12  # letters for each run of them in a text, from which on it is taken for one without spaces


class SegmentBuilder:
    """Takes documents one by one; `take` gives their arrays and begins anew."""

    def __init__(self) -> None:
        self._words = WordTable()
        self._begin()

    def _begin(self) -> None:
        if len(self._words) > MAX_WORDS_KNOWN:
            self._words = WordTable()
        self._runs = Runs()
        self._unspaced = 0
        self._ids: list[str] = []
        self._dropped: set[int] = set()
        self._urls: list[bytes] = []
        self._stored: list[bytes] = []
        self._dates: list[int] = []
        self._facets = {name: array("I") for name in FACETS}
        self._combinations = {name: TextIds() for name in FACETS}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def word_count(self) -> int:
        """How many words of text are held: what memory depends on. In scripts without spaces each letter is one."""
        return len(self._runs.codes) + self._unspaced

    def add(self, document: Document) -> None:
        number = len(self._ids)
        for field, texts in enumerate(indexed_texts(document)):
            for text in texts:
                if text:
                    added = self._runs.add(self._words.codes(text, document.language), number, field)
                    if len(text) > _UNSPACED * added:
                        self._unspaced += len(text) - added
        self._ids.append(document.id)
        self._urls.append(filter_key(document.url).encode("utf-8", "replace"))
        self._dates.append(seconds_of(document.date))
        for name, values in _facets(document):
            self._facets[name].append(self._combinations[name][values])
        self._stored.append(pack_document(document))

    def drop(self, number: int) -> None:
        """Count a document that was added (the how-manieth is `number`) as deleted."""
        self._dropped.add(number)

    def take(self) -> tuple[dict[str, Array], set[int]]:
        """The arrays of all documents added since the last time, and which of them are deleted."""
        order = sorted(
            range(len(self._ids)),
            key=lambda i: (i in self._dropped, -self._dates[i], self._ids[i].encode("utf-8", "replace")),
        )
        deleted = set(range(len(order) - len(self._dropped), len(order)))
        arrays = self._columns(order)
        arrays.update(inverted(self._words, self._runs, np.array(order, "u4")))
        self._begin()
        return arrays, deleted

    # -- a value per document ------------------------------------------------------------------------------------------

    def _columns(self, order: Sequence[int]) -> dict[str, Array]:
        ids = [self._ids[i].encode("utf-8", "replace") for i in order]
        arrays: dict[str, Array] = {"date": np.array([self._dates[i] for i in order], "i8")}
        arrays["id.bytes"], arrays["id.ends"] = pack_texts(ids)
        arrays["id.sorted"] = smallest(np.array(sorted(range(len(ids)), key=ids.__getitem__), "u4"))
        arrays["url.bytes"], arrays["url.ends"] = pack_texts([self._urls[i] for i in order])
        arrays["stored.bytes"], arrays["stored.ends"] = pack_texts([self._stored[i] for i in order])
        for name in FACETS:
            ordinals = np.frombuffer(self._facets[name], "u4")[np.array(order, "u4")]
            arrays |= facet_arrays(name, self._combinations[name].texts, ordinals)
        return arrays


def _facets(document: Document) -> Iterator[tuple[str, str]]:
    """The values of each of FACETS, joined. As `postings.facet_values`, of which a year would take half the time."""
    yield "source", document.source
    yield "language", document.language
    for name, values in (("category", document.categories), ("author", document.authors)):
        yield name, SEPARATOR.join(dict.fromkeys(filter(None, values))) if len(values) != 1 else values[0]


def facet_arrays(name: str, combinations: Sequence[str], ordinals: Array) -> dict[str, Array]:
    """The combinations of values that documents have, sorted, and which of them each document has."""
    used = np.unique(ordinals)
    texts = sorted((combinations[i].encode("utf-8", "replace"), int(i)) for i in used)
    rank = np.zeros(len(combinations), "u4")
    rank[[i for _, i in texts]] = np.arange(len(texts))
    packed, ends = pack_texts([text for text, _ in texts])
    return {f"{name}.bytes": packed, f"{name}.ends": ends, f"{name}.ordinal": smallest(rank[ordinals])}
