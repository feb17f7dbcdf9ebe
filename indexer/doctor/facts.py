"""Hold everything that was received from a source, as values, so that each check can be tested without a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from indexer.model import Article, Document, Entry, Failure, Feed, FetchPolicy, Response, Source
from indexer.phrases import source_argument


@dataclass(frozen=True, slots=True)
class Hop:
    """One response on the way to an address. `status`: None without a response. `target`: the redirect's target."""

    url: str
    status: int | None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """The result of fetching one address: the final response or failure, and each hop on the way."""

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
    """A host's robots.txt as it was received. `status`: None if the host did not respond."""

    url: str
    status: int | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as the publisher wrote it; None for elements that the feed does not have."""

    link: str | None = None
    guid: str | None = None
    title: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed as the publisher wrote it. `ttl` is in minutes."""

    items: tuple[RawItem, ...] = ()
    ttl: str | None = None
    self_link: str | None = None
    hub: str | None = None
    generator: str = ""


@dataclass(frozen=True, slots=True)
class SitemapFacts:
    """A sitemap of the site; for an index, its newest sitemap. `parts`: the number of sitemaps in the index."""

    url: str
    addresses: int = 0
    dated: int = 0
    same_dates: bool = False  # all lastmod are equal, so they carry no information
    parts: int = 0
    last_modified: Mapping[str, datetime] = field(default_factory=dict)  # by identity, only for the sample pages


@dataclass(frozen=True, slots=True)
class Sample:
    """One page of the source, and what is extracted from it. Texts are "" if nothing was found."""

    entry: Entry
    exchange: Exchange
    article: Article | None = None
    document: Document | None = None
    canonicals: tuple[str, ...] = ()  # as written
    noindex: str = ""  # the directive that forbids indexing, or ""
    declared_language: str = ""
    detected_language: str = "und"
    title: str = ""  # of the title element
    feed_text: str = ""
    shared: float | None = None  # share of the feed's text that is in the page's text, by runs of words, 0 to 1

    @property
    def url(self) -> str:
        return self.entry.url or ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that `gather` received. `named_by`: the web page that links the feed, if the address is a page."""

    source: Source
    policy: FetchPolicy
    now: datetime
    listing: Exchange
    feed: Feed
    raw: RawFeed = RawFeed()
    robots: Mapping[str, RobotsFile] = field(default_factory=dict)  # by origin
    named_by: str | None = None
    also_named: tuple[str, ...] = ()
    lists_feeds: tuple[str, ...] = ()  # in an OPML file
    again: Exchange | None = None  # the conditional request
    sitemap: SitemapFacts | None = None
    sitemap_asked: str | None = None
    past: Exchange | None = None  # the second page of the feed, or its archive
    past_new: int = 0  # items on that page that are not in the feed
    samples: tuple[Sample, ...] = ()
    requests: int = 0
    is_source: bool = False  # it is one of the operator's sources

    @property
    def url(self) -> str:
        return self.listing.url

    @property
    def name(self) -> str:
        """Return the source as an argument of a shell command."""
        return source_argument(self.source.name if self.is_source else "", self.url)
