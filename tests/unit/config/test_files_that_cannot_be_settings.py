"""What editors, mounts and accidents make of the files that an operator writes: a clear message, or no harm."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.config import load_settings
from indexer.config.credentials import read_credentials
from indexer.curation.rules import parse_rules
from indexer.errors import ArchiveDamaged, SettingsError

DEEP = "a = " + "[" * 5_000 + "]" * 5_000


def test_a_mark_at_the_beginning_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'\xef\xbb\xbf[web]\r\ntitle = "Gazette"\r\n')
    assert load_settings(tmp_path).web.title == "Gazette"


def test_a_folder_is_named_in_words(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(SettingsError) as raised:
        load_settings(tmp_path)
    assert "Is a directory" in raised.value.message
    assert "Errno" not in raised.value.message


def test_deep_nesting_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(DEEP)
    with pytest.raises(SettingsError, match="nested too deeply"):
        load_settings(tmp_path)
    with pytest.raises(SettingsError, match="nested too deeply"):
        parse_rules(DEEP, tmp_path / "curation.toml")
    secrets = tmp_path / "credentials.toml"
    secrets.write_text(DEEP)
    secrets.chmod(0o600)
    with pytest.raises(SettingsError, match="nested too deeply"):
        read_credentials(tmp_path, {})


def test_a_lost_table_is_damage(tmp_path: Path) -> None:
    Archive(tmp_path / "archive.db").close()
    with sqlite3.connect(tmp_path / "archive.db") as database:
        database.execute("DROP TABLE pages")
    database.close()
    archive = Archive(tmp_path / "archive.db", create=False)
    with pytest.raises(ArchiveDamaged, match="no such table"):
        archive.pages.count()
    archive.close()
