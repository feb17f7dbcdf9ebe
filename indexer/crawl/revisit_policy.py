"""Decide what is due, and when it is due again. Pure: `now` is an argument.

A source   after an hour at first, then as its listing has changed so far (see "change rate" below), between a quarter of an
           hour and a day;
           not before its ttl, its update period or its cache headers end, and not in hours and days that it asks to skip.
A page     after a week at first (an old one: a tenth of its age), then as its text has changed so far, between a day and 60 days;
           immediately when its listing has changed, never because of a sitemap whose lastmod is older than the last visit.
Failures   twice as long each time, up to a day; up to a week for pages that are not listed any more.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256

from indexer.archive.store import PageRecord, SourceState
from indexer.archive.visits import ChangeHistory, ListingHistory, Visit
from indexer.fetch.politeness import MAX_RETRY_AFTER_SECONDS
from indexer.model import Entry, Failure, Feed
from indexer.reasons import Reason

LISTING_INTERVAL = timedelta(hours=1)  # the first guess
MIN_LISTING_INTERVAL = timedelta(minutes=15)
MAX_LISTING_INTERVAL = timedelta(days=1)
MAX_FRESHNESS = timedelta(hours=6)  # many servers send one max-age, often a year, with all XML
MAX_BACK_OFF = timedelta(days=1)
PAGE_INTERVAL = timedelta(days=7)  # the first guess
MIN_PAGE_INTERVAL = timedelta(days=1)
MAX_PAGE_INTERVAL = timedelta(days=60)
PAGE_SPREAD = (0.65, 1.0)  # times the interval: pages fetched on one day are due on several
MAX_PAGE_BACK_OFF = timedelta(days=7)
GONE_INTERVAL = timedelta(days=1)  # of a page that was gone once, or that robots.txt disallows
MIN_GONE_ANSWERS = 2
MIN_GONE_INTERVAL = timedelta(hours=1)  # two answers within it count as one
MIN_REFUSED = timedelta(days=1)  # for which robots.txt must disallow a page before it is removed
MIN_FAILING_PAGES = 3  # of a source that is not in order because of its pages
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
MAX_SKIPPED = timedelta(days=3)  # hours and days that a feed asks to skip
# No source or page is due later than this. A later time was stored by a crawl whose clock was in the future.
MAX_LISTING_WAIT = timedelta(seconds=MAX_RETRY_AFTER_SECONDS, hours=2)
MAX_PAGE_WAIT = MAX_PAGE_INTERVAL + timedelta(days=1)
MAX_CLOCK_ERROR = timedelta(minutes=10)  # of two machines that share an archive
MAX_FALSE_ALARMS = 3  # times that a lastmod changed and the page did not; after that the lastmod is ignored


def is_due(state: SourceState, now: datetime) -> bool:
    """Return whether a source is to be crawled: it is due, or a crawl whose clock was in the future has postponed it."""
    due = state.next_crawl
    return due is None or due <= now or due > now + MAX_LISTING_WAIT or is_future(state.last_crawl, now)


def is_page_due(before: PageRecord, visit: Visit, now: datetime) -> bool:
    """Return whether a page is to be visited; one that is never to be visited again is not."""
    due = visit.due
    return due is None or due <= now or now + MAX_PAGE_WAIT < due < NEVER or is_future(before.fetched_at, now)


def is_future(moment: datetime | None, now: datetime) -> bool:
    """Return whether only a wrong clock can have recorded a moment."""
    return moment is not None and moment > now + MAX_CLOCK_ERROR


# -- sources ---------------------------------------------------------------------------------------------------------


def after_listing(history: ListingHistory, now: datetime, listing_hash: str | None) -> ListingHistory:
    """Return the history after a listing was read; `listing_hash` is None when the server reported no change."""
    after = dataclasses.replace(history, looked_at=now, listing_hash=listing_hash or history.listing_hash)
    if history.looked_at is None or (history.listing_hash is None and listing_hash is not None):
        return after  # there is nothing to compare it with
    changed = listing_hash is not None and listing_hash != history.listing_hash
    return dataclasses.replace(after, evidence=with_visit(history.evidence, _days(now - history.looked_at), changed=changed))


def next_listing(
    source: str,
    history: ListingHistory,
    now: datetime,
    feed: Feed | None,
    headers: Mapping[str, str],
    *,
    every_seconds: int = 0,
) -> datetime:
    """Return when a source that was read is due again. `feed` is None when the server reported no change.

    `every_seconds` is the interval that the operator has set for this source; it overrides everything else.
    """
    if every_seconds:
        return now + timedelta(seconds=every_seconds)
    wait = interval(history.evidence, LISTING_INTERVAL, MIN_LISTING_INTERVAL, MAX_LISTING_INTERVAL)
    wait = jitter(wait, f"{source} {history.evidence.visits:.0f}", 0.9, 1.0)
    wait = max(wait, min(fresh_for(headers, now), MAX_FRESHNESS))
    if feed is not None:
        wait = max(wait, min(timedelta(seconds=feed.refresh_seconds), MAX_LISTING_INTERVAL))
        return _not_skipped(now + wait, feed)
    return now + wait


def after_listing_failure(state: SourceState, now: datetime, failure: Failure) -> datetime:
    """Return when a source that could not be read is due again: later each time, up to a day, or as the server asks."""
    wait: timedelta = min(LISTING_INTERVAL * (1 << min(state.failures, 10)), MAX_BACK_OFF)
    wait = jitter(wait, f"{state.source.url} {state.failures}", 1.0, 1.1) if state.failures else wait
    limit = MAX_RETRY_AFTER_SECONDS if failure.reason == "status" else MAX_BACK_OFF.total_seconds()  # otherwise of robots.txt
    return now + max(wait, timedelta(seconds=min(failure.retry_after_seconds or 0.0, limit)))


def _not_skipped(moment: datetime, feed: Feed) -> datetime:
    """Return the first moment from then on that is in no hour and on no day that the feed asks to skip (both in GMT).

    A feed that asks to be skipped for more than three days is not obeyed.
    """
    later = moment
    for _ in range(MAX_SKIPPED // timedelta(hours=1)):
        if later.hour not in feed.skip_hours and later.weekday() not in feed.skip_days:
            return later
        later = later.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment


def most_pages_fail(failing: int, visited: int) -> bool:
    """Return whether a source counts as failing because most of its visited pages fail.

    >>> most_pages_fail(20, 24), most_pages_fail(2, 24), most_pages_fail(1, 1), most_pages_fail(3, 5)
    (True, False, False, True)
    """
    return failing >= MIN_FAILING_PAGES and failing * 2 > visited


# -- pages -----------------------------------------------------------------------------------------------------------


def wants_page(
    before: PageRecord | None, visit: Visit | None, entry: Entry, digest: str, now: datetime, *, is_sitemap: bool
) -> bool:
    """Return whether the page of a listed entry is to be fetched: it is new or due, or its listing has changed."""
    if before is None or before.fetched_at is None or visit is None or is_page_due(before, visit, now):
        return True
    if is_sitemap and entry.updated is not None:
        return visit.false_alarms < MAX_FALSE_ALARMS and _modified_since(before.fetched_at, entry.updated, now)
    return before.entry_hash != digest


def _modified_since(fetched_at: datetime, lastmod: datetime, now: datetime) -> bool:
    """Return whether a page changed after its visit. A lastmod without a time may mean any time of its day, so a page fetched on
    that day is fetched again after it."""
    if lastmod.time() != lastmod.min.time():
        return lastmod > fetched_at
    day_ends = lastmod + timedelta(days=1)
    return lastmod > fetched_at or fetched_at < day_ends <= now


def after_success(
    visit: Visit, page: PageRecord, now: datetime, *, changed: bool, text_hash: str | None, lastmod: datetime | None
) -> Visit:
    """Return the visit after a trusted answer. `text_hash` is None if the text is what it was; `lastmod` is the sitemap's."""
    evidence = visit.evidence
    if visit.looked_at is not None and visit.looked_at <= now:
        evidence = with_visit(evidence, _days(now - visit.looked_at), changed=changed)
    wait = interval(evidence, first_guess(page, now), MIN_PAGE_INTERVAL, MAX_PAGE_INTERVAL)
    if lastmod is not None and not changed and lastmod <= now and visit.false_alarms < MAX_FALSE_ALARMS:
        wait = MAX_PAGE_INTERVAL  # the sitemap will report a change
    due = now + jitter(wait, f"{page.id} {evidence.visits:.0f}", *PAGE_SPREAD)
    if lastmod is not None and lastmod.time() == lastmod.min.time() and lastmod - now < timedelta(days=1) > now - lastmod:
        due = lastmod + timedelta(days=1)  # it may change again on that day
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
        suspect_visits=0,
        withdrawn=None,
    )


def first_guess(page: PageRecord, now: datetime) -> timedelta:
    """Return the first interval: a week, or a tenth of the age of what was written long ago."""
    written = page.entry.updated or page.entry.published or now
    return min(max(PAGE_INTERVAL, (now - written) / 10), MAX_PAGE_INTERVAL)


def after_failure(
    visit: Visit,
    page: PageRecord,
    now: datetime,
    *,
    gone: bool = False,
    refused: bool = False,
    retry_after: float | None = None,
) -> Visit:
    """Return the visit after a failure or a doubted answer. `retry_after`: seconds that the server asked for this page."""
    failures, listed = visit.failures + 1, visit.left_at is None
    wait = (LISTING_INTERVAL if listed else GONE_INTERVAL) * (1 << min(visit.failures, 10))
    wait = min(wait, MAX_BACK_OFF if listed else MAX_PAGE_BACK_OFF)
    if refused or (gone and page.gone_count >= MIN_GONE_ANSWERS):
        wait = GONE_INTERVAL
    wait = max(wait, timedelta(seconds=min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS)))
    return dataclasses.replace(
        visit,
        due=now + wait,
        failures=failures,
        gone_since=min(visit.gone_since or now, now) if gone else visit.gone_since,
        refused_since=min(visit.refused_since or now, now) if refused else None,
    )


def is_later_visit(last: datetime, now: datetime) -> bool:
    """Return whether two answers count as two: they are an hour apart, or a wrong clock has recorded the first."""
    return is_future(last, now) or now - last >= MIN_GONE_INTERVAL


def gone_count(before: PageRecord, now: datetime, *, is_requested: bool) -> int:
    """Return how many times in a row a page has answered that it is gone.

    Answers within an hour count as one, unless the operator asked for this visit (--all, a named source).
    """
    last = before.fetched_at
    is_later = before.gone_count == 0 or last is None or is_later_visit(last, now)
    return before.gone_count + (is_requested or is_later)


def after_removal(visit: Visit, page: PageRecord, why: Reason, now: datetime) -> Visit:
    """Return the visit after a removal. A listed page is still visited; an unlisted one that may return, every 60 days."""
    gone = page.gone_count >= MIN_GONE_ANSWERS
    if visit.left_at is None:
        due = now + (GONE_INTERVAL if gone else PAGE_INTERVAL)
    else:
        due = NEVER if gone else now + jitter(MAX_PAGE_INTERVAL, page.id, *PAGE_SPREAD)
    return dataclasses.replace(visit, due=due, withdrawn=why)


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


# -- freshness (RFC 9111, 4.2.1 and 5.3) ----------------------------------------------------------------------------

_MAX_AGE = re.compile(r"""(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})""", re.I)
_NO_CACHE = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)(?:$|[\s,])", re.I)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return max-age less Age, otherwise Expires less Date; zero when neither can be read."""
    control = headers.get("cache-control", "")
    if _NO_CACHE.search(control):
        return timedelta(0)
    if match := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        seconds = int(match[1]) - (int(age) if re.fullmatch(r"[0-9]{1,10}", age) else 0)
        return timedelta(seconds=max(0, seconds))
    expires = _date(headers.get("expires"))
    return timedelta(0) if expires is None else max(timedelta(0), expires - (_date(headers.get("date")) or now))


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- change rate -------------------------------------------------------------------------------------------------------
# Estimate how often something changes from irregular visits, and when to visit it again. Pure.
#
# The estimator is that of J. Cho and H. Garcia-Molina, "Estimating frequency of change", ACM Transactions on Internet Technology
# 3 (2003), 5.2. Of n visits, one every I days, X found a change. (How many changes there were between two visits is unknown.)
# Then
#
#     rate = -ln((n - X + 0.5) / (n + 0.5)) / I        changes a day
#
# Visits are not regular here, so I is their mean distance. A first guess counts as `PRIOR_VISITS` visits of which half found a
# change. Visits beyond `MAX_VISITS` make the older ones count less, so the estimate follows a site that changes its ways.

PRIOR_VISITS = 2.0
MAX_VISITS = 12.0  # with full weight
_PRIOR_RATE = math.log((PRIOR_VISITS + 0.5) / (PRIOR_VISITS / 2 + 0.5))  # changes in the interval that was guessed


def with_visit(history: ChangeHistory, days: float, *, changed: bool) -> ChangeHistory:
    """Return the history with one more visit, `days` after the one before."""
    fade = (MAX_VISITS - 1.0) / max(MAX_VISITS - 1.0, history.visits)
    return ChangeHistory(history.visits * fade + 1.0, history.changes * fade + changed, history.days * fade + max(days, 0.0))


def interval(history: ChangeHistory, guess: timedelta, shortest: timedelta, longest: timedelta) -> timedelta:
    """Return the time until the next visit: `guess` without a history, then the time in which as many changes are expected.

    These are 0.51 changes, so two visits of five find one.
    """
    visits, changes = history.visits + PRIOR_VISITS, history.changes + PRIOR_VISITS / 2
    days = history.days + PRIOR_VISITS * guess / timedelta(days=1)
    rate = -math.log((visits - changes + 0.5) / (visits + 0.5)) * visits / days
    return min(max(timedelta(days=_PRIOR_RATE / rate), shortest), longest)


def jitter(wait: timedelta, key: str, least: float, most: float) -> timedelta:
    """Return `wait` times a factor between `least` and `most`, always the same for a key.

    Pages that were fetched on one day must not all be due on one day.
    """
    share = int.from_bytes(sha256(key.encode("utf-8", "surrogatepass")).digest()[:4], "big") / 0xFFFFFFFF
    return wait * (least + (most - least) * share)
