"""One source's crawl: which steps, in which order."""

from __future__ import annotations

import asyncio
import dataclasses
import shlex
from collections import deque
from collections.abc import Container, Mapping
from datetime import datetime
from hashlib import sha256
from itertools import islice

from indexer.archive.frontier import NOT_ASKED, Frontier
from indexer.archive.store import Archive, PageRecord, SourceState, entry_hash
from indexer.archive.visits import Visit, Visits
from indexer.crawl import revisit_policy as schedule
from indexer.crawl.backfill.backfill import past
from indexer.crawl.backfill.walk import Memo, Walk
from indexer.crawl.batch_writer import BatchWriter
from indexer.crawl.decider import Decider, FetchAttempt, is_readable
from indexer.crawl.extraction_pool import ExtractionPool
from indexer.crawl.extraction_worker import Extraction
from indexer.crawl.listing import FEED_TYPES, read_listing
from indexer.crawl.plan import planned_fetch
from indexer.crawl.removal_guard import settle
from indexer.crawl.report import CrawlOptions, SourceReport, Watch
from indexer.crawl.sitemap_index import Listing, read_index
from indexer.crawl.stale_extractions import read_outdated_again
from indexer.crawl.template_learning import MAX_PAGES, learn_template
from indexer.dedup.entry_keys import page_key, settled, unique
from indexer.feeds.entries import complete_entry
from indexer.feeds.url_scope import MAX_LOOKED_AT, is_wanted
from indexer.fetch.budget import Budget
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.meta_refresh import get_page
from indexer.model import Entry, Failure, Feed, Response
from indexer.urls import identity, resolve

PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"
MAX_OLD_PAGES = 200  # that the feed does not list, in one crawl: politeness, and an hourly crawl must end within the hour
SOME_WAITING = 500  # pages read at a time of those that a walk through the past has listed
AHEAD, AHEAD_BYTES = 160, 8_000_000  # of pages that are fetched while others are still being extracted


class SourceCrawl:
    """One source's crawl. Pages are fetched one after the other and kept in that order, while earlier ones are extracted."""

    def __init__(
        self,
        archive: Archive,
        fetcher: Fetcher,
        keeper: BatchWriter,
        understander: ExtractionPool,
        state: SourceState,
        now: datetime,
        options: CrawlOptions,
        watch: Watch,
    ) -> None:
        self.archive, self.fetcher, self.keeper, self.understander = archive, fetcher, keeper, understander
        self.state, self.now, self.options, self.watch = state, now, options, watch
        self.source = state.source
        self.report = SourceReport(state.source)
        self.visits = Visits(archive)
        self.judge = Decider(archive, self.report, fetcher.policy.user_agent, now, asked=options.everything)
        self._ahead: deque[tuple[FetchAttempt, asyncio.Task[Extraction] | None]] = deque()
        self._bytes_ahead = 0
        self.listed = Frontier(archive, state.id)
        self.budget = Budget.of(fetcher.policy)
        self._learns = True
        self._more = False  # pages are due that this crawl leaves to the next one
        self._cut = False  # the budget is spent: the next crawl goes on, but not at once

    async def run(self) -> SourceReport:
        etag, modified = (None, None) if self.options.full else (self.state.etag, self.state.last_modified)
        answer = await self.fetcher.get(self.source.url, etag=etag, last_modified=modified, accept=FEED_TYPES, budget=self.budget)
        if isinstance(answer, Failure):
            if answer.reason == "robots":  # its pages may be forbidden as well, and then they must go
                await self._entries(self._not_listed({}, walked=False))
                self._settle()
            self._source_failed(answer.detail, answer)
            return self.report
        entries: dict[str, Entry] = {}
        feed: Feed | None = None
        index: Listing | None = None
        walked = False
        if answer.permanent_url and identity(answer.permanent_url) != identity(self.source.url):
            moved = f"the feed has moved for good to {answer.permanent_url}, and the old address may end one day"
            old, new = shlex.quote(self.source.url), shlex.quote(answer.permanent_url)
            self.report.notes.append(f"{moved}: indexer add {new}, then indexer remove {old}")
        if answer.not_modified:
            self.report.notes.append("the feed has not changed since the last crawl")
            if self.options.everything:  # the pages behind it may have
                entries = {page.id: page.entry for page in self.archive.pages(self.state.id)}
        else:
            feed = read_listing(answer, self.source, self.now)
            self.report.notes += feed.problems
            if not feed.kind:
                problem = feed.problems[0] if feed.problems else "this is neither a feed nor a sitemap"
                self._source_failed(problem if answer.url in problem else f"{answer.url}: {problem}", None)
                return self.report
            if feed.kind == "sitemapindex":
                index = await self._index(feed)
                entries = index.entries
            else:
                pdf, listing = self.source.pdf, feed.entries
                items = [entry for entry in listing if not feed.is_sitemap or is_wanted(entry.url or "", pdf=pdf)]
                if files := len(listing) - len(items):
                    which = f"{files:,} of the sitemap's addresses (pictures, PDFs, …)"
                    self.report.notes.append(f"not asked for, as they are no pages: {which}")
                entries = settled(unique(items, self.source), self.source, self.state.id, self.archive)
                walked = self.options.full and not feed.is_sitemap
            if walked:
                entries |= await self._past(feed, keeps=not self.options.dry_run)
            if not entries and (index is None or index.whole):
                self.report.notes.append("the feed lists no items")
            if index is None:  # which may be what it was while its sitemaps are not
                etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        listed = dict(entries)
        entries = {**entries, **self._not_listed(entries, walked=walked)}
        self.report.entries = len(entries) + (self.listed.waiting() if walked and not self.options.dry_run else 0)
        whole = await self._entries(entries, sitemap=feed is not None and feed.is_sitemap)
        if (walked or self.source.pdf) and whole:  # what a road or a page has listed by now
            self.keeper.flush()
            whole = await self._waiting(entries)
        if not self.options.dry_run:
            self.keeper.flush()
            await self._learn()
            kept = (etag, modified) if whole else (None, None)  # what was cut short must be read again
            self._source_crawled(feed, listed, answer.headers, kept, whole=whole, index=index)
        self.watch(self.report)
        return self.report

    def _source_crawled(
        self,
        feed: Feed | None,
        listed: dict[str, Entry],
        headers: Mapping[str, str],
        kept: tuple[str | None, str | None],
        *,
        whole: bool,
        index: Listing | None,
    ) -> None:
        """Note how it went and when it is due again, after the pages: what the source is said to have given must be there."""
        self.keeper.flush()
        known = self.visits.rhythm(self.state.id)
        digest = index.digest if index else _listing_hash(listed) if feed is not None else None
        rhythm = schedule.listing_seen(known, self.now, digest)
        later = schedule.next_listing(self.source.url, rhythm, self.now, feed, headers)
        later = min(later, self.now + schedule.FEED_EVERY) if self._more or self._cut else later
        with self.archive.batch():
            if index and whole:
                self.listed.memo = index.memo
            if index.whole if index else feed is not None and digest != known.listing_hash:
                self.visits.note_listing(self.state.id, listed, self.now)
            self.visits.put_rhythm(rhythm)
            self.visits.look_again(sorted(self.judge.doubtful))
            self.archive.source_crawled(
                self.state.id, self.now, next_crawl=later if whole or self._cut else self.now, etag=kept[0], last_modified=kept[1]
            )
        self._settle()

    async def _learn(self) -> None:
        """What its pages have in common, when enough are stored: later pages are extracted with it, earlier ones again."""
        self._learns = False
        state = await learn_template(self.archive, self.state)
        if state is not self.state:
            self.state, self.source, self.report.source = state, state.source, state.source
            await read_outdated_again(self.archive, self.understander, state, self.report, says=False)

    def _source_failed(self, error: str, failure: Failure | None) -> None:
        self.report.error = error
        if not self.options.dry_run:
            self.keeper.flush()
            failure = failure or Failure(self.source.url, "content-type", error)
            later = schedule.after_failure(self.state, self.now, failure)
            self.archive.source_crawled(self.state.id, self.now, next_crawl=later, error=error)
        self.watch(self.report)

    def broke(self, error: Exception) -> SourceReport:
        """Note that the program itself failed at this source; what waits to be stored was lost with it."""
        self.report.broken = error
        what = f"this should not have happened: {type(error).__name__}: {error}"
        self._source_failed(f"{what} (please report it with what indexer --debug crawl shows)", None)
        return self.report

    def _settle(self) -> None:
        if not self.options.dry_run:
            self.keeper.flush()
            settle(self.archive, self.keeper, self.state, self.report, self.now, accept=self.options.accept_removals)

    async def _past(self, feed: Feed, *, keeps: bool) -> dict[str, Entry]:
        """What the source listed before: stored as pages that wait, or else its entries."""
        waiting, limit = self.listed.waiting(), self.options.limit
        found = await past(
            feed,
            self.source,
            self.fetcher,
            known=self._is_known,
            memo=self.listed.memo,
            limit=None if limit is None else max(0, limit - waiting),
            key=page_key,
            watch=self._walking,
            keep=self._list if keeps else None,
            held=self.listed.some_urls(MAX_LOOKED_AT),
            waiting=waiting,
            budget=self.budget,
        )
        self.report.failures += found.failures
        self.report.notes += found.notes
        self.report.plan, self.report.roads = found.plan or None, {road: n for road, n in found.found.items() if n}
        self.watch(self.report)
        return {key: self._as_held(key, entry) for key, entry in found.entries.items()}

    def _as_held(self, key: str, entry: Entry) -> Entry:
        """A listed item with what is known of it: a sitemap names little more than its address, which is no change."""
        held = self.archive.page(key)
        return complete_entry(entry, held.entry) if held is not None and held.source_id == self.state.id else entry

    async def _index(self, feed: Feed) -> Listing:
        """What the sitemaps list that the source names."""
        memo = self.listed.memo or {}
        walk = Walk(self.source, self.fetcher, page_key, self._is_known, self._walking, None, None, memo, self.budget)
        found = await read_index(feed, walk, self.now, everything=self.options.everything or self.options.full)
        self.report.failures += found.failures
        self.report.notes += found.notes
        self._more = found.more
        return found

    def _is_known(self, key: str) -> bool:
        return self.archive.page(key) is not None or self.archive.is_forgotten(key)

    def _walking(self, said: str) -> None:
        self.report.walking = said
        self.watch(self.report)

    def _list(self, entries: Mapping[str, Entry], memo: Memo) -> None:
        """Keep what a road listed, and where it goes on, in one transaction."""
        with self.archive.batch():
            self._let_wait(entries)
            self.listed.memo = memo

    def _let_wait(self, entries: Mapping[str, Entry]) -> None:
        """Store items as pages that wait to be asked for."""
        with self.archive.batch():
            for key, entry in entries.items():
                held = self.archive.page(key)
                if held is None and not self.archive.is_forgotten(key):
                    self.archive.put_page(PageRecord(key, entry.url or "", self.state.id, entry, NOT_ASKED))
                elif held is not None and held.source_id == self.state.id and (now := self._as_held(key, entry)) != held.entry:
                    self.archive.put_page(dataclasses.replace(held, entry=now, entry_hash=NOT_ASKED))

    async def _waiting(self, but: Container[str]) -> bool:
        """The pages that the roads listed, some at a time: a site's past does not fit into memory. False: cut short."""
        after, whole = 0, True
        while whole:
            pages, after = self.listed.some_waiting(after, SOME_WAITING)
            if not pages:
                break
            whole = await self._entries({page.id: page.entry for page in pages if page.id not in but})
            self.keeper.flush()
        return whole

    def _not_listed(self, entries: Mapping[str, Entry], *, walked: bool) -> dict[str, Entry]:
        """Pages that we hold and the feed does not list (now), as far as it is time to look at them again. After a walk through
        the past, those that wait come later."""
        if self.options.everything:
            pages = [page for page in self.archive.pages(self.state.id) if page.url and (page.fetched_at or not walked)]
            return {page.id: page.entry for page in pages if page.id not in entries}
        pages = self.visits.due(self.state.id, self.now, MAX_OLD_PAGES + 1 + len(entries), asked_before=walked)
        pages = [page for page in pages if page.id not in entries]
        self._more = self._more or len(pages) > MAX_OLD_PAGES
        return {page.id: page.entry for page in pages[:MAX_OLD_PAGES]}

    async def _entries(self, entries: dict[str, Entry], *, sitemap: bool = False) -> bool:
        """Each entry in the feed's order; False when the limit cut it short."""
        try:
            return await self._fetch_all(entries, sitemap=sitemap)
        finally:
            for _, task in self._ahead:  # only left when something broke
                if task is not None:
                    task.cancel()
            self._ahead.clear()
            self._hold(-self._bytes_ahead)

    async def _fetch_all(self, entries: dict[str, Entry], *, sitemap: bool) -> bool:
        others = self.archive.source_ids() - {self.state.id}
        whole = True
        for number, (key, entry) in enumerate(entries.items()):
            if self.archive.is_forgotten(key):
                continue
            known, digest = self.archive.page(key), entry_hash(entry)
            if known is not None and known.source_id in others:  # a page that two feeds list belongs to the first
                self.report.unchanged += 1
                continue
            visit = self.visits.get(key)
            if not self.options.everything and not schedule.wants_page(known, visit, entry, digest, self.now, sitemap=sitemap):
                self.report.unchanged += 1
                continue
            if self.options.limit is not None and self.report.fetched >= self.options.limit:
                self.report.notes.append(f"stopped after {self.options.limit} pages; the rest follows with the next crawl")
                whole = False
                break
            if entry.url and (spent := self.budget.spent) and not self.options.dry_run:
                self.report.notes.append(f"stopped, as {spent}; the rest follows with the next crawl")
                self._let_wait(dict(islice(entries.items(), number, None)))  # they may have left the feed by then
                whole, self._cut = False, True
                break
            if not self.keeper.claim(key):
                self.report.unchanged += 1
                continue
            self.report.fetched += 1
            if self.options.dry_run:
                self.report.planned.append(planned_fetch(entry, known, digest))
            if not self.options.dry_run:
                page = PageRecord(key, entry.url or "", self.state.id, entry, digest)
                if known is not None:
                    page = dataclasses.replace(known, entry=entry, entry_hash=digest, source_id=self.state.id)
                visit = dataclasses.replace(visit, source_id=self.state.id) if visit else Visit(key, self.state.id)
                if not self._ahead:
                    await self.understander.wait_for_room()
                await self._fetch(page, known, visit, sitemap=sitemap)
                await self._keep(AHEAD)
                if self._learns and self.report.fetched >= MAX_PAGES:  # not only at the end, else all were extracted twice
                    await self._keep(0)
                    self.keeper.flush()
                    await self._learn()
            self.watch(self.report)
        await self._keep(0)
        return whole

    async def _fetch(self, page: PageRecord, known: PageRecord | None, visit: Visit, *, sitemap: bool) -> None:
        """Ask for a page; its extraction begins, and it waits in `_ahead`."""
        task, answer = None, None
        if url := resolve(page.entry.url or ""):
            answer = await self._get_page(url, page)
            if isinstance(answer, Response) and not answer.not_modified and is_readable(answer, self.source):
                shared = self.archive.dictionary(self.state.id)
                task = asyncio.create_task(self.understander.extract(page.entry, page.url, self.source, answer, shared))
        self._hold(len(answer.body) if isinstance(answer, Response) else 0)
        self._ahead.append((FetchAttempt(page, known, visit, answer, sitemap), task))

    async def _get_page(self, url: str, page: PageRecord) -> Response | Failure:
        """The answer; while it is waited for, what has been extracted by then is kept."""
        get = get_page(self.fetcher, url, etag=page.etag, last_modified=page.last_modified, accept=PAGE_TYPES, budget=self.budget)
        asking = asyncio.ensure_future(get)
        try:
            while not asking.done():
                first = self._ahead[0][1] if self._ahead else None
                await asyncio.wait({asking, first} if first else {asking}, return_when=asyncio.FIRST_COMPLETED)
                self._keep_ready()
            return asking.result()
        finally:
            asking.cancel()  # only when something broke

    async def _keep(self, at_most: int) -> None:
        """Keep what is ready; wait until at most so many pages are left."""
        self._keep_ready()
        while len(self._ahead) > at_most or self._bytes_ahead > AHEAD_BYTES or (self._ahead and self.understander.is_full):
            if first := self._ahead[0][1]:
                await asyncio.wait({first})
            self._keep_ready()

    def _hold(self, size: int) -> None:
        self._bytes_ahead += size
        self.understander.hold(size)

    def _keep_ready(self) -> None:
        """Hand over, in the order in which they were asked for, the pages whose extraction is done."""
        while self._ahead and (self._ahead[0][1] is None or self._ahead[0][1].done()):
            asked, task = self._ahead.popleft()
            self._hold(-len(asked.answer.body) if isinstance(asked.answer, Response) else 0)
            self.keeper.keep(self.judge.outcome(asked, task.result() if task else None))


def _listing_hash(entries: Mapping[str, Entry]) -> str:
    """Of what a source lists: its pages and their titles. (That a sitemap's dates or a feed's counters move says little.)"""
    lines = sorted(f"{key} {entry.title}" for key, entry in entries.items())
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
