"""What a source lists now: its feed, or its sitemap (`roads` reads the sitemaps that this one names)."""

from __future__ import annotations

import dataclasses
import shlex
from datetime import datetime, timedelta

from indexer import html
from indexer.feeds.autodiscovery import discover
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.messages import number
from indexer.model import Feed, Response, Source

FEED_TYPES = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


AHEAD = timedelta(hours=36)  # by which a clock and its zone may be wrong


def read_listing(answer: Response, source: Source, now: datetime) -> Feed:
    """The feed or sitemap; its kind is "" when it is neither, and `problems` says why."""
    kind = answer.headers.get("content-type")
    sitemap = parse_sitemap(answer.body, kind, answer.url) if source.kind != "feed" else None
    if sitemap is not None:
        return sitemap
    feed = _without_future(parse_feed(answer.body, kind, answer.url), now)
    if not feed.kind and (found := discover(html.decode(answer.body, kind), answer.url)):
        problem = f"{answer.url} is a web page; its feed is {found[0]}: indexer add {shlex.quote(found[0])}"
        return dataclasses.replace(feed, problems=(problem, *feed.problems))
    return feed


def _without_future(feed: Feed, now: datetime) -> Feed:
    """A day that is still to come is not when something was published: the item would be the newest one for years."""
    latest = now + AHEAD

    def past(moment: datetime | None) -> datetime | None:
        return None if moment and moment > latest else moment

    entries = tuple(dataclasses.replace(e, published=past(e.published), updated=past(e.updated)) for e in feed.entries)
    ahead = sum(entry != before for entry, before in zip(entries, feed.entries, strict=True))
    if not ahead:
        return feed
    problem = f"{number(ahead, 'item is', 'items are')} dated in the future, which is not believed"
    return dataclasses.replace(feed, entries=entries, problems=(*feed.problems, problem))
