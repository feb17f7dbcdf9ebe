"""What was seen of a source: values only, so that each finding can be tested without a network."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from indexer.model import Article, Document, Entry, Failure, Feed, FetchPolicy, Response, Source


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way: `status` is None when there was none, `target` is where it redirects to."""

    url: str
    status: int | None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of one address: the final answer or failure, and each step that led there."""

    url: str
    answer: Response | Failure
    hops: tuple[Hop, ...] = ()

    @property
    def response(self) -> Response | None:
        return self.answer if isinstance(self.answer, Response) else None

    @property
    def redirects(self) -> tuple[Hop, ...]:
        return tuple(hop for hop in self.hops if hop.target is not None)


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """A host's robots.txt as it was answered; `status` is None when the host gave no answer."""

    url: str
    status: int | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item in the publisher's own words; None where the feed has no such element."""

    link: str | None = None
    guid: str | None = None
    title: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class RawFeed:
    """What a feed says of itself. `ttl` in minutes."""

    items: tuple[RawItem, ...] = ()
    ttl: str | None = None
    self_link: str | None = None
    hub: str | None = None
    generator: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap of the site (of an index only the newest part). `parts`: how many sitemaps an index names."""

    url: str
    addresses: int = 0
    dated: int = 0
    same_dates: bool = False  # one and the same lastmod for all, which says nothing
    parts: int = 0
    last_modified: Mapping[str, datetime] = field(default_factory=dict)  # by identity, of the sample pages alone


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of the source, and what is made of it. Texts are "" where nothing was found."""

    entry: Entry
    exchange: Exchange
    article: Article | None = None
    document: Document | None = None
    canonicals: tuple[str, ...] = ()  # as written
    noindex: str = ""  # what asks not to be indexed
    declared_language: str = ""
    detected_language: str = "und"
    title: str = ""  # of the title element
    feed_text: str = ""
    shared: float | None = None  # of the feed's text that is in the page's, by runs of words, 0 to 1

    @property
    def url(self) -> str:
        return self.entry.url or ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that `gather` brought home. `named_by` is the web page that named the feed when the address was one."""

    source: Source
    policy: FetchPolicy
    now: datetime
    listing: Exchange
    feed: Feed
    raw: RawFeed = RawFeed()
    robots: Mapping[str, RobotsFile] = field(default_factory=dict)  # by origin
    named_by: str | None = None
    also_named: tuple[str, ...] = ()
    lists_feeds: tuple[str, ...] = ()  # an OPML file's
    again: Exchange | None = None  # the conditional request
    sitemap: Sitemap | None = None
    sitemap_asked: str | None = None
    past: Exchange | None = None  # the second page of the feed, or its archive
    past_new: int = 0  # items there that are not in the feed
    samples: tuple[Sample, ...] = ()
    requests: int = 0
    known: bool = False  # the operator has it as a source

    @property
    def url(self) -> str:
        return self.listing.url

    @property
    def name(self) -> str:
        """As the operator can type it: names come from the web, and addresses hold what a shell takes for its own."""
        return shlex.quote((self.source.name if self.known else "") or self.url)
