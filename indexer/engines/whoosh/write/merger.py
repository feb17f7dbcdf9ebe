"""Some segments as one, without their deleted documents: arrays to arrays, no text is analysed again.

    documents   put in order anew; each segment's old numbers -> new ones (-1: deleted)
    lists       of terms and word forms (`array_merge_lists`), range by range
    texts       joined in the new order while the file is written

What is as long as postings or texts is read range by range and waits on the disk until it is written (`array_file.Spool`). So
memory does not depend on how large the segments are, but for what is kept of each document and each word: 160 MB for 100,000
documents of 137 words, 210 for 250,000. 24 us a document, written and all; 93 when postings of all ranges were sorted at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.scoring import FIELDS
from indexer.engines.whoosh.storage.array_file import Array, Streamed, Writable
from indexer.engines.whoosh.storage.layout import FACETS, pack_texts, smallest
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.write.merge_postings import MergeInput, chosen, forget, merged_surfaces, merged_terms
from indexer.engines.whoosh.write.segment_builder import facet_arrays

_STREAMED: Final = 4 << 20  # bytes of stored documents joined at once
Arrays = dict[str, Writable]


def merge(segments: Sequence[Segment], living: Sequence[npt.NDArray[np.bool_]]) -> Arrays:
    """The arrays of one segment with the living documents of all. There must be no more than MAX_DOCUMENTS of them, each
    id once."""
    parts = [MergeInput(segment, mask) for segment, mask in zip(segments, living, strict=True)]
    arrays, order = _numbered(parts)
    arrays |= _columns(parts, order)
    arrays |= merged_terms(parts)
    arrays |= merged_surfaces(parts)
    return arrays


def _numbered(parts: Sequence[MergeInput]) -> tuple[Arrays, Array]:
    """What says which document is which, and of each new number which document it is, counted through all parts; each part
    gets to know its new numbers."""
    ids = [id_ for part in parts for id_ in chosen(part.segment.texts("id"), part.numbers)]
    forget(parts)
    dates = np.concatenate([part.values("date") for part in parts])
    by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), "i8")
    order = by_id[np.argsort(-dates[by_id], kind="stable")]
    number = np.empty(len(order), "i4")
    number[order] = np.arange(len(order), dtype="i4")
    start = 0
    for part in parts:
        part.new[part.numbers] = number[start : start + len(part.numbers)]
        start += len(part.numbers)
    arrays: Arrays = {"date": dates[order], "id.sorted": smallest(number[by_id].astype("u4"))}
    arrays["id.bytes"], arrays["id.ends"] = pack_texts([ids[i] for i in order.tolist()])
    return arrays, order


# -- a value per document ----------------------------------------------------------------------------------------------


def _columns(parts: Sequence[MergeInput], order: Array) -> Arrays:
    arrays: Arrays = {}
    for name in ("url", "stored"):
        arrays |= _texts(parts, order, name)
    for name in FACETS:
        place: dict[str, int] = {}
        ordinals = []
        for part in parts:
            texts = part.segment.texts(name)
            new = [place.setdefault(text.decode("utf-8", "replace"), len(place)) for text in texts]
            ordinals.append(np.array(new, "u4")[part.values(f"{name}.ordinal")])
        arrays |= facet_arrays(name, list(place), np.concatenate(ordinals)[order])
    for field in FIELDS:
        for name in (f"length.{field}", f"start.{field}"):
            arrays[name] = smallest(np.concatenate([part.values(name) for part in parts])[order])
    return arrays


def _texts(parts: Sequence[MergeInput], order: Array, name: str) -> Arrays:
    """Texts in the new order, joined only while they are written."""
    all_ends = [part.segment.file.read(f"{name}.ends").astype("i8") for part in parts]
    ends = np.concatenate([own[part.numbers] for own, part in zip(all_ends, parts, strict=True)])[order]
    starts = np.concatenate([np.concatenate(([0], own[:-1]))[part.numbers] for own, part in zip(all_ends, parts, strict=True)])[
        order
    ]
    of = np.repeat(np.arange(len(parts)), [len(part.numbers) for part in parts])[order]
    new_ends = np.cumsum(ends - starts)
    total = int(new_ends[-1]) if new_ends.size else 0
    cuts = np.searchsorted(new_ends, np.arange(_STREAMED, total + _STREAMED, _STREAMED)) + 1
    cuts = np.unique(np.minimum(cuts, len(order)))  # a text may be longer than what is joined at once

    def blocks() -> Iterator[Array]:
        read = [part.segment.file.reading(f"{name}.bytes") for part in parts]
        first = 0
        for last in cuts.tolist():
            yield _joined(read, of[first:last], starts[first:last], ends[first:last])
            first = last

    return {f"{name}.bytes": Streamed("|u1", total, blocks()), f"{name}.ends": smallest(new_ends)}


def _joined(read: Sequence[Callable[[int, int], bytes]], of: Array, starts: Array, ends: Array) -> Array:
    """Texts that stand in these parts, from … to …, one after the other; those side by side in a part are read at once."""
    by_part = np.argsort(of, kind="stable")
    of, starts, ends = of[by_part], starts[by_part], ends[by_part]
    apart = np.flatnonzero((of[1:] != of[:-1]) | (starts[1:] != ends[:-1])) + 1
    firsts, lasts = np.concatenate(([0], apart)), np.concatenate((apart - 1, [len(of) - 1]))
    runs = zip(of[firsts].tolist(), starts[firsts].tolist(), (ends[lasts] - starts[firsts]).tolist(), strict=True)
    texts = b"".join([read[part](start, count) for part, start, count in runs])
    lengths = ends - starts
    places = np.empty((len(of), 2), "i8")
    places[by_part, 1] = np.cumsum(lengths)
    places[by_part, 0] = places[by_part, 1] - lengths
    view = memoryview(texts)
    return np.frombuffer(b"".join([view[start:end] for start, end in places.tolist()]), "u1")
