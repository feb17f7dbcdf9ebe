from __future__ import annotations

from pathlib import Path

import pytest

from indexer.curation import files
from indexer.curation.files import CurationFiles, load_curation
from indexer.curation.settings import CurationSettings
from indexer.errors import SettingsError


@pytest.fixture
def always_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHECK_SECONDS", 0.0)


def test_a_folder_without_rules_has_no_version(tmp_path: Path) -> None:
    curation = load_curation(tmp_path, CurationSettings())
    assert (curation.version, bool(curation.synonyms), bool(curation.rules)) == ("", False, False)


def test_the_files_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "synonyms.txt").write_text("a, b")
    (tmp_path / "synonyms.de.txt").write_text("c, d")
    (tmp_path / "synonyms.txt~").write_text("not read")
    assert {rule.language for rule in load_curation(tmp_path, CurationSettings()).synonyms.rules} == {"", "de"}


@pytest.mark.usefixtures("always_checked")
def test_a_changed_file_is_read_again_and_a_wrong_one_keeps_the_rules(tmp_path: Path) -> None:
    reports: list[str] = []
    reader = CurationFiles(tmp_path, "config.toml", CurationSettings, reports.append)
    assert not reader.current().synonyms
    (tmp_path / "synonyms.txt").write_text("a, b")
    before = reader.current()
    assert before.synonyms.rules
    assert before.version
    (tmp_path / "synonyms.txt").write_text("a, b\nwrong")
    assert reader.current() is before
    assert reader.current() is before
    assert len(reports) == 1
    assert "synonyms.txt, line 2" in reports[0]
    (tmp_path / "synonyms.txt").unlink()
    assert reader.current().version == ""


@pytest.mark.usefixtures("always_checked")
def test_a_command_fails_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "synonyms.txt").write_text("wrong")
    with pytest.raises(SettingsError, match="line 1"):
        CurationFiles(tmp_path, "config.toml", CurationSettings, None).current()


@pytest.mark.usefixtures("always_checked")
def test_the_settings_are_read_again_with_config_toml(tmp_path: Path) -> None:
    words = ["one"]
    reader = CurationFiles(tmp_path, "config.toml", lambda: CurationSettings(stop_words=tuple(words)), None)
    assert reader.current().stop_words == {"one"}
    words.append("Zwei")
    (tmp_path / "config.toml").write_text("# changed")
    assert reader.current().stop_words == {"one", "zwei"}


@pytest.mark.parametrize("text", ["Press", "= 2", "Press = x", "Press = 0", "Press = nan"])
def test_a_wrong_boost_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="source_boosts"):
        load_curation(tmp_path, CurationSettings(source_boosts=(text,)))
