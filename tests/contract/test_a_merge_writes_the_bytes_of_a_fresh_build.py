"""Arrays that were merged are, byte by byte, those that a fresh build of the same documents gives."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.engines.whoosh.storage import array_file, layout
from indexer.engines.whoosh.storage.array_file import Array, ArrayFile, Spool, StreamedArray, write_arrays
from indexer.engines.whoosh.storage.layout import LAYOUT_VERSION
from indexer.engines.whoosh.storage.segment import Segment
from indexer.engines.whoosh.write import merge_postings, merger
from indexer.engines.whoosh.write.merger import merge
from indexer.engines.whoosh.write.segment_builder import SegmentBuilder
from indexer.model import Document

WORDS = "the Ferry ferries ferry l'Europe Zürich Zuerich straße O'Brien's 東京都 Öl oil oils x 3.5 don't don’t Ελλάδα".split()
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
documents = st.lists(
    st.builds(
        lambda number, title, text, names, hours, language: Document(
            f"id{number}", f"https://example.org/{number}", title, text, language=language, summary=title[:7],
            date=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours) if hours else None,
            authors=tuple(names), categories=tuple(names[:1]), source="A" if hours else "B",
        ),
        st.integers(0, 10**6), texts, texts, st.lists(texts, max_size=2), st.integers(0, 3), st.sampled_from(["en", "de", "fr"]),
    ),
    max_size=30, unique_by=lambda document: document.id,
)  # fmt: skip


def built(documents: list[Document]) -> dict[str, Array]:
    builder = SegmentBuilder()
    for document in documents:
        builder.add(document)
    return builder.take()[0]


def written(folder: Path, name: str, documents: list[Document]) -> Segment:
    write_arrays(folder / name, built(documents), {"layout": LAYOUT_VERSION})
    return Segment(folder / name)


@pytest.mark.parametrize(
    ("postings", "bits"),
    [
        (1, 1), (1, layout.BLOCK_BITS), (20, 2), (merge_postings.MAX_RANGE_POSTINGS, 1),
        (merge_postings.MAX_RANGE_POSTINGS, layout.BLOCK_BITS),
    ],
)  # fmt: skip
@given(given=documents, cuts=st.lists(st.integers(0, 30), max_size=3), gone=st.sets(st.integers(0, 29)))
@settings(max_examples=60, deadline=None)
def test_merged_arrays_are_those_of_a_fresh_build(
    postings: int, bits: int, given: list[Document], cuts: list[int], gone: set[int]
) -> None:
    bounds = [0, *sorted(cuts), len(given)]
    pieces = [given[a:b] for a, b in pairwise(bounds) if given[a:b]]
    if not pieces:
        return
    dead = {given[i].id.encode() for i in gone if i < len(given)}
    small: list[tuple[ModuleType, str, int]] = [
        (merge_postings, "MAX_RANGE_POSTINGS", postings),
        (layout, "BLOCK_BITS", bits),
    ]
    small += [(merger, "_STREAMED_BLOCK_BYTES", 50 * postings), (array_file, "MAX_BUFFER_BYTES", 5 * postings)]
    with tempfile.TemporaryDirectory() as made, pytest.MonkeyPatch.context() as patched:
        for change in small:
            patched.setattr(*change)
        folder = Path(made)
        segments = [written(folder, str(n), piece) for n, piece in enumerate(pieces)]
        living = [np.array([id_ not in dead for id_ in segment.texts("id")], bool) for segment in segments]
        write_arrays(folder / "merged", merge(segments, living), {"layout": LAYOUT_VERSION})
        merged = ArrayFile(folder / "merged")
        assert merged.find_damage() is None
        fresh = built([document for document in given if document.id.encode() not in dead])
        assert merged.arrays.keys() == fresh.keys()
        for name, array in fresh.items():
            if name.startswith("form.") and dead:
                continue  # forms that only deleted documents had may stay
            assert merged.arrays[name].dtype == array.dtype, name
            assert merged.arrays[name].tobytes() == array.tobytes(), name


def test_a_streamed_array_must_be_as_long_as_was_said(tmp_path: Path) -> None:
    blocks = [np.arange(5, dtype="u2"), np.arange(2, dtype="u2")]
    write_arrays(tmp_path / "right", {"a": StreamedArray("<u2", 7, iter(blocks)), "b": blocks[0]}, {}, durable=False)
    assert ArrayFile(tmp_path / "right").arrays["a"].tolist() == [0, 1, 2, 3, 4, 0, 1]
    assert ArrayFile(tmp_path / "right").find_damage() is None
    with pytest.raises(ValueError, match="length"):
        write_arrays(tmp_path / "wrong", {"a": StreamedArray("<u2", 8, iter(blocks))}, {})


@pytest.mark.parametrize("held", [1, 20, 1_000])
def test_a_spool_gives_what_was_added_in_the_widest_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr(array_file, "MAX_BUFFER_BYTES", held)
    spool, alike = Spool(tmp_path), Spool(tmp_path, "u2")
    for block in (np.arange(3, dtype="u1"), np.zeros(0, "u4"), np.array([700], "u2"), np.array([5], "u1")):
        spool.add(block)
        alike.add(block.astype("u2"))
    assert list(tmp_path.iterdir()) == [], "a kill would leave it behind"
    assert (spool.dtype, spool.items) == ("<u2", 5)
    for _ in range(2):
        assert np.concatenate(list(spool.blocks)).tolist() == [0, 1, 2, 700, 5]
        assert alike.slices()[1:4].tolist() == [1, 2, 700]
        assert alike.slices()[5:5].tolist() == []
    write_arrays(tmp_path / "file", {"a": spool, "none": Spool(tmp_path)}, {})
    written = ArrayFile(tmp_path / "file")
    assert written.find_damage() is None
    assert (written.arrays["a"].dtype.str, written.arrays["a"].tolist()) == ("<u2", [0, 1, 2, 700, 5])
    assert (written.arrays["none"].dtype.str, written.arrays["none"].tolist()) == ("|u1", [])
    assert written.read("a").tolist() == [0, 1, 2, 700, 5]
