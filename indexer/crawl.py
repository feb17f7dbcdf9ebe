"""The verb that fetches: from the web into the archive. Its pipeline, for each source that is due:

    source -> get the feed -> parse -> for each entry (and pages not seen for long): new, changed or due? -> get the page
           -> store response -> understand -> store document (or keep the old one, or leave a tombstone)

Hosts are crawled side by side (asyncio); the archive is written by this one task, an entry at a time, each in one
transaction, so a crawl may be killed at any moment. The web's failures are values and are decided upon here:

- a page that cannot be had never loses its entry: the document is then made of the feed's own text;
- a page that was had once keeps its text, whatever its server says later, until it said 404 or 410 twice;
- an item that merely leaves the feed stays, and its page is still looked at now and then: a feed lists its latest items
  only, and what an editor mends or takes away later is mostly older than that.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from indexer import html
from indexer.archive.store import Archive, Page, SourceState, entry_hash
from indexer.extract import EXTRACTOR_VERSION
from indexer.feeds.discover import discover
from indexer.feeds.history import belongs, common_folder, sitemaps
from indexer.feeds.parse import parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.fetch.get import Fetcher
from indexer.model import Entry, Failure, Feed, Response, Source
from indexer.reindex import document_of
from indexer.urls import document_id, resolve

FEED_TYPES = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"
FEED_EVERY = timedelta(hours=1)
BACK_OFF_MOST = timedelta(days=1)
PAGE_AGAIN = timedelta(days=7)  # a page is asked again when its entry changed, or after this long
OLD_PAGE_AGAIN = timedelta(days=60)  # the same at most for one that the feed does not list any more; the older, the seldomer
GONE_AGAIN = timedelta(days=1)  # a page that was gone once
MOST_OLD_PAGES = 200  # of these in one crawl: politeness, and an hourly crawl must end within the hour
MAX_CHILD_SITEMAPS = 200
MAX_OLDER_FEEDS = 500
GONE_TWICE = 2


@dataclass(slots=True)
class SourceReport:
    """What became of one source in this crawl."""

    source: Source
    entries: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str | None = None  # the source itself could not be had

    @property
    def explanation(self) -> str:
        """Why a crawl of it found nothing new, in words."""
        if self.error:
            return self.error
        if not self.entries and not self.fetched:
            return self.notes[0] if self.notes else "nothing has changed since the last crawl"
        return f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.removed} removed"


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    everything: bool = False  # whatever is due or not
    limit: int | None = None  # pages fetched for each source at most
    dry_run: bool = False
    full: bool = False  # also what older feeds and the site's sitemaps list


Watch = Callable[[SourceReport], None]


# -- deciders: pure, `now` is an argument ----------------------------------------------------------------------------


def is_due(state: SourceState, now: datetime) -> bool:
    return state.next_crawl is None or state.next_crawl <= now


def next_crawl(state: SourceState, now: datetime, failure: Failure | None) -> datetime:
    """An hour later; after failures twice as long each time, up to a day, or when the server asked us to."""
    if failure is None:
        return now + FEED_EVERY
    wait: timedelta = min(FEED_EVERY * (1 << min(state.failures, 10)), BACK_OFF_MOST)
    return now + max(wait, timedelta(seconds=failure.retry_after_seconds or 0))


def wants_page(known: Page | None, digest: str, now: datetime, *, everything: bool) -> bool:
    """Whether an entry's page is to be fetched: new, changed, never had, or not looked at for a while."""
    if known is None or known.entry_hash != digest or known.fetched_at is None or everything:
        return True
    if known.failure:  # soon, but what is gone for good is not asked for (and complained about) every hour
        return known.gone_count < GONE_TWICE or now - known.fetched_at >= GONE_AGAIN
    return now - known.fetched_at > PAGE_AGAIN


def wants_another_look(page: Page, now: datetime) -> bool:
    """Whether a page that the feed does not list (any more) is to be fetched again."""
    if page.fetched_at is None:
        return True
    if page.failure:
        wait = GONE_AGAIN if page.gone_count else PAGE_AGAIN
        return page.gone_count < GONE_TWICE and now - page.fetched_at >= wait
    written = page.entry.updated or page.entry.published or page.fetched_at
    return now - page.fetched_at > min(max(PAGE_AGAIN, (now - written) / 10), OLD_PAGE_AGAIN)


def is_withdrawn(known: Page | None, failure: Failure) -> bool:
    """A page that we once held has now been gone for the second time."""
    return bool(known and known.response_id is not None and failure.is_gone and known.gone_count + 1 >= GONE_TWICE)


def page_key(entry: Entry, source: Source) -> str:
    """What an entry is known by: its address, else its guid, else its words."""
    if entry.url:
        return document_id(entry.url)
    words = entry.guid or entry.title or entry.summary_html or entry.content_html
    return document_id(f"urn:feed-search:{source.url}:{words}")


def unique(entries: Iterable[Entry], source: Source) -> dict[str, Entry]:
    """One entry for each address: of several that share one, the first, as publishers list the newest first."""
    kept: dict[str, Entry] = {}
    for entry in entries:
        kept.setdefault(page_key(entry, source), entry)
    return kept


# -- the pipeline ----------------------------------------------------------------------------------------------------


async def crawl(
    archive: Archive,
    fetcher: Fetcher,
    states: Iterable[SourceState],
    now: datetime,
    options: CrawlOptions = CrawlOptions(),  # frozen
    watch: Watch = lambda report: None,
) -> list[SourceReport]:
    """Crawl sources side by side; reports come in the order of the sources."""
    crawlers = [_Crawler(archive, fetcher, state, now, options, watch) for state in states]
    return list(await asyncio.gather(*(crawler.run() for crawler in crawlers)))


class _Crawler:
    """One source's crawl."""

    def __init__(
        self, archive: Archive, fetcher: Fetcher, state: SourceState, now: datetime, options: CrawlOptions, watch: Watch
    ) -> None:
        self.archive, self.fetcher, self.state, self.now, self.options, self.watch = archive, fetcher, state, now, options, watch
        self.source = state.source
        self.report = SourceReport(state.source)

    async def run(self) -> SourceReport:
        etag, modified = (None, None) if self.options.full else (self.state.etag, self.state.last_modified)
        answer = await self.fetcher.get(self.source.url, etag=etag, last_modified=modified, accept=FEED_TYPES)
        if isinstance(answer, Failure):
            self._source_failed(answer.detail, answer)
            return self.report
        entries: dict[str, Entry] = {}
        if answer.not_modified:
            self.report.notes.append("the feed has not changed since the last crawl")
            if self.options.everything:  # the pages behind it may have
                entries = {page.id: page.entry for page in self.archive.pages(self.state.id)}
        else:
            feed = await self._read(answer)
            self.report.notes += feed.problems
            if not feed.kind:
                self._source_failed(feed.problems[0] if feed.problems else "this is neither a feed nor a sitemap", None)
                return self.report
            entries = unique(feed.entries, self.source)
            if self.options.full and feed.kind != "sitemap":
                entries = await self._past(feed, entries)
            if not entries:
                self.report.notes.append("the feed lists no items")
            etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        entries = {**entries, **self._not_listed(entries)}
        self.report.entries = len(entries)
        whole = await self._entries(entries)
        if not self.options.dry_run:
            later = next_crawl(self.state, self.now, None) if whole else self.now
            kept = (etag, modified) if whole else (None, None)  # what was cut short must be read again
            self.archive.source_crawled(self.state.id, self.now, next_crawl=later, etag=kept[0], last_modified=kept[1])
        self.watch(self.report)
        return self.report

    async def _read(self, answer: Response) -> Feed:
        """The feed, or the sitemap with the sitemaps it lists."""
        kind = answer.headers.get("content-type")
        sitemap = await self._sitemap(answer) if self.source.kind != "feed" else None
        if sitemap is None:
            feed = parse_feed(answer.body, kind, answer.url)
            if not feed.kind and (found := discover(html.decode(answer.body, kind), answer.url)):
                problem = f"{answer.url} is a web page; its feed is {found[0]}: indexer add {found[0]}"
                return dataclasses.replace(feed, problems=(problem, *feed.problems))
            return feed
        return sitemap

    async def _sitemap(self, answer: Response) -> Feed | None:
        """A sitemap, with those that it lists when it is an index; None when it is none."""
        sitemap = parse_sitemap(answer.body, answer.headers.get("content-type"), answer.url)
        if sitemap is None or sitemap.kind != "sitemapindex":
            return sitemap
        entries: list[Entry] = []
        for child in sitemap.entries[:MAX_CHILD_SITEMAPS]:
            got = await self.fetcher.get(child.url or "", accept=FEED_TYPES)
            if isinstance(got, Failure):
                self.report.failures.append(got)
            elif inner := parse_sitemap(got.body, got.headers.get("content-type"), got.url):
                entries += inner.entries
        return dataclasses.replace(sitemap, kind="sitemap", entries=tuple(entries))

    async def _past(self, feed: Feed, entries: dict[str, Entry]) -> dict[str, Entry]:
        """The entries, and older ones: by the feed's own archive, then by the site's sitemaps."""
        found, url, seen = dict(entries), feed.next_url, {self.source.url}
        while url and url not in seen and len(seen) <= MAX_OLDER_FEEDS:
            seen.add(url)
            answer = await self.fetcher.get(url, accept=FEED_TYPES)
            if isinstance(answer, Failure):
                self.report.failures.append(answer)
                break
            older = parse_feed(answer.body, answer.headers.get("content-type"), answer.url)
            if not unique(older.entries, self.source).keys() - found.keys():
                break  # the same items again
            found = {**unique(older.entries, self.source), **found}
            url = older.next_url
        by_feed = len(found)
        listed_urls = [entry.url for entry in found.values() if entry.url]
        listed_urls = listed_urls or [page.url for page in self.archive.pages(self.state.id) if page.url]
        if not listed_urls:  # its folder would be the whole site, shop and imprint included
            self.report.notes.append(
                "the feed names no page, so nothing says which pages of the site's sitemaps are its own; none are taken"
                " (a sitemap can be a source: indexer add URL)"
            )
            return found
        robots = await self.fetcher.get(resolve("/robots.txt", self.source.url) or "", robots=False)
        text = robots.body.decode("utf-8", "replace") if isinstance(robots, Response) else ""
        folder = common_folder(listed_urls)
        for address in sitemaps(text, self.source.url):
            answer = await self.fetcher.get(address, accept=FEED_TYPES)
            listed = await self._sitemap(answer) if isinstance(answer, Response) else None
            for entry in listed.entries if listed else ():
                if entry.url and belongs(entry.url, folder, self.source.url):
                    found.setdefault(page_key(entry, self.source), entry)
        older_items, by_map = by_feed - len(entries), len(found) - by_feed
        self.report.notes.append(f"the back-catalogue has {older_items} more items in older feeds and {by_map} in sitemaps")
        return found

    def _not_listed(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Pages that we hold and the feed does not list, as far as it is time to look at them again."""
        soonest = self.now if self.options.everything else self.now - min(GONE_AGAIN, PAGE_AGAIN)
        pages = [page for page in self.archive.pages_not_seen_since(soonest, self.state.id) if page.id not in entries]
        if not self.options.everything:
            pages = [page for page in pages if wants_another_look(page, self.now)][:MOST_OLD_PAGES]
        return {page.id: page.entry for page in pages}

    def _source_failed(self, error: str, failure: Failure | None) -> None:
        self.report.error = error
        if not self.options.dry_run:
            failure = failure or Failure(self.source.url, "content-type", error)
            later = next_crawl(self.state, self.now, failure)
            self.archive.source_crawled(self.state.id, self.now, next_crawl=later, error=error)
        self.watch(self.report)

    async def _entries(self, entries: dict[str, Entry]) -> bool:
        """Each entry in the feed's order; False when the limit cut it short."""
        others = {state.id for state in self.archive.sources()} - {self.state.id}
        for key, entry in entries.items():
            if self.archive.is_forgotten(key):
                continue
            known, digest = self.archive.page(key), entry_hash(entry)
            if known is not None and known.source_id in others:  # a page that two feeds list belongs to the first
                self.report.unchanged += 1
                continue
            if not wants_page(known, digest, self.now, everything=self.options.everything):
                self.report.unchanged += 1
                continue
            if self.options.limit is not None and self.report.fetched >= self.options.limit:
                self.report.notes.append(f"stopped after {self.options.limit} pages; the rest follows with the next crawl")
                return False
            self.report.fetched += 1
            if not self.options.dry_run:
                await self._entry(key, entry, known, digest)
            self.watch(self.report)
        return True

    async def _entry(self, key: str, entry: Entry, known: Page | None, digest: str) -> None:
        page = Page(key, entry.url or "", self.state.id, entry, digest)
        if known is not None:
            page = dataclasses.replace(known, entry=entry, entry_hash=digest, source_id=self.state.id)
        response: Response | None = None
        withdrawn = False
        if url := resolve(entry.url or ""):
            answer = await self.fetcher.get(url, etag=page.etag, last_modified=page.last_modified, accept=PAGE_TYPES)
            if isinstance(answer, Response) and not answer.not_modified and not _is_text(answer):
                kind = answer.headers.get("content-type", "no type")
                answer = Failure(url, "content-type", f"{url}: not a web page but {kind}; the feed's own text is used")
            if isinstance(answer, Failure):
                self.report.failures.append(answer)
                withdrawn = is_withdrawn(known, answer)
                gone = page.gone_count + 1 if answer.is_gone else page.gone_count
                page = dataclasses.replace(
                    page, failure=answer.detail, failed_status=answer.status, gone_count=gone, fetched_at=self.now
                )
            else:
                page = dataclasses.replace(page, failure=None, failed_status=None, gone_count=0, fetched_at=self.now)
                if not answer.not_modified:
                    response = answer
            if known is None and self.archive.page(key) is not None:  # another source was faster
                self.report.unchanged += 1
                return
        with self.archive.batch():
            self._store(page, response, withdrawn)

    def _store(self, page: Page, response: Response | None, withdrawn: bool) -> None:
        if response is not None:
            page = dataclasses.replace(
                page,
                response_id=self.archive.put_response(response, page.response_id),
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
            )
        held = response or (self.archive.response(page.response_id) if page.response_id is not None else None)
        document = None if withdrawn else document_of(page, self.source, held)
        if document is not None and self.archive.is_forgotten(document.id):
            return
        shared = [each for each in self.archive.givers(page.document_id or "") if each != page.id]
        before = None if shared else page.document_id  # the document that goes when this page does
        if document is None:
            if before and self.archive.remove_document(before, page.failure or "the page asks not to be indexed"):
                self.report.removed += 1
            page = dataclasses.replace(page, document_id=before)
        else:
            if before and before != document.id:
                self.archive.remove_document(before, f"moved to {document.url}")
            was_there = self.archive.document(document.id) is not None
            # Two addresses of one page (?page=1, ?page=2) would overwrite each other's title and date in every crawl.
            others = was_there and page.id != document.id and self.archive.givers(document.id)[:1] not in ([], [page.id])
            stored = not others and self.archive.put_document(document, self.state.id, EXTRACTOR_VERSION)
            self.report.changed += stored and was_there
            self.report.new += stored and not was_there
            self.report.unchanged += not stored
            page = dataclasses.replace(page, document_id=document.id)
        self.archive.put_page(page)


def _is_text(answer: Response) -> bool:
    kind = answer.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    return kind in ("", "text/html", "text/plain", "application/xhtml+xml", "application/xml", "text/xml")
