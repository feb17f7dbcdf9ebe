"""Build the arrays of a segment from documents.

add      analyses a document: its texts -> word codes (`word_ids`), its values -> ordinals, its stored form -> bytes
take     sorts the columns by document number and inverts the codes to posting lists (`inverter`)
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from indexer.engines.fields import address_key, file_type, indexed_texts
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import FACETS, SEPARATOR, epoch_seconds, narrow, pack_document, pack_texts
from indexer.engines.whoosh.write.inverter import TextRuns, invert
from indexer.engines.whoosh.write.word_ids import TextIds, WordTable
from indexer.model import Document

MAX_CACHED_WORDS: Final = 300_000  # distinct words, after which the word table is discarded: some 150 MB
_MIN_UNSPACED_LETTERS: Final = 12  # letters for each word code, from which on a text counts as one without spaces


class SegmentBuilder:
    """Takes documents one by one; `take` returns their arrays and starts over."""

    def __init__(self) -> None:
        self._words = WordTable()
        self._begin()

    def _begin(self) -> None:
        if len(self._words) > MAX_CACHED_WORDS:
            self._words = WordTable()
        self._runs = TextRuns()
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
        """Return the number of words held, which memory depends on. In scripts without spaces, each letter is one."""
        return len(self._runs.codes) + self._unspaced

    def add(self, document: Document) -> None:
        number = len(self._ids)
        for field, texts in enumerate(indexed_texts(document)):
            for text in texts:
                if text:
                    code_count = self._runs.add(self._words.codes(text, document.language), number, field)
                    if len(text) > _MIN_UNSPACED_LETTERS * code_count:
                        self._unspaced += len(text) - code_count
        self._ids.append(document.id)
        self._urls.append(address_key(document).encode("utf-8", "replace"))
        self._dates.append(epoch_seconds(document.date))
        for name, values in _facets(document):
            self._facets[name].append(self._combinations[name][values])
        self._stored.append(pack_document(document))

    def drop(self, number: int) -> None:
        """Mark an added document as deleted; `number` counts the added documents from 0."""
        self._dropped.add(number)

    def take(self) -> tuple[dict[str, Array], set[int]]:
        """Return the arrays of all documents added since the last call, and the numbers of the deleted ones."""
        order = sorted(
            range(len(self._ids)),
            key=lambda i: (i in self._dropped, -self._dates[i], self._ids[i].encode("utf-8", "replace")),
        )
        deleted = set(range(len(order) - len(self._dropped), len(order)))
        arrays = self._columns(order)
        arrays.update(invert(self._words, self._runs, np.array(order, "u4")))
        self._begin()
        return arrays, deleted

    # -- a value per document ------------------------------------------------------------------------------------------

    def _columns(self, order: Sequence[int]) -> dict[str, Array]:
        ids = [self._ids[i].encode("utf-8", "replace") for i in order]
        arrays: dict[str, Array] = {"date": np.array([self._dates[i] for i in order], "i8")}
        arrays["id.bytes"], arrays["id.ends"] = pack_texts(ids)
        arrays["id.sorted"] = narrow(np.array(sorted(range(len(ids)), key=ids.__getitem__), "u4"))
        arrays["url.bytes"], arrays["url.ends"] = pack_texts([self._urls[i] for i in order])
        arrays["stored.bytes"], arrays["stored.ends"] = pack_texts([self._stored[i] for i in order])
        for name in FACETS:
            ordinals = np.frombuffer(self._facets[name], "u4")[np.array(order, "u4")]
            arrays |= facet_arrays(name, self._combinations[name].texts, ordinals)
        return arrays


def _facets(document: Document) -> Iterator[tuple[str, str]]:
    """Yield each of FACETS with the joined values. Like `fields.facet_values`, where the year would take half the time."""
    yield "source", document.source
    yield "language", document.language
    yield "filetype", file_type(document)
    for name, values in (("category", document.categories), ("author", document.authors)):
        yield name, SEPARATOR.join(dict.fromkeys(filter(None, values))) if len(values) != 1 else values[0]


def facet_arrays(name: str, combinations: Sequence[str], ordinals: Array) -> dict[str, Array]:
    """Return the arrays of a facet: the sorted combinations of values in use, and the ordinal of each document's combination."""
    used = np.unique(ordinals)
    texts = sorted((combinations[i].encode("utf-8", "replace"), int(i)) for i in used)
    rank = np.zeros(len(combinations), "u4")
    rank[[i for _, i in texts]] = np.arange(len(texts))
    packed, ends = pack_texts([text for text, _ in texts])
    return {f"{name}.bytes": packed, f"{name}.ends": ends, f"{name}.ordinal": narrow(rank[ordinals])}
