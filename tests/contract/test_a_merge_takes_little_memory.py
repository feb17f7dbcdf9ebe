"""What is as long as postings, positions or texts is never held: not while segments are merged, not while that is written."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.engines.scoring import NormScale
from indexer.engines.whoosh.storage import array_file
from indexer.engines.whoosh.storage.array_file import write_arrays
from indexer.engines.whoosh.storage.layout import LAYOUT_VERSION
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.write import merge_postings, merger
from indexer.engines.whoosh.write.merger import merge
from indexer.engines.whoosh.write.partial_segments import write_segment
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.model import Document

DOCUMENTS, WORDS, DIFFERENT = 6_000, 300, 2_000


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> list[Segment]:
    """Two segments of few documents and few words, but of long texts."""
    folder, chance = tmp_path_factory.mktemp("pieces"), random.Random(1)
    words = [f"word{n}" for n in range(DIFFERENT)]
    found = []
    for piece in "ab":
        builder = SegmentBuilder()
        for n in range(DOCUMENTS // 2):
            builder.add(Document(f"{n}{piece}", f"https://example.org/{n}", "", " ".join(chance.choices(words, k=WORDS))))
        write_arrays(folder / piece, builder.take()[0], {"layout": LAYOUT_VERSION}, durable=False)
        found.append(Segment(folder / piece))
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is worked on at once, in the proportion that a large segment has to it."""
    monkeypatch.setattr(merge_postings, "MAX_RANGE_POSTINGS", 1 << 13)
    monkeypatch.setattr(merger, "_STREAMED_BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr(array_file, "MAX_BUFFER_BYTES", 1 << 16)
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("gone", [0, 3], ids=["whole", "every third deleted"])
def test_a_merge_takes_a_fraction_of_what_comes_out(pieces: list[Segment], tmp_path: Path, small: None, gone: int) -> None:
    """As numpy and Python count what they have; what is mapped does not count, and is not read here. 0.12 and 0.16 of the
    outcome, where 1.15 and 1.44 were taken when all was held."""
    living = [np.arange(piece.size) % gone != 0 if gone else np.ones(piece.size, bool) for piece in pieces]
    averages = (0.0, 0.0, float(WORDS), 0.0, 0.0)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    write_segment(tmp_path / "merged", merge(pieces, living), NormScale(averages, (1.0,) * 5, 1.2, 0.75))
    peak = tracemalloc.get_traced_memory()[1] - before
    size = (tmp_path / "merged").stat().st_size
    assert size > 5_000_000
    assert Segment(tmp_path / "merged").size == sum(int(mask.sum()) for mask in living)
    assert peak < size / 3, f"{peak:,} bytes for a segment of {size:,}"
