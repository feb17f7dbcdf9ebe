"""Which characters a body's bytes stand for, in the order of the WHATWG standard."""

from __future__ import annotations

import codecs
import re
from typing import Literal, NamedTuple, cast

import charset_normalizer
import webencodings

DECLARATION_WINDOW = 16_384  # bytes searched for a charset; WHATWG says 1,024, real pages put comments before it

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.I)
_META_CHARSET = re.compile(rb"<meta\s[^>]{0,1000}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.I)
_XML_ENCODING = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']\s*([^\s\"'>]+)", re.I)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.S)  # linear: of many that do not end the first takes all
# The standard decodes these labels as a superset, which Python has under another name.
_SUPERSETS = {"gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949", "big5": "big5hkscs", "x-user-defined": "cp1252"}
_DETECTABLE = ["cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874",
               "cp932", "euc_jp", "gb18030", "big5", "cp949"]  # fmt: skip


def decode(body: bytes, content_type: str | None, *, kind: Literal["html", "xml"] = "html") -> str:
    """The text of a page or feed: byte-order mark, header, declaration, UTF-8 if it is, else a guess. Never raises.

    >>> decode("<meta charset=gb2312>港口".encode("gb18030"), "text/html")
    '<meta charset=gb2312>港口'
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _HEADER_CHARSET.search(content_type or "")
    codec = _codec(declared[1]) if declared else None
    codec = codec or _sniff_utf16(body) or _declared_inside(body, kind)
    return body.decode(codec or _detect(body), "replace").removeprefix("\ufeff")


class Declared(NamedTuple):
    """What is said of a body's encoding, in Python's names (a label that nobody knows as it was written); None: nothing."""

    mark: str | None = None  # by a byte-order mark
    header: str | None = None  # by Content-Type
    inside: str | None = None  # by a meta element or the XML declaration


def declared(body: bytes, content_type: str | None, *, kind: Literal["html", "xml"] = "html") -> Declared:
    """Who says what, for a person who asks why letters are spoilt.

    >>> declared(b"<?xml version='1.0' encoding='latin1'?>", "text/xml; charset=utf-8", kind="xml")
    Declared(mark=None, header='utf-8', inside='cp1252')
    """
    mark = next((name for start, name in _BOMS if body.startswith(start)), None)
    header = _HEADER_CHARSET.search(content_type or "")
    head = _COMMENT.sub(b"", body[:DECLARATION_WINDOW])
    patterns = (_META_CHARSET, _XML_ENCODING) if kind == "html" else (_XML_ENCODING,)
    inside = next((found[1].decode("ascii", "replace") for pattern in patterns if (found := pattern.search(head))), None)
    return Declared(mark, *((_codec(label) or label) if label else None for label in (header[1] if header else None, inside)))


def _codec(label: str) -> str | None:
    """Python's codec for a label of the WHATWG standard; None for one that nobody knows."""
    known = webencodings.lookup(label.strip())
    if known is None:
        return None
    return _SUPERSETS.get(known.name) or cast(str, known.codec_info.name)


def _sniff_utf16(body: bytes) -> str | None:
    return {b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be", b"<\0!\0": "utf-16-le", b"\0<\0!": "utf-16-be"}.get(body[:4])


def _declared_inside(body: bytes, kind: str) -> str | None:
    head = _COMMENT.sub(b"", body[:DECLARATION_WINDOW])
    for pattern in (_META_CHARSET, _XML_ENCODING) if kind == "html" else (_XML_ENCODING,):
        if found := pattern.search(head):
            codec = _codec(found[1].decode("ascii", "replace"))
            # Whoever can read the declaration as ASCII is not reading UTF-16.
            return "utf-8" if codec and codec.startswith("utf-16") else codec
    return None


def _detect(body: bytes) -> str:
    """UTF-8 when the bytes are (a character cut off at the end is forgiven), else what the letters look like."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(body, final=False)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    letters = re.sub(rb"<[^<>]*>", b" ", body[:200_000])
    high = sum(byte >= 0x80 for byte in letters[:50_000])
    plain = sum(65 <= byte <= 122 for byte in letters[:50_000])
    # A few accents among Latin letters are what cp1252 is for; on so little the detector guesses wildly.
    if high * 5 < plain:
        return "utf-8" if _mostly_utf8(body) else "cp1252"
    try:
        best = charset_normalizer.from_bytes(letters[:50_000], cp_isolation=_DETECTABLE).best()
    except Exception:  # its own plug-ins may fail on odd bytes, and a page is worth more than its guess
        best = None
    return best.encoding if best else "cp1252"


def _mostly_utf8(body: bytes) -> bool:
    """Whether a stray byte or two spoil what is UTF-8 otherwise: more good sequences than bad bytes."""
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return bad * 4 < len(text) - bad - sum(character < "\x80" for character in text)
