"""Which characters bytes stand for: what is declared, unless the bytes say otherwise."""

from __future__ import annotations

import pytest

from indexer import html

FEED = (
    "<?xml version='1.0' encoding='{}'?><rss><channel><item><title>{}</title><link>http://a.example/one/two/three</link></item>"
)


def title(body: bytes, content_type: str | None = None) -> str:
    return html.decode(body, content_type, kind="xml").partition("<title>")[2].partition("</title>")[0]


@pytest.mark.parametrize(
    "header", [None, "text/xml; charset=us-ascii", "text/xml; charset=ISO-8859-1", "text/xml; charset=utf-8"]
)
@pytest.mark.parametrize("inside", ["utf-8", "iso-8859-1", "windows-1251", "utf-16"])
def test_utf_8_is_utf_8_whatever_is_declared(header: str | None, inside: str) -> None:
    assert title(FEED.format(inside, "Größe naïve").encode(), header) == "Größe naïve"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32"])
def test_wide_characters_are_seen_with_and_without_a_mark(codec: str) -> None:
    assert title(FEED.format(codec, "Größe").encode(codec), "text/xml; charset=utf-8") == "Größe"


@pytest.mark.parametrize(
    ("codec", "text"),
    [("cp1251", "Новости города Москва сегодня"), ("cp1252", "Größe naïve café"), ("cp1253", "Το λιμάνι άνοιξε ξανά"),
     ("cp1256", "أعيد فتح الميناء"), ("cp874", "ท่าเรือเปิดอีกครั้ง"), ("cp932", "港が再開しました")],
)  # fmt: skip
def test_what_is_declared_to_be_utf_8_and_is_not_is_guessed(codec: str, text: str) -> None:
    assert title(FEED.format("utf-8", text).encode(codec)) == text


def test_the_encoding_in_a_file_precedes_a_wrong_one_in_the_header() -> None:
    assert title(FEED.format("windows-1251", "Порт").encode("cp1251"), "text/xml; charset=utf-8") == "Порт"


def test_a_text_put_together_from_two_encodings_is_read_as_both() -> None:
    body = FEED.format("utf-8", "Größe ").encode().replace(b" </title>", b" na\xefve caf\xe9</title>")
    assert title(body) == "Größe naïve café"


def test_a_sign_of_windows_between_letters_of_utf_8() -> None:
    body = FEED.format("utf-8", "Größe naïve café: ").encode().replace(b" </title>", b" it\x92s 5\x80 \x96 \xc3\x28</title>")
    assert title(body) == "Größe naïve café: it’s 5€ – Ã("
    assert "\ufffd" in title(FEED.format("utf-8", "Größe: ").encode().replace(b" </title>", b" \xc3\xb6\x92</title>")), (
        "may be anything"
    )


@pytest.mark.parametrize("codec", ["koi8-r", "cp1251"])
def test_a_declared_encoding_is_believed_where_the_bytes_are_not_utf_8(codec: str) -> None:
    body = FEED.format("windows-1250", "Новости порта").encode(codec)
    assert title(body, f"application/rss+xml; charset={codec}") == "Новости порта"


def test_many_byte_encodings_need_more_than_bytes_that_may_be_utf_8_by_chance() -> None:
    assert title(FEED.format("gb2312", "联通").encode("gb18030")) == "联通"  # whose four bytes are UTF-8 as well
