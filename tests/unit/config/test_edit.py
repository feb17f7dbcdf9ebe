"""A command changes one key of config.toml and nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from indexer.config.edit import set_text
from indexer.errors import SettingsError

BEFORE = "# ours\n[web]\nadmin_token = 'secret'\n"


def test_a_file_with_secrets_stays_unreadable_for_others(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BEFORE)
    path.chmod(0o600)
    set_text(path, "search", "engine", "opensearch")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == f'{BEFORE}\n[search]\nengine = "opensearch"\n'
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "etc" / "site.toml", tmp_path / "config.toml"
    target.parent.mkdir()
    target.write_text(BEFORE)
    link.symlink_to(target)
    set_text(link, "search", "engine", "opensearch")
    assert link.is_symlink()
    assert "opensearch" in target.read_text()


def test_a_missing_file_is_created(tmp_path: Path) -> None:
    set_text(tmp_path / "config.toml", "search", "engine", "whoosh")
    assert (tmp_path / "config.toml").read_text() == '[search]\nengine = "whoosh"\n'


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot write"):
        set_text(tmp_path / "nowhere" / "config.toml", "search", "engine", "whoosh")


@pytest.mark.parametrize(
    "text", ["search.engine = 'whoosh'\n", "search = {engine = 'whoosh'}\n", "[search]\nsearch_engine = 1\n'engine' = 'whoosh'\n"]
)
def test_a_file_that_is_written_in_another_way_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(
        SettingsError, match=r'cannot change search\.engine.*write engine = "opensearch" under \[search\] yourself'
    ):
        set_text(path, "search", "engine", "opensearch")
    assert path.read_text() == text
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]
