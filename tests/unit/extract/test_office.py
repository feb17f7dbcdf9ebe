"""Office files give what a reader sees; broken and hostile ones give a reason, within bounded work."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract import office
from indexer.extract.extractor import extract_document, file_kind
from indexer.extract.office import extract_office, office_kind
from indexer.model import Article, Entry, Response, Source
from indexer.reasons import Reason
from support.office import DOCX_TYPE, docx, odt, packed, paragraph, pptx, slide

URL = "https://example.org/files/ferry-plan.docx"
CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="t"><dc:title>Ferry plan</dc:title>'
    "<dc:creator>Ann Lee; Bo Ek</dc:creator><dc:language>de</dc:language><dcterms:created>2024-05-17T10:30:00Z</dcterms:created>"
    "<dcterms:modified>2024-06-01T08:00:00Z</dcterms:modified></cp:coreProperties>"
)


def response(body: bytes, kind: str = "", url: str = URL) -> Response:
    return Response(url, url, 200, {"content-type": kind} if kind else {}, body)


def text_of(body: bytes, kind: str) -> str:
    article = extract_office(body, URL, kind)
    assert isinstance(article, Article), article
    return article.text


def test_title_authors_language_and_dates_are_read() -> None:
    article = extract_office(docx(paragraph("The ferry crosses at noon."), {"docProps/core.xml": CORE}), URL, "docx")
    assert isinstance(article, Article)
    assert (article.title, article.authors, article.language) == ("Ferry plan", ("Ann Lee", "Bo Ek"), "de")
    assert article.published is not None
    assert article.modified is not None
    assert (article.published.isoformat(), article.modified.day) == ("2024-05-17T10:30:00+00:00", 1)


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (
            "<w:p><w:r><w:t>The fer</w:t></w:r><w:r><w:t>ry</w:t><w:tab/><w:t>sails</w:t><w:br/><w:t>at noon</w:t></w:r></w:p>",
            "The ferry sails\nat noon",
        ),
        (
            "<w:p><w:ins><w:r><w:t>accepted</w:t></w:r></w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del></w:p>",
            "accepted",
        ),
        (
            "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>seen</w:t></w:r></w:p>",
            "seen",
        ),
        (
            "<w:sdt><w:sdtContent><w:p><w:r><w:t>in a content control</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            "in a content control",
        ),
        ("<w:p><w:hyperlink><w:r><w:t>a link</w:t></w:r></w:hyperlink></w:p>", "a link"),
        (
            "<w:p><w:r><w:t>outer</w:t><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:r></w:p>",
            "box\n\nouter",
        ),
        (
            "<w:p><mc:AlternateContent xmlns:mc='m'><mc:Choice><w:r><w:t>once</w:t></w:r></mc:Choice>"
            "<mc:Fallback><w:r><w:t>once</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>",
            "once",
        ),
        (
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Noon</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>4.50</w:t></w:r></w:p></w:tc></w:tr>"
            "<w:tr><w:tc><w:p><w:r><w:t>Night</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            "Noon 4.50\n\nNight",
        ),
        ("<w:p><w:r><w:instrText>PAGEREF</w:instrText><w:t>7</w:t></w:r></w:p>", "7"),
        ("<w:p><w:r><w:t>pre</w:t><w:noBreakHyphen/><w:t>war</w:t></w:r></w:p>", "pre-war"),
    ],
)
def test_a_document_gives_what_a_reader_sees(inner: str, text: str) -> None:
    assert text_of(docx(inner), "docx") == text


def test_footnotes_follow_the_text() -> None:
    notes = {
        "word/footnotes.xml": f'<w:footnotes xmlns:w="w"><w:footnote>{paragraph("See the annex.")}</w:footnote></w:footnotes>'
    }
    assert text_of(docx(paragraph("The ferry sails."), notes), "docx") == "The ferry sails.\n\nSee the annex."


def test_slides_come_in_the_order_of_the_presentation_without_hidden_ones_and_footers() -> None:
    footer = '<p:sp><p:nvSpPr><p:nvPr><p:ph type="sldNum"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>3</a:t></a:r></a:p></p:txBody></p:sp>'
    slides = {
        "slide1.xml": slide("last") + "",
        "slide2.xml": slide("first", footer),
        "slide10.xml": slide("unseen", attributes='show="0"'),
    }
    assert text_of(pptx(slides, order=["slide2.xml", "slide10.xml", "slide1.xml"]), "pptx") == "first\n\nlast"
    assert text_of(pptx(slides), "pptx") == "last\n\nfirst"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<text:h>Plan</text:h><text:p>The <text:span>fer</text:span>ry<text:s/>sails</text:p>", "Plan\n\nThe ferry sails"),
        ("<text:p>one<text:line-break/>two<text:tab/>three</text:p>", "one two three"),
        (
            "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:p>here<office:annotation><text:p>no</text:p></office:annotation></text:p>",
            "here",
        ),
        (
            "<text:p>word<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body></text:note> goes on</text:p>",
            "A note.\n\nword goes on",
        ),
        ("<text:p><draw:frame xmlns:draw='d'><svg:title xmlns:svg='s'>alt</svg:title></draw:frame>text</text:p>", "text"),
        (
            "<table:table xmlns:table='t'><table:table-row><table:table-cell><text:p>Noon</text:p></table:table-cell><table:table-cell>"
            "<text:p>4.50</text:p></table:table-cell></table:table-row></table:table>",
            "Noon 4.50",
        ),
    ],
)
def test_an_open_document_gives_what_a_reader_sees(inner: str, text: str) -> None:
    assert text_of(odt(inner), "odt") == text


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        (docx(paragraph("x")), DOCX_TYPE, "docx"),
        (docx(paragraph("x")), "application/octet-stream", "docx"),
        (docx(paragraph("x")), "application/zip", "docx"),
        (odt("<text:p>x</text:p>"), "text/html", "odt"),
        (pptx({"slide1.xml": slide("x")}), "", "pptx"),
        (packed({"readme.txt": "word"}), "application/zip", ""),
        (docx(paragraph("x")), "image/png", ""),
        (b"<html>word/document.xml", "text/html", ""),
        (b"PK\x03\x04", "application/zip", ""),
    ],
)
def test_the_kind_of_a_file_follows_from_its_type_or_its_bytes(body: bytes, media_type: str, kind: str) -> None:
    assert office_kind(response(body, media_type)) == kind
    assert file_kind(response(body, media_type)) == kind


def test_files_without_a_readable_text_give_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = docx(paragraph("The ferry crosses at noon."))
    assert extract_office(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", URL, "docx") == Reason("office-encrypted")
    encrypted = odt("<text:p>x</text:p>", {"META-INF/manifest.xml": "<manifest><encryption-data/></manifest>"})
    assert extract_office(encrypted, URL, "odt") == Reason("office-encrypted")
    assert extract_office(docx(""), URL, "docx") == Reason("office-empty")
    assert extract_office(packed({"a.txt": ""}), URL, "docx") == Reason("office-invalid")
    for broken in (b"", b"PK", whole[: len(whole) // 2], whole[60:]):
        reason = extract_office(broken, URL, "docx")
        assert isinstance(reason, Reason)
        assert reason.code == "office-damaged"
    monkeypatch.setattr(office, "MAX_BYTES", 10)
    assert extract_office(whole, URL, "docx") == Reason("office-too-large", "0")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_never_raises(at: int, noise: bytes) -> None:
    whole = bytearray(docx(paragraph("The ferry crosses at noon.")))
    start = at % len(whole)
    whole[start : start + len(noise)] = noise
    assert isinstance(extract_office(bytes(whole), URL, "docx"), Article | Reason)


# -- hostile files -----------------------------------------------------------------------------------------------------


def test_entities_are_neither_expanded_nor_fetched() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    body = packed({"word/document.xml": f'{bomb}<w:document xmlns:w="w">{paragraph("seen &b; &c;")}</w:document>'})
    text = text_of(body, "docx")
    assert text.startswith("seen")
    assert "haha" not in text
    assert "root:" not in text


@pytest.mark.parametrize(
    ("limit", "value", "body"),
    [
        ("MAX_PART_BYTES", 100_000, docx(paragraph("a " * 100_000))),  # compressed to half a kilobyte
        ("MAX_MARKUP_SIGNS", 1_000, docx("<w:p/>" * 1_000)),
        ("MAX_MEMBERS", 5, packed({"word/document.xml": "", **{f"word/media/{n}.png": "" for n in range(5)}})),
        ("MAX_SECONDS", -1.0, docx(paragraph("late"))),
    ],
)
def test_a_bomb_is_given_up(monkeypatch: pytest.MonkeyPatch, limit: str, value: float, body: bytes) -> None:
    monkeypatch.setattr(office, limit, value)
    assert extract_office(body, URL, "docx") == Reason("office-too-complex")


def test_a_part_that_is_longer_than_it_says_is_not_read_beyond_that() -> None:
    body = bytearray(docx(paragraph("a " * 50_000)))
    size = zipfile.ZipFile(io.BytesIO(bytes(body))).getinfo("word/document.xml").file_size
    for at in range(len(body) - 4):
        if body[at : at + 4] == size.to_bytes(4, "little"):
            body[at : at + 4] = (100).to_bytes(4, "little")
    assert isinstance(extract_office(bytes(body), URL, "docx"), Reason)


def test_deep_nesting_is_no_recursion() -> None:
    inner = "<w:sdt>" * 5_000 + paragraph("deep") + "</w:sdt>" * 5_000
    assert isinstance(extract_office(docx(inner), URL, "docx"), Article | Reason)


def test_a_text_beyond_the_limit_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "MAX_CHARACTERS", 50)
    assert len(text_of(docx(paragraph("word") * 100), "docx")) <= 50


# -- documents ---------------------------------------------------------------------------------------------------------


def result_of(body: bytes, headers: Mapping[str, str]) -> tuple[str, str]:
    source = Source("https://example.org/feed", office=True)
    result = extract_document(Entry(URL), URL, source, Response(URL, URL, 200, dict(headers), body))
    note = result.why_not if result.document is None else result.canonical_note
    return result.document.text if result.document else "", note.code if note else ""


def test_a_file_is_a_document_unless_its_header_forbids_it() -> None:
    body = docx(paragraph("The ferry crosses at noon."))
    assert result_of(body, {"content-type": DOCX_TYPE}) == ("The ferry crosses at noon.", "office")
    assert result_of(body, {"content-type": DOCX_TYPE, "x-robots-tag": "noindex"}) == ("", "noindex")
