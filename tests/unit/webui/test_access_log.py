"""The access log has a line for each request, cached or not, and nothing that identifies a person."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import Settings, load_settings
from indexer.errors import SettingsError
from support.served import document, fill
from webui import create_app

LINE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (GET|POST|HEAD) (\S+) (\d{3}) (\d+|-) \d+\.\d")


def with_log(folder: Path, name: str) -> Settings:
    settings = load_settings(folder)
    return dataclasses.replace(settings, web=dataclasses.replace(settings.web, access_log=name))


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    settings = with_log(tmp_path, "access.log")
    fill(settings, *(document(n) for n in range(3)))
    return create_app(settings=settings, cache_before_flask=True).test_client()


def lines(tmp_path: Path) -> list[tuple[str, ...]]:
    text = (tmp_path / "access.log").read_text()
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    assert all(found), text
    return [match.groups() for match in found if match]


def test_each_request_is_one_line_without_query_and_address(client: FlaskClient, tmp_path: Path) -> None:
    for path in ("/?q=secret", "/api/v1/search?q=ferry", "/api/v1/search?q=ferry", "/nowhere", "/a%0Ab%20c"):
        client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    rows = lines(tmp_path)
    assert [(path, status) for _, path, status, _ in rows] == [
        ("/", "200"), ("/api/v1/search", "200"), ("/api/v1/search", "200"), ("/nowhere", "404"), ("/a%0Ab%20c", "404"),
    ]  # fmt: skip
    text = (tmp_path / "access.log").read_text()
    assert not any(word in text for word in ("secret", "ferry", "192.0.2.7"))


def test_a_rotated_file_is_opened_again(client: FlaskClient, tmp_path: Path) -> None:
    client.get("/healthz")
    (tmp_path / "access.log").rename(tmp_path / "access.log.1")
    client.get("/healthz")
    assert len(lines(tmp_path)) == 1


def test_a_file_that_cannot_be_written_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="access_log"):
        create_app(settings=with_log(tmp_path, "no/such/folder/access.log"))


@pytest.mark.parametrize("name", ["archive.db", "config.toml", "index/CURRENT", "../{folder}/archive.db-wal"])
def test_the_log_is_written_into_no_file_of_the_data_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="would be destroyed"):
        create_app(settings=with_log(tmp_path, name.format(folder=tmp_path.name)))


def test_without_the_setting_there_is_no_log(tmp_path: Path) -> None:
    create_app(settings=load_settings(tmp_path)).test_client().get("/healthz")
    assert not (tmp_path / "access.log").exists()
