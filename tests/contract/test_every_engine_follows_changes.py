"""Updates, deletions, snapshots, rebuilds."""

from __future__ import annotations

import pytest

from indexer.engines.base import Engine
from indexer.errors import IndexMissing
from indexer.query.nodes import Everything
from support.contract_corpus import NEWS, changes, doc, fill, ids, word


def test_no_index_yet(engine: Engine) -> None:
    with pytest.raises(IndexMissing):
        engine.reader()
    assert engine.verify() == ()
    assert not engine.is_outdated()
    writer = engine.writer()
    assert writer.position == 0
    assert engine.reader().document_count == 0


def test_replacing_and_removing(engine: Engine) -> None:
    fill(engine, NEWS)
    reader = fill(engine, [doc("a", "kite"), "b", doc("g", "kite"), "unknown"])
    assert reader.position == 10
    assert reader.document_count == 6
    assert sorted(ids(reader, word("en/kite"))) == ["a", "g"]
    assert sorted(ids(reader, word("en/lantern"))) == ["c", "d"]
    assert reader.document("b") is None
    assert sorted(ids(reader, Everything())) == ["a", "c", "d", "e", "f", "g"]
    assert reader.surface_frequency("jones") == 0
    assert reader.surfaces("jone", 5) == []


def test_several_changes_of_one_document_in_one_commit(engine: Engine) -> None:
    reader = fill(engine, [doc("a", "one"), doc("a", "two"), "a", doc("a", "three"), doc("b", "four"), "b"])
    assert reader.document_count == 1
    assert ids(reader, Everything()) == ["a"]
    assert reader.count(word("en/one")) == reader.count(word("en/two")) == 0
    assert reader.count(word("en/three")) == 1


def test_many_changes_find_what_they_replace(engine: Engine) -> None:
    """Enough of them that the embedded engine looks ids up in another way."""
    fill(engine, [doc("a", "zero"), *(doc(f"d{n}", "one") for n in range(1200)), doc("a", "one")])
    reader = fill(engine, [*(doc(f"d{n}", "two") for n in range(1100)), "d1150", "d1151", "unknown", doc("a", "two")])
    assert reader.document_count == 1199
    assert reader.count(word("en/one")) == 98
    assert reader.count(word("en/two")) == 1101
    assert reader.document("d1151") is None


def test_applying_twice_changes_nothing(engine: Engine) -> None:
    writer = engine.writer()
    for _ in range(2):
        writer.apply(changes(NEWS), 6)
    assert engine.reader().document_count == 6
    assert ids(engine.reader(), word("en/lantern"))[0] == "b"


def test_the_position_may_be_ahead_and_may_move_alone(engine: Engine) -> None:
    writer = engine.writer()
    writer.apply(changes(NEWS), 100)
    writer.apply([], 120)
    writer.close()
    assert engine.writer().position == engine.reader().position == 120


def test_a_reader_is_a_snapshot(engine: Engine) -> None:
    before = fill(engine, NEWS)
    assert before.refresh() is before
    for number in range(6):
        fill(engine, [doc(f"n{number}", "lantern"), "a", "b"])
        assert before.document_count == 6
        assert before.count(word("en/lantern")) == 4
        assert before.document("b") == NEWS[1]
    after = before.refresh()
    assert after.document_count == 10
    assert after.generation != before.generation
    assert after.refresh() is after


def test_a_change_that_fails_leaves_all_as_it_was(engine: Engine) -> None:
    fill(engine, NEWS)

    def broken():
        yield from changes(["a", doc("x", "kite")], 7)
        raise RuntimeError("the archive went away")

    writer = engine.writer()
    with pytest.raises(Exception, match="archive went away"):
        writer.apply(broken(), 8)
    assert writer.position == 6
    reader = engine.reader()
    assert (reader.position, reader.document_count) == (6, 6)
    assert engine.verify() == ()
    assert fill(engine, [doc("x", "kite")]).count(word("en/kite")) == 1


def test_a_rebuild_is_seen_when_it_is_published(engine: Engine) -> None:
    before = fill(engine, NEWS)
    with engine.rebuild() as rebuild:
        rebuild.apply(changes([doc("r", "kite"), doc("r", "kite again")]), 2)
        rebuild.apply(changes([doc("s", "kite")], 3), 9)
        assert engine.reader().document_count == 6
        name = rebuild.publish()
    assert name
    after = before.refresh()
    assert (after.document_count, after.position) == (2, 9)
    assert before.count(word("en/lantern")) == 4
    assert before.document("a") == NEWS[0]
    assert fill(engine, [doc("t", "kite")]).count(word("en/kite")) == 3


def test_a_rebuild_that_is_given_up_leaves_nothing(engine: Engine) -> None:
    fill(engine, NEWS)
    size = engine.size_bytes()
    with pytest.raises(RuntimeError), engine.rebuild() as rebuild:
        rebuild.apply(changes([doc("r", "kite")]), 1)
        raise RuntimeError
    with engine.rebuild():
        pass
    assert engine.reader().document_count == 6
    assert engine.size_bytes() == size
