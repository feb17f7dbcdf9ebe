"""PDFs become articles, or a sentence that says why not."""

from __future__ import annotations

import io
import zlib
from datetime import UTC, datetime

import pypdf
import pytest

from indexer.extract import pdf
from indexer.extract.pdf import Pdf, extract_pdf
from indexer.reasons import Reason

URL = "https://example.org/files/annual-report.pdf"


def made(*pages: list[str], info: dict[str, str] | None = None, password: str = "", content: bytes | None = None) -> bytes:
    """A PDF of pages of lines."""
    writer = pypdf.PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        drawn = "BT /F1 12 Tf 14 TL 50 800 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        stream = pypdf.generic.StreamObject()
        stream.set_data(content or drawn.encode("latin-1"))
        page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream.flate_encode())
        font = pypdf.generic.DictionaryObject()
        for name, value in (
            ("/Type", "/Font"),
            ("/Subtype", "/Type1"),
            ("/BaseFont", "/Helvetica"),
            ("/Encoding", "/WinAnsiEncoding"),
        ):
            font[pypdf.generic.NameObject(name)] = pypdf.generic.NameObject(value)
        fonts = pypdf.generic.DictionaryObject({pypdf.generic.NameObject("/F1"): font})
        page[pypdf.generic.NameObject("/Resources")] = pypdf.generic.DictionaryObject({pypdf.generic.NameObject("/Font"): fonts})
    writer.add_metadata(info or {})
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_text_pages_and_what_it_says_of_itself() -> None:
    info = {
        "/Title": "The mill's year",
        "/Author": "Ann Other; Bo",
        "/CreationDate": "D:20240517103000+02'00'",
        "/ModDate": "D:20240601",
    }
    found = extract_pdf(made(["The mill turned on 341 days, and the wa-", "ter was high."], ["Second page."], info=info), URL)
    assert isinstance(found, Pdf)
    assert found.pages == 2
    assert found.article.text == "The mill turned on 341 days, and the water was high.\n\nSecond page."
    assert (found.article.title, found.article.authors, found.article.rule) == ("The mill's year", ("Ann Other", "Bo"), "pdf")
    assert found.article.published == datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
    assert found.article.modified == datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("info", "lines", "title"),
    [
        ({"/Title": "Microsoft Word - draft3.doc"}, ["Report of the harbour office", "", "and more"], "annual report"),
        ({"/Title": "untitled"}, ["x"], "annual report"),
        ({"/CreationDate": "D:20241399"}, ["x"], "annual report"),
    ],
)
def test_a_title_that_is_none(info: dict[str, str], lines: list[str], title: str) -> None:
    found = extract_pdf(made(lines, info=info), URL)
    assert isinstance(found, Pdf)
    assert found.article.title in (title, "Report of the harbour office and more")
    assert found.article.published is None


def test_what_cannot_be_read_says_why() -> None:
    whole = made(["Some words."])
    assert extract_pdf(b"", URL) == extract_pdf(b"<html>", URL) == Reason("pdf-invalid")
    assert extract_pdf(made(["x"], password="secret"), URL) == Reason("pdf-encrypted")
    assert extract_pdf(made([]), URL) == Reason("pdf-scanned")
    for broken in (whole[:200], whole[: len(whole) // 2], b"%PDF-1.7\n" + b"\xff" * 5_000, whole.replace(b"/Pages", b"/Pigs")):
        found = extract_pdf(broken, URL)
        assert isinstance(found, Reason)
        assert found.code.startswith("pdf-")
        assert "\n" not in found.detail


def test_every_cut_and_every_flipped_byte_is_survived() -> None:
    whole = made(["Some words stand here."], ["And more."])
    for end in range(0, len(whole), 37):
        assert isinstance(extract_pdf(whole[:end], URL), Reason | Pdf)
    for place in range(0, len(whole), 29):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        assert isinstance(extract_pdf(bytes(changed), URL), Reason | Pdf)


def test_a_stream_that_grows_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = made(["x"], content=b"(x) Tj " * 10_000_000)
    assert len(bomb) < 300_000
    assert isinstance(extract_pdf(bomb, URL), Reason)
    monkeypatch.setattr(pdf, "MAX_BYTES", 100)
    assert extract_pdf(bomb, URL) == Reason("pdf-too-large", "0")


def test_pages_and_characters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    body = made(*[[f"Page number {number}."] for number in range(5)])
    monkeypatch.setattr(pdf, "MAX_PAGES", 3)
    found = extract_pdf(body, URL)
    assert isinstance(found, Pdf)
    assert (found.pages, found.article.text.count("Page number")) == (5, 3)
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 20)
    found = extract_pdf(body, URL)
    assert isinstance(found, Pdf)
    assert len(found.article.text) <= 20


def test_packed_data_is_not_text() -> None:
    assert extract_pdf(b"%PDF-1.4\n" + zlib.compress(b"words " * 1_000), URL) != Reason("pdf-invalid")
