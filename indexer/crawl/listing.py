"""What a source lists now: its feed, or its sitemap (`roads` reads the sitemaps that this one names)."""

from __future__ import annotations

import dataclasses

from indexer import html
from indexer.feeds.discover import discover
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.model import Feed, Response, Source

FEED_TYPES = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


def read_listing(answer: Response, source: Source) -> Feed:
    """The feed or sitemap; its kind is "" when it is neither, and `problems` says why."""
    kind = answer.headers.get("content-type")
    sitemap = parse_sitemap(answer.body, kind, answer.url) if source.kind != "feed" else None
    if sitemap is not None:
        return sitemap
    feed = parse_feed(answer.body, kind, answer.url)
    if not feed.kind and (found := discover(html.decode(answer.body, kind), answer.url)):
        problem = f"{answer.url} is a web page; its feed is {found[0]}: indexer add {found[0]}"
        return dataclasses.replace(feed, problems=(problem, *feed.problems))
    return feed
