"""Each of these was wrong once: found by reading the arrays' first version with a hostile eye."""

from __future__ import annotations

import errno
import json
import os
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from indexer.engines.base import Engine
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.search import evaluate as array_query
from indexer.engines.whoosh.search.evaluate import Evaluation
from indexer.engines.whoosh.storage import generations
from indexer.errors import EngineError, IndexDamaged
from indexer.model import RankingWeights
from indexer.query.nodes import And, Constant, Everything, Filter, Not, Or
from support.contract_corpus import NEWS, changes, doc, fill, ids, phrase, word
from support.engines import NOW


def test_a_word_a_thousand_times_in_a_small_field_spoils_no_phrase(engine: Engine) -> None:
    flood = doc("flood", "Flood", "text", categories=tuple("x " * 99 + str(n) for n in range(100)), authors=("x " * 999,))
    asian = doc("asian", "界" * 999, "界" * 60_000, summary="界" * 7_999, language="zh", categories=("界" * 1_999,))
    reader = fill(engine, [flood, asian, doc("a", "x marks", "the x marks the spot"), doc("b", "none", "x marks")])
    assert sorted(ids(reader, phrase("en/x", "en/marks"))) == ["a", "b"]
    assert sorted(ids(reader, word("en/x", fields=("authors",)))) == ["flood"]
    assert ids(reader, word("zh/界界", fields=("authors",))) == []
    assert ids(reader, word("zh/界界")) == ["asian"]


@pytest.mark.parametrize("kind", ["memory", "whoosh"])
def test_a_field_that_weighs_nothing_is_searched_all_the_same(kind: str, tmp_path: Path) -> None:
    weights = RankingWeights(authors=0.0)
    engine = MemoryEngine(weights, now=lambda: NOW) if kind == "memory" else WhooshEngine(tmp_path, weights, now=lambda: NOW)
    reader = fill(engine, [doc("a", "one", "two", authors=("Hanne Vik",)), doc("b", "Hanne", "Vik")])
    assert ids(reader, phrase("en/hann", "en/vik", fields=("authors",))) == ["a"]
    assert ids(reader, word("en/vik", fields=("authors",))) == ["a"]
    assert reader.search(word("en/vik", fields=("authors",)), explain=True).total == 1


def test_sums_of_segments_that_stay_are_not_worked_out_again(whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(whoosh, [doc(f"d{n}", "kite", "swan " * 20) for n in range(200)])
    summed: list[str] = []
    real = generations.checksum
    monkeypatch.setattr(generations, "checksum", lambda path: summed.append(path.name) or real(path))
    fill(whoosh, [doc("new", "kite")])
    assert sum(name.endswith(".arrays") for name in summed) == 1
    assert whoosh.verify() == ()


def test_a_commit_reaches_the_disk_before_the_last_one_goes(whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(whoosh, NEWS)
    order: list[str] = []
    real_sync, real_unlink = generations.sync, Path.unlink
    monkeypatch.setattr(generations, "sync", lambda path: order.append(f"sync {path.name}") or real_sync(path))
    monkeypatch.setattr(Path, "unlink", lambda path, **k: order.append(f"unlink {path.name}") or real_unlink(path, **k))
    fill(whoosh, [doc("new", "kite")])
    assert any(step.startswith("sync _MAIN_2.toc") for step in order)
    toc = next(i for i, step in enumerate(order) if step.startswith("sync _MAIN_2.toc"))
    assert not [step for step in order[:toc] if step.startswith("unlink")]


def spoil_array(path: Path, name: str) -> None:
    """Other numbers in an array, as a failing disk would leave them."""
    data = bytearray(path.read_bytes())
    length = struct.unpack_from("<I", data, 8)[0]
    dtype, items, offset, _ = json.loads(data[16 : 16 + length])["arrays"][name]
    size = items * int(dtype[-1])
    data[offset : offset + size] = b"\xfe" * size
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("name", ["posting.document", "posting.code", "stored.bytes", "term.text", "posting.starts", "id.ends"])
def test_damage_within_an_array_is_told_and_not_merged_into_good_files(whoosh: WhooshEngine, name: str) -> None:
    fill(whoosh, NEWS)
    (path,) = whoosh.directory.rglob("*.arrays")
    spoil_array(path, name)
    assert whoosh.verify()
    reader = WhooshEngine(whoosh.directory, whoosh.weights).reader()
    for ask in (
        lambda: reader.search(word("en/lantern"), facets=True, explain=True),
        lambda: reader.search(Everything(), limit=10),
        lambda: reader.document("a"),
        lambda: reader.forms("en/lantern"),
    ):
        with suppress(IndexDamaged):  # an answer of what is still right, or this; nothing else
            ask()
    with suppress(IndexDamaged):
        for number in range(6):
            fill(whoosh, [doc(f"n{number}", "kite"), doc(f"m{number}", "kite")])
    assert whoosh.verify(), "the damage came out of a merge with good sums"


def test_a_full_disk_at_the_start_is_told_and_leaves_nothing(whoosh: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(generations, "write_json", full)
        with pytest.raises(EngineError, match="No space left"):
            whoosh.writer()
        with pytest.raises(EngineError, match="No space left"), whoosh.rebuild():
            pass
    assert generations.names(whoosh.directory) == []
    assert fill(whoosh, NEWS).document_count == 6


def test_out_of_time_what_is_excluded_stays_excluded(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, NEWS)
    late = Evaluation(reader._snapshot, budget=-1.0)
    wanted = And((word("en/lantern"), Not(Or((word("en/rain"), word("en/bridge"))))))
    found = [reader._snapshot.document(n).id for n in late.scored(wanted).documents.tolist()]
    assert found == ["b"]
    filters = Or((Filter("language", "de"), Filter("language", "en")))
    assert len(Evaluation(reader._snapshot, budget=-1.0).scored(filters).documents) == 6
    assert array_query.TIME_BUDGET > 0


def test_an_index_of_another_version_says_so(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    pointer = generations.read_pointer(whoosh.directory)
    assert pointer
    generations.write_pointer(whoosh.directory, generations.Pointer(pointer.generation, 1, pointer.analysis))
    assert whoosh.is_outdated()
    for use in (whoosh.reader, whoosh.writer):
        with pytest.raises(IndexDamaged, match=r"another version.*indexer reindex"):
            use()
    with whoosh.rebuild() as rebuild:
        rebuild.apply(changes(NEWS), 6)
        rebuild.publish()
    assert whoosh.reader().document_count == 6


def test_a_condition_that_adds_nothing_takes_nothing_away(engine: Engine) -> None:
    """`author:vik ferry` scored 0 where more documents had the author than the word."""
    reader = fill(engine, NEWS)
    rain, lantern = word("en/rain"), word("en/lantern")
    (alone,) = reader.search(rain).matches
    (found,) = reader.search(And((rain, Constant(lantern)))).matches
    assert found.score == pytest.approx(alone.score) != 0
