"""The nouns: what travels through the product, from a source to a search result.

    Source -> Feed of Entry -> Response or Failure -> Article -> Document -> Change -> Match -> Hit -> SearchResult

All are frozen data: none holds an open file or a connection. Only the texts of feeds and pages contain HTML, as received. All
times have a time zone. The texts of a `Document` contain no control characters and no lone surrogates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from indexer.reasons import FailureReason, Reason

# -- what the operator asks for ------------------------------------------------------------------------------------

SourceKind = Literal["auto", "feed", "sitemap", "site"]
OFFICE_KINDS = ("docx", "odt", "pptx")


@dataclass(frozen=True, slots=True)
class Source:
    """A place that lists pages: a feed or a sitemap. `url` is its identity, `name` is what people see."""

    url: str
    name: str = ""
    kind: SourceKind = "auto"
    language: str | None = None
    category: str | None = None
    include: str | None = None  # CSS selector of the main text on this source's pages
    exclude: str | None = None  # CSS selector of what must be taken out of them
    keep: str | None = None  # CSS selector of what must stay in them, whatever any rule says
    pdf: bool = False  # whether PDF files that its pages link to become documents
    office: bool = False  # the same for docx, odt and pptx files
    alternates: tuple[str, ...] = ()  # other feeds with the same items, which are not crawled
    every_seconds: int = 0  # between two visits of the listing; 0: the crawl estimates how often it changes
    timezone: str = ""  # IANA zone of times without an offset: the operator's `[web] timezone`; "": UTC
    template: str = ""  # what its pages have in common (`extract.repeated_blocks`, JSON); the crawl learns it, no key sets it

    @property
    def file_kinds(self) -> tuple[str, ...]:
        """Return the kinds of files that become documents, as the endings of their addresses."""
        return (*(("pdf",) if self.pdf else ()), *(OFFICE_KINDS if self.office else ()))


@dataclass(frozen=True, slots=True)
class Credential:
    """Headers to send with requests under an address. They are secret: never printed, stored or exported."""

    address: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)  # lower-case names


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How the crawler behaves towards other people's servers."""

    user_agent: str = "feed-search-indexer/0.1"
    contact: str = ""
    delay_seconds: float = 1.0
    concurrency: int = 32
    timeout_seconds: float = 30.0
    max_page_bytes: int = 10_000_000
    max_source_bytes: int = 10_000_000_000
    max_source_pages: int = 100_000
    max_redirects: int = 5
    allow_private_hosts: bool = False
    proxy: str = field(default="", repr=False)  # http://[user:password@]host:port; "": of the environment; "none": none
    credentials: tuple[Credential, ...] = ()
    allowed_ports: tuple[int, ...] = (80, 443)  # of public hosts; private ones that are allowed may use any


@dataclass(frozen=True, slots=True)
class RankingWeights:
    """Every number that ranking depends on; shown by `search --explain`."""

    title: float = 4.0
    summary: float = 1.5
    body: float = 1.0
    categories: float = 1.0
    authors: float = 1.0
    k1: float = 2.0
    b: float = 0.75
    exact_bonus: float = 0.1
    proximity_bonus: float = 0.5
    recency_bonus: float = 0.1
    recency_half_life_days: float = 365.0


# -- what the web says -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as its publisher wrote it: texts may hold HTML, addresses are absolute http(s) or None."""

    url: str | None = None
    guid: str | None = None
    title: str = ""  # plain text, white space folded
    summary_html: str = ""
    content_html: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str | None = None
    image: str | None = None
    shared_url: str | None = None  # an address that other items have too, so the item has no page of its own; `url` is then None
    key: str | None = None  # identifies an item without a page, if its guid does not

    @property
    def is_bare(self) -> bool:
        """Return whether the entry has no words of its own, like those of sitemaps and list pages."""
        return not (self.title or self.summary_html or self.content_html)


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed or sitemap: its entries in the publisher's order. `problems` are sentences about what was wrong with it."""

    url: str
    kind: str  # rss20, rss10, atom10, json11, sitemap, sitemapindex, …
    title: str = ""
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    next_url: str | None = None  # the address of older entries (RFC 5005)
    refresh_seconds: float = 0.0  # that the publisher says it does not change (ttl, sy:updatePeriod)
    skip_hours: frozenset[int] = frozenset()  # hours of the day in GMT in which the feed need not be fetched
    skip_days: frozenset[int] = frozenset()  # 0 is Monday
    home_url: str | None = None  # the web page to which it belongs
    generator: str = ""  # the program that wrote it, as the feed names it
    complete: bool = False  # it declares that it holds all entries (RFC 5005, fh:complete)

    @property
    def is_sitemap(self) -> bool:
        return self.kind in ("sitemap", "sitemapindex")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of a web server, after redirects. Header names are lower case; `body` is decoded (not compressed)."""

    url: str  # the address that answered
    requested_url: str  # the address of the first request
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fetched_at: datetime | None = None
    permanent_url: str | None = None  # the address to which permanent redirects alone (301, 308) lead

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def media_type(self) -> str:
        """Return the first Content-Type in lower case, without its parameters; "" if the server sends none."""
        return re.split("[;,]", self.headers.get("content-type", ""), maxsplit=1)[0].strip().lower()


TextShown = Literal["", "stored-text", "feed-text"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a fetch failed. Only `indexer.crawl` decides what follows from it."""

    url: str
    reason: FailureReason
    detail: str = ""  # what happened, for the operator; "" if `cause` describes it
    status: int | None = None
    retry_after_seconds: float | None = None
    cause: Reason | None = None  # why an answer that was fetched is not trusted
    stands: TextShown = ""  # which text stays in the index instead

    @property
    def is_gone(self) -> bool:
        """Return whether the server says that there is no page (404, 410). Every other failure may pass."""
        return self.status in (404, 410)

    @property
    def why(self) -> Reason:
        """Return the failure as a reason to store, whose detail does not repeat the address."""
        return self.cause or Reason(self.reason, self.detail.removeprefix(f"{self.url}: "), self.url)


# -- what we understood ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """The main text of a page and what the page says about itself; `rule` names what found the text."""

    text: str  # paragraphs are separated by a blank line
    rule: str  # selector, marker, trafilatura, article-element, paragraphs, feed, …
    title: str = ""
    summary: str = ""
    language: str | None = None
    published: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image: str | None = None
    canonical: str | None = None  # absolute; only if it is on the same site and no obvious mistake
    noindex: bool = False
    links_feeds: tuple[str, ...] = ()
    lead: str = ""  # the summary above the text; not in `text`, but searchable
    captions: tuple[str, ...] = ()  # of its pictures; not in `text`, but searchable
    alternate_forms: tuple[str, ...] = ()  # addresses of its AMP and print versions, as the page names them
    canonical_note: Reason | None = None  # why the address that the page names as its own is not trusted


@dataclass(frozen=True, slots=True)
class Document:
    """One searchable page. `id` is derived from the normalised address and stays the same for ever."""

    id: str
    url: str  # "" when an item has no address of its own
    title: str
    text: str
    summary: str = ""
    language: str = "und"  # ISO 639-1, or und
    date: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source: str = ""  # the source's name
    image: str | None = None
    rule: str = "feed"
    also: tuple[str, ...] = ()  # other addresses of the same text, the plainest first


@dataclass(frozen=True, slots=True)
class Change:
    """A numbered change of the archive: a document to be (re)placed, or None for one to be removed."""

    number: int
    document_id: str
    document: Document | None


# -- what a person gets ----------------------------------------------------------------------------------------------


NO_PARTS: Mapping[str, float] = MappingProxyType({})


class Fragment(NamedTuple):
    """A piece of a snippet. (A tuple is made in half the time of a frozen dataclass, and a page has some 60.)"""

    text: str
    marked: bool = False


class Match(NamedTuple):
    """A document that an engine found, with its score and (when asked) the parts of the score."""

    document: Document
    score: float
    parts: Mapping[str, float] = NO_PARTS


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


Facets = Mapping[str, tuple[FacetValue, ...]]  # by name (`engines.base.FACET_NAMES`); highest count first, 100 at most
NO_FACETS: Facets = MappingProxyType({})


class Hit(NamedTuple):
    """A match made presentable: the title and the snippet as fragments.

    `missing`: the words of the query that it lacks. `pinned`: a rule of the operator puts it first. `similar`: near-duplicates
    on the same page of results, which are shown with it.
    """

    document: Document
    score: float
    title: tuple[Fragment, ...]
    snippet: tuple[Fragment, ...]
    parts: Mapping[str, float] = NO_PARTS
    missing: tuple[str, ...] = ()
    pinned: bool = False
    similar: tuple[Document, ...] = ()


class Answer(NamedTuple):
    """A direct answer of the operator to a query: a link, and a sentence about it."""

    title: str
    url: str
    text: str = ""


class Completion(NamedTuple):
    """A completion of a half-typed query: a query to search for, a page to open, or a category to filter by."""

    text: str
    kind: Literal["query", "page", "category"]
    url: str = ""


class Notice(NamedTuple):
    """What a visitor must know about how the query was understood: a stable code, a sentence, and the part of the query."""

    code: str
    text: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A corrected query, how many documents it finds, and (if the query as typed finds none) the first of them."""

    query: str
    total: int
    hits: tuple[Hit, ...] = ()


class QueryToken(NamedTuple):
    """A word of a query, as written, with all index terms that it may stand for.

    `stop`: most documents do not index it, so do not insist on it.
    """

    terms: tuple[str, ...]
    surface: str
    position: int
    stop: bool
    written: str


Sort = Literal["relevance", "date", "oldest"]  # date: newest first


class SearchRequest(NamedTuple):
    """What a person asks for. `date_from` and `date_to` are ISO dates, both included (YYYY, YYYY-MM or YYYY-MM-DD)."""

    query: str = ""
    page: int = 1
    size: int = 10
    sort: Sort = "relevance"
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    file_types: tuple[str, ...] = ()
    date_from: str | None = None
    date_to: str | None = None
    facets: bool = False
    explain: bool = False
    prefix_last: bool = False  # the last word is still being typed


class SearchResult(NamedTuple):
    """One page of hits. `partial` holds the best documents with some of the words, if `hits` do not fill the first page."""

    request: SearchRequest
    total: int
    hits: tuple[Hit, ...]
    took_ms: float
    generation: str
    relaxed: bool = False
    did_you_mean: Suggestion | None = None
    facets: Facets = NO_FACETS
    notices: tuple[Notice, ...] = ()
    partial: tuple[Hit, ...] = ()
    answers: tuple[Answer, ...] = ()
    rules: tuple[str, ...] = ()  # what the operator's rules did, for the operator
    pages: int = 0  # of `request.size` hits each

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the sentences of the notices."""
        return tuple(notice.text for notice in self.notices)
