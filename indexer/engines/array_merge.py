"""Some segments as one, without their deleted documents: arrays to arrays, no text is analysed again.

    documents   put in order anew; each segment's old numbers -> new ones (-1: deleted)
    words       the union of the dictionaries; each segment's rows -> new rows
    postings    all of them with their new rows and numbers, sorted; their positions follow
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.engines.array_build import code_arrays, facet_arrays
from indexer.engines.array_file import Array
from indexer.engines.array_layout import FACETS, SHIFTS, form_arrays, group_starts, pack_dictionary, pack_texts, smallest, spread
from indexer.engines.array_segment import Dictionary, Segment
from indexer.engines.array_snapshot import Mask
from indexer.engines.postings import FIELDS


def merge(segments: Sequence[Segment], living: Sequence[Mask]) -> dict[str, Array]:
    """The arrays of one segment with the living documents of all. There must be no more than MOST_DOCUMENTS of them."""
    kept = [(segment, np.flatnonzero(mask)) for segment, mask in zip(segments, living, strict=True)]
    ids = [segment.text("id", number) for segment, numbers in kept for number in numbers.tolist()]
    dates = np.concatenate([segment.dates[numbers] for segment, numbers in kept])
    latest = (-dates).tolist()
    order = np.array(sorted(range(len(ids)), key=lambda i: (latest[i], ids[i])), "i8")
    number = np.empty(len(order), "i4")
    number[order] = np.arange(len(order), dtype="i4")
    moved: list[Array] = []  # by segment: new numbers of its documents
    start = 0
    for segment, numbers in kept:
        new = np.full(segment.size, -1, "i4")
        new[numbers] = number[start : start + len(numbers)]
        start += len(numbers)
        moved.append(new)
    return {**_columns(kept, order, ids, dates), **_postings(segments, moved), **_surfaces(segments, moved)}


def _columns(kept: Sequence[tuple[Segment, Array]], order: Array, ids: Sequence[bytes], dates: Array) -> dict[str, Array]:
    arrays: dict[str, Array] = {"date": dates[order]}
    ordered = [ids[i] for i in order.tolist()]
    arrays["id.bytes"], arrays["id.ends"] = pack_texts(ordered)
    arrays["id.sorted"] = np.array(sorted(range(len(ordered)), key=ordered.__getitem__), "u2")
    for name in ("url", "stored"):
        texts = [text for segment, numbers in kept for text in _chosen(segment.texts(name), numbers)]
        arrays[f"{name}.bytes"], arrays[f"{name}.ends"] = pack_texts([texts[i] for i in order.tolist()])
    for name in FACETS:
        place: dict[str, int] = {}
        ordinals = []
        for segment, numbers in kept:
            texts, own = segment.facets[name]
            new = [place.setdefault(text.decode("utf-8", "replace"), len(place)) for text in texts]
            ordinals.append(np.array(new, "u4")[own[numbers]])
        arrays |= facet_arrays(name, list(place), np.concatenate(ordinals)[order])
    for field, name in enumerate(FIELDS):
        arrays[f"length.{name}"] = smallest(np.concatenate([s.lengths[field][numbers] for s, numbers in kept])[order])
        arrays[f"start.{name}"] = smallest(np.concatenate([s.field_starts[field][numbers] for s, numbers in kept])[order])
    return arrays


def _chosen(texts: Sequence[bytes], numbers: Array) -> list[bytes]:
    return [texts[number] for number in numbers.tolist()]


def _postings(segments: Sequence[Segment], moved: Sequence[Array]) -> dict[str, Array]:
    words, rows_of = _union([segment.terms for segment in segments])
    keys, packed, begins, totals, positions = [], [], [], [], []
    at = 0
    for segment, new, rows in zip(segments, moved, rows_of, strict=True):
        counts = segment.counts.sum(1, dtype="i8")[segment.codes]
        key = _keys(rows, segment.posting_starts, new[segment.documents])
        alive = new[segment.documents] >= 0
        keys.append(key[alive])
        packed.append((segment.counts.astype("u8") << SHIFTS).sum(1, dtype="u8")[segment.codes][alive])
        begins.append((np.cumsum(counts) - counts + at)[alive])
        totals.append(counts[alive])
        positions.append(segment.positions)
        at += len(segment.positions)
    key = np.concatenate(keys)
    order = np.argsort(key, kind="stable")
    key, total = key[order], np.concatenate(totals)[order]
    where = spread(np.concatenate(begins)[order], total)
    row, words, new_rows = _used(key >> np.uint64(16), words)
    starts = group_starts(row, len(words))
    text, every = pack_dictionary(words)
    return {
        "term.text": text,
        "term.every": every,
        "posting.starts": smallest(starts),
        "posting.document": key.astype("u2"),
        "position": smallest(np.concatenate(positions)[where]),
        "position.starts": smallest(np.concatenate(([0], np.cumsum(total)))[starts]),
        **code_arrays(np.concatenate(packed)[order]),
        **_forms(segments, [new_rows[rows] for rows in rows_of], len(words)),
    }


def _surfaces(segments: Sequence[Segment], moved: Sequence[Array]) -> dict[str, Array]:
    words, rows_of = _union([segment.surfaces for segment in segments])
    keys = []
    for segment, new, rows in zip(segments, moved, rows_of, strict=True):
        key = _keys(rows, segment.surface_starts, new[segment.surface_documents])
        keys.append(key[new[segment.surface_documents] >= 0])
    key = np.concatenate(keys)
    key.sort(kind="stable")
    row, words, _ = _used(key >> np.uint64(16), words)
    text, every = pack_dictionary(words)
    return {
        "surface.text": text,
        "surface.every": every,
        "surface.starts": smallest(group_starts(row, len(words))),
        "surface.document": key.astype("u2"),
    }


def _union(dictionaries: Sequence[Dictionary]) -> tuple[list[bytes], list[Array]]:
    """All words in order, and for each dictionary the places of its words among them."""
    listed = [dictionary.words(0, dictionary.count) for dictionary in dictionaries]
    words = sorted(set().union(*listed))
    place = {word: i for i, word in enumerate(words)}
    return words, [np.fromiter(map(place.__getitem__, own), "i8", len(own)) for own in listed]


def _keys(rows: Array, starts: Array, documents: Array) -> Array:
    """row << 16 | document of each posting (whatever, where the document is -1)."""
    row = np.repeat(rows, np.diff(starts.astype("i8"))).astype("u8")
    return np.asarray((row << np.uint64(16)) | (documents & 0xFFFF).astype("u8"))


def _used(rows: Array, words: Sequence[bytes]) -> tuple[Array, list[bytes], Array]:
    """Without the words that only deleted documents had: the rows, the words, and each old row's new one (-1: none)."""
    used = np.zeros(len(words), bool)
    used[rows.astype("i8")] = True
    new = np.where(used, np.cumsum(used) - 1, -1)
    return new[rows.astype("i8")], [word for word, kept in zip(words, used.tolist(), strict=True) if kept], new


def _forms(segments: Sequence[Segment], rows_of: Sequence[Array], count: int) -> dict[str, Array]:
    """The ways in which each term is written, those of all segments."""
    place: dict[bytes, int] = {}
    keys = []
    for segment, rows in zip(segments, rows_of, strict=True):
        lines = segment.arrays["form.text"].tobytes().split(b"\n")[:-1]
        numbers = np.fromiter((place.setdefault(line, len(place)) for line in lines), "i8", len(lines))
        begins = np.cumsum([0, *(len(line) + 1 for line in lines)])[:-1]
        row = rows[np.searchsorted(segment.arrays["form.starts"], begins, "right") - 1]
        keys.append(((row << 32) | numbers)[row >= 0])
    return form_arrays(np.unique(np.concatenate(keys)), list(place), count)
