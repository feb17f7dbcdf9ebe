"""Secrets in addresses are not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer.cli import cli
from indexer.config import load_settings, open_archive
from indexer.masking import MASK, mask_secrets, masked
from indexer.model import Document, Source
from indexer.urls import document_id


@pytest.mark.parametrize(
    "address",
    [
        "https://SECRET@example.org/rss", "https://me:SECRET@example.org/rss", "https://example.org/rss?token=SECRET",
        "https://example.org/?a=1&access_token=SECRET", "https://example.org/?API_KEY=SECRET#x", "https://example.org/?key=SECRET&b=2",
        "https://example.org/?x-amz-signature=SECRET", "https://example.org/?password=SECRET;b=1", "http://a.example/?sig=SECRET%20x",
        "https://me:p@SECRET@example.org/rss", "https://example.org/?accessToken=SECRET", "https://example.org/?authtoken=SECRET",
        "https://example.org/?%74oken=SECRET", "https://example.org/?auth[token]=SECRET", "https://example.org/#access_token=SECRET",
    ],
)  # fmt: skip
def test_a_secret_in_an_address_is_masked_in_any_text(address: str) -> None:
    for text in (address, f"{address}: the server answered 403", f"source {address} (see {address})", f"<{address}>"):
        assert "SECRET" not in mask_secrets(text)
        assert MASK in mask_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/rss?page=2&monkey=1",
        "a@b: no address",
        "token=1",
        "https://example.org/a@b?c=d",
        "https://example.org/",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert mask_secrets(text) == text


def test_values_keep_their_shape() -> None:
    value = {"rows": [{"url": "https://a:b@example.org/"}, 7, None], "pair": ("https://example.org/?key=1", 2.5)}
    assert masked(value) == {
        "rows": [{"url": "https://***@example.org/"}, 7, None],
        "pair": ("https://example.org/?key=***", 2.5),
    }


def test_the_commands_mask_secrets_unless_they_are_requested(tmp_path: Path) -> None:
    archive = open_archive(load_settings(tmp_path))
    archive.sources.add(Source("https://me:SECRET@example.org/rss.xml?token=SECRET", ""))
    url = "https://example.org/a?token=SECRET"
    archive.documents.put(Document(document_id(url), url, "Ferry", "Text"), 1, 1)
    archive.close()
    for arguments in (
        ["sources"],
        ["--json", "sources"],
        ["status"],
        ["--json", "status"],
        ["show", "https://example.org/a?token=SECRET"],
        ["--json", "show", "https://example.org/a?token=SECRET"],
        ["remove", "https://me:SECRET@example.org/rss.xml?token=SECRET"],
    ):
        if arguments[0] != "remove":
            shown = CliRunner().invoke(
                cli,
                ["--data", str(tmp_path), *arguments, "--show-secrets"]
                if {"sources", "show"} & set(arguments)
                else ["--data", str(tmp_path), *arguments],
            )
            assert ("SECRET" in shown.output) is bool({"sources", "show"} & set(arguments))
        result = CliRunner().invoke(cli, ["--data", str(tmp_path), *arguments])
        assert result.exit_code == 0, result.output
        assert "SECRET" not in result.output
