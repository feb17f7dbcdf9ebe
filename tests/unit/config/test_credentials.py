"""Secrets of sites come from a private file or the environment, and no message quotes one."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from indexer.config import load_settings
from indexer.errors import SettingsError
from indexer.fetch.credentials import headers_for

TEXT = """
["https://members.example.org/"]
username = "crawler"
password = "hunter2"
headers = { "X-Api-Key" = "k3y" }
"""


def write(folder: Path, text: str, mode: int = 0o600) -> None:
    path = folder / "credentials.toml"
    path.write_text(text)
    path.chmod(mode)


def test_a_private_file_is_read_and_not_shown(tmp_path: Path) -> None:
    write(tmp_path, TEXT)
    settings = load_settings(tmp_path, {})
    headers = headers_for("https://members.example.org/rss", settings.crawl.credentials)
    basic = "Basic " + base64.b64encode(b"crawler:hunter2").decode()
    assert headers == {"x-api-key": "k3y", "authorization": basic}
    assert not any(secret in repr(settings) for secret in ("hunter2", "k3y", basic))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, TEXT, mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_settings(tmp_path, {})


def test_the_environment_precedes_the_file(tmp_path: Path) -> None:
    write(tmp_path, TEXT)
    settings = load_settings(tmp_path, {"INDEXER_CREDENTIALS": TEXT.replace("members", "other")})
    assert [each.address for each in settings.crawl.credentials] == ["https://other.example.org/"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('["ftp://x/"]\nusername = "hunter2"', "not a web address"),
        ('["https://x.example/"]', "nothing to send"),
        ('["https://x.example/"]\npasword = "hunter2"', 'unknown key "pasword"'),
        ('["https://x.example/"]\nheaders = { "Host" = "hunter2" }', "cannot be set"),
        ('["https://x.example/"]\nheaders = { "A B" = "hunter2" }', "cannot be set"),
        ('["https://x.example/"]\nheaders = { "A" = "hunter2\\r\\nB: c" }', "must be a text"),
        ('["https://x.example/"]\nusername = "a:hunter2"', "without a colon"),
        ('["https://x.example/"]\nusername = "hunter2\n', "not valid TOML (line 2)"),
    ],
)
def test_a_mistake_is_named_without_the_secret(tmp_path: Path, text: str, problem: str) -> None:
    write(tmp_path, text)
    with pytest.raises(SettingsError) as error:
        load_settings(tmp_path, {})
    assert problem in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("https://a.example/members", True),
        ("https://a.example/members/x?y", True),
        ("https://a.example/membersonly", False),
        ("https://a.example/members/../x", False),
        ("http://a.example/members/x", False),
        ("https://a.example:444/members/x", False),
        ("https://b.example/members/x", False),
        ("https://a.example.evil.example/members/x", False),
    ],
)
def test_a_secret_goes_only_below_its_address(tmp_path: Path, url: str, is_sent: bool) -> None:
    write(tmp_path, '["https://a.example/members"]\nheaders = { "K" = "v" }')
    assert bool(headers_for(url, load_settings(tmp_path, {}).crawl.credentials)) is is_sent
