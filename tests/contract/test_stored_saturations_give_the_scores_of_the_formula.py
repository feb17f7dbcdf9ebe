"""What a segment stores of its postings' scores is used where it is right, and left alone everywhere else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.engines.base import Engine
from indexer.engines.memory import MemoryEngine
from indexer.engines.scoring import NormScale, stable_averages
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.reader import ArrayReader
from indexer.engines.whoosh.search.postings import TermLookup
from indexer.engines.whoosh.storage import generations, posting_lists
from indexer.engines.whoosh.storage.array_file import ArrayFile, write_arrays
from indexer.errors import IndexDamaged
from indexer.model import Document, RankingWeights
from indexer.query.nodes import Or
from support.contract_corpus import changes, doc, fill, word
from support.engines import NOW, WEIGHTS

OTHERS = RankingWeights(title=2.0, k1=1.6)
TREE = Or((word("en/bridge"), word("en/ferry"), word("en/river")))


@pytest.fixture(autouse=True)
def short_lists_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_lists, "MIN_STORED_DOCUMENTS", 3)


def documents(start: int, count: int, text: str = "ferry harbour") -> list[Document]:
    return [
        doc(f"d{n:03}", f"Bridge {n}", f"{text} " * (1 + n % 4), date=f"20{n % 20:02}-01-01") for n in range(start, start + count)
    ]


def rebuilt(engine: Engine, given: list[Document]) -> None:
    with engine.rebuild() as rebuild:
        rebuild.apply(changes(given), len(given))
        rebuild.publish()


def in_use(engine: WhooshEngine) -> list[bool]:
    """By segment that holds shares, whether they are used."""
    snapshot = engine.reader().snapshot
    return [
        used is not None for segment, used in zip(snapshot.segments, snapshot.saturations, strict=True) if segment.saturations
    ]


def engines(path: Path, weights: RankingWeights) -> tuple[WhooshEngine, MemoryEngine]:
    return WhooshEngine(path / "index", weights, now=lambda: NOW), MemoryEngine(weights, now=lambda: NOW)


def same(ours: Engine, theirs: Engine) -> None:
    found, expected = (
        {match.document.id: match.score for match in engine.reader().search(TREE, limit=99).matches} for engine in (ours, theirs)
    )
    assert found == pytest.approx(expected, rel=1e-5)
    assert found


def test_stored_shares_give_the_scores_of_the_formula(tmp_path: Path) -> None:
    ours, theirs = engines(tmp_path, WEIGHTS)
    for engine in (ours, theirs):
        rebuilt(engine, documents(0, 40))
    assert in_use(ours) == [True]
    reader = ours.reader()
    assert isinstance(reader, ArrayReader)
    postings = TermLookup(reader.snapshot).find("en/bridg")
    assert postings
    assert postings.saturations is not None
    assert (
        postings.saturations.tobytes() == TermLookup(reader.snapshot).saturations_of(postings.documents, postings.codes).tobytes()
    )
    same(ours, theirs)


def test_an_update_keeps_them_in_use_and_others_scores_as_they_were(tmp_path: Path) -> None:
    ours, theirs = engines(tmp_path, WEIGHTS)
    for engine in (ours, theirs):
        rebuilt(engine, documents(0, 40))
        fill(engine, [*documents(40, 1), "d003"])
    assert in_use(ours) == [True]
    same(ours, theirs)


def test_other_weights_use_none_until_the_next_update(tmp_path: Path) -> None:
    rebuilt(engines(tmp_path, WEIGHTS)[0], documents(0, 40))
    ours, theirs = engines(tmp_path, OTHERS)
    rebuilt(theirs, documents(0, 40))
    assert in_use(ours) == [False]
    same(ours, theirs)
    for engine in (ours, theirs):
        fill(engine, [doc("new", "A bridge", "ferry")])
    assert in_use(ours) == [True]
    same(ours, theirs)


def test_averages_that_drift_are_given_up_everywhere(tmp_path: Path) -> None:
    ours, theirs = engines(tmp_path, WEIGHTS)
    for engine in (ours, theirs):
        rebuilt(engine, documents(0, 40))
        before = engine.reader()
        fill(engine, documents(40, 20, "river ferry ferry ferry harbour market ferry"))
        assert before.document_count == 40
    assert in_use(ours)
    assert all(in_use(ours))
    same(ours, theirs)


def test_a_rebuild_that_meets_a_document_again_ranks_by_true_averages(tmp_path: Path) -> None:
    ours, theirs = engines(tmp_path, WEIGHTS)
    given = [*documents(0, 40), doc("d001", "Bridge", "river " * 30)]
    for engine in (ours, theirs):
        rebuilt(engine, given)
    assert in_use(ours)
    assert all(in_use(ours))
    same(ours, theirs)
    snapshot = ours.reader().snapshot
    gone = [
        np.flatnonzero(~snapshot.living[start : start + s.size])
        for s, start in zip(snapshot.segments, snapshot.offsets, strict=True)
    ]
    assert snapshot.scale.averages == posting_lists.average_lengths([s.lengths for s in snapshot.segments], gone)


def test_averages_are_kept_within_five_hundredths() -> None:
    assert stable_averages((), (3.0, 0.0)) == (3.0, 0.0)
    assert stable_averages((100.0, 0.0), (104.9, 0.0)) == (100.0, 0.0)
    assert stable_averages((100.0, 1.0), (94.9, 1.0)) == (94.9, 1.0)
    assert stable_averages((100.0, 0.0), (100.0, 0.1)) == (100.0, 0.1)


def segments_of(engine: WhooshEngine) -> Iterator[Path]:
    return engine.directory.rglob("*.arrays")


def renew_manifest(engine: WhooshEngine) -> None:
    """Let the manifest agree with files that were changed."""
    (path,) = engine.directory.rglob("manifest-*.json")
    path.unlink()
    names = [each.name for each in path.parent.iterdir()]
    generations.write_manifest(path.parent, int(path.stem.rpartition("-")[2]), names, {})


def test_a_segment_with_too_few_saturations_is_damaged(whoosh: WhooshEngine) -> None:
    rebuilt(whoosh, documents(0, 40))
    for path in list(segments_of(whoosh)):
        held = ArrayFile(path)
        arrays = {name: array.copy() for name, array in held.arrays.items()}
        write_arrays(path, arrays | {"saturation.value": arrays["saturation.value"][:-1]}, held.meta)
    renew_manifest(whoosh)
    with pytest.raises(IndexDamaged, match="saturations"):
        whoosh.reader()


def test_a_commit_that_does_not_say_its_averages_is_damaged(whoosh: WhooshEngine) -> None:
    fill(whoosh, documents(0, 4))
    (state,) = whoosh.directory.rglob("state-*.json")
    values = generations.read_json(state)
    del values["averages"]
    generations.write_json(state, values)
    renew_manifest(whoosh)
    with pytest.raises(IndexDamaged, match="last change"):
        whoosh.reader()


def test_the_scale_survives_the_header() -> None:
    scale = NormScale.of((1 / 3, 0.1, 137.23456789, 0.0, 2.0), dataclasses.replace(WEIGHTS, k1=1.1))
    assert json.loads(json.dumps(scale.meta)) == scale.meta
