"""Read OPML subscription lists (http://opml.org/spec2.opml) as sources."""

from __future__ import annotations

from indexer import html
from indexer.feeds.entries import one_line
from indexer.model import Source
from indexer.urls import resolve

MAX_FEEDS = 2_000


def parse_opml(body: bytes, url: str) -> tuple[Source, ...] | None:
    """Return the feeds of an OPML file, in its order, each once; None when it is not OPML. Never raises."""
    if b"opml" not in body[:4_000].lower().replace(b"\x00", b""):
        return None
    root = html.parse_xml(body)
    if root is None or str(root.tag).rpartition("}")[2].lower() != "opml":
        return None
    sources: dict[str, Source] = {}
    stack = [root]
    while stack and len(sources) < MAX_FEEDS:
        element = stack.pop()
        attributes = {str(name).lower(): str(value) for name, value in element.attrib.items()}
        address = resolve(attributes.get("xmlurl", ""), url if url.startswith("http") else None)
        if address:
            name = one_line(attributes.get("title") or attributes.get("text") or "")[:200]
            sources.setdefault(address, Source(address, name, language=attributes.get("language", "")[:10] or None))
        stack.extend(reversed(list(element)))
    return tuple(sources.values())
