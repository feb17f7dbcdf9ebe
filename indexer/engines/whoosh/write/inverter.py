"""Invert documents of words to words with documents.

    codes -> tokens -> one sort by term, document, position and field -> posting lists

All tokens of a segment are sorted by one `np.sort` of numbers that combine term, document, position and field. That takes some
10 ns a token, where a Python loop takes 1,000.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from indexer.engines.fields import FIELDS, VALUE_GAP_POSITIONS
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import (
    SHIFTS,
    block_count,
    expand_ranges,
    form_arrays,
    narrow,
    pack_dictionary,
    unpack_counts,
)
from indexer.engines.whoosh.storage.posting_lists import document_bits, list_arrays
from indexer.engines.whoosh.write.word_ids import WordTable


class TextRuns:
    """The concatenated texts of documents as word codes, with the end, document and field of each text."""

    def __init__(self) -> None:
        self.codes, self.ends, self.documents, self.fields = array("I"), array("I"), array("I"), array("B")

    def add(self, codes: Iterable[int], document: int, field: int) -> int:
        """Append a text and return the number of its codes. `document` counts the added documents from 0."""
        before = len(self.codes)
        self.codes.extend(codes)
        self.ends.append(len(self.codes))
        self.documents.append(document)
        self.fields.append(field)
        return len(self.codes) - before


def invert(words: WordTable, runs: TextRuns, order: Array) -> dict[str, Array]:
    """Return the posting lists of a segment. `order` has the added documents in the order of the segment.

    Numbers have four bytes and are freed as early as possible: 30 bytes a word at the peak, where 66 were needed.
    """
    count = len(order)
    number = np.empty(count, "u4")  # the number in the segment of each added document
    number[order] = np.arange(count, dtype="u4")
    codes = np.frombuffer(runs.codes, "u4")
    run_ends = np.frombuffer(runs.ends, "u4").astype("i8")
    run_starts = np.concatenate(([0], run_ends))[: len(run_ends)]
    run_lengths = run_ends - run_starts
    run_document = number[np.frombuffer(runs.documents, "u4")]
    run_field = np.frombuffer(runs.fields, "u1")
    run_key = (run_document << np.uint32(3)) | run_field
    place = run_document.astype("i8") * len(FIELDS) + run_field

    base, extent = _base_positions(words, codes, run_starts, run_ends, run_document)

    # Tokens: a word has none (a stop word), one, or several.
    rows_of = np.frombuffer(words.count, "u4")[codes]
    row = expand_ranges(np.frombuffer(words.first, "u4")[codes], rows_of).astype("u4")
    position = np.repeat(base, rows_of)
    del base
    position += np.frombuffer(words.offset, "u4").astype("i4")[row]
    document_field = np.repeat(np.repeat(run_key, run_lengths), rows_of)
    tokens = _cumulate(rows_of)
    arrays = _lengths(place, count, extent, tokens[run_ends] - tokens[run_starts])
    del tokens, rows_of

    used = np.flatnonzero(np.bincount(row, minlength=len(words.term))) if row.size else np.zeros(0, "i8")
    rank, terms = _ranks(np.frombuffer(words.term, "u4"), used, words.terms.texts)
    arrays["term.text"], arrays["term.every"] = pack_dictionary(terms)
    arrays |= _forms(rank[used], np.frombuffer(words.form, "u4")[used], words.forms.texts, len(terms))
    bits = max(int(position.max()).bit_length(), 1) if position.size else 1
    key = _list_keys(rank[row], document_field, count)
    key <<= np.uint64(bits)
    key |= position.view("u4")
    key <<= np.uint64(3)
    key |= document_field & np.uint32(7)
    del position
    key.sort()
    arrays |= _postings(key, bits, len(terms), count)

    rank, surfaces = _ranks(np.frombuffer(words.surface, "u4"), used, words.surfaces.texts)
    arrays["surface.text"], arrays["surface.every"] = pack_dictionary(surfaces)
    key = _list_keys(rank[row], document_field, count)
    key.sort()
    return arrays | list_arrays("surface", key[changes(key)], len(surfaces), count)


def _base_positions(
    words: WordTable, codes: Array, run_starts: Array, run_ends: Array, run_document: Array
) -> tuple[Array, Array]:
    """Return the position at which each word begins, counted through its document, and the positions of each run.

    Runs are VALUE_GAP_POSITIONS apart, so that no phrase matches across two texts.
    """
    positions_before = _cumulate(np.frombuffer(words.advance, "u4")[codes])
    extent = positions_before[run_ends].astype("i8") - positions_before[run_starts] + VALUE_GAP_POSITIONS
    in_document = np.zeros(len(extent), "i8")  # the runs of a document are adjacent
    if len(extent):
        before = np.cumsum(extent) - extent
        first = changes(run_document)
        in_document = before - np.repeat(before[first], np.diff(np.append(first, len(extent))))
    base = np.repeat((in_document - positions_before[run_starts]).astype("i4"), run_ends - run_starts)
    return base + positions_before[:-1], extent


def _list_keys(rows: Array, document_field: Array, count: int) -> Array:
    """Combine rows (in place) and documents: row << document_bits | document."""
    rows <<= np.uint64(document_bits(count))
    rows |= document_field >> np.uint32(3)
    return rows


def _lengths(place: Array, count: int, extent: Array, tokens: Array) -> dict[str, Array]:
    """Return the arrays of field lengths and field starts, from those of the runs."""
    arrays: dict[str, Array] = {}
    shape = count, len(FIELDS)
    extents = np.bincount(place, extent, count * len(FIELDS)).astype("i8").reshape(shape)
    lengths = np.bincount(place, tokens, count * len(FIELDS)).astype("i8").reshape(shape)
    starts = np.cumsum(extents, 1) - extents
    for field, name in enumerate(FIELDS):
        arrays[f"length.{name}"] = narrow(lengths[:, field])
        arrays[f"start.{name}"] = narrow(starts[:, field])
    return arrays


def _cumulate(lengths: Array) -> Array:
    """Return the sum before each element, and the total. A segment has fewer than 2 ** 31 positions."""
    positions_before = np.zeros(len(lengths) + 1, "i4")
    np.cumsum(lengths, out=positions_before[1:], dtype="i4")
    return positions_before


def changes(sorted_keys: Array) -> Array:
    """Return the indices at which a new key begins."""
    if not sorted_keys.size:
        return np.zeros(0, "i8")
    return np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1])))


def _ranks(numbers: Array, used: Array, texts: Sequence[str]) -> tuple[Array, list[bytes]]:
    """Return the rank of each text of the word table among the sorted texts of the `used` rows, and these texts."""
    # Sorting by code point is the order of UTF-8, because no word contains a surrogate.
    distinct = sorted(np.unique(numbers[used]).tolist(), key=texts.__getitem__)
    place = np.zeros(len(texts), "u8")
    place[distinct] = np.arange(len(distinct))
    return place[numbers], [texts[i].encode("utf-8", "replace") for i in distinct]


def _forms(terms_of: Array, form: Array, texts: Sequence[str], terms: int) -> dict[str, Array]:
    keys = np.unique((terms_of.astype("i8") << 32) | form)
    forms = [texts[i].encode("utf-8", "replace") for i in (keys & 0xFFFFFFFF).tolist()]
    return form_arrays(keys >> 32, forms, terms)


def _postings(key: Array, bits: int, terms: int, count: int) -> dict[str, Array]:
    """Return the posting lists of sorted tokens: documents, counts by field (as codes) and positions."""
    field = (key & np.uint64(7)).astype("u1")
    position = (key >> np.uint64(3)) & np.uint64((1 << bits) - 1)
    posting = key >> np.uint64(3 + bits)
    first = changes(posting)
    posting = posting[first]
    counts = np.add.reduceat(np.uint64(1) << SHIFTS[field], first) if first.size else np.zeros(0, "u8")
    lists = list_arrays("posting", posting, terms, count)
    return {
        **lists,
        "position": narrow(position),
        "position.starts": narrow(np.append(first, len(key))[lists["posting.starts"][:: block_count(count)]]),
        **code_arrays(counts),
    }


def code_arrays(packed: Array) -> dict[str, Array]:
    """Return the distinct counts by field, postings in the body alone first, and the code of each posting."""
    distinct = np.unique(packed)
    table = unpack_counts(distinct)
    return {"posting.code": narrow(np.searchsorted(distinct, packed)), "counts": narrow(table).reshape(-1)}
