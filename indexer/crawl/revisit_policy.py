"""What is due, and when it comes back: pure, `now` is an argument.

A source   after an hour at first, then as its listing has changed so far (`rate`), between a quarter of an hour and a day; not
           before its ttl, its update period or its cache headers are over, not in hours and days that it asks to be skipped.
A page     after a week at first (an old one: a tenth of its age), then as its text has changed so far, between a day and 60 days;
           at once when its listing says that it has changed, never because of a sitemap whose lastmod is older than our look.
Failures   twice as long each time, up to a day; up to a week for pages that are not listed (any more).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from indexer.archive.store import PageRecord, SourceState
from indexer.archive.visits import ListingHistory, Visit
from indexer.crawl.change_rate import interval, jitter, learned
from indexer.crawl.freshness import fresh_for
from indexer.model import Entry, Failure, Feed
from indexer.reasons import Reason

FEED_EVERY = timedelta(hours=1)
FEED_LEAST = timedelta(minutes=15)
FEED_MOST = timedelta(days=1)
HEADERS_MOST = timedelta(hours=6)  # many servers send one max-age, often a year, with all that is XML
BACK_OFF_MOST = timedelta(days=1)
PAGE_AGAIN = timedelta(days=7)  # the first guess
PAGE_LEAST = timedelta(days=1)
PAGE_MOST = timedelta(days=60)
PAGE_SPREAD = (0.65, 1.0)  # times the interval: what was fetched on one day comes due on several
PAGE_BACK_OFF_MOST = timedelta(days=7)
GONE_AGAIN = timedelta(days=1)  # a page that was gone once, or that robots.txt does not allow
GONE_TWICE = 2
GONE_APART = timedelta(hours=1)  # two answers within it count as one
REFUSED_FOR = timedelta(days=1)  # so long must robots.txt have said no
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
FALSE_ALARMS = 3  # so often may a sitemap say in vain that a page has changed before that is not believed any more


def is_due(state: SourceState, now: datetime) -> bool:
    return state.next_crawl is None or state.next_crawl <= now


# -- sources ---------------------------------------------------------------------------------------------------------


def listing_seen(rhythm: ListingHistory, now: datetime, listing_hash: str | None) -> ListingHistory:
    """After a listing was had; `listing_hash` is None when it is what it was."""
    seen = dataclasses.replace(rhythm, looked_at=now, listing_hash=listing_hash or rhythm.listing_hash)
    if rhythm.looked_at is None or (rhythm.listing_hash is None and listing_hash is not None):
        return seen  # there is nothing to compare it with
    changed = listing_hash is not None and listing_hash != rhythm.listing_hash
    return dataclasses.replace(seen, evidence=learned(rhythm.evidence, _days(now - rhythm.looked_at), changed=changed))


def next_listing(source: str, rhythm: ListingHistory, now: datetime, feed: Feed | None, headers: Mapping[str, str]) -> datetime:
    """When a source that could be had is due again. `feed` is None when the server said that it has not changed."""
    wait = interval(rhythm.evidence, FEED_EVERY, FEED_LEAST, FEED_MOST)
    wait = jitter(wait, f"{source} {rhythm.evidence.looks:.0f}", 0.9, 1.0)
    wait = max(wait, min(fresh_for(headers, now), HEADERS_MOST))
    if feed is not None:
        wait = max(wait, min(timedelta(seconds=feed.refresh_seconds), FEED_MOST))
        return _not_skipped(now + wait, feed)
    return now + wait


def after_failure(state: SourceState, now: datetime, failure: Failure) -> datetime:
    """Twice as long each time, up to a day, or when the server asked us to."""
    wait: timedelta = min(FEED_EVERY * (1 << min(state.failures, 10)), BACK_OFF_MOST)
    wait = jitter(wait, f"{state.source.url} {state.failures}", 1.0, 1.1) if state.failures else wait
    return now + max(wait, timedelta(seconds=failure.retry_after_seconds or 0))


def _not_skipped(moment: datetime, feed: Feed) -> datetime:
    """The first moment from then on that is in no hour and on no day which the feed asks to skip (both in GMT); a feed that
    wants to be skipped for more than three days is not obeyed."""
    later = moment
    for _ in range(72):
        if later.hour not in feed.skip_hours and later.weekday() not in feed.skip_days:
            return later
        later = later.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


# -- pages -----------------------------------------------------------------------------------------------------------


def wants_page(known: PageRecord | None, visit: Visit | None, entry: Entry, digest: str, now: datetime, *, sitemap: bool) -> bool:
    """Whether the page of an entry that is listed is to be fetched: it is new, due, or said to have changed."""
    if known is None or known.fetched_at is None or visit is None or visit.due is None or visit.due <= now:
        return True
    if sitemap and entry.updated is not None:
        return visit.false_alarms < FALSE_ALARMS and _modified_since(known.fetched_at, entry.updated, now)
    return known.entry_hash != digest


def _modified_since(fetched_at: datetime, lastmod: datetime, now: datetime) -> bool:
    """A lastmod without a time may be any time of its day, so a page fetched on that day is fetched again after it."""
    if lastmod.time() != lastmod.min.time():
        return lastmod > fetched_at
    day_ends = lastmod + timedelta(days=1)
    return lastmod > fetched_at or fetched_at < day_ends <= now


def seen(
    visit: Visit, page: PageRecord, now: datetime, *, changed: bool, text_hash: str | None, lastmod: datetime | None
) -> Visit:
    """After a good look: the page says `text_hash` (None: as before). `lastmod`: what a sitemap says of it."""
    evidence, apart = visit.evidence, now - visit.looked_at if visit.looked_at else None
    if apart is not None:
        evidence = learned(evidence, _days(apart), changed=changed)
    wait = interval(evidence, first_guess(page, now), PAGE_LEAST, PAGE_MOST)
    if lastmod is not None and not changed and lastmod <= now and visit.false_alarms < FALSE_ALARMS:
        wait = PAGE_MOST  # the sitemap will say
    due = now + jitter(wait, f"{page.id} {evidence.looks:.0f}", *PAGE_SPREAD)
    if lastmod is not None and lastmod.time() == lastmod.min.time() and now < lastmod + timedelta(days=1):
        due = lastmod + timedelta(days=1)  # it may be changed again on that day
    return dataclasses.replace(
        visit,
        due=due,
        evidence=evidence,
        looked_at=now,
        text_hash=text_hash or visit.text_hash,
        failures=0,
        gone_since=None,
        refused_since=None,
        suspect=None,
        suspect_since=None,
        suspect_looks=0,
        withdrawn=None,
    )


def first_guess(page: PageRecord, now: datetime) -> timedelta:
    """A week; for what was written long ago a tenth of its age."""
    written = page.entry.updated or page.entry.published or now
    return min(max(PAGE_AGAIN, (now - written) / 10), PAGE_MOST)


def failed(visit: Visit, page: PageRecord, now: datetime, *, gone: bool = False, refused: bool = False) -> Visit:
    """After a look that gave nothing to believe."""
    failures, listed = visit.failures + 1, visit.left_at is None
    wait = (FEED_EVERY if listed else GONE_AGAIN) * (1 << min(visit.failures, 10))
    wait = min(wait, BACK_OFF_MOST if listed else PAGE_BACK_OFF_MOST)
    if refused or (gone and page.gone_count >= GONE_TWICE):
        wait = GONE_AGAIN
    return dataclasses.replace(
        visit,
        due=now + wait,
        failures=failures,
        gone_since=(visit.gone_since or now) if gone else visit.gone_since,
        refused_since=(visit.refused_since or now) if refused else None,
    )


def gone_count(known: PageRecord, now: datetime, *, asked: bool) -> int:
    """How often a page that says that it is gone has said so: answers of the same hour are one, unless the operator `asked` for
    this look (--all, a named source)."""
    apart = known.gone_count == 0 or known.fetched_at is None or now - known.fetched_at >= GONE_APART
    return known.gone_count + (asked or apart)


def withdrawn(visit: Visit, page: PageRecord, why: Reason, now: datetime) -> Visit:
    """A page that has left the index: what is listed is still looked at, what may come back every 60 days."""
    gone = page.gone_count >= GONE_TWICE
    if visit.left_at is None:
        due = now + (GONE_AGAIN if gone else PAGE_AGAIN)
    else:
        due = NEVER if gone else now + jitter(PAGE_MOST, page.id, *PAGE_SPREAD)
    return dataclasses.replace(visit, due=due, withdrawn=why)


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)
