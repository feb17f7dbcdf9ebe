"""Find the feeds that a web page links (https://www.rssboard.org/rss-autodiscovery)."""

from __future__ import annotations

import re

from indexer import html
from indexer.urls import resolve, same_site

MAX_FEEDS = 10
_TYPES = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/x\.atom\+xml", re.I)
_VAGUE = re.compile(r"(?:text|application)/(?:xml|rss|atom|json)\s*(?:;|$)", re.I)  # a feed if its name suggests one
_NAMED = re.compile(r"\b(?:rss|atom|feeds?)\b", re.I)
_LIKELY = re.compile(
    r"(?:/|^)(?:rss|feed|atom|index\.rdf)(?:\.(?:xml|php|json))?/?(?:\?.*)?$|\.(?:rss|atom|rdf)$|[?&](?:feed|type)=(?:rss2?|atom|9818)\b",
    re.I,
)
# WordPress links the feed of its comments next to that of its posts on each page. A site's search needs the posts.
_COMMENTS = re.compile(
    r"/comments/(?:feed|rss|atom)|[?&]feed=comments|comments feed|kommentar-?feed|flux (?:des|de) commentaires"
    r"|feed de (?:los )?comentarios|feed dei commenti",
    re.I,
)


def discover(html_text: str, url: str) -> tuple[str, ...]:
    """Return the addresses of the feeds that a page declares, in its order; if there are none, links that look like feeds."""
    tree = html.parse(html_text)
    base_tag = tree.find("base", href=True)
    base = resolve(str(base_tag["href"]), url) if base_tag else None
    base = base or url
    declared: dict[str, None] = {}
    comments: dict[str, None] = {}
    for link in tree.find_all("link", href=True, limit=500):
        rel: object = link.get("rel") or []
        rels = {part.lower() for part in (rel if isinstance(rel, list) else str(rel).split())}
        kind, text = str(link.get("type", "")).strip(), f"{link['href']} {link.get('title') or ''}"
        vague = _VAGUE.match(kind) and _NAMED.search(text) and "wp-json" not in text
        named = rels & {"alternate", "feed"} and (_TYPES.match(kind) or "feed" in rels or vague)
        if named and (address := resolve(str(link["href"]), base)):
            (comments if _COMMENTS.search(text) else declared)[address] = None
    declared = declared or comments
    if not declared:
        for anchor in tree.find_all("a", href=True, limit=3_000):
            address = resolve(str(anchor["href"]), base)
            if address and _LIKELY.search(address) and same_site(address, url):
                declared[address] = None
    return tuple(declared)[:MAX_FEEDS]
