"""A data folder names its index in the cluster, also after it was copied, but writes only to its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indexer.engines.opensearch.index_name import FILE_NAME, IndexNameFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = IndexNameFile(tmp_path / "one")
    assert place.name() == place.own
    assert not (tmp_path / "one").exists()  # a search creates nothing
    place.claim()
    return tmp_path / "one"


def test_a_copied_folder_searches_the_index_that_it_was_made_with(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "two")
    copy = IndexNameFile(tmp_path / "two")
    assert copy.name() == IndexNameFile(folder).own != copy.own


def test_a_copied_folder_writes_to_an_index_of_its_own(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "two")
    searching, writing = IndexNameFile(tmp_path / "two"), IndexNameFile(tmp_path / "two")
    writing.claim()
    assert {each.name() for each in (searching, writing)} == {writing.own}
    assert IndexNameFile(folder).name() == IndexNameFile(folder).own


def test_a_folder_that_cannot_be_written_uses_its_own_index(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "index").write_text("no folder")
    place = IndexNameFile(tmp_path / "three")
    place.claim()
    assert place.name() == place.own


@pytest.mark.parametrize("text", ["", "{", "[]", '{"index": 3}', '{"index": "../other"}', "\udcff"])
def test_a_damaged_file_is_named(folder: Path, text: str) -> None:
    (folder / "index" / FILE_NAME).write_text(text, errors="surrogateescape")
    place = IndexNameFile(folder)
    assert FILE_NAME in place.damage()
    assert place.name() == place.own
    place.claim()
    assert place.damage() == ""
