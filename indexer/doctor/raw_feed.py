"""Read a feed's elements as the publisher wrote them, before `feeds.parse` corrects them."""

from __future__ import annotations

import json
from typing import Any

from indexer import html
from indexer.doctor.facts import RawFeed, RawItem
from indexer.html import XmlElement

MAX_ITEMS = 10_000
_DATES = ("pubdate", "published", "date", "updated", "modified", "issued", "created")
MAX_VALUE_CHARACTERS = 2_000


def read_raw(body: bytes, content_type: str | None) -> RawFeed:
    """Return the elements of an RSS, Atom, RDF or JSON feed; an empty feed for anything else. Never raises."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json(html.decode(body, content_type, kind="xml"))
    root = html.parse_xml(body, content_type)
    if root is None:
        return RawFeed()
    items: list[RawItem] = []
    about: dict[str, list[XmlElement]] = {}
    for element in _heads(root):
        if _name(element) in ("item", "entry"):
            if len(items) < MAX_ITEMS:
                items.append(_item(element))
        else:
            about.setdefault(_name(element), []).append(element)
    links = {str(link.attrib.get("rel") or ""): str(link.attrib.get("href") or "") for link in about.get("link", ())}
    generators = [f"{each.text or ''} {each.attrib.get('uri') or ''}".strip() for each in about.get("generator", ())]
    ttl = next((each.text.strip() for each in about.get("ttl", ()) if each.text), None)
    return RawFeed(tuple(items), ttl, links.get("self") or None, links.get("hub") or None, " ".join(generators)[:200])


def _heads(root: XmlElement) -> list[XmlElement]:
    """Return the children of the root and of its channel: RSS 1.0 has its items next to the channel, other formats within."""
    children: list[XmlElement] = []
    for child in root:
        if _name(child) == "channel":
            children += list(child)
        else:
            children.append(child)
    return children


def _item(element: XmlElement) -> RawItem:
    texts: dict[str, str] = {}
    link = None
    for part in element:
        name = _name(part)
        if name == "link":
            href = part.attrib.get("href")
            if href is None or part.attrib.get("rel", "alternate") == "alternate":
                link = link or (str(href) if href is not None else part.text or "").strip()[:MAX_VALUE_CHARACTERS] or None
        elif name:
            texts.setdefault(name, (part.text or "").strip()[:MAX_VALUE_CHARACTERS])
    guid = texts.get("guid") or texts.get("id")
    about = next((str(value) for name, value in element.attrib.items() if str(name).endswith("}about")), None)
    date = next((texts[name] for name in _DATES if texts.get(name)), None)
    return RawItem(link, guid or about or None, texts.get("title") or None, date)


def _name(element: XmlElement) -> str:
    return str(element.tag).rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _json(text: str) -> RawFeed:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return RawFeed()
    listed = data.get("items") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        return RawFeed()
    items = tuple(
        RawItem(
            _text(item, "url") or _text(item, "external_url"),
            _text(item, "id"),
            _text(item, "title"),
            _text(item, "date_published") or _text(item, "date_modified"),
        )
        for item in listed[:MAX_ITEMS]
        if isinstance(item, dict)
    )
    hubs = data.get("hubs")
    hub = next((_text(each, "url") for each in hubs if isinstance(each, dict)), None) if isinstance(hubs, list) else None
    return RawFeed(items, self_link=_text(data, "feed_url"), hub=hub)


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    return str(value).strip()[:MAX_VALUE_CHARACTERS] or None if isinstance(value, str | int) else None
