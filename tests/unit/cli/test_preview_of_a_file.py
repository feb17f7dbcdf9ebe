"""`indexer preview FILE` prints sentences, not codes."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from indexer.cli.app import feed_search_group

PAGE = "<html lang=en><title>Ferry</title><article><h1>Ferry</h1><p>{}</p></article></html>"


def test_a_selector_that_matches_nothing_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE.format("The night ferry crosses the estuary again after dark, on request. " * 5))
    words = ["--data", str(tmp_path / "data"), "preview", str(file), "--url", "https://www.example.org/a", "--selector", ".none"]
    printed = CliRunner().invoke(feed_search_group(), words)
    assert printed.exit_code == 0, printed.output
    assert "rule:      article (the selector matched nothing)" in printed.output
    names = [line.partition(":")[0] for line in printed.output.splitlines()[:5]]
    assert names == ["title", "language", "date", "rule", "authors"]
