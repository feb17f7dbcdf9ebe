"""A codec with which any program that uses Whoosh can open and search the index.

    whoosh.index.open_dir("index/g1764020000000", indexname="MAIN").searcher().search(Term("body", "en/migrat"))

This engine itself ranks without it. The tests compare it with what stock Whoosh does on the same postings. The names `segment`
and `segment_entry` here stand for a `toc.schema.ArraySegment`.
"""

# Whoosh is only partly typed. The tests check what is passed to it and what it returns.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.codec.base import Codec, PerDocumentReader, TermsReader
from whoosh.matching.mcore import ListMatcher
from whoosh.reading import TermInfo

from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.segment import Segment


class ArrayCodec(Codec):  # type: ignore[misc, unused-ignore]  # Whoosh is not fully typed
    """A read-only codec. Segments are written by `write.writer`, never by Whoosh's own writer."""

    def terms_reader(self, storage: Any, segment: Any) -> ArrayTerms:
        return ArrayTerms(Segment(segment.path(Path(storage.folder))))

    def per_document_reader(self, storage: Any, segment: Any) -> ArrayDocuments:
        return ArrayDocuments(Segment(segment.path(Path(storage.folder))), segment)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("this index is written by feed-search; Whoosh's own writer cannot add to it")

    per_document_writer = field_writer = postings_writer = postings_reader = new_segment = _refuse


class ArrayTerms(TermsReader):  # type: ignore[misc, unused-ignore]  # Whoosh is not fully typed
    """The dictionary and the posting lists, by field."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def _postings(self, fieldname: str, text: bytes) -> tuple[Array, Array] | None:
        """Return the documents that contain the term in this field and their counts, or None."""
        segment, row = self._segment, self._segment.terms.find(text)
        if row < 0 or fieldname not in FIELDS:
            return None
        first, last = segment.term_lists.bounds(row)
        counts = segment.counts[:, FIELDS.index(fieldname)][segment.codes[first:last]]
        matching = np.flatnonzero(counts)
        return (segment.term_lists.documents(row)[matching], counts[matching]) if matching.size else None

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self._postings(*term) is not None

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        postings = self._postings(fieldname, text)
        if postings is None:
            raise KeyError((fieldname, text))
        documents, counts = postings
        lengths = self._segment.lengths[FIELDS.index(fieldname)][documents]
        return TermInfo(
            float(counts.sum()),
            len(documents),
            int(lengths.min()),
            int(lengths.max()),
            float(counts.max()),
            int(documents[0]),
            int(documents[-1]),
        )

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ListMatcher:
        postings = self._postings(fieldname, text)
        documents, counts = postings if postings is not None else (np.zeros(0, "u2"), np.zeros(0, "u2"))
        weights = counts.astype("f8").tolist()
        values = [b""] * len(weights)
        info = self.term_info(fieldname, text) if weights else TermInfo()
        return ListMatcher(documents.tolist(), weights, values, format_, scorer, term=(fieldname, text), terminfo=info)

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for name in sorted(FIELDS):
            if name >= fieldname:
                first = self._segment.terms.lower_bound(prefix) if name == fieldname else 0
                for text in self._segment.terms.words(first, self._segment.terms.count):
                    if self._postings(name, text) is not None:
                        yield (name, text), self.term_info(name, text)

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return self.items_from("", b"")

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        return (term for term, _ in self.items_from(fieldname, prefix))

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return (term for term, _ in self.items())

    def frequency(self, fieldname: str, text: bytes) -> float:
        return float(self.term_info(fieldname, text).weight())

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return int(self.term_info(fieldname, text).doc_frequency())

    def indexed_field_names(self) -> tuple[str, ...]:
        return FIELDS

    def cursor(self, fieldname: str, fieldobj: Any) -> Any:
        raise NotImplementedError("spelling suggestions come from indexer.analysis.edit_distance")


class ArrayDocuments(PerDocumentReader):  # type: ignore[misc, unused-ignore]  # Whoosh is not fully typed
    """Lengths, deletions and stored documents."""

    def __init__(self, segment: Segment, segment_entry: Any) -> None:
        self._segment, self._segment_entry = segment, segment_entry

    def doc_count(self) -> int:
        return int(self._segment_entry.doc_count())

    def doc_count_all(self) -> int:
        return int(self._segment_entry.size)

    def has_deletions(self) -> bool:
        return bool(self._segment_entry.deleted)

    def is_deleted(self, docnum: int) -> bool:
        return bool(docnum in self._segment_entry.deleted)

    def deleted_docs(self) -> Iterator[int]:
        return iter(self._segment_entry.deleted)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._lengths(fieldname)[docnum]) if fieldname in FIELDS else default

    def field_length(self, fieldname: str) -> int:
        return self._aggregate_lengths(fieldname, np.sum)

    def min_field_length(self, fieldname: str) -> int:
        return self._aggregate_lengths(fieldname, np.min)

    def max_field_length(self, fieldname: str) -> int:
        return self._aggregate_lengths(fieldname, np.max)

    def _aggregate_lengths(self, fieldname: str, of: Callable[[Array], Any]) -> int:
        return int(of(self._lengths(fieldname))) if fieldname in FIELDS and self._segment.size else 0

    def _lengths(self, fieldname: str) -> Array:
        return self._segment.lengths[FIELDS.index(fieldname)]

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        stored = {name: self._segment.text(name, docnum).decode("utf-8", "replace") for name in ("id", "url")}
        return {**stored, "stored": self._segment.stored([docnum])[0]}
