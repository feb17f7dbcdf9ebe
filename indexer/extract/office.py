"""Extract text, title and dates of an office file: docx, pptx, odt. Resources are bounded, and a broken file gives a message.

These files are zip archives of XML (ECMA-376 and ISO/IEC 26300), which `zipfile` and lxml read. python-docx and python-pptx are
not used: they leave out the text of content controls, text boxes and accepted insertions, and they load every picture. odfpy had
its last release in 2020.

Left out is what a reader does not see: deleted and hidden text, comments, hidden slides, speaker notes, headers and footers.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from indexer import html
from indexer.dates import parse_date
from indexer.extract.pdf import authors_of, title_of
from indexer.html import XmlElement
from indexer.model import Article, Response
from indexer.reasons import Reason

MAX_BYTES: Final = 50_000_000
MAX_MEMBERS: Final = 5_000  # of the zip archive; each takes half a kilobyte of memory
MAX_PART_BYTES: Final = 20_000_000  # of one decompressed XML file
MAX_MARKUP_SIGNS: Final = 1_500_000  # "<" and "=" in one XML file: the tree takes some 120 bytes for each
MAX_SLIDES: Final = 1_000
MAX_CHARACTERS: Final = 2_000_000
MAX_SECONDS: Final = 20.0  # of processor time, checked after each XML file

OFFICE_TYPES: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template": "docx",
    "application/vnd.ms-word.document.macroenabled.12": "docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow": "pptx",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.text-template": "odt",
}
VAGUE_TYPES: Final = frozenset(
    (
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "application/x-download",
        "application/zip",
        "application/x-zip-compressed",
        "application/msword",
        "application/vnd.ms-powerpoint",
        "text/html",
        "text/plain",
    )
)
_ODT_START: Final = b"mimetypeapplication/vnd.oasis.opendocument.text"  # uncompressed, the first member (ODF 1.2, part 3, 3.3)
_OLE_START: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an encrypted docx, or a file of Office 2003 and before
_COMPRESSION: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def office_kind(response: Response) -> str:
    """Return "docx", "pptx" or "odt" for such a file, by its type, or by its bytes if the type is vague; otherwise ""."""
    if kind := OFFICE_TYPES.get(response.media_type):
        return kind
    body = response.body
    if response.media_type not in VAGUE_TYPES or not body.startswith(b"PK\x03\x04"):
        return ""
    if body[30 : 30 + len(_ODT_START)] == _ODT_START:
        return "odt"
    return "docx" if b"word/document.xml" in body else "pptx" if b"ppt/presentation.xml" in body else ""


def extract_office(body: bytes, url: str, kind: str) -> Article | Reason:
    """Return the text of an office file, or the reason why it has none (encrypted, damaged, too large). Never raises.

    `kind`: of `office_kind`.
    """
    if len(body) > MAX_BYTES:
        return Reason("office-too-large", str(MAX_BYTES // 1_000_000))
    if body.startswith(_OLE_START):
        return Reason("office-encrypted")
    if body.count(b"PK\x01\x02") > MAX_MEMBERS:
        return Reason("office-too-complex")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = _Parts(archive)
            if kind == "odt" and b"encryption-data" in parts.read("META-INF/manifest.xml"):
                return Reason("office-encrypted")
            paragraphs_of = {"docx": _docx_paragraphs, "pptx": _pptx_paragraphs, "odt": _odt_paragraphs}[kind]
            text = _joined(paragraphs_of(parts))
            about = _properties(parts.tree("meta.xml" if kind == "odt" else "docProps/core.xml"))
    except _TooComplex:
        return Reason("office-too-complex")
    except (MemoryError, RecursionError):
        return Reason("office-too-complex")
    except Exception as error:  # zipfile and zlib raise many types for damaged files
        return Reason("office-damaged", " ".join(str(error).split())[:120] or type(error).__name__)
    if not text:
        return Reason("office-empty" if parts.has_xml else "office-invalid")
    return Article(
        text=text,
        rule=kind,
        title=title_of(about.get("title", ""), text, url),
        summary=" ".join(html.clean_text(about.get("description") or about.get("subject", "")).split())[:1_000],
        language=about.get("language") or None,
        published=parse_date(about.get("created") or about.get("creation-date")),
        modified=parse_date(about.get("modified") or about.get("date")),
        authors=authors_of(about.get("initial-creator") or about.get("creator", "")),
    )


class _TooComplex(Exception):
    """A file exceeds a limit."""


class _Parts:
    """The XML files of an archive, each read within the limits."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._started = time.process_time()
        self.names = frozenset(archive.namelist())
        self.has_xml = False  # the file holds at least one XML file of its kind

    def read(self, name: str) -> bytes:
        """Return an XML file; b"" when the archive has none of this name. Raises _TooComplex."""
        if name not in self.names:
            return b""
        info = self._archive.getinfo(name)
        if info.file_size > MAX_PART_BYTES or time.process_time() - self._started > MAX_SECONDS:
            raise _TooComplex
        if info.compress_type not in _COMPRESSION:
            raise zipfile.BadZipFile(f"{name} is compressed by method {info.compress_type}")
        with self._archive.open(info) as part:  # it ends after `file_size` bytes, whatever the compressed data contain
            data = part.read(MAX_PART_BYTES)
        if data.count(b"<") + data.count(b"=") > MAX_MARKUP_SIGNS:
            raise _TooComplex
        return data

    def tree(self, name: str) -> XmlElement | None:
        """Return the root of an XML file; None if the archive has no such file."""
        data = self.read(name)
        return html.parse_xml(data) if data else None


@dataclass(frozen=True)
class _Markup:
    """How a format marks its text, in names without namespace.

    `runs`: elements whose own text is text of the paragraph; empty: all of them. `signs`: elements that stand for characters.
    """

    paragraphs: frozenset[str]
    row: str
    skipped: frozenset[str]
    runs: frozenset[str] = frozenset()
    signs: Mapping[str, str] = field(default_factory=dict)


_WORD: Final = _Markup(
    frozenset("p"),
    "tr",
    frozenset(("del", "moveFrom", "Fallback", "pPr", "sectPr", "tblPr", "instrText", "delText")),
    frozenset("t"),
    {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"},
)
_SLIDE: Final = _Markup(frozenset("p"), "tr", frozenset(("Fallback", "pPr", "rPr")), frozenset("t"), {"br": "\n", "tab": " "})
_ODF: Final = _Markup(
    frozenset(("p", "h")),
    "table-row",
    frozenset("tracked-changes annotation note-citation hidden-text hidden-paragraph title desc table-of-content script".split()),
    signs={"s": " ", "tab": " ", "line-break": "\n"},
)
_FOOTERS: Final = frozenset(("sldNum", "dt", "ftr", "hdr"))  # placeholders of a slide that repeat on all of them


def _docx_paragraphs(parts: _Parts) -> Iterator[str]:
    for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
        if (root := parts.tree(name)) is not None:
            parts.has_xml = True
            yield from _paragraphs(root, _WORD)


def _pptx_paragraphs(parts: _Parts) -> Iterator[str]:
    for name in _slides(parts)[:MAX_SLIDES]:
        root = parts.tree(name)
        if root is None:
            continue
        parts.has_xml = True
        if root.attrib.get("show") not in ("0", "false"):
            yield from _paragraphs(root, _SLIDE)


def _odt_paragraphs(parts: _Parts) -> Iterator[str]:
    root = parts.tree("content.xml")
    body = next((each for each in root if _name(each) == "body"), None) if root is not None else None
    if body is not None:
        parts.has_xml = True
        yield from _paragraphs(body, _ODF)


def _slides(parts: _Parts) -> list[str]:
    """Return the names of the slides in the order of the presentation; in that of their numbers if it states none."""
    names = [name for name in parts.names if re.fullmatch(r"ppt/slides/slide\d{1,6}\.xml", name)]
    by_number = sorted(names, key=lambda name: int(re.sub(r"\D", "", name)))
    links, presentation = parts.tree("ppt/_rels/presentation.xml.rels"), parts.tree("ppt/presentation.xml")
    if links is None or presentation is None:
        return by_number
    targets = {link.attrib.get("Id", ""): "ppt/" + link.attrib.get("Target", "").removeprefix("/ppt/") for link in links}
    ids = [value for group in presentation if _name(group) == "sldIdLst" for slide in group for value in slide.attrib.values()]
    return list(dict.fromkeys(targets[each] for each in ids if targets.get(each) in parts.names)) or by_number


def _paragraphs(root: XmlElement, markup: _Markup) -> Iterator[str]:
    """Yield the paragraphs of a tree in document order, and the cells of a table's row as one. Walks without recursion."""
    open_paragraphs: list[list[str]] = []
    rows: list[list[str]] = []
    stack: list[XmlElement | str] = [root]  # a string: the text after an element, or the name of an element that ends
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if item[0] == "/":
                text = _ended(item[1:], open_paragraphs, rows, markup)
                if text and not rows:
                    yield text
            elif open_paragraphs:
                open_paragraphs[-1].append(item[1:])
            continue
        name = _name(item)
        if not markup.runs and item.tail:
            stack.append(f"+{item.tail}")
        if name in markup.skipped or _is_hidden(item, name):
            continue
        if name in markup.paragraphs:
            open_paragraphs.append([])
            stack.append("/p")
        elif name == markup.row:
            rows.append([])
            stack.append("/row")
        elif name in markup.signs and open_paragraphs:
            open_paragraphs[-1].append(markup.signs[name])
        stack.extend(reversed(list(item)))
        if item.text and open_paragraphs and (not markup.runs or name in markup.runs):
            open_paragraphs[-1].append(item.text)


def _ended(name: str, open_paragraphs: list[list[str]], rows: list[list[str]], markup: _Markup) -> str:
    """Return the text of a paragraph or row that ends; the text of a cell goes into its row."""
    if name == "row":
        text = " ".join(rows.pop())
    else:
        lines = "".join(open_paragraphs.pop()).split("\n") if markup.runs else ["".join(open_paragraphs.pop())]
        text = "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
    if text and rows:
        rows[-1].append(text)
    return text


def _is_hidden(element: XmlElement, name: str) -> bool:
    """Return whether a run has the property "hidden", or a shape is a slide's number, date, header or footer."""
    if name == "r":
        properties = next((child for child in element if _name(child) == "rPr"), ())
        return any(_name(each) == "vanish" and not _is_off(each) for each in properties)
    if name == "sp":
        inner = (deep for child in element if _name(child) == "nvSpPr" for part in child for deep in part)
        return any(_name(each) == "ph" and each.attrib.get("type") in _FOOTERS for each in inner)
    return False


def _is_off(element: XmlElement) -> bool:
    return any(value in ("0", "false", "off") for value in element.attrib.values())


def _properties(root: XmlElement | None) -> dict[str, str]:
    """Return the stated properties of a file by their names without namespace: title, creator, created …"""
    about: dict[str, str] = {}
    for element in root if root is not None else ():
        for each in (element, *element):
            if each.text and each.text.strip():
                about.setdefault(_name(each), each.text.strip()[:5_000])
    return about


def _name(element: XmlElement) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _joined(paragraphs: Iterator[str]) -> str:
    pieces: list[str] = []
    size = 0
    for paragraph in paragraphs:
        pieces.append(paragraph)
        size += len(paragraph) + 2
        if size > MAX_CHARACTERS:
            break
    return html.clean_text("\n\n".join(pieces)[:MAX_CHARACTERS])
