"""Parse XML safely: without DTD, entities, network access and deep trees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol, cast

from lxml import etree  # type: ignore[import-untyped]  # lxml has no types, and only this package uses it

from indexer.html.encoding import decode

_DOCTYPE = re.compile(r"<!doctype\b", re.I)
_SUBSET_END = re.compile(r"\]\s*>")
_DECLARATION = re.compile(r"<\?xml\s[^<>]*\?>")  # not [^>]*: each unclosed declaration would be scanned to the end
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ELEMENT = re.compile(r"<[a-zA-Z_]")


class XmlElement(Protocol):
    """The part of lxml's interface that readers of XML need. `tag` is "{namespace}name", and not a string for comments."""

    tag: object
    text: str | None
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
