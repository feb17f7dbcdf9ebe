"""What is due when."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from indexer.archive.store import PageRecord, SourceState
from indexer.archive.visits import ChangeHistory, ListingHistory, Visit
from indexer.crawl import revisit_policy
from indexer.crawl.revisit_policy import fresh_for
from indexer.model import Entry, Failure, Feed, Source

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)  # a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL = "https://example.org/feed"
STATE = SourceState(1, Source(URL), "ok", None, None, None, None, 0, None, None)


def wait(feed: Feed | None = None, now: datetime = NOW, rhythm: ListingHistory | None = None, **headers: str) -> timedelta:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return revisit_policy.next_listing(URL, rhythm or ListingHistory(1), now, feed, named) - now


def of(**fields: object) -> Feed:
    return Feed(URL, "rss20", **fields)


def test_an_hour_at_first() -> None:
    assert 54 * 60 <= wait().total_seconds() <= 3_600


@pytest.mark.parametrize(
    ("feed", "headers", "least"),
    [
        (of(refresh_seconds=3 * 3_600), {}, 3 * HOUR),
        (of(refresh_seconds=365 * 86_400), {}, DAY),  # yearly: a day is the most
        (None, {"cache_control": "public, max-age=7200"}, 2 * HOUR),
        (None, {"cache_control": "max-age=31536000"}, 6 * HOUR),  # a year for all that is XML
        (None, {"expires": "Fri, 02 Jan 2026 15:00:00 GMT"}, 3 * HOUR),
        (None, {"expires": "Fri, 02 Jan 2026 15:00:00 GMT", "date": "Fri, 02 Jan 2026 13:00:00 GMT"}, 2 * HOUR),
    ],
)
def test_what_publisher_and_server_ask_for(feed: Feed | None, headers: dict[str, str], least: timedelta) -> None:
    assert wait(feed, **headers) == least


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=600", "age": "500"}, 100), ({"cache-control": "max-age=600", "age": "700"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, 0), ({"cache-control": "s-maxage=600"}, 0), ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0), ({"cache-control": 'max-age="60"'}, 60), ({"expires": "Thu, 01 Jan 2026 15:00:00 GMT"}, 0), ({}, 0),
    ],
)  # fmt: skip
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: int) -> None:
    assert fresh_for(headers, NOW).total_seconds() == seconds


def test_hours_and_days_to_be_skipped() -> None:
    assert NOW + wait(of(skip_hours=frozenset({12, 13, 14}))) == NOW.replace(hour=15)
    later = revisit_policy.next_listing(
        URL, ListingHistory(1), NOW.replace(hour=23, minute=30), of(skip_days=frozenset({5, 6})), {}
    )
    assert later == datetime(2026, 1, 5, tzinfo=UTC)  # Monday
    assert wait(of(skip_days=frozenset(range(7)))) <= HOUR  # nobody means that


def test_failures_back_off_to_a_day_and_servers_may_ask_for_more() -> None:
    def after(failures: int, seconds: float | None = None) -> timedelta:
        failure = Failure(URL, "status", "", 503, seconds)
        return revisit_policy.after_listing_failure(dataclasses.replace(STATE, failures=failures), NOW, failure) - NOW

    assert after(0) == HOUR
    assert 2 * HOUR <= after(1) <= 2.2 * HOUR
    assert DAY <= after(30) <= 1.1 * DAY
    assert after(0, 3 * 86_400) == 3 * DAY


# -- pages -----------------------------------------------------------------------------------------------------------


def page(**fields: object) -> PageRecord:
    return PageRecord("p", "https://example.org/p", 1, Entry("https://example.org/p"), "hash", **{"fetched_at": NOW, **fields})


def looked(visit: Visit, *, changed: bool, days: float, times: int) -> tuple[Visit, timedelta]:
    """After so many looks, so many days apart; and how long until the next."""
    now = visit.looked_at or NOW
    for n in range(times):
        now += timedelta(days=days)
        visit = revisit_policy.after_success(
            visit, page(), now, changed=changed, text_hash=str(n) if changed else None, lastmod=None
        )
    assert visit.due is not None
    return visit, visit.due - now


def test_a_page_that_changes_is_looked_at_daily_and_one_that_does_not_every_two_months() -> None:
    first = Visit("p", 1, looked_at=NOW)
    assert looked(first, changed=True, days=1, times=15)[1] <= DAY
    assert 0.65 * 60 * DAY <= looked(first, changed=False, days=30, times=15)[1] <= 60 * DAY


def test_ten_thousand_pages_of_one_day_do_not_come_due_on_one_day() -> None:
    due = []
    for n in range(10_000):
        visit = revisit_policy.after_success(Visit(f"{n:x}", 1), dataclasses.replace(page(), id=f"{n:x}"), NOW,
                              changed=False, text_hash="x", lastmod=None)  # fmt: skip
        assert visit.due is not None
        due.append(visit.due.date())
    assert len(set(due)) >= 3
    assert max(due.count(day) for day in set(due)) < 5_000


def wants(
    visit: Visit, known: PageRecord, *, digest: str = "hash", sitemap: bool = False, lastmod: datetime | None = None
) -> bool:
    return revisit_policy.wants_page(known, visit, Entry(known.url, updated=lastmod), digest, NOW, is_sitemap=sitemap)


def test_what_a_listing_says_of_a_page() -> None:
    visit = Visit("p", 1, due=NOW + DAY, looked_at=NOW - DAY)
    known = page(fetched_at=NOW - DAY)
    assert not wants(visit, known)
    assert wants(visit, known, digest="other")  # the feed's item has changed
    assert wants(dataclasses.replace(visit, due=NOW), known)
    assert wants(visit, known, sitemap=True, lastmod=NOW - HOUR, digest="other")
    assert not wants(visit, known, sitemap=True, lastmod=NOW - 2 * DAY, digest="other")
    assert not wants(dataclasses.replace(visit, false_alarms=3), known, sitemap=True, lastmod=NOW - HOUR, digest="other")
    today = NOW.replace(hour=0)
    assert wants(visit, page(fetched_at=today - HOUR), sitemap=True, lastmod=today)
    assert not wants(visit, page(fetched_at=today + HOUR), sitemap=True, lastmod=today)  # it may have been changed since …
    assert wants(visit, page(fetched_at=today - 23 * HOUR), sitemap=True, lastmod=today - DAY)  # … so once more after the day


def test_a_lastmod_without_a_time_is_looked_at_once_more_after_its_day() -> None:
    def due(lastmod: datetime) -> datetime | None:
        return revisit_policy.after_success(Visit("p", 1), page(), NOW, changed=False, text_hash="x", lastmod=lastmod).due

    today = NOW.replace(hour=0)
    assert due(today) == today + DAY
    later = due(today - DAY)
    assert later is not None
    assert later > NOW + 30 * DAY
    later = due(today + HOUR)
    assert later is not None
    assert later > NOW + 30 * DAY


def test_failing_pages_back_off_and_unlisted_ones_further() -> None:
    def waits(visit: Visit, looks: int, **how: bool) -> list[float]:
        found = []
        for _ in range(looks):
            visit = revisit_policy.after_failure(visit, page(), NOW, **how)
            assert visit.due is not None
            found.append((visit.due - NOW) / HOUR)
        return found

    assert waits(Visit("p", 1), 7) == [1, 2, 4, 8, 16, 24, 24]
    assert waits(Visit("p", 1, left_at=NOW), 5) == [24, 48, 96, 168, 168]
    assert waits(Visit("p", 1, left_at=NOW), 3, refused=True) == [24, 24, 24]


def test_what_has_left_the_index_is_looked_at_again_unless_it_is_gone_for_good() -> None:
    def due(*, gone: int, listed: bool) -> timedelta:
        visit = Visit("p", 1, left_at=None if listed else NOW)
        found = revisit_policy.after_removal(visit, page(gone_count=gone), "gone", NOW)
        assert found.withdrawn == "gone"
        assert found.due is not None
        return found.due - NOW

    assert due(gone=2, listed=True) == DAY
    assert due(gone=2, listed=False) > 300_000 * DAY
    assert due(gone=0, listed=True) == 7 * DAY
    assert 39 * DAY <= due(gone=0, listed=False) <= 60 * DAY


def test_a_listing_is_compared_with_the_one_before() -> None:
    rhythm = revisit_policy.after_listing(ListingHistory(1), NOW, "a")
    assert rhythm.evidence == ChangeHistory()  # nothing to compare with
    rhythm = revisit_policy.after_listing(rhythm, NOW + DAY, "a")
    rhythm = revisit_policy.after_listing(rhythm, NOW + 2 * DAY, None)  # not modified
    rhythm = revisit_policy.after_listing(rhythm, NOW + 3 * DAY, "b")
    assert rhythm.evidence == ChangeHistory(visits=3, changes=1, days=3)
    assert rhythm.listing_hash == "b"


@pytest.mark.parametrize(
    ("next_crawl", "last_crawl", "due"),
    [
        (None, None, True),
        (NOW, NOW - HOUR, True),
        (NOW + HOUR, NOW - HOUR, False),
        (NOW + 7 * DAY, NOW - HOUR, False),  # a Retry-After of a week
        (NOW + 8 * DAY, NOW - HOUR, True),  # no interval is that long: a clock was in the future
        (NOW + HOUR, NOW + HOUR, True),  # so it was here
        (NOW + HOUR, NOW + timedelta(minutes=5), False),  # clocks of two machines
    ],
)
def test_a_source_that_a_wrong_clock_has_postponed_is_due(
    next_crawl: datetime | None, last_crawl: datetime | None, due: bool
) -> None:
    state = dataclasses.replace(STATE, next_crawl=next_crawl, last_crawl=last_crawl)
    assert revisit_policy.is_due(state, NOW) is due


@pytest.mark.parametrize(
    ("due", "fetched_at", "expected"),
    [
        (NOW + 61 * DAY, NOW - DAY, False),
        (NOW + 62 * DAY, NOW - DAY, True),
        (NOW + DAY, NOW + DAY, True),
        (revisit_policy.NEVER, NOW - DAY, False),  # a removed page is never due
    ],
)
def test_a_page_that_a_wrong_clock_has_postponed_is_due(due: datetime, fetched_at: datetime, expected: bool) -> None:
    before = dataclasses.replace(page(), fetched_at=fetched_at)
    assert revisit_policy.is_page_due(before, Visit("p", 1, due=due), NOW) is expected


def test_a_sitemap_dated_in_the_future_postpones_nothing() -> None:
    lastmod = datetime(2031, 1, 1, tzinfo=UTC)
    visit = revisit_policy.after_success(Visit("p", 1), page(), NOW, changed=False, text_hash="x", lastmod=lastmod)
    assert visit.due is not None
    assert visit.due <= NOW + 60 * DAY


def test_the_long_retry_after_of_a_robots_txt_counts_for_a_day() -> None:
    for reason, days in (("status", 7), ("robots-unreachable", 1)):
        failure = Failure(URL, reason, "", 503, 7 * 86_400)
        assert revisit_policy.after_listing_failure(STATE, NOW, failure) == NOW + days * DAY


@pytest.mark.parametrize(
    ("before", "listing_hash", "visits", "changes"),
    [
        (ListingHistory(1), "a", 0, 0),  # the first visit has nothing to be compared with
        (ListingHistory(1, looked_at=NOW - DAY), "a", 0, 0),  # nor has the first hash
        (ListingHistory(1, looked_at=NOW - DAY, listing_hash="a"), "a", 1, 0),
        (ListingHistory(1, looked_at=NOW - DAY, listing_hash="a"), "b", 1, 1),
        (ListingHistory(1, looked_at=NOW - DAY, listing_hash="a"), None, 1, 0),  # 304 Not Modified
        (ListingHistory(1, looked_at=NOW - DAY), None, 1, 0),
    ],
)
def test_a_visit_of_a_listing_counts_as_a_change_where_the_hash_differs(
    before: ListingHistory, listing_hash: str | None, visits: int, changes: int
) -> None:
    after = revisit_policy.after_listing(before, NOW, listing_hash)
    assert (round(after.evidence.visits), round(after.evidence.changes)) == (visits, changes)
    assert after.looked_at == NOW
    assert after.listing_hash == (listing_hash or before.listing_hash)


@pytest.mark.parametrize(
    ("failing", "visited", "expected"), [(2, 2, False), (3, 5, True), (3, 6, False), (3, 3, True), (40, 100, False)]
)
def test_a_source_whose_pages_mostly_fail_is_not_in_order(failing: int, visited: int, expected: bool) -> None:
    assert revisit_policy.most_pages_fail(failing, visited) is expected
