"""The embedded engine's files: damage is told, kills leave the one or the other state, updates do not make it grow."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import struct
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.array_file import Spool
from indexer.engines.whoosh.write import segment_builder
from indexer.engines.whoosh.write import writer as writer_module
from indexer.errors import EngineError, IndexDamaged, IndexMissing
from indexer.query.nodes import Everything
from support.contract_corpus import NEWS, changes, doc, fill, ids, word
from support.crashes import killed_at


def files(whoosh: WhooshEngine) -> list[Path]:
    return sorted(path for path in whoosh.directory.rglob("*") if path.is_file())


def folder(whoosh: WhooshEngine) -> Path:
    pointer = generations.read_pointer(whoosh.directory)
    assert pointer
    return whoosh.directory / pointer.generation


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    match how:
        case "truncated":
            path.write_bytes(data[: len(data) // 2])
        case "empty":
            path.write_bytes(b"")
        case "garbled":
            path.write_bytes(data[: len(data) // 3] + b"\xff\x00garbage" + data[len(data) // 3 + 9 :])
        case "gone":
            path.unlink()


@pytest.mark.parametrize("how", ["truncated", "empty", "garbled", "gone"])
def test_each_damaged_file_is_told(whoosh: WhooshEngine, how: str) -> None:
    fill(whoosh, NEWS)
    fill(whoosh, [doc("g", "kite")])
    assert whoosh.verify() == ()
    for path in files(whoosh):
        if how == "gone" and path.name == "CURRENT":
            continue  # then there is no index
        kept = path.read_bytes()
        spoil(path, how)
        problems = whoosh.verify()
        assert problems, path
        assert all(len(problem) > 20 for problem in problems)
        if how != "garbled":
            with pytest.raises(IndexDamaged):
                whoosh.reader()
            with pytest.raises(IndexDamaged):
                whoosh.writer()
        path.write_bytes(kept)
    assert whoosh.verify() == ()


@pytest.mark.parametrize("how", ["truncated", "empty", "garbled"])
def test_a_rebuild_mends_every_damage(whoosh: WhooshEngine, tmp_path: Path, how: str) -> None:
    fill(whoosh, NEWS)
    shutil.copytree(whoosh.directory, tmp_path / "kept")
    for path in files(whoosh):
        spoil(path, how)
        with whoosh.rebuild() as rebuild:
            rebuild.apply(changes(NEWS), 6)
            rebuild.publish()
        assert whoosh.verify() == ()
        assert whoosh.reader().document_count == 6
        shutil.rmtree(whoosh.directory)
        shutil.copytree(tmp_path / "kept", whoosh.directory)


def test_missing_is_not_damaged(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    shutil.rmtree(whoosh.directory)
    with pytest.raises(IndexMissing):
        whoosh.reader()


STEPS = [
    (generations, "write_state"),
    (writer_module, "write_manifest"),
    (generations, "remove_older"),
    (generations, "sync"),
    (os, "replace"),
    (os, "fsync"),
    (writer_module, "write_segment"),
    (writer_module, "merge"),
    (Spool, "add"),
    (writer_module, "write_segments"),
    (segment_builder.SegmentBuilder, "add"),
    (segment_builder.SegmentBuilder, "take"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_a_kill_at_any_step_leaves_the_old_or_the_new(whoosh: WhooshEngine, step: tuple[object, str], after: bool) -> None:
    """The folder is copied at the moment of the kill: nothing that runs afterwards may tidy it up."""
    fill(whoosh, NEWS)
    kept = whoosh.directory.with_name("killed")

    def copy() -> None:
        shutil.copytree(whoosh.directory, kept)

    writer = whoosh.writer()
    with killed_at(*step, after=after, last_words=copy) as killer:
        writer.apply(changes([doc("g", "kite"), doc("h", "swan"), "a"], 7), 9)
    assert killer.kills
    left = WhooshEngine(kept, whoosh.weights)
    assert left.verify() == ()
    reader = left.reader()
    found = (reader.position, reader.document_count, reader.count(word("en/kite")), reader.document("a") is None)
    assert found in [(6, 6, 0, False), (9, 7, 1, True)]
    assert fill(left, [doc("g", "kite"), "a"]).count(word("en/kite")) == 1
    assert left.verify() == ()
    assert not [path for path in kept.rglob("*") if path.suffix in {".run", ".new", ".trm", ".pst"}]
    assert len(list(kept.rglob("*.toc"))) == len(list(kept.rglob("state-*"))) == len(list(kept.rglob("manifest-*"))) == 1


def test_left_overs_of_a_killed_rebuild_go_with_the_next(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    generations.create_folder(whoosh.directory)
    assert len(generations.generation_names(whoosh.directory)) == 2
    assert fill(whoosh, [doc("g", "kite")]).document_count == 7
    with whoosh.rebuild() as rebuild:
        rebuild.apply(changes(NEWS), 6)
        name = rebuild.publish()
    assert generations.generation_names(whoosh.directory) == [name]


def test_a_reader_that_is_open_while_the_index_is_deleted_and_made_anew(whoosh: WhooshEngine) -> None:
    """A rebuild's commits are numbered as those of the index before it: only the name tells them apart."""
    before = fill(whoosh, NEWS)
    shutil.rmtree(whoosh.directory)
    assert before.refresh() is before
    assert before.count(word("en/lantern")) == 4
    after = fill(whoosh, [doc("g", "kite")])
    assert after.generation != before.generation
    seen = before.refresh()
    assert (seen.generation, seen.document_count, seen.count(word("en/kite"))) == (after.generation, 1, 1)
    assert before.document("a") == NEWS[0]


def test_a_generation_made_in_the_future_is_followed_by_a_later_one(whoosh: WhooshEngine) -> None:
    (whoosh.directory / "g99999999999999").mkdir(parents=True)
    assert generations.create_folder(whoosh.directory).name == "g100000000000000"


def test_small_updates_do_not_make_it_grow(whoosh: WhooshEngine, tmp_path: Path) -> None:
    def version(number: int, of: int) -> object:
        return doc(f"d{of}", f"title number{of}", " ".join(f"w{(of * 7 + number + i) % 900}" for i in range(150)))

    newest = {of: version(0, of) for of in range(300)}
    fill(whoosh, newest.values())
    writer = whoosh.writer()
    largest = 0
    for number in range(200):
        of = (number * 37) % 300
        newest[of] = version(number, of)
        writer.apply(changes([newest[of]], writer.position + 1), writer.position + 1)
        largest = max(largest, whoosh.size_bytes())
    fresh = WhooshEngine(tmp_path / "fresh", whoosh.weights)
    fill(fresh, newest.values())
    assert largest < 1.5 * fresh.size_bytes()
    assert whoosh.reader().document_count == 300
    assert sorted(ids(whoosh.reader(), Everything())) == sorted(ids(fresh.reader(), Everything()))
    assert whoosh.verify() == ()
    assert len(files(whoosh)) < 25


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o000, 0o666)])
def test_files_have_the_permissions_that_the_owner_asks_for(whoosh: WhooshEngine, umask: int, expected: int) -> None:
    old = os.umask(umask)
    try:
        fill(whoosh, NEWS)
        with whoosh.rebuild() as rebuild:
            rebuild.apply(changes(NEWS), 6)
            rebuild.publish()
        fill(whoosh, [doc("g", "kite")])
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(whoosh)} == {expected}


def test_readers_go_on_while_others_write(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    troubles: list[BaseException] = []
    stop = threading.Event()
    shared = whoosh.reader()

    def search() -> None:
        reader = shared
        try:
            while not stop.is_set():
                reader = reader.refresh()
                assert reader.count(word("en/lantern")) >= 4
                assert shared.search(word("en/lantern"), facets=True).total == 4
                assert ids(whoosh.reader(), word("en/river"))
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(15):
        fill(whoosh, [doc(f"n{number}", "lantern")])
        if number % 5 == 4:
            with whoosh.rebuild() as rebuild:
                rebuild.apply(changes(NEWS), 6)
                rebuild.publish()
    stop.set()
    for thread in threads:
        thread.join()
    assert troubles == []


def test_another_analysis_makes_it_outdated(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    pointer = generations.read_pointer(whoosh.directory)
    assert pointer
    assert not whoosh.is_outdated()
    older = generations.Pointer(pointer.generation, pointer.schema, pointer.analysis - 1)
    generations.write_pointer(whoosh.directory, older)
    assert whoosh.is_outdated()
    assert whoosh.reader().document_count == 6


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
        with pytest.raises(EngineError, match="disk full"):
            whoosh.writer()
        with pytest.raises(EngineError, match="disk full"), whoosh.rebuild():
            pass
    assert generations.generation_names(whoosh.directory) == []
    assert fill(whoosh, NEWS).document_count == 6


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
