"""The verb that fetches: from the web into the archive. Its pipeline, for each source that is due:

    source -> get the feed -> parse -> for each entry (and other pages that are due): new, changed or due? -> get the page
           -> understand (in other processes when there are many) -> believe it? -> store response and document
           -> at the end: what is to leave the index leaves it, or the operator is asked

| module | question |
|---|---|
| `source.py` | What happens to one source, in which order? (calls the others, decides nothing) |
| `listing.py` | What does the source list now? |
| `roads.py` | What did it list before? (`--full`) `road_*.py`: each road there is; `plan.py`: how long will it take? |
| `road_index.py` | Which sitemaps of a source that is an index of them are read again? |
| `schedule.py`, `rate.py`, `cache.py` | What is due, and when does it come back? (pure; `now` is an argument) |
| `faults.py`, `fault_texts.py`, `wall_texts.py` | Is this answer the page at all? (pure) |
| `judge.py` | What does an answer mean: believed, doubted, gone, refused, not to be indexed? |
| `leaving.py` | Is what was decided to leave removed, or is the operator asked first? |
| `settings.py` | Which stored pages are to be read again, as their source's settings have changed? |
| `keep.py` | What becomes of an answer? (batches of pages, each in one transaction) |
| `dry_run.py` | What would a crawl do, and why? (pure) |
| `workers.py` | Who extracts? (this process, or others on all cores) |
| `report.py` | What does the operator read? |

Hosts are crawled side by side (asyncio); the archive is written by this one process, a batch of pages in one transaction, so
a crawl may be killed at any moment: the batch is fetched again. The web's failures are values and are decided upon here:

- a page that cannot be had never loses its entry: the document is then made of the feed's own text;
- a page that was had once keeps its text, whatever its server says later, until it said 404 or 410 twice (an hour apart at
  least), asked not to be indexed, or was forbidden by robots.txt for a day; error pages with 200, logins, walls and the like
  replace nothing (`faults`);
- a crawl that would remove more than a fifth of a source's documents removes none and asks;
- an item that merely leaves the feed stays, and its page is still looked at now and then: a feed lists its latest items
  only, and what an editor mends or takes away later is mostly older than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from indexer.archive.store import Archive, SourceState
from indexer.crawl.batch_writer import BatchWriter
from indexer.crawl.extraction_pool import ExtractionPool
from indexer.crawl.report import CrawlOptions, SourceReport, Watch
from indexer.crawl.revisit_policy import is_due
from indexer.crawl.source_crawl import SourceCrawl
from indexer.crawl.stale_extractions import read_outdated_again
from indexer.fetch.fetcher import Fetcher

__all__ = ["CrawlOptions", "SourceReport", "crawl", "is_due"]

MEANWHILE_SECONDS = 60.0
# Of the program, met by what some server sends. What the archive or the machine cannot do ends the crawl.
MISTAKES = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


async def crawl(
    archive: Archive,
    fetcher: Fetcher,
    states: Iterable[SourceState],
    now: datetime,
    options: CrawlOptions = CrawlOptions(),  # noqa: B008  # frozen
    watch: Watch = lambda report: None,
    understander: ExtractionPool | None = None,
    meanwhile: Callable[[], object] | None = None,
    meanwhile_seconds: float = MEANWHILE_SECONDS,
) -> list[SourceReport]:
    """Crawl sources side by side; reports come in the order of the sources.

    `meanwhile` is called in a thread of its own every so many seconds, never twice at a time: a crawl may take a night, and what
    it found by now should be searchable by then.
    """
    keeper = BatchWriter(archive)
    beside = asyncio.create_task(_now_and_then(meanwhile, meanwhile_seconds)) if meanwhile else None
    try:
        async with understander or ExtractionPool() as understander:
            crawls = [SourceCrawl(archive, fetcher, keeper, understander, state, now, options, watch) for state in states]
            if not options.dry_run:
                for each in crawls:
                    await read_outdated_again(archive, understander, each.state, each.report)
            reports = list(await asyncio.gather(*map(_alone, crawls)))
        keeper.flush()
    finally:
        if beside is not None:
            beside.cancel()
            await asyncio.wait([beside])
    if beside is not None and not beside.cancelled() and (error := beside.exception()):
        raise error
    return reports


async def _alone(each: SourceCrawl) -> SourceReport:
    """A source that nobody has foreseen costs no other source its crawl."""
    try:
        return await each.run()
    except MISTAKES as error:
        return each.broke(error)


async def _now_and_then(step: Callable[[], object], seconds: float) -> None:
    """Cancelled, it still lets a step under way come to its end."""
    while True:
        await asyncio.sleep(seconds)
        running = asyncio.ensure_future(asyncio.to_thread(step))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            running.result()
            raise
