"""The verb that fetches: from the web into the archive. Its pipeline, for each source that is due:

    source -> listing -> for each entry (and other pages that are due): new, changed or due? -> page
           -> document (extracted in other processes when there are many) -> trusted? -> response and document are stored
           -> at the end: decided removals are carried out, or the operator is asked

| module | question |
|---|---|
| `source_crawl.py` | What happens to one source, in which order? (calls the others, decides nothing) |
| `listing.py`, `sitemap_index.py` | What does the source list now? |
| `backfill/` | What did it list before? (`--full`) |
| `page_queue.py` | Which pages are fetched in this crawl, and how far ahead? |
| `revisit_policy.py` | What is due, and when is it due again? (pure) |
| `soft_errors.py`, `soft_error_phrases.py` | Is this answer the page at all? (pure) |
| `response_policy.py` | What does an answer mean: trusted, doubted, gone, refused, not to be indexed? |
| `mass_removal_guard.py` | Are decided removals carried out, or is the operator asked first? |
| `template_updates.py`, `stale_extractions.py` | What do a source's pages have in common? Which are extracted again? |
| `distributed_crawl.py` | Which sources does this crawler take, if several share them? |
| `batch_writer.py` | How is it stored? (batches of pages, each in one transaction) |
| `extraction_processes/` | Which process extracts? |
| `plan.py`, `report.py` | What would a crawl do, and what does the operator read? |

Hosts are crawled side by side (asyncio). This one process writes the archive, a batch of pages in one transaction. A crawl may be
killed at any moment: the batch is fetched again. The web's failures are values and are decided upon here:

- A page that cannot be fetched keeps its entry: the document is made of the feed's own text.
- A fetched page keeps its text until it has answered 404 or 410 twice, at least an hour apart. It also loses its text if it
  asks not to be indexed, or if robots.txt has disallowed it for a day. Error pages with 200, logins and walls replace nothing
  (`soft_errors`).
- A crawl that would remove more than a fifth of a source's documents removes none and asks.
- An item that leaves the feed stays, and its page is revisited: a feed lists its latest items only, and editors correct or
  remove older ones.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime

from indexer.archive.database import LEASE_SECONDS
from indexer.archive.leases import Leases
from indexer.archive.store import Archive, SourceState
from indexer.crawl.batch_writer import BatchWriter
from indexer.crawl.distributed_crawl import SharedTurns, crawl_shared
from indexer.crawl.extraction_processes.pool import MAX_PAGES_HERE, ExtractionPool
from indexer.crawl.page_queue import CrawlServices
from indexer.crawl.report import CrawlOptions, SourceReport, Watch
from indexer.crawl.revisit_policy import is_due
from indexer.crawl.source_crawl import SourceCrawl
from indexer.engines.background_verification import BackgroundVerification
from indexer.engines.base import Engine
from indexer.errors import ArchiveBusy, EngineError
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.politeness import HostState, host_key
from indexer.model import FetchPolicy
from indexer.reindex import catch_up

__all__ = ["CrawlOptions", "CrawlReport", "SourceReport", "crawl", "is_due", "run_crawl"]

INDEX_EVERY_SECONDS = 60.0
MAX_ACTIVE_SOURCES = 128
MAX_SOURCES_HERE = 20  # whose first pages this process extracts: with more, it need not load what the workers need
MAX_ACTIVE_SOURCES_OF_HOST = 4  # its requests follow one another: more would only wait, and hold what they list
# Errors of the program, caused by what some server sends. What the archive or the machine cannot do ends the crawl.
PROGRAM_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

Progress = Callable[[int, int], None]  # done, of how many
Stage = Callable[[str], AbstractContextManager[Progress]]  # begins a stage of the crawl, "pages" or "index"


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a crawl did.

    `next_due` is set when no source was due, `pauses` (seconds, by origin) in a dry run. `index_error` says why the index is not
    up to date; what was crawled is stored all the same.
    """

    sources: list[SourceReport]
    indexed: int = 0  # changes that the index took over
    has_sources: bool = True
    next_due: datetime | None = None
    pauses: Mapping[str, float] = dataclasses.field(default_factory=dict)
    index_error: EngineError | None = None


def run_crawl(
    policy: FetchPolicy,
    archive: Archive,
    engine: Engine,
    options: CrawlOptions,
    now: datetime,
    *,
    named: Sequence[SourceState] = (),
    stage: Stage = lambda name: nullcontext(lambda done, total: None),
    watch: Watch = lambda report: None,
    lease_seconds: float = LEASE_SECONDS,
    place: str = "",
) -> CrawlReport:
    """Crawl the sources that are due, or the `named` ones, and bring the index up to date.

    The caller holds the archive's writer lock, which crawlers of an archive in PostgreSQL share. `lease_seconds`: after which
    they take over the sources of one that died. `place`: as for `Leases`. Raises ArchiveError.
    """
    stored = archive.sources.all()
    states = list(named) or _due(archive, stored, options, now)
    if named and not options.accept_removals:
        options = dataclasses.replace(options, everything=True)

    def open_leases() -> Leases | None:
        return None if options.dry_run else archive.leases(lease_seconds, place)

    with stage("pages") as show_pages, nullcontext() if options.dry_run else BackgroundVerification(engine):
        reports, pauses = asyncio.run(
            _fetch(policy, archive, engine, states, options, now, _progress(show_pages, watch), open_leases)
        )
    indexed = 0
    index_error: EngineError | None = None
    updates_index = options.updates_index and not options.dry_run
    if updates_index and (stored or archive.documents.last_change):
        try:
            with stage("index") as show_index:
                indexed = catch_up(archive, engine, show_index)
        except EngineError as error:
            index_error = error
    next_due = None if states else min((state.next_crawl for state in stored if state.next_crawl), default=now)
    return CrawlReport(reports, indexed, bool(stored), next_due, pauses if options.dry_run else {}, index_error)


async def crawl(
    archive: Archive,
    fetcher: Fetcher,
    states: Iterable[SourceState],
    now: datetime,
    options: CrawlOptions = CrawlOptions(),  # noqa: B008  # frozen
    *,
    watch: Watch = lambda report: None,
    pool: ExtractionPool | None = None,
    index: Callable[[], object] | None = None,
    index_every_seconds: float = INDEX_EVERY_SECONDS,
    leases: Leases | None = None,
) -> list[SourceReport]:
    """Crawl sources side by side; return reports in the order of the sources.

    With `leases`, crawlers on other machines share the sources. Those that they have, or crawl meanwhile, are left out.
    `index` is called in a thread of its own every `index_every_seconds`, never twice at a time: a crawl may take a night, and
    what it has stored should be searchable before it ends.
    """
    indexing = asyncio.create_task(_call_repeatedly(index, index_every_seconds)) if index else None
    try:
        states = list(states)
        pages_here = MAX_PAGES_HERE if len(states) <= MAX_SOURCES_HERE else 0
        async with pool or ExtractionPool(pages_here=pages_here) as pool:
            writer = BatchWriter(archive, leases.worker if leases else "", leases)
            services = CrawlServices(archive, fetcher, writer, pool, now, options, watch)
            slots = _Slots()
            if leases is None:
                reports = list(await asyncio.gather(*(_crawl_source(services, state, slots) for state in states)))
            else:
                reports = await crawl_shared(
                    leases,
                    lambda: _uncrawled(archive, states),
                    lambda state: _crawl_source(services, state, slots),
                )
        writer.flush()
    finally:
        if indexing is not None:
            indexing.cancel()
            await asyncio.wait([indexing])
    if indexing is not None and not indexing.cancelled() and (error := indexing.exception()):
        raise error
    return reports


def _due(archive: Archive, stored: list[SourceState], options: CrawlOptions, now: datetime) -> list[SourceState]:
    """Return the sources that are due. A source that waits for an answer is due if the options give that answer."""
    asking = archive.removals.questions() if options.accept_removals else {}
    all_sources = options.everything or options.full
    return [state for state in stored if all_sources or state.id in asking or is_due(state, now)]


def _uncrawled(archive: Archive, states: list[SourceState]) -> list[SourceState]:
    """Return the current states of those sources that no other crawler has crawled since `states` were read."""
    before = {state.id: state.last_crawl for state in states}
    present = {state.id: state for state in archive.sources.all()}
    return [present[id_] for id_, last_crawl in before.items() if id_ in present and present[id_].last_crawl == last_crawl]


async def _fetch(
    policy: FetchPolicy,
    archive: Archive,
    engine: Engine,
    states: list[SourceState],
    options: CrawlOptions,
    now: datetime,
    watch: Watch,
    open_leases: Callable[[], Leases | None],
) -> tuple[list[SourceReport], Mapping[str, float]]:
    """Crawl with a fetcher that knows how the hosts have behaved, and store how they behave now."""

    def index() -> None:
        own_connection = Archive(archive.location)  # since it runs in a thread of its own
        try:
            with suppress(ArchiveBusy):  # another machine is at it
                catch_up(own_connection, engine, wait_seconds=0)
        finally:
            own_connection.close()

    # `--all` ignores the back-off of hosts; every other crawl honours it.
    states_of_hosts = [] if options.everything else [HostState.from_mapping(each) for each in archive.hosts.all()]
    with ExitStack() as stack:
        leases = open_leases()
        turns = SharedTurns(stack.enter_context(leases), policy.timeout_seconds) if leases else None
        async with Fetcher(policy, states=states_of_hosts, now=now, turns=turns) as fetcher:
            try:
                index_meanwhile = index if options.updates_index and not options.dry_run else None
                reports = await crawl(archive, fetcher, states, now, options, watch=watch, index=index_meanwhile, leases=leases)
                return reports, fetcher.pauses()
            finally:
                if not options.dry_run:
                    _store_host_states(archive, fetcher.host_states())
                    archive.crawls.record_documents(now, archive.documents.count())


def _store_host_states(archive: Archive, states: Iterable[HostState]) -> None:
    """Store how the hosts of this crawl behaved; keep what is stored of others."""
    mappings = {each.host: None if each.is_plain else each.to_mapping() for each in states}
    with archive.transaction():  # another crawler may store its hosts
        stored = {str(each.get("host")): each for each in archive.hosts.all()}
        archive.hosts.put({host: state for host, state in {**stored, **mappings}.items() if state})


def _progress(show: Progress, watch: Watch) -> Watch:
    """Return a watcher that also counts the pages of all sources."""
    counted: dict[str, tuple[int, int]] = {}  # pages done and listed, by source
    done = listed = 0

    def count(report: SourceReport) -> None:
        nonlocal done, listed  # a sum over all sources for each page would grow with both
        watch(report)
        before, now = counted.get(report.source.url, (0, 0)), (report.fetched + report.unchanged, report.entries)
        counted[report.source.url] = now
        done, listed = done + now[0] - before[0], listed + now[1] - before[1]
        show(done, max(done, listed))

    return count


class _Slots:
    """Limits how many sources are crawled at the same time: each of them holds its listing in memory."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(MAX_ACTIVE_SOURCES)
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MAX_ACTIVE_SOURCES_OF_HOST))

    def of_host(self, url: str) -> asyncio.Semaphore:
        return self._hosts[host_key(url)]

    @property
    def any(self) -> asyncio.Semaphore:
        return self._all


async def _crawl_source(services: CrawlServices, state: SourceState, slots: _Slots) -> SourceReport:
    """Crawl one source. An unexpected error in it must not abort the others. Only the report outlives the crawl of a source."""
    async with slots.of_host(state.source.url), slots.any:
        source_crawl = SourceCrawl(services, state)
        try:
            return await source_crawl.run()
        except PROGRAM_ERRORS as error:
            return source_crawl.record_crash(error)


async def _call_repeatedly(step: Callable[[], object], seconds: float) -> None:
    """Call a step in a thread again and again. When cancelled, it lets a running step end."""
    while True:
        await asyncio.sleep(seconds)
        running = asyncio.ensure_future(asyncio.to_thread(step))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            running.result()
            raise
