"""Sitemaps and indexes of sitemaps (https://www.sitemaps.org/protocol.html), as feeds of addresses."""

from __future__ import annotations

import re
import zlib

from indexer import html
from indexer.dates import parse_date
from indexer.feeds.limits import LONGEST_FEED, one_line
from indexer.html import XmlElement
from indexer.model import Entry, Feed
from indexer.urls import resolve

MOST_ADDRESSES = 50_000  # the protocol's own limit
_ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.I)


def parse_sitemap(body: bytes, content_type: str | None, url: str) -> Feed | None:
    """The addresses that a sitemap lists; None when it is no sitemap. Never raises."""
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(31).decompress(body, LONGEST_FEED)
        except zlib.error:
            return None
    if not _ROOT.search(body[:4_000].replace(b"\x00", b"")):
        return None
    root = html.parse_xml(body, content_type)
    kind = _name(root) if root is not None else ""
    if root is None or kind not in ("urlset", "sitemapindex"):
        return None
    entries: dict[str, Entry] = {}
    unread = 0
    for child in root:
        entry = _entry(child, url) if _name(child) in ("url", "sitemap") else None
        if entry is None or entry.url is None:
            unread += 1
        elif len(entries) < MOST_ADDRESSES:
            entries.setdefault(entry.url, entry)
    problems = (f"{unread} lines of the sitemap have no usable address",) if unread else ()
    return Feed(url, "sitemap" if kind == "urlset" else kind, entries=tuple(entries.values()), problems=problems)


def _entry(element: XmlElement, url: str) -> Entry:
    values: dict[str, str] = {}
    stack = [(part, 0) for part in element]
    while stack:
        part, depth = stack.pop()
        values.setdefault(_name(part), (part.text or "").strip())
        if depth < 3:
            stack.extend((inner, depth + 1) for inner in part)
    return Entry(
        url=resolve(values.get("loc", ""), url),
        title=one_line(values.get("title", ""))[:500],
        published=parse_date(values.get("publication_date")),
        updated=parse_date(values.get("lastmod")),
    )


def _name(element: XmlElement) -> str:
    return str(element.tag).rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
