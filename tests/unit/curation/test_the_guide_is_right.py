"""The examples of the how-to guides are files that the product accepts, and do what the guides say."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from indexer.config import load_settings
from indexer.curation.files import load_curation

GUIDES = Path(__file__).resolve().parents[3] / "docs" / "how-to"


def block(guide: str, beginning: str) -> str:
    """Return the indented block of a guide that begins with this line."""
    blocks = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", (GUIDES / guide).read_text("utf-8"), re.M)
    (found,) = [text for each in blocks if (text := textwrap.dedent(each).strip("\n")).startswith(beginning)]
    return found


def test_the_rules_of_the_guide_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "synonyms.txt").write_text(block("curate-results.md", "# both ways"))
    (tmp_path / "curation.toml").write_text(block("curate-results.md", "[[rule]]"))
    (tmp_path / "config.toml").write_text(block("curate-results.md", "[curation]"))
    curation = load_curation(tmp_path, load_settings(tmp_path, {}).curation)
    assert [rule.replaces for rule in curation.synonyms.rules] == [False, False, True, True]
    (rule,) = curation.rules.matching("Log in")
    assert rule.answer is not None
    assert (rule.pin, len(rule.hide), len(rule.boost)) == (("https://www.example.org/account",), 1, 1)
    assert curation.stop_words == {"inc", "ltd"}
    assert [(each.field, each.value, each.factor) for each in curation.boosts] == [
        ("source", "Press releases", 0.5), ("source", "Handbook", 2.0), ("category", "Archive", 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize("variable", [False, True])
def test_the_credentials_of_the_guide_are_accepted(tmp_path: Path, variable: bool) -> None:
    text = block("crawl-behind-a-proxy.md", '["https://members.example.org/"]')
    if not variable:
        (tmp_path / "credentials.toml").write_text(text)
        (tmp_path / "credentials.toml").chmod(0o600)
    settings = load_settings(tmp_path, {"INDEXER_CREDENTIALS": text} if variable else {})
    assert [[name for name, _ in each.headers] for each in settings.crawl.credentials] == [["authorization"], ["x-api-key"]]


def test_the_proxy_of_the_guide_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(block("crawl-behind-a-proxy.md", "[crawl]"))
    assert load_settings(tmp_path, {}).crawl.proxy == "http://proxy.example:3128"
