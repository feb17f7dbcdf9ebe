"""Our segments as Whoosh reads them: a codec, so that any program that uses Whoosh can open the index and search it.

    whoosh.index.open_dir("index/g1764020000000", indexname="MAIN").searcher().search(Term("body", "en/migrat"))

This engine itself ranks without it (`array_query`); the tests do with it what stock Whoosh does, on the same postings. What
is called `segment` and `listed` here is a `whoosh_schema.ArraySegment`.
"""

# Whoosh is typed in part only; what it is given and gives back is checked by the tests.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.codec.base import Codec, PerDocumentReader, TermsReader
from whoosh.matching.mcore import ListMatcher
from whoosh.reading import TermInfo

from indexer.engines.scoring import FIELDS
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.segment import Segment


class ArrayCodec(Codec):  # type: ignore[misc, unused-ignore]
    """Reads. Segments are written by `whoosh_write`, never by Whoosh's own writer."""

    def terms_reader(self, storage: Any, segment: Any) -> ArrayTerms:
        return ArrayTerms(Segment(segment.path(Path(storage.folder))))

    def per_document_reader(self, storage: Any, segment: Any) -> ArrayDocuments:
        return ArrayDocuments(Segment(segment.path(Path(storage.folder))), segment)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("this index is written by feed-search; Whoosh's own writer cannot add to it")

    per_document_writer = field_writer = postings_writer = postings_reader = new_segment = _refuse


class ArrayTerms(TermsReader):  # type: ignore[misc, unused-ignore]
    """The dictionary and the posting lists, field by field."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def _postings(self, fieldname: str, text: bytes) -> tuple[Array, Array] | None:
        """The documents that hold the term in this field, and how often; None where none does."""
        segment, row = self._segment, self._segment.terms.find(text)
        if row < 0 or fieldname not in FIELDS:
            return None
        first, last = segment.holders.bounds(row)
        counts = segment.counts[:, FIELDS.index(fieldname)][segment.codes[first:last]]
        held = np.flatnonzero(counts)
        return (segment.holders.of(row)[held], counts[held]) if held.size else None

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self._postings(*term) is not None

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        found = self._postings(fieldname, text)
        if found is None:
            raise KeyError((fieldname, text))
        documents, counts = found
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
        found = self._postings(fieldname, text)
        documents, counts = found if found is not None else (np.zeros(0, "u2"), np.zeros(0, "u2"))
        weights = counts.astype("f8").tolist()
        values = [b""] * len(weights)
        info = self.term_info(fieldname, text) if weights else TermInfo()
        return ListMatcher(documents.tolist(), weights, values, format_, scorer, term=(fieldname, text), terminfo=info)

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for name in sorted(FIELDS):
            if name >= fieldname:
                first = self._segment.terms.from_(prefix) if name == fieldname else 0
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
        raise NotImplementedError("spelling suggestions come from indexer.analysis.spelling")


class ArrayDocuments(PerDocumentReader):  # type: ignore[misc, unused-ignore]
    """Lengths, deletions and stored documents."""

    def __init__(self, segment: Segment, listed: Any) -> None:
        self._segment, self._listed = segment, listed

    def doc_count(self) -> int:
        return int(self._listed.doc_count())

    def doc_count_all(self) -> int:
        return int(self._listed.size)

    def has_deletions(self) -> bool:
        return bool(self._listed.deleted)

    def is_deleted(self, docnum: int) -> bool:
        return bool(docnum in self._listed.deleted)

    def deleted_docs(self) -> Iterator[int]:
        return iter(self._listed.deleted)

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(self._lengths(fieldname)[docnum]) if fieldname in FIELDS else default

    def field_length(self, fieldname: str) -> int:
        return self._of_lengths(fieldname, np.sum)

    def min_field_length(self, fieldname: str) -> int:
        return self._of_lengths(fieldname, np.min)

    def max_field_length(self, fieldname: str) -> int:
        return self._of_lengths(fieldname, np.max)

    def _of_lengths(self, fieldname: str, of: Callable[[Array], Any]) -> int:
        return int(of(self._lengths(fieldname))) if fieldname in FIELDS and self._segment.size else 0

    def _lengths(self, fieldname: str) -> Array:
        return self._segment.lengths[FIELDS.index(fieldname)]

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        stored = {name: self._segment.text(name, docnum).decode("utf-8", "replace") for name in ("id", "url")}
        return {**stored, "stored": self._segment.stored(docnum)}
