from __future__ import annotations

import pytest

from indexer.html import is_page

HTML = b"<!-- made by hand -->\n<!DOCTYPE html><title>a</title>"


@pytest.mark.parametrize(
    "kind", ["", "text/html", "image/png", "application/octet-stream", "html", "application/vnd.wap.xhtml+xml"]
)
def test_a_page_is_a_page_whatever_it_is_called(kind: str) -> None:
    assert is_page(HTML, kind)
    assert is_page(b"\xef\xbb\xbf<?xml version='1.0'?>\n<html xmlns='x'>", kind)


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7\n", b"\xff\xd8\xff\xe0JFIF", b"\x89PNG\r\n", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"\0\0\0\x18ftypmp42"]
)
@pytest.mark.parametrize("kind", ["", "text/html", "text/plain"])
def test_a_file_is_no_page_whatever_it_is_called(body: bytes, kind: str) -> None:
    assert not is_page(body + bytes(100), kind)


@pytest.mark.parametrize("kind", ["application/json", "application/rss+xml", "image/svg+xml", "audio/mpeg"])
def test_other_things_are_none(kind: str) -> None:
    assert not is_page(b'{"html": "<html>"}', kind)
    assert not is_page(b"<rss><title>html</title>", kind)


@pytest.mark.parametrize("body", [b"", b"A plain text.", b"<p>only a part", b"\xff\xfe<\0h\0t\0m\0l\0>\0", b"b\0d <p>bytes"])
def test_what_calls_itself_a_text_is_one(body: bytes) -> None:
    assert is_page(body, "text/html")
