"""Which characters a body's bytes stand for, in the order of the WHATWG standard."""

from __future__ import annotations

import codecs
import re
from typing import Literal, NamedTuple, cast

import charset_normalizer
import webencodings

DECLARATION_WINDOW = 16_384  # bytes searched for a charset; WHATWG says 1,024, real pages put comments before it

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How markup begins in wide characters without a mark: "<" and its zeros (XML 1.0, appendix F).
_WIDE = (
    (re.compile(rb"<\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.I)
_META_CHARSET = re.compile(rb"<meta\s[^>]{0,1000}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.I)
_XML_ENCODING = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']\s*([^\s\"'>]+)", re.I)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.S)  # linear: of many that do not end the first takes all
# The standard decodes these labels as a superset, which Python has under another name.
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
    """The text of a page or feed: byte-order mark, header, declaration, UTF-8 if it is, else a guess. Never raises.

    What is declared is not believed against the bytes: servers say "ISO-8859-1" or "us-ascii" of all they have, and programs
    write "UTF-8" above letters of other encodings.

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
    if codec is None or codec.startswith("utf-16"):  # of wide characters there is no sign
        codec = None
    elif codec == "utf-8":
        codec = codec if is_utf8(body) else None
    elif not body.isascii() and ("utf-8" in (header, inside) or codec not in _MANY_BYTES) and is_utf8(body):
        codec = "utf-8"  # bytes of another encoding are hardly ever UTF-8 by chance
    codec = codec or _detect(body)
    return body.decode(codec, STRAY if codec == "utf-8" else "replace").removeprefix("\ufeff")


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
    head = without_comments(body[:DECLARATION_WINDOW])
    patterns = (_META_CHARSET, _XML_ENCODING) if kind == "html" else (_XML_ENCODING,)
    inside = next((found[1].decode("ascii", "replace") for pattern in patterns if (found := pattern.search(head))), None)
    return Declared(mark, *((_codec(label) or label) if label else None for label in (header[1] if header else None, inside)))


def _codec(label: str) -> str | None:
    """Python's codec for a label of the WHATWG standard; None for one that nobody knows."""
    known = webencodings.lookup(label.strip())
    if known is None:
        return None
    return _SUPERSETS.get(known.name) or cast(str, known.codec_info.name)


def _declared_inside(body: bytes, kind: str) -> str | None:
    head = without_comments(body[:DECLARATION_WINDOW])
    for pattern in (_META_CHARSET, _XML_ENCODING) if kind == "html" else (_XML_ENCODING,):
        if found := pattern.search(head):
            codec = _codec(found[1].decode("ascii", "replace"))
            # Whoever can read the declaration as ASCII is not reading UTF-16.
            return "utf-8" if codec and codec.startswith("utf-16") else codec
    return None


def without_comments(markup: bytes) -> bytes:
    """Markup whose encoding is not known yet, without what it hides. Linear."""
    return _COMMENT.sub(b"", markup)


def is_utf8(body: bytes) -> bool:
    """Whether all of it is; a character cut off at the end is forgiven."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(body, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _detect(body: bytes) -> str:
    """UTF-8 when the bytes are, but for a few, else what the letters look like."""
    if is_utf8(body) or _mostly_utf8(body):
        return "utf-8"
    letters = re.sub(rb"<[^<>]*>", b" ", body[:200_000])
    words = _WORD.findall(letters[:50_000])
    high = sum(byte >= 0x80 for byte in letters[:50_000])
    plain = sum(65 <= byte <= 122 for byte in letters[:50_000])
    # Accents stand among Latin letters; words without any are of another script, however many addresses are beside them.
    foreign = sum(len(word) for word in words if len(word) > 2 and min(word) >= 0x80) * 2 > sum(map(len, words))
    # A few accents among Latin letters are what cp1252 is for; on so little the detector guesses wildly.
    if high * 5 < plain and not foreign:
        return "cp1252"
    try:
        sample = b" ".join(words) if foreign else letters[:50_000]
        best = charset_normalizer.from_bytes(sample, cp_isolation=_DETECTABLE).best()
    except Exception:  # its own plug-ins may fail on odd bytes, and a page is worth more than its guess
        best = None
    return best.encoding if best else "cp1252"


def _mostly_utf8(body: bytes) -> bool:
    """Whether a stray byte or two spoil what is UTF-8 otherwise: no more bad bytes than good sequences, which other encodings
    hardly ever have by chance."""
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return bad <= len(text) - bad - sum(character < "\x80" for character in text)


def _stray(error: UnicodeError) -> tuple[str, int]:
    """A byte that is no UTF-8 is read as Windows-1252: texts are put together from parts of both."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return ("\ufffd" if bad[0] < 0xA0 or len(bad) > 1 else bad.decode("cp1252")), error.end


STRAY = "indexer-stray-bytes"
codecs.register_error(STRAY, _stray)
