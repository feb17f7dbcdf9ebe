"""XML that can neither grow nor reach out: no DTD, no entities, no network, no deep trees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol, cast

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types, and one door needs no stub package

from indexer.html.encoding import decode

_DOCTYPE = re.compile(r"<!doctype\b", re.I)
_SUBSET_END = re.compile(r"\]\s*>")
_DECLARATION = re.compile(r"<\?xml\s[^<>]*\?>")  # not [^>]*: of many that do not end each would be looked through to the end
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ELEMENT = re.compile(r"<[a-zA-Z_]")


class XmlElement(Protocol):
    """As much of an lxml element as readers of XML need. `tag` is "{namespace}name"; comments have none that is a string."""

    tag: object
    text: str | None
    attrib: Mapping[str, str]

    def __iter__(self) -> Iterator[XmlElement]: ...


def parse_xml(body: bytes, content_type: str | None = None) -> XmlElement | None:
    """The root element of a document that may be broken; None when there is no element in it. Never raises.

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
    """XML without the document type, and with it without every entity declared in the document. Linear.

    >>> without_doctype('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>')
    '<r>&a;</r>'
    """
    kept: list[str] = []
    at = 0
    root = _ELEMENT.search(text)
    while found := _DOCTYPE.search(text, at, root.start() if root else len(text)):
        end = text.find(">", found.end()) + 1 or len(text)
        bracket = text.find("[", found.end(), end)
        if bracket >= 0:
            closed = _SUBSET_END.search(text, bracket)
            end = closed.end() if closed else len(text)
        if found.start() > at:
            kept += (text[at : found.start()], " ")  # so that what is left and right of it makes no other one
        at = end
        if root and root.start() < at:
            root = _ELEMENT.search(text, at)
    return "".join(kept) + text[at:]
