"""Read what a source lists now: one `Listing` value for a feed, a sitemap, an index of sitemaps and an unchanged answer."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from indexer import html
from indexer.archive.store import Archive
from indexer.crawl.backfill.backfill import backfill
from indexer.crawl.backfill.walk import BackfillRequest, Cursor
from indexer.crawl.page_queue import PageQueue, SourceRun
from indexer.crawl.site_links import MAX_SITE_PAGES, SiteWalk
from indexer.crawl.sitemap_index import read_index
from indexer.dates import zone_of
from indexer.dedup.near_duplicate import as_own_item, entry_text, reuses_guid, unique
from indexer.extract.extractor import page_key
from indexer.feeds.autodiscovery import discover
from indexer.feeds.parse import FEED_START, parse_feed
from indexer.feeds.sitemap import parse_sitemap
from indexer.feeds.url_scope import MAX_LEARNED_URLS, is_wanted
from indexer.fetch.fetcher import ACCEPT_FEED
from indexer.model import Entry, Failure, Feed, Response, Source
from indexer.phrases import number
from indexer.reasons import Reason
from indexer.urls import identity, is_home

_NOTHING_LISTED = {
    "sitemapindex": "the index of sitemaps leads to no pages",
    "sitemap": "the sitemap lists no pages",
}
MAX_CLOCK_ERROR = timedelta(hours=36)  # of a publisher's clock and time zone


@dataclass(frozen=True, slots=True)
class Validators:
    """What the next request sends so that an unchanged listing is answered with 304."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source lists, as far as it was read.

    `feed` and `digest` are None when the listing is what it was. `is_complete`: a page that is not among the entries is not
    listed any more. `cursor`: what the reading of an index must remember; it is stored when the pages are.
    """

    entries: Mapping[str, Entry]  # by page key, in the publisher's order
    validators: Validators
    headers: Mapping[str, str] = field(default_factory=dict)
    feed: Feed | None = None
    digest: str | None = None
    is_complete: bool = False
    is_backfilled: bool = False  # older items were looked for, and wait in the frontier
    has_more: bool = False  # some sitemaps of an index were not reached
    cursor: Cursor | None = None

    @property
    def is_sitemap(self) -> bool:
        return self.feed is not None and self.feed.is_sitemap


@dataclass(frozen=True, slots=True)
class ListingFailure:
    """Why a source could not be read. `failure` is None when the server answered something else than a listing."""

    error: Reason
    failure: Failure | None = None


async def read_listing(run: SourceRun, queue: PageQueue) -> Listing | ListingFailure:
    """Request a source and read what it lists. Notes for the operator go into the run's report."""
    services, source, report = run.services, run.source, run.report
    validators = Validators() if services.options.full else Validators(run.state.etag, run.state.last_modified)
    answer = await services.fetcher.get(
        source.url, etag=validators.etag, last_modified=validators.last_modified, accept=ACCEPT_FEED, budget=run.budget
    )
    if isinstance(answer, Failure):
        return ListingFailure(answer.why, answer)
    if answer.permanent_url and identity(answer.permanent_url) != identity(source.url):
        moved = f"the feed has moved for good to {answer.permanent_url}, and the old address may end one day"
        old, new = shlex.quote(source.url), shlex.quote(answer.permanent_url)
        report.notes.append(f"{moved}: indexer add {new}, then indexer remove {old}")
    if answer.not_modified:
        report.notes.append("the feed has not changed since the last crawl")
        # The pages behind it may have changed.
        pages = services.archive.pages.all(run.state.id) if services.options.everything else ()
        return Listing({page.id: page.entry for page in pages}, validators, answer.headers)
    if run.site is not None:
        return _read_start_page(run, run.site, answer)
    feed = parse_listing(answer, source, services.now)
    report.notes += feed.problems
    if not feed.kind:
        return ListingFailure(Reason("not-a-feed", feed.problems[0] if feed.problems else "", answer.url))
    listing = (
        await _read_index(run, feed, answer, validators) if feed.kind == "sitemapindex" else _read_entries(run, feed, answer)
    )
    if services.options.full and not feed.is_sitemap:
        listing = await _backfill(run, queue, feed, listing)
    if not listing.entries and listing.is_complete:
        report.notes.append(_NOTHING_LISTED.get(feed.kind, "the feed lists no items"))
    return listing


def parse_listing(answer: Response, source: Source, now: datetime) -> Feed:
    """Return the feed or sitemap; its kind is "" when it is neither, and `problems` explains why."""
    kind, zone = answer.headers.get("content-type"), zone_of(source.timezone)
    may_be_sitemap = source.kind != "feed" and not FEED_START.match(answer.body)
    sitemap = parse_sitemap(answer.body, kind, answer.url, zone) if may_be_sitemap else None
    if sitemap is not None:
        return sitemap
    feed = _without_future_dates(parse_feed(answer.body, kind, answer.url, zone), now)
    if not feed.kind and (urls := discover(html.decode(answer.body, kind), answer.url)):
        problem = f"{answer.url} is a web page; its feed is {urls[0]}: indexer add {shlex.quote(urls[0])}"
        return dataclasses.replace(feed, problems=(problem, *feed.problems))
    return feed


def listing_digest(entries: Mapping[str, Entry]) -> str:
    """Return a hash of the pages that a source lists and of their titles.

    A sitemap's dates and a feed's counters move without saying much, so they do not count.
    """
    lines = sorted(f"{key} {entry.title}" for key, entry in entries.items())
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _read_entries(run: SourceRun, feed: Feed, answer: Response) -> Listing:
    """Return the listing of a feed or of one sitemap."""
    source, archive = run.source, run.services.archive
    items = [entry for entry in feed.entries if not feed.is_sitemap or is_wanted(entry.url or "", file_kinds=source.file_kinds)]
    if files := len(feed.entries) - len(items):
        run.report.notes.append(f"skipped {files:,} sitemap URLs that are not web pages (images, PDFs, …)")
    distinct = unique(items, source)
    if repeated := len(items) - len(distinct):
        run.report.notes.append(f"{number(repeated, 'item repeats', 'items repeat')} another one of the feed")
    entries = _under_known_keys(distinct, source, run.state.id, archive)
    validators = Validators(answer.headers.get("etag"), answer.headers.get("last-modified"))
    return Listing(entries, validators, answer.headers, feed, listing_digest(entries), is_complete=True)


def _read_start_page(run: SourceRun, site: SiteWalk, answer: Response) -> Listing:
    """Return the pages that a site's start page links, and the start page itself unless it is the home page.

    A page that is no longer linked does not count as removed.
    """
    site.add(answer)
    first = site.take_pages(lambda entry: False, MAX_SITE_PAGES)
    if not is_home(run.source.url):
        first.insert(0, Entry(run.source.url))
    if not first:
        run.report.notes.append("the start page links no page of its site; its links may be made by a script")
    entries = {page_key(entry, run.source): entry for entry in first}
    validators = Validators(answer.headers.get("etag"), answer.headers.get("last-modified"))
    return Listing(entries, validators, answer.headers, Feed(answer.url, "site"), listing_digest(entries))


def _under_known_keys(entries: dict[str, Entry], source: Source, source_id: int, archive: Archive) -> dict[str, Entry]:
    """Return the entries under the keys by which the archive knows them.

    An address that several items once shared stays shared. A guid without an address that now stands for something else makes
    another item.
    """
    keyed: dict[str, Entry] = {}
    shared_links = archive.pages.shared_links(source_id)
    for key, listed in entries.items():
        entry = listed
        if entry.url:
            if entry.url in shared_links:
                candidates = (as_own_item(entry, ()), as_own_item(replace(entry, guid=None), ()))
                stored = [each for each in candidates if archive.pages.get(page_key(each, source)) is not None]
                entry = replace((*stored, candidates[0])[0], guid=entry.guid)
        elif entry.guid and not entry.key and (page := archive.pages.get(key)) is not None and reuses_guid(page.entry, entry):
            entry = replace(entry, key=f"{entry.guid}\n{entry.title or entry_text(entry)}")
        keyed[key if entry is listed else page_key(entry, source)] = entry
    return keyed


async def _read_index(run: SourceRun, feed: Feed, answer: Response, validators: Validators) -> Listing:
    """Return the listing of all sitemaps that an index names.

    The index may be what it was while its sitemaps are not, so its own validators are not stored.
    """
    options = run.services.options
    index = await read_index(run, feed, everything=options.everything or options.full)
    return Listing(
        index.entries,
        validators,
        answer.headers,
        feed,
        index.digest,
        is_complete=index.is_complete,
        has_more=index.has_more,
        cursor=index.cursor,
    )


async def _backfill(run: SourceRun, queue: PageQueue, feed: Feed, listing: Listing) -> Listing:
    """Look for older items. They are stored as pages that wait; in a dry run they join the entries."""
    options, waiting = run.services.options, run.frontier.waiting()
    request = BackfillRequest(
        source=run.source,
        feed=feed,
        fetcher=run.services.fetcher,
        key=page_key,
        is_stored=run.is_stored,
        show_progress=run.show_progress,
        store=None if options.dry_run else queue.store_backfilled,
        max_new_items=None if options.limit is None else max(0, options.limit - waiting),
        budget=run.budget,
    )
    result = await backfill(request, run.frontier.cursor, stored_urls=run.frontier.sample_urls(MAX_LEARNED_URLS), waiting=waiting)
    run.report.failures += result.failures
    run.report.notes += result.notes
    run.report.plan = result.plan or None
    run.report.backfilled = {method: count for method, count in result.counts.items() if count}
    run.show_progress()
    older = {key: queue.completed(key, entry) for key, entry in result.entries.items()}
    entries = {**listing.entries, **older}
    return dataclasses.replace(listing, entries=entries, digest=listing_digest(entries), is_backfilled=True)


def _without_future_dates(feed: Feed, now: datetime) -> Feed:
    """Remove dates that are still to come: such an item would be the newest one for years."""
    latest = now + MAX_CLOCK_ERROR

    def past(moment: datetime | None) -> datetime | None:
        return None if moment and moment > latest else moment

    entries = tuple(dataclasses.replace(e, published=past(e.published), updated=past(e.updated)) for e in feed.entries)
    count = sum(entry != before for entry, before in zip(entries, feed.entries, strict=True))
    if not count:
        return feed
    problem = f"{number(count, 'item is', 'items are')} dated in the future; the date is ignored"
    return dataclasses.replace(feed, entries=entries, problems=(*feed.problems, problem))
