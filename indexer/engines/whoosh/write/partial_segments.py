"""Partial segments of a bulk build: small enough that making one takes little memory, joined when all are there.

    documents -> partial segments of up to 8,192 documents, a file each -> groups -> few segments of equal size

Making a partial segment takes 60 MB for the benchmark's documents; a whole segment would take 500. Joining costs 24 us a
document. Partial segments need not survive a crash, because a generation is not read before it is published.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from indexer.engines.fields import FIELDS
from indexer.engines.scoring import Averages, NormScale
from indexer.engines.whoosh.storage.array_file import ArrayFile, Writable, write_arrays
from indexer.engines.whoosh.storage.generations import sync
from indexer.engines.whoosh.storage.layout import LAYOUT_VERSION, MAX_SEGMENT_DOCUMENTS
from indexer.engines.whoosh.storage.posting_lists import add_saturations, average_lengths, is_stored
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.write.merger import merge
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.model import Document

MAX_PARTIAL_DOCUMENTS: Final = 8_192  # of a partial segment; eight of them fill a segment
MAX_PARTIAL_WORDS: Final = 1_200_000  # of text; memory depends on them, at some 50 bytes a word


@dataclass(frozen=True, slots=True)
class PartialSegment:
    """The path of a partial segment and the number of its documents."""

    path: str
    size: int


class PartialSegmentBuilder:
    """Makes partial segments in this process. `name` is the prefix of their file names."""

    def __init__(self, folder: Path, name: str, max_documents: int) -> None:
        self._folder, self._name, self._max_documents = folder, name, max_documents
        self._builder = SegmentBuilder()
        self._segments: list[PartialSegment] = []

    def add(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._builder.add(document)
            if len(self._builder) >= self._max_documents or self._builder.word_count >= MAX_PARTIAL_WORDS:
                self._write()

    def finish(self) -> list[PartialSegment]:
        """Write the last partial segment and return all of them, in the order of their documents."""
        if len(self._builder):
            self._write()
        self._builder = SegmentBuilder()  # frees its word table
        return self._segments

    def _write(self) -> None:
        path = self._folder / f"{self._name}-{len(self._segments)}.arrays"
        size = len(self._builder)
        write_arrays(path, self._builder.take()[0], {"layout": LAYOUT_VERSION}, durable=False)
        self._segments.append(PartialSegment(str(path), size))


def write_segment(path: Path, arrays: Mapping[str, Writable], scale: NormScale) -> None:
    """Write a segment with the saturations of its long lists. It is on the disk when this returns."""
    arrays_with_saturations, meta = add_saturations(arrays, scale)
    write_arrays(path, arrays_with_saturations, {"layout": LAYOUT_VERSION, **meta})


def join_segments(partial_segments: Sequence[PartialSegment], path: Path, scale: NormScale) -> None:
    """Join partial segments to one segment and remove them. The segment is on the disk when this returns."""
    if len(partial_segments) == 1 and not is_stored(partial_segments[0].size):
        sync(Path(partial_segments[0].path))
        os.replace(partial_segments[0].path, path)
        return
    segments = [Segment(Path(partial_segment.path)) for partial_segment in partial_segments]
    write_segment(path, merge(segments, [np.ones(s.size, bool) for s in segments]), scale)
    for partial_segment in partial_segments:
        os.unlink(partial_segment.path)


def average_lengths_of_files(partial_segments: Sequence[PartialSegment]) -> Averages:
    """Return the average field lengths of all documents in these files."""
    files = (ArrayFile(Path(partial_segment.path)) for partial_segment in partial_segments)
    lengths = [[file.read(f"length.{name}") for name in FIELDS] for file in files]
    return average_lengths(lengths, [np.zeros(0, "i8")] * len(lengths))


def group_equally(
    partial_segments: Sequence[PartialSegment], max_documents: int = MAX_SEGMENT_DOCUMENTS
) -> list[list[PartialSegment]]:
    """Group partial segments into as few segments as possible, of nearly equal size, each with up to `max_documents`.

    >>> [[part.size for part in group] for group in group_equally([PartialSegment("", 3)] * 5, 10)]
    [[3, 3, 3], [3, 3]]
    >>> [[part.size for part in group] for group in group_equally([PartialSegment("", 7), PartialSegment("", 1)], 10)]
    [[7, 1]]
    """
    total = sum(partial_segment.size for partial_segment in partial_segments)
    target_size = total / max(1, -(-total // max_documents))
    groups: list[list[PartialSegment]] = []
    documents_held, passed = 0, 0
    for partial_segment in partial_segments:
        # Begin a new group where the middle of the partial segment lies beyond the next border between equal groups.
        if (
            not groups
            or documents_held + partial_segment.size > max_documents
            or passed + partial_segment.size / 2 > target_size * len(groups)
        ):
            groups.append([])
            documents_held = 0
        groups[-1].append(partial_segment)
        documents_held += partial_segment.size
        passed += partial_segment.size
    return groups
