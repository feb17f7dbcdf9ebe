from __future__ import annotations

from pathlib import Path

import pytest

from indexer.config.watch import ConfigurationWatch
from indexer.errors import SettingsError


def test_the_configuration_is_read_again_when_the_file_changes(tmp_path: Path) -> None:
    watch = ConfigurationWatch(tmp_path)
    assert watch.read() is not None
    assert watch.read() is None
    (tmp_path / "config.toml").write_text('[web]\ntitle = "News"\n')
    settings = watch.read()
    assert settings is not None
    assert settings.web.title == "News"
    assert watch.read() is None
    (tmp_path / "config.toml").write_text("[web]\ntitel = 1\n")
    with pytest.raises(SettingsError, match="titel"):
        watch.read()
    assert watch.read() is None, "one message for one change"


def test_settings_that_the_caller_has_read_are_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[web]\ntitle = "News"\n')
    watch = ConfigurationWatch(tmp_path, is_read=True)
    assert watch.read() is None
    before = watch.version
    (tmp_path / "config.toml").write_text('[web]\ntitle = "Old news"\n')
    assert watch.version == before, "of the last reading"
    settings = watch.read()
    assert settings is not None
    assert settings.web.title == "Old news"
    assert watch.version != before


def test_a_configuration_that_is_gone_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[web]\ntitle = "News"\n')
    watch = ConfigurationWatch(tmp_path, is_read=True)
    assert watch.version
    (tmp_path / "config.toml").unlink()
    settings = watch.read()
    assert settings is not None
    assert settings.web.title != "News"
    assert watch.version == ""
