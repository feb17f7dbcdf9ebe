"""Some segments as one, without their deleted documents: arrays to arrays, no text is analysed again.

    documents   put in order anew; each segment's old numbers -> new ones (-1: deleted)
    lists       of terms and word forms (`array_merge_lists`), range by range
    texts       joined in the new order while the file is written

So memory does not depend on how large the segments are, but for the lists that come out: some 650 bytes a document of 137
words beside 50 MB. 24 us a document, written and all, on the benchmark's; 93 when postings of all ranges were sorted at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from indexer.engines.array_build import facet_arrays
from indexer.engines.array_file import Array, Streamed
from indexer.engines.array_layout import FACETS, pack_texts, smallest
from indexer.engines.array_merge_lists import Part, chosen, forget, merged_surfaces, merged_terms
from indexer.engines.array_segment import Segment
from indexer.engines.postings import FIELDS

_STREAMED: Final = 4 << 20  # bytes of stored documents joined at once
Arrays = dict[str, Array | Streamed]


def merge(segments: Sequence[Segment], living: Sequence[npt.NDArray[np.bool_]]) -> Arrays:
    """The arrays of one segment with the living documents of all. There must be no more than MOST_DOCUMENTS of them, each
    id once."""
    parts = [Part(segment, mask) for segment, mask in zip(segments, living, strict=True)]
    ids = [id_ for part in parts for id_ in chosen(part.segment.texts("id"), part.numbers)]
    dates = np.concatenate([part.segment.dates[part.numbers] for part in parts])
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
    arrays |= _columns(parts, order)
    arrays |= merged_terms(parts)
    arrays |= merged_surfaces(parts)
    return arrays


# -- a value per document ----------------------------------------------------------------------------------------------


def _columns(parts: Sequence[Part], order: Array) -> Arrays:
    arrays: Arrays = {}
    for name in ("url", "stored"):
        arrays |= _texts(parts, order, name)
    for name in FACETS:
        place: dict[str, int] = {}
        ordinals = []
        for part in parts:
            texts, own = part.segment.facet(name)
            new = [place.setdefault(text.decode("utf-8", "replace"), len(place)) for text in texts]
            ordinals.append(np.array(new, "u4")[own[part.numbers]])
        arrays |= facet_arrays(name, list(place), np.concatenate(ordinals)[order])
    for field, name in enumerate(FIELDS):
        for kind, columns in (("length", "lengths"), ("start", "field_starts")):
            values = [getattr(part.segment, columns)[field][part.numbers] for part in parts]
            arrays[f"{kind}.{name}"] = smallest(np.concatenate(values)[order])
    return arrays


def _texts(parts: Sequence[Part], order: Array, name: str) -> Arrays:
    """Texts in the new order, joined only while they are written."""
    all_ends = [part.segment.arrays[f"{name}.ends"].astype("i8") for part in parts]
    ends = np.concatenate([own[part.numbers] for own, part in zip(all_ends, parts, strict=True)])[order]
    starts = np.concatenate(
        [np.concatenate(([0], own[:-1]))[part.numbers] for own, part in zip(all_ends, parts, strict=True)]
    )[order]
    of = np.repeat(np.arange(len(parts)), [len(part.numbers) for part in parts])[order]
    new_ends = np.cumsum(ends - starts)
    total = int(new_ends[-1]) if new_ends.size else 0
    cuts = np.searchsorted(new_ends, np.arange(_STREAMED, total + _STREAMED, _STREAMED)) + 1

    def blocks() -> Iterator[Array]:
        data = [part.segment.arrays[f"{name}.bytes"].data for part in parts]
        first = 0
        for last in cuts.tolist():
            where = zip(of[first:last].tolist(), starts[first:last].tolist(), ends[first:last].tolist(), strict=True)
            yield np.frombuffer(b"".join([data[i][start:end] for i, start, end in where]), "u1")
            first = last
            forget(parts)

    return {f"{name}.bytes": Streamed("|u1", total, blocks()), f"{name}.ends": smallest(new_ends)}
