"""Damaged files are found before they are used: small ones when the index is opened, large ones little by little."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import pytest

from indexer.engines.background_verification import BackgroundVerification
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.storage import generations
from indexer.errors import IndexDamaged
from indexer.query.nodes import Everything
from support.contract_corpus import NEWS, changes, doc, fill, ids


def folder_of(whoosh: WhooshEngine) -> Path:
    pointer = generations.read_pointer(whoosh.directory)
    assert pointer
    return whoosh.directory / pointer.generation


def flip(path: Path, at: int, mask: int = 0x10) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= mask
    path.write_bytes(bytes(data))


def array_file(whoosh: WhooshEngine) -> Path:
    return max(folder_of(whoosh).glob("*.arrays"), key=lambda path: path.stat().st_size)


def verify_all(whoosh: WhooshEngine, step: int = 4096) -> tuple[str, ...]:
    verifier = whoosh.verifier()
    while verifier.step(step):
        pass
    return tuple(verifier.damage)


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled_before_its_checksum_was_compared(whoosh: WhooshEngine, tmp_path: Path) -> None:
    fill(whoosh, NEWS)
    (toc,) = folder_of(whoosh).glob("*.toc")
    bomb, exploded = pickle.dumps(Bomb(tmp_path / "exploded")), tmp_path / "exploded"
    data = toc.read_bytes()
    at = data.rindex(b"\x80\x04") if b"\x80\x04" in data else len(data) // 2
    for bytes_ in (data[:at] + bomb, (data[:at] + bomb).ljust(len(data), b".")[: len(data)]):
        toc.write_bytes(bytes_)
        for use in (whoosh.reader, whoosh.writer):
            with pytest.raises(IndexDamaged):
                use()
        assert whoosh.verify()
        assert not exploded.exists()


@pytest.mark.parametrize("pattern", ["CURRENT", "g*/state-*.json", "g*/manifest-*.json", "g*/*.toc"])
def test_a_flipped_bit_in_a_small_file_is_damage_or_changes_nothing(whoosh: WhooshEngine, pattern: str) -> None:
    reader = fill(whoosh, NEWS)
    expected = reader.position, reader.document_count, ids(reader, Everything())
    (path,) = whoosh.directory.glob(pattern)
    original = path.read_bytes()
    refused = 0
    for at in range(0, len(original), max(1, len(original) // 150)):
        flip(path, at, 1 << at % 8)
        try:
            reader = WhooshEngine(whoosh.directory, whoosh.weights).reader()
            assert (reader.position, reader.document_count, ids(reader, Everything())) == expected
        except IndexDamaged:
            refused += 1
        path.write_bytes(original)
    assert refused > 100 or refused > len(original) // 2


@pytest.mark.parametrize("pattern", ["g*/state-*.json", "g*/manifest-*.json", "g*/*.toc", "g*/*.arrays"])
def test_a_deleted_file_is_damage(whoosh: WhooshEngine, pattern: str) -> None:
    fill(whoosh, NEWS)
    (path,) = whoosh.directory.glob(pattern)
    path.unlink()
    assert whoosh.verify()
    assert verify_all(whoosh) or pattern == "g*/*.toc"
    with pytest.raises(IndexDamaged):
        whoosh.reader()


def test_a_damaged_array_is_found_reported_and_repaired(whoosh: WhooshEngine) -> None:
    fill(whoosh, [doc(f"d{n}", "kite", f"swan {n} " * 50) for n in range(200)])
    assert verify_all(whoosh) == ()
    path = array_file(whoosh)
    flip(path, path.stat().st_size * 2 // 3)
    (message,) = verify_all(whoosh)
    assert path.name in message
    other = WhooshEngine(whoosh.directory, whoosh.weights)
    assert other.known_damage() == (message,)
    with pytest.raises(IndexDamaged, match=path.name):
        other.writer()
    with other.rebuild() as rebuild:
        rebuild.apply(changes(NEWS), 6)
        rebuild.publish()
    assert other.known_damage() == ()
    assert other.writer().position == 6


def test_a_check_clears_damage_that_is_no_longer_there(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    path = array_file(whoosh)
    flip(path, path.stat().st_size // 2)
    assert verify_all(whoosh)
    assert whoosh.verify()
    assert whoosh.known_damage()
    flip(path, path.stat().st_size // 2)  # as from a backup
    assert whoosh.verify() == ()
    assert whoosh.known_damage() == ()


def test_a_step_reads_no_more_than_it_may_and_the_next_process_continues(whoosh: WhooshEngine) -> None:
    fill(whoosh, [doc(f"d{n}", "kite", f"swan {n} " * 50) for n in range(100)])
    total = sum(path.stat().st_size for path in folder_of(whoosh).iterdir() if not path.name.startswith("manifest"))
    read = 0
    while True:
        verifier = whoosh.verifier()
        step = verifier.step(3000)
        assert step <= 3000
        if step == 0:
            break
        read += step
        verifier.save()
        assert verifier.total_bytes == total
        assert verifier.verified_bytes == min(read, total)
    assert read == total


def test_a_verification_follows_commits_and_merges(whoosh: WhooshEngine) -> None:
    fill(whoosh, [doc(f"d{n}", "kite", "swan " * 300) for n in range(50)])
    verifier = whoosh.verifier()
    for n in range(40):
        verifier.step(2000)
        fill(whoosh, [doc(f"n{n}", "kite", f"heron {n}")])
    while verifier.step(5000):
        pass
    assert verifier.damage == ()
    assert whoosh.known_damage() == ()


def test_an_index_that_is_missing_or_of_another_version_is_not_verified(whoosh: WhooshEngine) -> None:
    assert whoosh.verifier().step(1000) == 0
    assert whoosh.known_damage() == ()
    assert not whoosh.directory.exists()


def test_the_background_thread_reports_damage_once_and_stops(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    path = array_file(whoosh)
    flip(path, path.stat().st_size // 2)
    messages: list[str] = []
    reported = threading.Event()

    def report(message: str) -> None:
        messages.append(message)
        reported.set()

    with BackgroundVerification(whoosh, report, bytes_per_second=1 << 30, pause_seconds=0.001):
        assert reported.wait(30)
    assert len(messages) == 1
    assert threading.active_count() == 1 or all(t.name != "index-verification" for t in threading.enumerate())
