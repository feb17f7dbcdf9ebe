"""Read JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
import re
from datetime import UTC, tzinfo
from typing import Any

from indexer.dates import DateReader, style_of
from indexer.feeds.entries import (
    MAX_ENTRIES,
    complete_addresses,
    in_language,
    is_placeholder,
    make_entry,
    one_line,
    replace_surrogates,
)
from indexer.model import Entry, Feed
from indexer.urls import resolve

MAX_REPAIRED_CHARACTERS = 5_000_000  # of JSON that is broken
ITEM_DEPTH = 2  # of brackets around an item
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|(?P<comma>,(?=\s*[\]}]))|(?P<sign>[\[\]{}])|[^"\[\]{},]+|,', re.S)


def parse_json_feed(text: str, url: str, zone: tzinfo = UTC) -> Feed:
    """Return the feed; its kind is "" when it is not a JSON Feed. Never raises. `zone`: of dates without an offset."""
    try:
        data, fault = _read(text)
    except (ValueError, RecursionError) as error:
        return Feed(url, "", problems=(f"this is not a feed: broken JSON ({one_line(str(error))})",))
    version = data.get("version") if isinstance(data, dict) else None
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(version):
        return Feed(url, "", problems=("this is JSON, but not a JSON Feed",))
    problems = [f"the feed is not well-formed ({fault}); {len(items)} items could be read"] if fault else []
    if len(items) > MAX_ENTRIES:
        problems.append(f"the feed has {len(items)} items; the first {MAX_ENTRIES} are read")
    language = _text(data, "language") or None
    objects = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    texts = (_date(item, name) for item in objects for name in ("date_published", "date_modified"))
    dates = DateReader(style_of(texts, (language,) if language else (), zone))
    entries = [_entry(item, url, dates) if isinstance(item, dict) else None for item in items[:MAX_ENTRIES]]
    problems += dates.problems()
    named = in_language(entries, language)
    if len(named) < len(entries):
        problems.append(f"{len(entries) - len(named)} empty items were skipped")
    kind = "json10" if str(version).rstrip("/").endswith("/1") else "json11"
    older = resolve(_text(data, "next_url"), url) if _text(data, "next_url") else None
    home = resolve(_text(data, "home_page_url"), url) if _text(data, "home_page_url") else None
    title = one_line(_text(data, "title")[:300])
    named = complete_addresses(named, title, home, url)
    return Feed(url, kind, title, language, named, tuple(problems), next_url=older, home_url=home)


def _read(text: str) -> tuple[Any, str]:
    """Return the value of a JSON text, and what is broken in it; raise ValueError if it has no value.

    Line ends in strings and commas before a bracket are read. Of a text that is cut off or broken, the items before that are
    read.
    """
    try:
        return json.loads(text, strict=False), ""
    except ValueError as error:
        reason = one_line(str(error))
    if len(text) > MAX_REPAIRED_CHARACTERS:
        raise ValueError(reason)
    parts: list[str] = []
    depth = size = end = 0
    for token in _TOKEN.finditer(text):
        depth += (token["sign"] in ("{", "[")) - (token["sign"] in ("}", "]"))
        size += len(token[0]) if not token["comma"] else 0
        parts.append("" if token["comma"] else token[0])
        end = size if token["sign"] == "}" and depth == ITEM_DEPTH else end
    repaired = "".join(parts)
    try:
        data = json.loads(repaired, strict=False)
    except ValueError:
        data = json.loads(repaired[:end] + "]}", strict=False)
    return data, reason


def _entry(item: dict[str, Any], url: str, dates: DateReader) -> Entry | None:
    links = (_text(item, name) for name in ("url", "external_url"))
    link = next((each for each in links if not is_placeholder(each)), "")
    if not link and _text(item, "id").startswith(("https://", "http://")):
        link = _text(item, "id")  # "ideally, the id is the full URL of the resource"
    plain = _text(item, "content_text").replace("&", "&amp;").replace("<", "&lt;")
    authors = item.get("authors") or item.get("author")
    authors = authors if isinstance(authors, list) else [authors]
    tags = item.get("tags")
    tags = tags if isinstance(tags, list) else [tags]
    image = _text(item, "image") or _text(item, "banner_image")
    return make_entry(
        url=resolve(link, url) if link else None,
        guid=str(item.get("id") or "") or None,
        title=_text(item, "title"),
        title_is_html=False,
        summary_html=_text(item, "summary").replace("&", "&amp;").replace("<", "&lt;"),
        content_html=_text(item, "content_html") or "".join(f"<p>{part}</p>" for part in plain.split("\n\n") if part),
        published=dates.read(_date(item, "date_published"), _text(item, "language")),
        updated=dates.read(_date(item, "date_modified"), _text(item, "language")),
        authors=[_text(each, "name") if isinstance(each, dict) else each for each in authors if isinstance(each, dict | str)],
        categories=[tag for tag in tags if isinstance(tag, str)],
        language=_text(item, "language") or None,
        image=resolve(image, url) if image else None,
        enclosure=_attachment(item, url),
    )


def _attachment(item: dict[str, Any], url: str) -> str | None:
    """Return the address of the first attached file."""
    files = item.get("attachments")
    addresses = [_text(each, "url") for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    return next((resolve(each, url) for each in addresses if not is_placeholder(each)), None)


def _date(item: dict[str, Any], key: str) -> str:
    """Return a date as text, which some programs write as a number of seconds."""
    value = item.get(key)
    return str(value) if isinstance(value, int | float) else _text(item, key)


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return replace_surrogates(value) if isinstance(value, str) else ""
