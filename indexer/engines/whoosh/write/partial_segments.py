"""A new index in pieces: segments small enough that making one takes little memory, joined when all are there.

    documents -> pieces of up to 8,192 documents, each a file -> groups -> segments, as few and as equal as can be

A piece of the benchmark's documents takes 60 MB while it is made, where a whole segment would take 500. Joining costs 24 us a
document, and nothing has to be kept of pieces: nobody reads a generation before it is published.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from indexer.engines.scoring import FIELDS, Averages
from indexer.engines.whoosh.storage.array_file import ArrayFile, Writable, write_arrays
from indexer.engines.whoosh.storage.generations import sync
from indexer.engines.whoosh.storage.layout import LAYOUT_VERSION, MAX_DOCUMENTS
from indexer.engines.whoosh.storage.saturated_tf import NormScale, averages_of, is_long, with_shares
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.write.merger import merge
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.model import Document

PIECE_DOCUMENTS: Final = 8_192  # eight fill a segment
PIECE_WORDS: Final = 1_200_000  # what memory depends on: some 50 bytes each, texts included


@dataclass(frozen=True, slots=True)
class Piece:
    """The file of a segment with so many documents."""

    path: str
    size: int


class PieceMaker:
    """Makes pieces of up to `most` documents in this process. `name` begins the names of its files."""

    def __init__(self, folder: Path, name: str, most: int) -> None:
        self._folder, self._name, self._most = folder, name, most
        self._builder = SegmentBuilder()
        self._pieces: list[Piece] = []

    def add(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._builder.add(document)
            if len(self._builder) >= self._most or self._builder.word_count >= PIECE_WORDS:
                self._write()

    def finish(self) -> list[Piece]:
        """All pieces, in the order of their documents."""
        if len(self._builder):
            self._write()
        self._builder = SegmentBuilder()  # its table of words is of no more use
        return self._pieces

    def _write(self) -> None:
        path = self._folder / f"{self._name}-{len(self._pieces)}.arrays"
        size = len(self._builder)
        write_arrays(path, self._builder.take()[0], {"layout": LAYOUT_VERSION}, durable=False)
        self._pieces.append(Piece(str(path), size))


def write_segment(path: Path, arrays: Mapping[str, Writable], scale: NormScale) -> None:
    """It reaches the disk."""
    shared, meta = with_shares(arrays, scale)
    write_arrays(path, shared, {"layout": LAYOUT_VERSION, **meta})


def join(pieces: Sequence[Piece], path: Path, scale: NormScale) -> None:
    """Make one segment of pieces, which are gone then. It reaches the disk."""
    if len(pieces) == 1 and not is_long(pieces[0].size):
        sync(Path(pieces[0].path))
        os.replace(pieces[0].path, path)
        return
    segments = [Segment(Path(piece.path)) for piece in pieces]
    write_segment(path, merge(segments, [np.ones(s.size, bool) for s in segments]), scale)
    for piece in pieces:
        os.unlink(piece.path)


def averages_in(pieces: Sequence[Piece]) -> Averages:
    """The average lengths of fields in all of them."""
    files = (ArrayFile(Path(piece.path)) for piece in pieces)
    lengths = [[file.read(f"length.{name}") for name in FIELDS] for file in files]
    return averages_of(lengths, [np.zeros(0, "i8")] * len(lengths))


def group(pieces: Sequence[Piece], most: int = MAX_DOCUMENTS) -> list[list[Piece]]:
    """Which pieces become one segment: few segments, of nearly the same size, each of no more than `most` documents.

    >>> [[piece.size for piece in found] for found in group([Piece("", 3)] * 5, 10)]
    [[3, 3, 3], [3, 3]]
    >>> [[piece.size for piece in found] for found in group([Piece("", 7), Piece("", 1)], 10)]
    [[7, 1]]
    """
    total = sum(piece.size for piece in pieces)
    share = total / max(1, -(-total // most))
    groups: list[list[Piece]] = []
    held, passed = 0, 0
    for piece in pieces:
        # A new one where the piece's middle lies beyond the next border between equal shares.
        if not groups or held + piece.size > most or passed + piece.size / 2 > share * len(groups):
            groups.append([])
            held = 0
        groups[-1].append(piece)
        held += piece.size
        passed += piece.size
    return groups
