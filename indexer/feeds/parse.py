"""Parse feeds of every kind: the only door to feedparser, which gets sanitised text and whose result is bounded.

    bytes -> text -> (JSON Feed) | without doctype, junk and excess elements -> feedparser -> entries

feedparser raises on `&#xD800;`, takes seconds for an element with 20,000 attributes and minutes for an item with 50,000
categories (`feeds.xml_repair`). None of that reaches it. It also opens files and addresses when given a string,
so it gets a stream.
"""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from typing import Any
from xml.parsers import expat

import feedparser

from indexer import html
from indexer.dates import DateReader, style_of
from indexer.feeds.entries import (
    MAX_ENTRIES,
    MAX_FEED_BYTES,
    MAX_TEXT_CHARACTERS,
    PLACEHOLDER,
    complete_addresses,
    gunzip,
    in_language,
    is_placeholder,
    make_entry,
    one_line,
)
from indexer.feeds.jsonfeed import parse_json_feed
from indexer.feeds.xml_repair import MIN_TAGS, close_root, limit_elements, repair_references
from indexer.model import Entry, Feed
from indexer.urls import identity, resolve

FEED_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:rss|feed|rdf:RDF)[\s>]")  # how most feeds begin
_ROOT = re.compile(r"<(?:rss|\w+:rss|feed|\w+:feed|rdf:RDF|RDF|\w+:RDF|channel)\b", re.I)
_PREFIXED_RSS = re.compile(r"<(\w+):rss\b", re.I)
_RDF = frozenset(("rss090", "rss10"))
_HISTORY = "purl.org/syndication/history"  # the namespace of RFC 5005; any prefix may stand for it
_COMPLETE = re.compile(r"<[\w.-]+:complete\b")
_HTML = re.compile(r"<(?:!doctype html|html|head|body)\b", re.I)
_ITEM = re.compile(r"<(?:item|entry|\w+:entry)\b", re.I)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONG_TAG = re.compile(r"<([A-Za-z][\w:.-]*)\s[^<>]{20000,}?(/?)>")
# <guid>4711</guid> lacks isPermaLink="false"; feedparser would make an address of it, on the feed's host.
_GUID = re.compile(r"<guid\b[^<>]*>(?=\s*(?:<!\[CDATA\[)?\s*(?!https?:|/)[^\s<])", re.I)
_PERMALINK = re.compile(r"(<guid\b[^<>]*?\s)ispermalink\s*=\s*[\"']?\s*(true|false|yes|no|1|0)\s*[\"']?", re.I)
# feedparser makes addresses of "N/A" and the like, so they are removed before.
_MISSING = re.compile(
    rf"(<(?:[\w.-]+:)?(?:link|guid|id)\b[^<>]*>)\s*(?:<!\[CDATA\[\s*)?{PLACEHOLDER}\s*(?:\]\]>\s*)?(?=</)", re.I
)
_MISSING_HREF = re.compile(
    rf"(<(?:[\w.-]+:)?(?:link|enclosure)\b[^<>]*?\s(?:href|url)\s*=\s*)(?:\"{PLACEHOLDER}\"|'{PLACEHOLDER}')", re.I
)
_ZERO_LINK = re.compile(r"(<link>)\s*(?:<!\[CDATA\[\s*)?0\s*(?:\]\]>\s*)?(?=</link>)", re.I)  # as a guid, 0 is a number
_EMPTY_LINK = re.compile(
    r"<link\s*/>|<link>\s*(?:<!\[CDATA\[\s*\]\]>\s*)?</link>", re.I
)  # with it, feedparser ignores a permalink
_DOUBLED_SCHEME = re.compile(r"(<link>\s*(?:<!\[CDATA\[\s*)?)https?://(?=https?://)", re.I)
_BARE_HOST = re.compile(r"(<link>\s*(?:<!\[CDATA\[\s*)?)(?=www\.[^\s/<]{1,200}\.\w)", re.I)  # "www.example.org/a" is not a path


def parse_feed(body: bytes, content_type: str | None, url: str, zone: tzinfo = UTC) -> Feed:
    """Return what is readable of a feed; its kind is "" when it is not a feed, and `problems` explains why. Never raises.

    `zone`: of dates without an offset.
    """
    body = gunzip(body)
    if not body.strip():
        return Feed(url, "", problems=("the answer is empty",))
    text = html.decode(body[:MAX_FEED_BYTES], content_type, kind="xml").lstrip("\ufeff \t\r\n")
    problems = [f"only the first {MAX_FEED_BYTES // 1_000_000} MB of the feed are read"] if len(body) > MAX_FEED_BYTES else []
    if text.startswith("{"):
        return parse_json_feed(text, url, zone)
    root = _ROOT.search(text, 0, 200_000)
    page = _HTML.search(text, 0, 2_000)
    if root is None or (page and page.start() < root.start()):
        what = "this is a web page, not a feed" if page else f"this is not a feed: it begins with {one_line(text[:60])!r}"
        return Feed(url, "", problems=(what,))
    text = _sanitized(text[root.start() :], url, problems)
    try:
        data = text.encode("utf-8", "replace")
        if error := _xml_error(data):
            # feedparser would read the feed up to the error, and then once more as a whole with its lenient parser. This
            # ampersand fails immediately, and the lenient parser ignores it: a large feed takes half the time.
            data = b"& " + data
        parsed = feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
        first = _ITEM.search(text)
        complete = _HISTORY in text and _COMPLETE.search(text, 0, first.start() if first else len(text)) is not None
        feed = dataclasses.replace(_feed(parsed, url, error, problems, zone), complete=complete)
        return with_update_hints(feed, parsed.get("feed", {}), text)
    except Exception as error:  # third-party code failed on unexpected bytes: a lost feed must not end the crawl
        return Feed(url, "", problems=(*problems, f"the feed cannot be read: {type(error).__name__}: {one_line(str(error))}"))


def _xml_error(data: bytes) -> str:
    """Return why a feed is not well-formed XML; "" when it is."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return str(error)
    return ""


def _sanitized(text: str, url: str, problems: list[str]) -> str:
    text = _FORBIDDEN.sub("", html.without_doctype(text))
    if _xml_error(text.encode("utf-8", "replace")):  # a well-formed feed needs no repair, which takes ten times as long
        text = repair_references(text)
    text = _without_prefix(text)
    text = _GUID.sub('<guid isPermaLink="false">', _PERMALINK.sub(_permalink, _LONG_TAG.sub(r"<\1\2>", text)))
    text = _DOUBLED_SCHEME.sub(r"\1", _BARE_HOST.sub(r"\1http://", _ZERO_LINK.sub(r"\1", text)))
    scheme, _, host = url.partition("://")
    if (host := host.partition("/")[0]) and f">{host}/" in text:  # a link without its scheme
        text = text.replace(f"<link>{host}/", f"<link>{scheme}://{host}/")
    text = _EMPTY_LINK.sub("", _MISSING_HREF.sub(r'\1""', _MISSING.sub(r"\1", text)))
    items = [match.start() for match in _ITEM.finditer(text)]
    if len(items) > MAX_ENTRIES:
        problems.append(f"the feed has {len(items)} items; the first {MAX_ENTRIES} are read")
        text = close_root(text[: items[MAX_ENTRIES]])
    return limit_elements(text, problems) if text.count("<") >= MIN_TAGS else text


def _without_prefix(text: str) -> str:
    """Return RSS with its elements in no namespace: feedparser reads no item of `<r:rss><r:channel>`."""
    root = _PREFIXED_RSS.match(text)
    return re.sub(rf"(</?){re.escape(root[1])}:(?=[A-Za-z])", r"\1", text) if root else text


def _permalink(match: re.Match[str]) -> str:
    """Return the attribute as the standard writes it: "TRUE" counts as "true"."""
    return f'{match[1]}isPermaLink="{"true" if match[2].lower() in ("true", "yes", "1") else "false"}"'


def _feed(parsed: Any, url: str, error: str, problems: list[str], zone: tzinfo) -> Feed:
    kind = str(parsed.get("version") or "")
    about = parsed.get("feed", {})
    language = str(about.get("language") or "") or None
    items = parsed.get("entries", [])[:MAX_ENTRIES]
    dates = DateReader(style_of((text for item in items for text in _dates(item)), (language,) if language else (), zone))
    entries = [_entry(each, url, kind, dates) for each in items]
    problems += dates.problems()
    named = in_language(entries, language)
    if not kind and not named:
        return Feed(url, "", problems=(*problems, "this is not a feed"))
    if error or parsed.get("bozo"):
        reason = error or one_line(str(parsed.get("bozo_exception") or ""))[:160]
        problems.append(f"the feed is not well-formed ({reason}); {len(named)} items could be read")
    if len(named) < len(entries):
        problems.append(f"{len(entries) - len(named)} empty items were skipped")
    title = one_line(html.to_text(str(about.get("title") or ""))[:300])
    links = {str(link.get("rel")): str(link.get("href") or "") for link in reversed(about.get("links") or ())}
    older = links.get("prev-archive") or links.get("next")
    home = str(about.get("link") or links.get("alternate") or "")
    home_url = resolve(home, url) if home and not is_placeholder(home) else None
    return Feed(
        url,
        kind or "rss",
        title,
        language,
        complete_addresses(named, title, home_url, url),
        tuple(problems),
        next_url=resolve(older, url) if older else None,
        home_url=home_url,
        generator=_generator(about),
    )


def _generator(about: Mapping[str, Any]) -> str:
    detail = about.get("generator_detail") or {}
    return one_line(" ".join(str(part or "") for part in (about.get("generator"), detail.get("href")))[:400])


def _dates(item: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the texts of an item's dates: published and updated."""
    return item.get("published") or item.get("created"), item.get("updated") if "updated" in item else None


def _entry(item: Mapping[str, Any], url: str, kind: str, dates: DateReader) -> Entry | None:
    title = item.get("title_detail") or {}
    published, updated = (dates.read(text, title.get("language")) for text in _dates(item))
    literal = kind.startswith("atom") and title.get("type") == "text/plain"
    content = max((_markup(part, kind) for part in item.get("content") or ()), key=len, default="")
    summary = _markup(item.get("summary_detail") or {"value": item.get("summary")}, kind)
    return make_entry(
        url=_link(item, url, kind),
        guid=_guid(item, url),
        title=str(item.get("title") or ""),
        title_is_html=not literal,
        summary_html=summary if summary != content else "",
        content_html=content,
        published=published,
        updated=updated,
        authors=_authors(item),
        categories=(str(tag.get("label") or tag.get("term") or "") for tag in item.get("tags") or ()),
        language=title.get("language") or None,
        image=_image(item, url),
        enclosure=_enclosure(item, url),
    )


def _guid(item: Mapping[str, Any], url: str) -> str | None:
    """Return the item's guid. feedparser makes the feed's own address of an empty one."""
    guid = str(item.get("id") or "")
    return guid if guid and guid != url else None


def _link(item: Mapping[str, Any], url: str, kind: str) -> str | None:
    """Return the item's own address: the original one behind a click counter (FeedBurner, Pheedo), otherwise its link."""
    listed = (each.get("href") for each in item.get("links") or () if str(each.get("rel")).rpartition("/")[2] == "alternate")
    texts = (each.get("src") for each in item.get("content") or ())  # RFC 4287, 4.1.3.2: the text is at this address
    for link in (item.get("feedburner_origlink"), item.get("pheedo_origlink"), item.get("link"), *listed, *texts):
        address = resolve(str(link), url) if link and not is_placeholder(str(link)) else None
        if address and identity(address) != identity(url):  # href="" is the feed itself
            return address
    about = str(item.get("id") or "") if kind in _RDF else ""  # RSS 1.0, 5.5: identical to the link
    return resolve(about) if about.startswith(("https://", "http://")) else None


def _markup(part: Mapping[str, Any], kind: str) -> str:
    """Return content as HTML; Atom's plain text is escaped."""
    value = str(part.get("value") or "")[:MAX_TEXT_CHARACTERS]
    if kind.startswith("atom") and part.get("type") == "text/plain":
        return value.replace("&", "&amp;").replace("<", "&lt;").replace("\n\n", "<p>")
    return value


def _authors(item: Mapping[str, Any]) -> Iterable[str]:
    """Return the names of the authors, which may contain addresses.

    feedparser cuts an address after four letters of its last part and takes the rest as the name: "ple (Ann" of
    "a@b.example (Ann)".
    """
    listed = [name for each in item.get("authors") or () if each and (name := str(each.get("name") or ""))]
    return listed if len(listed) > 1 else [str(item.get("author") or "")]


def _enclosure(item: Mapping[str, Any], url: str) -> str | None:
    """Return the address of the first attached file, a recording rather than an image."""
    files = [each for each in item.get("enclosures") or () if str(each.get("href") or url) != url]
    media = [each for each in item.get("media_content") or () if str(each.get("url") or url) != url]
    files += [{"href": each["url"], "type": each.get("type") or f"{each.get('medium') or ''}/"} for each in media]
    files.sort(key=lambda each: str(each.get("type") or "").startswith("image"))
    return resolve(str(files[0]["href"]), url) if files else None


def _image(item: Mapping[str, Any], url: str) -> str | None:
    for each in (*(item.get("media_thumbnail") or ()), *(item.get("media_content") or ()), *(item.get("enclosures") or ())):
        address, kind = each.get("url") or each.get("href"), str(each.get("type") or each.get("medium") or "")
        if address and (kind.startswith("image") or re.search(r"\.(?:jpe?g|png|webp|gif|avif)(?:\?|$)", str(address), re.I)):
            return resolve(str(address), url)
    return None


# -- update hints ---------------------------------------------------------------------------------------------------
# RSS 2.0 (https://www.rssboard.org/rss-specification), https://web.resource.org/rss/1.0/modules/syndication/

PERIODS = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 7 * 86_400.0, "monthly": 30 * 86_400.0, "yearly": 365 * 86_400.0}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SKIP_HOURS = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.I | re.S)
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,1000}?)</skipDays>", re.I | re.S)
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.I | re.A)
_DAY = re.compile(r"<day>\s*([a-z]{1,12})\s*</day>", re.I)


def with_update_hints(feed: Feed, about: Mapping[str, Any], text: str) -> Feed:
    """Return the feed with its update hints.

    `about` is feedparser's reading of the channel. It holds only the last of several hours and days, so these are read from the
    text.
    """
    minutes = str(about.get("ttl") or "").strip()
    seconds = float(minutes) * 60 if re.fullmatch(r"[0-9]{1,7}", minutes) else 0.0
    period = PERIODS.get(str(about.get("sy_updateperiod") or "").strip().lower(), 0.0)
    frequency = str(about.get("sy_updatefrequency") or "").strip()
    often = int(frequency) if re.fullmatch(r"[0-9]{1,5}", frequency) else 1
    hours = frozenset(int(each) % 24 for part in _SKIP_HOURS.findall(text) for each in _HOUR.findall(part) if int(each) <= 24)
    names = (each.lower() for part in _SKIP_DAYS.findall(text) for each in _DAY.findall(part))
    return dataclasses.replace(
        feed,
        refresh_seconds=max(seconds, period / max(often, 1)),
        skip_hours=hours if len(hours) < 24 else frozenset(),
        skip_days=frozenset(_DAYS.index(each) for each in names if each in _DAYS),
    )
