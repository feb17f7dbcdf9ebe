"""Settings: defaults, file, environment, and messages that name the key, the line and what is allowed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from indexer.config import config_template, load_settings
from indexer.config.key_table import KEYS
from indexer.errors import SettingsError


def settings_of(folder: Path, text: str = "", **environ: str):
    (folder / "config.toml").write_text(text)
    return load_settings(folder, environ)


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "nowhere", {})
    assert settings.crawl.delay_seconds == 1.0
    assert not settings.crawl.allow_private_hosts
    assert settings.engine == "whoosh"
    assert settings.web.cors_origins == ()


def test_the_template_is_valid_and_changes_nothing(tmp_path: Path) -> None:
    text = config_template()
    assert settings_of(tmp_path, text) == settings_of(tmp_path, "")
    uncommented = "\n".join(line[2:] if line.startswith("# ") and " = " in line else line for line in text.splitlines())
    for key in KEYS:
        assert f"{key.name} = " in uncommented, key
    assert set(tomllib.loads(text)) == {"crawl", "archive", "search", "opensearch", "curation", "web"}


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    text = "[crawl]\ndelay_seconds = 3\n"
    assert settings_of(tmp_path, text).crawl.delay_seconds == 3.0
    changed = settings_of(tmp_path, text, INDEXER_CRAWL_DELAY_SECONDS="0", INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS="true")
    assert changed.crawl.delay_seconds == 0
    assert changed.crawl.allow_private_hosts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[crawl]\ntimeout_secs = 3\n", ["timeout_secs", "line 2", "timeout_seconds"]),
        ("\n[crawl]\ndelay_seconds = 'slow'\n", ["delay_seconds", "line 3", "a number from 0"]),
        ("[crawl]\ndelay_seconds = nan\n", ["delay_seconds", "line 2"]),
        ("[crawl]\ndelay_seconds = true\n", ["delay_seconds", "line 2"]),
        ("[crawl]\nconcurrency = 0\n", ["concurrency", "from 1"]),
        ("[search]\nengine = 'lucene'\n", ["engine", '"whoosh"']),
        ("[crawling]\n", ["crawling", "[crawl]", "line 1"]),
        ("crawl = 3\n", ["crawl", "line 1"]),
        ("[[source]]\nname = 'a'\n", ["url", "line 1"]),
        ("[[source]]\nurl = 'http://a.example'\n[[source]]\nurl = 'http://b.example'\nfeed = 'c'\n", ["feed", "line 5"]),
        ("[[source]]\nurl = 'http://a.example'\nkind = 'rss'\n", ["kind", "line 3", "sitemap"]),
        ("[[source]]\nname = 'x'\nurl = 'not an address'\n", ["source.url", "line 3", "a web address"]),
        ("[[source]]\nurl = 'http://a.example'\nlanguage = 'german'\n", ["source.language", "line 3", "two letters"]),
        ("[web]\ncors_origins = 'x'\n", ["cors_origins", "a list"]),
        ("[web]\ncors_origins = ['https://a.example/page']\n", ["cors_origins", "line 2"]),
        ("[web]\ntrusted_proxies = ['127.0.0.1', 'proxy']\n", ["trusted_proxies", "line 2", "10.0.0.0/8"]),
        ("[web]\nbase_url = 'search.example'\n", ["base_url", "line 2", "a web address"]),
        ("[web]\nbase_url = '//search.example'\n", ["base_url", "line 2"]),
        ("[web]\nbase_url = 'javascript:alert(1)'\n", ["base_url", "line 2"]),
        ("[web]\nbase_url = 'https://user:secret@search.example'\n", ["base_url", "line 2"]),
        ("[web]\nbase_url = 'https://search.example/?q=a'\n", ["base_url", "line 2"]),
        ("[web]\nbase_url = 'https://search.example:99999'\n", ["base_url", "line 2"]),
        ("[web]\nbase_url = 'https://[::1'\n", ["base_url", "line 2"]),
        ("[web]\nbase_url = 'https://[::1:2:3:4:5:6:7:8:9]'\n", ["base_url", "line 2"]),
        ("[web]\naccess_log = '../access.log'\n", ["access_log", "line 2", "an absolute path"]),
        ("[web]\naccess_log = 'logs/../../access.log'\n", ["access_log", "line 2", "in the data folder"]),
        ("[web]\naccess_log = '..'\n", ["access_log", "line 2"]),
        ("[crawl]\nallowed_ports = ['80']\n", ["allowed_ports", "line 2", "whole numbers from 1 to 65535", "[80, 443]"]),
        ("[crawl]\nallowed_ports = [0]\n", ["allowed_ports", "line 2"]),
        ("[crawl]\nallowed_ports = [true]\n", ["allowed_ports", "line 2"]),
        ("[crawl]\nmax_source_pages = 0\n", ["max_source_pages", "from 1"]),
        ("[opensearch]\nurls = []\n", ["opensearch.urls", "line 2", "https://search1"]),
        ("[opensearch]\nurls = ['search1:9200']\n", ["opensearch.urls", "line 2", "web addresses"]),
        ("[opensearch]\nurls = ['http://search1:99999']\n", ["opensearch.urls", "line 2"]),
        ("[opensearch]\nurls = ['http://a', 'http://[::1']\n", ["opensearch.urls", "line 2"]),
        ("[opensearch]\nurls = ['http://a b']\n", ["opensearch.urls", "line 2"]),
        ("[opensearch]\nurls = ['https://me:secret@search1']\n", ["opensearch.urls", "without a user"]),
        ("[opensearch]\nindex = 'news-building'\n", ["opensearch.index", "line 2"]),
        ("[opensearch]\nindex = '*'\n", ["opensearch.index", "line 2"]),
        ("[crawl\n", ["config.toml", "line 1"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_line_and_what_is_allowed(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, text)
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
    assert "me:secret" not in str(caught.value)


def test_the_nodes_of_a_cluster_are_web_addresses(tmp_path: Path) -> None:
    urls = ("http://127.0.0.1:9200", "https://search_1.example.org/path", "http://[::1]:9200")
    assert settings_of(tmp_path, f"[opensearch]\nurls = {list(urls)}\n").cluster.urls == urls
    assert settings_of(tmp_path, "[opensearch]\nindex = 'news-building-2'\n").cluster.index == "news-building-2"


@pytest.mark.parametrize(
    "base",
    ["", "https://search.example", "HTTP://search.example:8080/find/", "https://fähre.example/a-b/~c", "http://[::1]:8080/"],
)
def test_a_base_url_is_an_address_of_a_site(tmp_path: Path, base: str) -> None:
    assert settings_of(tmp_path, f"[web]\nbase_url = '{base}'\n").web.base_url == base


@pytest.mark.parametrize("name", ["", "-", "access.log", "logs/access.log", "..log", "logs/../a", "/var/log/search.log"])
def test_an_access_log_is_in_the_data_folder_or_at_an_absolute_path(tmp_path: Path, name: str) -> None:
    assert settings_of(tmp_path, f"[web]\naccess_log = '{name}'\n").web.access_log == name


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\$INDEXER_CRAWL_CONCURRENCY.*allowed: a whole number from 1 to 256"):
        settings_of(tmp_path, "", INDEXER_CRAWL_CONCURRENCY="many")


def test_a_list_of_numbers(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "").crawl.allowed_ports == (80, 443)
    assert settings_of(tmp_path, "[crawl]\nallowed_ports = [80, 8080]\n").crawl.allowed_ports == (80, 8080)
    assert settings_of(tmp_path, "", INDEXER_CRAWL_ALLOWED_PORTS="80, 443,8443").crawl.allowed_ports == (80, 443, 8443)
    with pytest.raises(SettingsError, match=r"\$INDEXER_CRAWL_ALLOWED_PORTS.*whole numbers"):
        settings_of(tmp_path, "", INDEXER_CRAWL_ALLOWED_PORTS="http")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("INDEXER_CRAWL_DELAY_SECOND", "INDEXER_CRAWL_DELAY_SECONDS"),
        ("INDEXER_USER_AGENT", "INDEXER_CRAWL_USER_AGENT"),
        ("INDEXER_DATE", "INDEXER_DATA"),
        ("INDEXER_SEARCH_TITLE_WEIGTH", "INDEXER_SEARCH_TITLE_WEIGHT"),
    ],
)
def test_an_unknown_variable_is_an_error_that_names_the_nearest_one(tmp_path: Path, name: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=rf"\${name} is not a setting.*{meant}\?"):
        settings_of(tmp_path, "", **{name: "0"})


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    others = {"INDEXER_DATA": "x", "HOME": "/", "INDEXER_PORT": "tcp://10.0.0.1:80", "INDEXER_PORT_80_TCP_ADDR": "10.0.0.1",
              "INDEXER_WEB_SERVICE_HOST": "10.0.0.1", "INDEXER_WEB_SERVICE_PORT_HTTP": "80"}  # fmt: skip
    assert settings_of(tmp_path, "", **others).crawl.delay_seconds == 1.0


def test_sources_of_the_file(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "[[source]]\nurl = 'https://www.example.org/rss.xml'\ninclude = 'main'\n")
    assert settings.sources[0].include == "main"


def test_a_selector_that_is_none_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[source]]\nurl = "https://example.org/rss"\ninclude = "p[[["\n')
    with pytest.raises(SettingsError, match=r"line 3.*CSS selector"):
        load_settings(tmp_path)


def test_a_link_to_a_missing_file_is_not_taken_for_no_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").symlink_to("nowhere")
    with pytest.raises(SettingsError, match="links to a file that is missing: nowhere"):
        load_settings(tmp_path, {})
