"""Words by document into documents by word.

    codes -> tokens -> one sort by term, document, position and field -> posting lists

All tokens of a segment go through one `np.sort` of numbers that hold term, document, position and field side by side: that
takes some 10 ns a token, where a Python loop takes 1,000.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from indexer.engines.scoring import FIELDS, VALUE_GAP
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import SHIFTS, form_arrays, pack_dictionary, smallest, spread, unpack_counts
from indexer.engines.whoosh.storage.posting_lists import bits_of, blocks_of, list_arrays
from indexer.engines.whoosh.write.word_ids import WordTable


class Runs:
    """The texts of documents one after the other, as codes of words; and of each text its end, document and field."""

    def __init__(self) -> None:
        self.codes, self.ends, self.documents, self.fields = array("I"), array("I"), array("I"), array("B")

    def add(self, codes: Iterable[int], document: int, field: int) -> int:
        """Returns how many codes that were. `document` counts from 0, in the order of their coming."""
        before = len(self.codes)
        self.codes.extend(codes)
        self.ends.append(len(self.codes))
        self.documents.append(document)
        self.fields.append(field)
        return len(self.codes) - before


def inverted(words: WordTable, runs: Runs, order: Array) -> dict[str, Array]:
    """The posting lists of a segment whose documents come in this order.

    Numbers of four bytes, and each as short-lived as can be: 30 bytes a word at most, where 66 were needed.
    """
    count = len(order)
    number = np.empty(count, "u4")  # the document's number in the segment, by the order of its coming
    number[order] = np.arange(count, dtype="u4")
    codes = np.frombuffer(runs.codes, "u4")
    run_ends = np.frombuffer(runs.ends, "u4").astype("i8")
    run_starts = np.concatenate(([0], run_ends))[: len(run_ends)]
    run_lengths = run_ends - run_starts
    run_document = number[np.frombuffer(runs.documents, "u4")]
    run_field = np.frombuffer(runs.fields, "u1")
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
    arrays = _lengths(place, count, extent, tokens[run_ends] - tokens[run_starts])
    del tokens, rows_of

    used = np.flatnonzero(np.bincount(row, minlength=len(words.term))) if row.size else np.zeros(0, "i8")
    rank, terms = _ranks(np.frombuffer(words.term, "u4"), used, words.terms.texts)
    arrays["term.text"], arrays["term.every"] = pack_dictionary(terms)
    arrays |= _forms(rank[used], np.frombuffer(words.form, "u4")[used], words.forms.texts, len(terms))
    bits = max(int(position.max()).bit_length(), 1) if position.size else 1
    key = rank[row]
    key <<= np.uint64(bits_of(count))
    key |= document_field >> np.uint32(3)
    key <<= np.uint64(bits)
    key |= position.view("u4")
    key <<= np.uint64(3)
    key |= document_field & np.uint32(7)
    del position
    key.sort()
    arrays |= _postings(key, bits, len(terms), count)

    rank, surfaces = _ranks(np.frombuffer(words.surface, "u4"), used, words.surfaces.texts)
    arrays["surface.text"], arrays["surface.every"] = pack_dictionary(surfaces)
    key = rank[row]
    key <<= np.uint64(bits_of(count))
    key |= document_field >> np.uint32(3)
    key.sort()
    return arrays | list_arrays("surface", key[changes(key)], len(surfaces), count)


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


def changes(sorted_keys: Array) -> Array:
    """Where a new key begins."""
    if not sorted_keys.size:
        return np.zeros(0, "i8")
    return np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1])))


def _ranks(numbers: Array, used: Array, texts: Sequence[str]) -> tuple[Array, list[bytes]]:
    """For each row of the table of words the place of its text among the sorted texts of the `used` rows, and these."""
    # As texts sorted by code point: that is the order of their UTF-8, as no word holds a surrogate.
    different = sorted(np.unique(numbers[used]).tolist(), key=texts.__getitem__)
    place = np.zeros(len(texts), "u8")
    place[different] = np.arange(len(different))
    return place[numbers], [texts[i].encode("utf-8", "replace") for i in different]


def _forms(terms_of: Array, form: Array, texts: Sequence[str], terms: int) -> dict[str, Array]:
    keys = np.unique((terms_of.astype("i8") << 32) | form)
    forms = [texts[i].encode("utf-8", "replace") for i in (keys & 0xFFFFFFFF).tolist()]
    return form_arrays(keys >> 32, forms, terms)


def _postings(key: Array, bits: int, terms: int, count: int) -> dict[str, Array]:
    """Posting lists out of sorted tokens: documents, what each counts in each field (as a code), positions."""
    field = (key & np.uint64(7)).astype("u1")
    position = (key >> np.uint64(3)) & np.uint64((1 << bits) - 1)
    posting = key >> np.uint64(3 + bits)
    first = changes(posting)
    posting = posting[first]
    counts = np.add.reduceat(np.uint64(1) << SHIFTS[field], first) if first.size else np.zeros(0, "u8")
    lists = list_arrays("posting", posting, terms, count)
    return {
        **lists,
        "position": smallest(position),
        "position.starts": smallest(np.append(first, len(key))[lists["posting.starts"][:: blocks_of(count)]]),
        **code_arrays(counts),
    }


def code_arrays(packed: Array) -> dict[str, Array]:
    """The different counts by field, those of the body alone first, and which of them each posting has."""
    different = np.unique(packed)
    table = unpack_counts(different)
    return {"posting.code": smallest(np.searchsorted(different, packed)), "counts": smallest(table).reshape(-1)}
