"""What is due, and when it comes back: pure, `now` is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta

from indexer.archive.store import Page, SourceState
from indexer.model import Failure

FEED_EVERY = timedelta(hours=1)
BACK_OFF_MOST = timedelta(days=1)
PAGE_AGAIN = timedelta(days=7)  # a page is asked again when its entry changed, or after this long
OLD_PAGE_AGAIN = timedelta(days=60)  # the same at most for one that the feed does not list any more; the older, the seldomer
GONE_AGAIN = timedelta(days=1)  # a page that was gone once
SOONEST_AGAIN = min(GONE_AGAIN, PAGE_AGAIN)  # no page that the feed does not list is looked at before
GONE_TWICE = 2


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
