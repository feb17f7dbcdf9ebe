"""From documents to the arrays of a segment.

    add      a document's texts -> codes of words (`array_words`), its values -> ordinals, its stored form -> bytes
    arrays   codes -> tokens -> one sort by term, document, position and field -> posting lists

All tokens of a segment go through one `np.sort` of numbers that hold term, document, position and field side by side: that
takes some 10 ns a token, where a Python loop takes 1,000.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from indexer.engines.array_file import Array
from indexer.engines.array_layout import (
    FACETS,
    MASKS,
    SEPARATOR,
    SHIFTS,
    form_arrays,
    group_starts,
    pack_dictionary,
    pack_texts,
    seconds_of,
    smallest,
    spread,
)
from indexer.engines.array_stored import pack_document
from indexer.engines.array_words import Numbers, WordTable
from indexer.engines.postings import FIELDS, VALUE_GAP, filter_key, indexed_texts
from indexer.model import Document

MOST_WORDS_KNOWN: Final = 300_000  # different words, after which the table is made anew: some 100 MB


class SegmentBuilder:
    """Takes documents one by one; `take` gives their arrays and begins anew."""

    def __init__(self) -> None:
        self._words = WordTable()
        self._begin()

    def _begin(self) -> None:
        if len(self._words) > MOST_WORDS_KNOWN:
            self._words = WordTable()
        self._codes = array("I")
        self._run_ends, self._run_documents, self._run_fields = array("I"), array("I"), array("B")
        self._ids: list[str] = []
        self._dropped: set[int] = set()
        self._urls: list[bytes] = []
        self._stored: list[bytes] = []
        self._dates: list[int] = []
        self._facets = {name: array("I") for name in FACETS}
        self._combinations = {name: Numbers() for name in FACETS}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def word_count(self) -> int:
        """How many words of text are held: what memory depends on."""
        return len(self._codes)

    def add(self, document: Document) -> None:
        number = len(self._ids)
        codes, language = self._codes, document.language
        for field, texts in enumerate(indexed_texts(document)):
            for text in texts:
                if text:
                    codes.extend(self._words.codes(text, language))
                    self._run_ends.append(len(codes))
                    self._run_documents.append(number)
                    self._run_fields.append(field)
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
        arrays.update(self._inverted(np.array(order, "u4")))
        self._begin()
        return arrays, deleted

    # -- a value per document ------------------------------------------------------------------------------------------

    def _columns(self, order: Sequence[int]) -> dict[str, Array]:
        ids = [self._ids[i].encode("utf-8", "replace") for i in order]
        arrays: dict[str, Array] = {"date": np.array([self._dates[i] for i in order], "i8")}
        arrays["id.bytes"], arrays["id.ends"] = pack_texts(ids)
        arrays["id.sorted"] = np.array(sorted(range(len(ids)), key=ids.__getitem__), "u2")
        arrays["url.bytes"], arrays["url.ends"] = pack_texts([self._urls[i] for i in order])
        arrays["stored.bytes"], arrays["stored.ends"] = pack_texts([self._stored[i] for i in order])
        for name in FACETS:
            ordinals = np.frombuffer(self._facets[name], "u4")[np.array(order, "u4")]
            arrays |= facet_arrays(name, self._combinations[name].texts, ordinals)
        return arrays

    # -- posting lists -------------------------------------------------------------------------------------------------

    def _inverted(self, order: Array) -> dict[str, Array]:
        """Numbers of four bytes, and each as short-lived as can be: 30 bytes a word at most, where 66 were needed."""
        words, count = self._words, len(order)
        number = np.empty(count, "u4")  # the document's number in the segment, by the order of its coming
        number[order] = np.arange(count, dtype="u4")
        codes = np.frombuffer(self._codes, "u4")
        run_ends = np.frombuffer(self._run_ends, "u4").astype("i8")
        run_starts = np.concatenate(([0], run_ends))[: len(run_ends)]
        run_lengths = run_ends - run_starts
        run_document = number[np.frombuffer(self._run_documents, "u4")]
        run_field = np.frombuffer(self._run_fields, "u1")
        run_key = (run_document << np.uint32(3)) | run_field
        place = run_document.astype("i8") * len(FIELDS) + run_field

        # Where each run begins, in positions counted through the whole document; VALUE_GAP apart, so that no phrase
        # reaches from one text into the next.
        passed = _passed(np.frombuffer(words.advance, "u4")[codes])
        extent = passed[run_ends].astype("i8") - passed[run_starts] + VALUE_GAP
        in_document = np.zeros(len(extent), "i8")  # runs of one document come one after the other
        if len(extent):
            before = np.cumsum(extent) - extent
            first = changes(run_document)
            in_document = before - np.repeat(before[first], np.diff(np.append(first, len(extent))))
        base = np.repeat((in_document - passed[run_starts]).astype("i4"), run_lengths) + passed[:-1]
        del passed

        # Tokens: a word gives none (a stop word), one, or some.
        rows_of = np.frombuffer(words.count, "u4")[codes]
        row = spread(np.frombuffer(words.first, "u4")[codes], rows_of).astype("u4")
        position = np.repeat(base, rows_of)
        del base
        position += np.frombuffer(words.offset, "u4").astype("i4")[row]
        document_field = np.repeat(np.repeat(run_key, run_lengths), rows_of)
        tokens = _passed(rows_of)
        arrays = self._lengths(place, count, extent, tokens[run_ends] - tokens[run_starts])
        del tokens, rows_of

        used = np.flatnonzero(np.bincount(row, minlength=len(words.term))) if row.size else np.zeros(0, "i8")
        rank, terms = _ranks(np.frombuffer(words.term, "u4"), used, words.terms.texts)
        arrays["term.text"], arrays["term.every"] = pack_dictionary(terms)
        arrays |= _forms(rank[used], np.frombuffer(words.form, "u4")[used], words.forms.texts, len(terms))
        bits = max(int(position.max()).bit_length(), 1) if position.size else 1
        key = rank[row]
        key <<= np.uint64(16)
        key |= document_field >> np.uint32(3)
        key <<= np.uint64(bits)
        key |= position.view("u4")
        key <<= np.uint64(3)
        key |= document_field & np.uint32(7)
        del position
        key.sort()
        arrays |= _postings(key, bits, len(terms))

        rank, surfaces = _ranks(np.frombuffer(words.surface, "u4"), used, words.surfaces.texts)
        arrays["surface.text"], arrays["surface.every"] = pack_dictionary(surfaces)
        key = rank[row]
        key <<= np.uint64(16)
        key |= document_field >> np.uint32(3)
        key.sort()
        key = key[changes(key)]
        arrays["surface.starts"] = smallest(group_starts(key >> np.uint64(16), len(surfaces)))
        arrays["surface.document"] = key.astype("u2")
        return arrays

    @staticmethod
    def _lengths(place: Array, count: int, extent: Array, tokens: Array) -> dict[str, Array]:
        """Of each field its words and where it begins, from those of the runs."""
        arrays: dict[str, Array] = {}
        shape = count, len(FIELDS)
        extents = np.bincount(place, extent, count * len(FIELDS)).astype("i8").reshape(shape)
        lengths = np.bincount(place, tokens, count * len(FIELDS)).astype("i8").reshape(shape)
        starts = np.cumsum(extents, 1) - extents
        for field, name in enumerate(FIELDS):
            arrays[f"length.{name}"] = smallest(lengths[:, field])
            arrays[f"start.{name}"] = smallest(starts[:, field])
        return arrays


def _passed(lengths: Array) -> Array:
    """Before each, and at the end: how much there has been. A segment has less than 2 ** 31 positions."""
    passed = np.zeros(len(lengths) + 1, "i4")
    np.cumsum(lengths, out=passed[1:], dtype="i4")
    return passed


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


def changes(sorted_keys: Array) -> Array:
    """Where a new key begins."""
    if not sorted_keys.size:
        return np.zeros(0, "i8")
    return np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1])))


def _ranks(numbers: Array, used: Array, texts: Sequence[str]) -> tuple[Array, list[bytes]]:
    """For each row of the table of words the place of its text among the sorted texts of the `used` rows, and these."""
    different = np.unique(numbers[used])
    pairs = sorted((texts[i].encode("utf-8", "replace"), i) for i in different.tolist())
    place = np.zeros(len(texts), "u8")
    place[np.fromiter((i for _, i in pairs), "i8", len(pairs))] = np.arange(len(pairs))
    return place[numbers], [text for text, _ in pairs]


def _forms(terms_of: Array, form: Array, texts: Sequence[str], terms: int) -> dict[str, Array]:
    keys = np.unique((terms_of.astype("i8") << 32) | form)
    forms = [texts[i].encode("utf-8", "replace") for i in (keys & 0xFFFFFFFF).tolist()]
    return form_arrays(keys >> 32, forms, terms)


def _postings(key: Array, bits: int, terms: int) -> dict[str, Array]:
    """Posting lists out of sorted tokens: documents, what each counts in each field (as a code), positions."""
    field = (key & np.uint64(7)).astype("u1")
    position = (key >> np.uint64(3)) & np.uint64((1 << bits) - 1)
    posting = key >> np.uint64(3 + bits)
    first = changes(posting)
    posting = posting[first]
    counts = np.add.reduceat(np.uint64(1) << SHIFTS[field], first) if first.size else np.zeros(0, "u8")
    starts = group_starts(posting >> np.uint64(16), terms)
    return {
        "posting.starts": smallest(starts),
        "posting.document": posting.astype("u2"),
        "position": smallest(position),
        "position.starts": smallest(np.append(first, len(key))[starts]),
        **code_arrays(counts),
    }


def code_arrays(packed: Array) -> dict[str, Array]:
    """The different counts by field, those of the body alone first, and which of them each posting has."""
    different = np.unique(packed)
    table = (different[:, None] >> SHIFTS) & MASKS
    return {"posting.code": smallest(np.searchsorted(different, packed)), "counts": smallest(table).reshape(-1)}

