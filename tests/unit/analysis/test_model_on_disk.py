"""The model of languages stays on disk, except for what texts read of it, and is loaded by one process at a time."""

from __future__ import annotations

import tempfile
from array import array
from pathlib import Path
from threading import Event, Thread

import pytest

from indexer.analysis import languages
from indexer.analysis.languages import MAX_TURN_SECONDS, on_disk, one_process_at_a_time


def test_an_array_on_disk_reads_like_the_array(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numbers = array("I", range(0, 4_000_000_000, 1_000_003))
    view = on_disk(numbers)
    assert isinstance(view, memoryview)
    assert [view[each] for each in (0, 7, -1)] == [numbers[each] for each in (0, 7, -1)]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert on_disk(numbers) is numbers, "without a place for the file the array stays in memory"


def test_processes_load_the_model_one_after_the_other() -> None:
    """Each takes 100 MB for a moment. A lock of another opened file is that of another process."""
    is_inside = Event()

    def load() -> None:
        with one_process_at_a_time():
            is_inside.set()

    with one_process_at_a_time():
        other = Thread(target=load)
        other.start()
        assert not is_inside.wait(0.2)
    assert is_inside.wait(10)
    other.join()


def test_a_process_that_stands_still_keeps_no_other_from_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(languages.time, "sleep", waits.append)
    with one_process_at_a_time(), one_process_at_a_time():
        assert sum(waits) == pytest.approx(MAX_TURN_SECONDS)


def test_an_error_while_the_model_loads_is_not_hidden() -> None:
    with pytest.raises(OSError, match="of the model"), one_process_at_a_time():
        raise OSError("of the model")
