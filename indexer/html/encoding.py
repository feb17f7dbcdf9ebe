"""Decode a body's bytes, in the order of the WHATWG Encoding Standard."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, Protocol, cast

import charset_normalizer
import webencodings
from lxml import etree  # type: ignore[import-untyped]  # lxml has no types, and only this package uses it

MAX_DECLARATION_BYTES = 16_384  # searched for a charset; WHATWG requires 1,024, but comments may precede it

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How markup begins in UTF-16 and UTF-32 without a byte-order mark (XML 1.0, appendix F).
_WIDE = (
    (re.compile(rb"<\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.I)
_META_CHARSET = re.compile(rb"<meta\s[^>]{0,1000}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.I)
_XML_ENCODING = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']\s*([^\s\"'>]+)", re.I)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.S)  # linear: the first unclosed comment takes the rest
# The standard decodes these labels as supersets, which have other names in Python.
_SUPERSETS = {"gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949", "big5": "big5hkscs", "x-user-defined": "cp1252"}
_DETECTABLE = [
    "cp1252",
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp874",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
]
_MANY_BYTES = ("cp932", "euc_jp", "iso2022_jp", "gb18030", "big5hkscs", "cp949", "shift_jis", "euc_kr")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")


def decode(body: bytes, content_type: str | None, *, kind: Literal["html", "xml"] = "html") -> str:
    """Return the text of a page or feed. Never raises.

    The encoding is that of the byte-order mark, the header, the declaration, UTF-8 if the bytes are valid, or a guess. The bytes
    overrule a declaration: many servers declare "ISO-8859-1" for all files, and programs write "UTF-8" above other encodings.

    >>> decode("<meta charset=gb2312>港口".encode("gb18030"), "text/html")
    '<meta charset=gb2312>港口'
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if wide := next((name for pattern, name in _WIDE if pattern.match(body)), None):
        return body.decode(wide, "replace")
    declared = _HEADER_CHARSET.search(content_type or "")
    header = _codec(declared[1]) if declared else None
    inside = _declared_inside(body, kind)
    codec = header or inside
    if codec is None or codec.startswith("utf-16"):  # UTF-16 would have been detected above
        codec = None
    elif codec == "utf-8":
        # A server declares UTF-8 for all files, and the file is in the encoding that it names itself.
        codec = codec if is_utf8(body) else None if inside == "utf-8" or _mostly_utf8(body) else inside
    elif not body.isascii() and ("utf-8" in (header, inside) or codec not in _MANY_BYTES) and is_utf8(body):
        codec = "utf-8"  # other encodings are hardly ever valid UTF-8 by chance
    codec = codec or _detect(body)
    return body.decode(codec, STRAY if codec == "utf-8" else "replace").removeprefix("\ufeff")


class Declared(NamedTuple):
    """The declared encodings of a body in Python's names, unknown labels as written; None if not declared."""

    mark: str | None = None  # in a byte-order mark
    header: str | None = None  # in Content-Type
    inside: str | None = None  # in a meta element or the XML declaration


def declared(body: bytes, content_type: str | None, *, kind: Literal["html", "xml"] = "html") -> Declared:
    """Return the declared encodings, to explain wrong letters.

    >>> declared(b"<?xml version='1.0' encoding='latin1'?>", "text/xml; charset=utf-8", kind="xml")
    Declared(mark=None, header='utf-8', inside='cp1252')
    """
    mark = next((name for start, name in _BOMS if body.startswith(start)), None)
    header = _HEADER_CHARSET.search(content_type or "")
    head = without_comments(body[:MAX_DECLARATION_BYTES])
    patterns = (_META_CHARSET, _XML_ENCODING) if kind == "html" else (_XML_ENCODING,)
    inside = next((match[1].decode("ascii", "replace") for pattern in patterns if (match := pattern.search(head))), None)
    return Declared(mark, *((_codec(label) or label) if label else None for label in (header[1] if header else None, inside)))


def _codec(label: str) -> str | None:
    """Return Python's codec for a label of the WHATWG standard; None for an unknown label."""
    codec = webencodings.lookup(label.strip())
    if codec is None:
        return None
    return _SUPERSETS.get(codec.name) or cast(str, codec.codec_info.name)


def _declared_inside(body: bytes, kind: str) -> str | None:
    head = without_comments(body[:MAX_DECLARATION_BYTES])
    for pattern in (_META_CHARSET, _XML_ENCODING) if kind == "html" else (_XML_ENCODING,):
        if match := pattern.search(head):
            codec = _codec(match[1].decode("ascii", "replace"))
            # A declaration that is readable as ASCII is not in UTF-16.
            return "utf-8" if codec and codec.startswith("utf-16") else codec
    return None


def without_comments(markup: bytes) -> bytes:
    """Return markup in bytes without its comments. Runs in linear time."""
    return _COMMENT.sub(b"", markup)


def is_utf8(body: bytes) -> bool:
    """Return whether a body is valid UTF-8. The last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(body, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _detect(body: bytes) -> str:
    """Return UTF-8 if nearly all bytes are, otherwise a guess from the letters."""
    if is_utf8(body) or _mostly_utf8(body):
        return "utf-8"
    letters = re.sub(rb"<[^<>]*>", b" ", body[:200_000])
    words = _WORD.findall(letters[:50_000])
    high = sum(byte >= 0x80 for byte in letters[:50_000])
    plain = sum(65 <= byte <= 122 for byte in letters[:50_000])
    # Words with accents also have ASCII letters. Words without any are of another script, even next to many URLs.
    foreign = sum(len(word) for word in words if len(word) > 2 and min(word) >= 0x80) * 2 > sum(map(len, words))
    # A few accents among Latin letters are cp1252; the detector is unreliable with so few.
    if high * 5 < plain and not foreign:
        return "cp1252"
    try:
        sample = b" ".join(words) if foreign else letters[:50_000]
        best = charset_normalizer.from_bytes(sample, cp_isolation=_DETECTABLE).best()
    except Exception:  # third-party detection may fail on unusual bytes; the page is still readable
        best = None
    return best.encoding if best else "cp1252"


def _mostly_utf8(body: bytes) -> bool:
    """Return whether a body is UTF-8 with a few wrong bytes: no more of them than valid sequences."""
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return bad <= len(text) - bad - sum(character < "\x80" for character in text)


_SIGNS = frozenset(b"\x80\x82\x84\x85\x8b\x91\x92\x93\x94\x95\x96\x97\x99\x9b")  # of Windows-1252: euro, quotation marks, dashes


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that is not UTF-8 as Windows-1252, because some pages mix both.

    A byte below 0xA0 may be the rest of a character. Between two ASCII characters it is a quotation mark or a dash.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    is_alone = (error.object[max(0, error.start - 1) : error.start] + error.object[error.end : error.end + 1]).isascii()
    is_sign = len(bad) == 1 and (bad[0] >= 0xA0 or (is_alone and bad[0] in _SIGNS))
    return (bad.decode("cp1252") if is_sign else "\ufffd"), error.end


STRAY = "indexer-stray-bytes"
codecs.register_error(STRAY, _stray)


# -- Decide whether a response is a web page. Servers declare wrong types, so the first bytes are examined ------
_TEXTS = frozenset(
    ("", "text/html", "text/plain", "application/xhtml+xml", "application/xml", "text/xml", "application/vnd.wap.xhtml+xml")
)
# How binary files begin (MIME Sniffing Standard, 6 and 7.1).
_BINARY = re.compile(
    rb"%PDF-|\xff\xd8\xff|\x89PNG|GIF8[79]a|PK\x03\x04|\x1f\x8b\x08|RIFF....W|ID3|OggS|....ftyp|wOF[F2]|Rar!\x1a|7z\xbc\xaf|BZh[1-9]1AY"
    rb"|\x1aE\xdf\xa3|\xd0\xcf\x11\xe0|\x7fELF|MZ\x90\x00|\x00\x00\x01\x00",
    re.S,
)
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?:(?!-->).){0,2000}-->\s*){0,5}<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)


def is_page(body: bytes, media_type: str) -> bool:
    """Return whether a response is a page with readable text. `media_type`: as declared by the server, in lower case.

    >>> is_page(b"<!DOCTYPE html><p>a", "image/png"), is_page(b"%PDF-1.7", "text/html"), is_page(b"{}", "application/json")
    (True, False, False)
    """
    if media_type in _TEXTS:
        return _BINARY.match(body) is None
    return _MARKUP.match(body) is not None


# -- Parse XML safely: without DTD, entities, network access and deep trees -----------------------------------------
_DOCTYPE = re.compile(r"<!doctype\b", re.I)
_SUBSET_END = re.compile(r"\]\s*>")
_DECLARATION = re.compile(r"<\?xml\s[^<>]*\?>")  # not [^>]*: each unclosed declaration would be scanned to the end
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ELEMENT = re.compile(r"<[a-zA-Z_]")


class XmlElement(Protocol):
    """The part of lxml's interface that readers of XML need. `tag` is "{namespace}name", and not a string for comments."""

    tag: object
    text: str | None
    tail: str | None
    attrib: Mapping[str, str]

    def __iter__(self) -> Iterator[XmlElement]: ...


def parse_xml(body: bytes, content_type: str | None = None) -> XmlElement | None:
    """Return the root element of a document, even if it is malformed; None if it has no element. Never raises.

    >>> root = parse_xml(b"<a><b>1</b><c>")
    >>> root is not None and [child.tag for child in root]
    ['b', 'c']
    """
    text = without_doctype(decode(body, content_type, kind="xml"))
    text = _FORBIDDEN.sub("", _DECLARATION.sub("", text, count=1)).lstrip()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return None
    return cast("XmlElement | None", root)


def without_doctype(text: str) -> str:
    """Return XML without the document type and the entities declared in it. Runs in linear time.

    >>> without_doctype('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>')
    '<r>&a;</r>'
    """
    parts: list[str] = []
    at = 0
    root = _ELEMENT.search(text)
    while match := _DOCTYPE.search(text, at, root.start() if root else len(text)):
        end = text.find(">", match.end()) + 1 or len(text)
        bracket = text.find("[", match.end(), end)
        if bracket >= 0:
            closed = _SUBSET_END.search(text, bracket)
            end = closed.end() if closed else len(text)
        if match.start() > at:
            parts += (text[at : match.start()], " ")  # so that the text around it does not form another one
        at = end
        if root and root.start() < at:
            root = _ELEMENT.search(text, at)
    return "".join(parts) + text[at:]
