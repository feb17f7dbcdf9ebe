"""Sitemaps and indexes of sitemaps (https://www.sitemaps.org/protocol.html), as feeds of addresses.

Of the extensions only news is read (title, date, language); what images, videos and alternates say is not about the page's
own address. A sitemap may also be a text with an address a line.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, tzinfo

from indexer import html
from indexer.dates import DateStyle, parse_date
from indexer.feeds.entries import MAX_FEED_BYTES, gunzip, one_line
from indexer.html import XmlElement
from indexer.model import Entry, Feed
from indexer.urls import resolve

SAME_LASTMOD = "all pages of the sitemap have the same lastmod; it is ignored"
MAX_ADDRESSES = 50_000  # the protocol's own limit
MIN_DATED_ADDRESSES = 5  # of more addresses with a lastmod, one value for all says nothing
_ROOT = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.I)
_LINE = re.compile(r"https?://[^\s<>\"]+", re.I)
_STRAY_AMPERSAND = re.compile(r"&(?!#?\w{1,12};)")  # "?a=1&b=2": a lenient parser would drop "&b"
_CUT = re.compile(r"<(?:\w+:)?loc\b[^<>]*>(?:(?!</(?:\w+:)?loc\s*>).)*\Z", re.I | re.S)


def parse_sitemap(body: bytes, content_type: str | None, url: str, zone: tzinfo = UTC) -> Feed | None:
    """Return the addresses that a sitemap lists; None when it is not a sitemap. Never raises. `zone`: of dates without an offset.

    `updated` is the lastmod, unless it is the same for all: then it is the date of the sitemap, not of the pages.
    """
    body = gunzip(body)
    if not _ROOT.search(body[:4_000].replace(b"\x00", b"").decode("latin-1")):
        return _text_sitemap(body, content_type, url)
    root = html.parse_xml(_repaired(html.decode(body[:MAX_FEED_BYTES], content_type, kind="xml")).encode("utf-8", "replace"))
    kind = _name(root) if root is not None else ""
    if root is None or kind not in ("urlset", "sitemapindex"):
        return None
    entries: dict[str, Entry] = {}
    style = DateStyle(zone=zone)
    unread = 0
    nested = (part for child in root for part in (child if _name(child) == kind else (child,)))
    for child in nested:
        entry = _entry(child, url, style) if _name(child) in ("url", "sitemap") else None
        if entry is None or entry.url is None:
            unread += 1
        elif len(entries) < MAX_ADDRESSES:
            entries.setdefault(entry.url, entry)
    problems = [f"{unread} lines of the sitemap have no usable address"] if unread else []
    listed = tuple(entries.values())
    if kind == "urlset" and _is_meaningless(listed):
        listed = tuple(replace(entry, updated=None) for entry in listed)
        problems.append(SAME_LASTMOD)
    return Feed(url, "sitemap" if kind == "urlset" else kind, entries=listed, problems=tuple(problems))


def _repaired(text: str) -> str:
    """Return the sitemap without warnings of a program before its root, and with ampersands escaped.

    An address that is cut off at the end is removed: it would be that of another page.
    """
    root = _ROOT.search(text, 0, 8_000)
    text = text[root.start() :] if root else text
    last = text.rfind("<", 0, max(0, text.lower().rfind("loc")))
    if last >= 0 and (cut := _CUT.match(text, last)):
        text = text[: cut.start()]
    first, *others = text.split("<![CDATA[")  # inside, ampersands need no escape
    parts = [(inside, rest) for inside, _, rest in (each.partition("]]>") for each in others)]
    escaped = [f"<![CDATA[{inside}]]>{_STRAY_AMPERSAND.sub('&amp;', rest)}" for inside, rest in parts]
    return _STRAY_AMPERSAND.sub("&amp;", first) + "".join(escaped)


def _is_meaningless(entries: tuple[Entry, ...]) -> bool:
    moments = Counter(entry.updated for entry in entries if entry.updated)
    return moments.total() >= MIN_DATED_ADDRESSES and len(moments) == 1


def _text_sitemap(body: bytes, content_type: str | None, url: str) -> Feed | None:
    """Read a text that holds one address a line and nothing else."""
    if not body[:8].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(b"http"):
        return None
    lines = [line.strip() for line in html.decode(body[:MAX_FEED_BYTES], content_type).splitlines()]
    lines = [line.lstrip("\ufeff") for line in lines if line and not line.startswith("#")]
    if not all(_LINE.fullmatch(line) for line in lines[:MAX_ADDRESSES]):
        return None
    addresses = dict.fromkeys(address for line in lines[:MAX_ADDRESSES] if (address := resolve(line, url)))
    return Feed(url, "sitemap", entries=tuple(Entry(address) for address in addresses))


def _entry(element: XmlElement, url: str, style: DateStyle) -> Entry:
    own: dict[str, str] = {}
    news: dict[str, str] = {}
    for part in element:
        name, space = _name(part), _space(part)
        if name == "news":
            for inner in (deeper for each in part for deeper in (each, *each)):
                news.setdefault(_name(inner), (inner.text or "").strip())
        elif "sitemap-" not in space and "xhtml" not in space:  # .../sitemap-image/1.1 and its like are extensions
            own.setdefault(name, (part.text or "").strip())
    return Entry(
        url=resolve(own.get("loc", ""), url),
        title=one_line(news.get("title", ""))[:500],
        published=parse_date(news.get("publication_date"), style),
        updated=parse_date(own.get("lastmod"), style),
        language=news.get("language", "")[:10].lower() or None,
    )


def _name(element: XmlElement) -> str:
    return str(element.tag).rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _space(element: XmlElement) -> str:
    return str(element.tag).rpartition("}")[0].lower() if isinstance(element.tag, str) else ""
