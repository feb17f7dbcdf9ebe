"""The model of languages stays on disk, except for what texts read of it."""

from __future__ import annotations

import tempfile
from array import array
from pathlib import Path

import pytest

from indexer.analysis.languages import on_disk


def test_an_array_on_disk_reads_like_the_array(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numbers = array("I", range(0, 4_000_000_000, 1_000_003))
    view = on_disk(numbers)
    assert isinstance(view, memoryview)
    assert [view[each] for each in (0, 7, -1)] == [numbers[each] for each in (0, 7, -1)]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert on_disk(numbers) is numbers, "without a place for the file the array stays in memory"
