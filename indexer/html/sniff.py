"""Decide whether a response is a web page. Servers declare wrong types, so the first bytes are examined as well."""

from __future__ import annotations

import re

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
    """Report whether a response is a page with readable text. `media_type`: as declared by the server, in lower case.

    >>> is_page(b"<!DOCTYPE html><p>a", "image/png"), is_page(b"%PDF-1.7", "text/html"), is_page(b"{}", "application/json")
    (True, False, False)
    """
    if media_type in _TEXTS:
        return _BINARY.match(body) is None
    return _MARKUP.match(body) is not None
