"""Read WordPress's list of its posts (https://developer.wordpress.org/rest-api/reference/posts/). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from indexer.dates import parse_date
from indexer.dates.date_words import MAX_OFFSET_HOURS
from indexer.feeds.entries import make_entry
from indexer.model import Entry, Feed
from indexer.urls import resolve, same_site

POSTS_PER_PAGE = 100  # its limit
MIN_SHARED_ITEMS = 0.8  # share of the feed's items that the newest posts must contain; otherwise the feed has another content
_FIELDS = "link,guid,title,excerpt,content,date,date_gmt,modified,modified_gmt"
_FEED_PATH = re.compile(r"/(?:feed(?:/(?:rss2?|atom|rdf))?|wp-rss2?\.php|wp-atom\.php)/?$", re.I)
_POST_GUID = re.compile(r"[?&]p=\d+(?:&|$)")


@dataclass(frozen=True, slots=True)
class Posts:
    """One page of the API's list."""

    entries: tuple[Entry, ...]
    total: int | None  # the number of posts
    pages: int | None  # the number of pages


def api_of(feed: Feed, url: str) -> str | None:
    """Return where the API of a feed's site should be; None when the feed does not look like WordPress's.

    >>> api_of(Feed("", "rss20", generator="https://wordpress.org/?v=6.4"), "https://example.org/blog/feed/")
    'https://example.org/blog/wp-json/'
    """
    is_wordpress = "wordpress" in feed.generator.lower() or any(_POST_GUID.search(entry.guid or "") for entry in feed.entries)
    own_path = _FEED_PATH.search(urlsplit(url).path)
    if own_path and (is_wordpress or not feed.generator):
        return resolve(f"{urlsplit(url).path[: own_path.start()]}/wp-json/", url)
    home = feed.home_url
    if is_wordpress and home and not urlsplit(home).query:
        return resolve(f"{urlsplit(home).path.rstrip('/')}/wp-json/", home)
    return None


def posts_address(api: str, page: int) -> str:
    """Return the address of one page of posts, newest first. `api` may name its route in a parameter ("/?rest_route=/")."""
    route, mark = (f"{api.rstrip('/')}/wp/v2/posts", "&") if "?" in api else (f"{api.rstrip('/')}/wp/v2/posts", "?")
    return f"{route}{mark}per_page={POSTS_PER_PAGE}&page={page}&_fields={_FIELDS}"


def parse_posts(body: bytes, headers: Mapping[str, str], url: str) -> Posts | None:
    """Return the posts of an answer; None when it is not from the API. Never raises."""
    try:
        data = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, list) or not all(isinstance(item, dict) and "link" in item for item in data):
        return None
    entries = tuple(entry for item in data[:POSTS_PER_PAGE] if (entry := _entry(item, url)))
    return Posts(entries, _number(headers.get("x-wp-total")), _number(headers.get("x-wp-totalpages")))


def match_feed(posts: tuple[str, ...], listed: tuple[str, ...]) -> bool:
    """Return whether a feed covers all posts. `posts` and `listed` are page keys, those of the posts newest first."""
    newest = set(posts[: max(len(listed), 1)])
    return bool(listed) and len(newest & set(listed)) >= MIN_SHARED_ITEMS * min(len(set(listed)), len(newest) or 1)


def _entry(item: dict[str, Any], url: str) -> Entry | None:
    link = resolve(str(item.get("link") or ""), url)
    if link is None or not same_site(link, url):
        return None
    content, excerpt = item.get("content"), item.get("excerpt")
    if isinstance(content, dict) and content.get("protected"):
        content = excerpt = None
    return make_entry(
        url=link,
        guid=_rendered(item.get("guid")) or None,
        title=_rendered(item.get("title")),
        title_is_html=True,
        summary_html=_rendered(excerpt),
        content_html=_rendered(content),
        published=_moment(item, "date"),
        updated=_moment(item, "modified"),
        authors=(),
        categories=(),
        language=None,
        image=None,
    )


def _moment(item: dict[str, Any], name: str) -> datetime | None:
    """Return a moment of a post with the offset of its site: WordPress states the local time and that in UTC."""
    moment, local = parse_date(_text(item.get(f"{name}_gmt"))), parse_date(_text(item.get(name)))
    if moment is None or local is None or abs(offset := local - moment) > timedelta(hours=MAX_OFFSET_HOURS):
        return moment
    return moment.astimezone(timezone(timedelta(minutes=round(offset / timedelta(minutes=1)))))


def _rendered(value: object) -> str:
    return _text(value.get("rendered")) if isinstance(value, dict) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: str | None) -> int | None:
    value = (value or "").strip()
    return int(value) if re.fullmatch(r"\d{1,9}", value, re.ASCII) else None
