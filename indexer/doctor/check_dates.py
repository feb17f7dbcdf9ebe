"""When was that? The dates of items, and of the sitemap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from indexer.dates import parse_date
from indexer.doctor.facts import Facts
from indexer.doctor.finding import Finding, some
from indexer.messages import number
from indexer.urls import identity

AHEAD = timedelta(days=1)  # clocks and zones differ
ASLEEP = timedelta(days=400)  # without news
APART = timedelta(days=3)  # between two dates that should be the same


def date_findings(facts: Facts) -> Iterator[Finding]:
    if not facts.feed.kind.startswith("sitemap"):
        yield from _items(facts)
    yield from _lastmod(facts)
    yield from _pages(facts)


def _items(facts: Facts) -> Iterator[Finding]:
    items = facts.raw.items
    dates = [(item, parse_date(item.date)) for item in items]
    found = [moment for _, moment in dates if moment]
    unreadable = [item.date for item, moment in dates if item.date and not moment]
    missing = [item.title or item.link or "(without a title)" for item in items if not item.date]
    if unreadable:
        yield Finding(
            "warning",
            "dates",
            "dates.unreadable",
            f"{number(len(unreadable), 'date')} cannot be read",
            some(unreadable),
            "the page's date is taken, if it has one; the feed should write dates as RFC 822 or ISO 8601 say",
        )
    if missing:
        yield Finding(
            "notice" if found else "warning",
            "dates",
            "dates.missing",
            f"{number(len(missing), 'item has', 'items have')} no date",
            some(missing),
            "the page's date is taken, if it has one; without any, it comes last when sorted by date",
        )
    ahead = [moment for moment in found if moment > facts.now + AHEAD]
    if ahead:
        yield Finding(
            "warning",
            "dates",
            "dates.future",
            f"{number(len(ahead), 'date lies', 'dates lie')} in the future",
            some([_day(moment) for moment in sorted(ahead, reverse=True)]),
            "the publisher has to correct them; they come first when sorted by date",
        )
    if len(found) > 2 and len(set(found)) == 1:
        yield Finding(
            "warning",
            "dates",
            "dates.same",
            "All items have the same date",
            found[0].isoformat(),
            "probably the time when the feed was made; the program that writes it should give each item's own",
        )
    elif found and max(found) < facts.now - ASLEEP:
        yield Finding(
            "notice",
            "dates",
            "dates.asleep",
            "It has had no news for long: it may have been given up",
            f"the newest: {_day(max(found))}",
            "look whether the site has another feed by now: indexer doctor with its home page",
        )
    elif found and not (unreadable or missing or ahead):
        yield Finding("ok", "dates", "dates.items", f"Each item has a date, {_day(min(found))} to {_day(max(found))}")


def _lastmod(facts: Facts) -> Iterator[Finding]:
    sitemap = facts.sitemap
    if sitemap is None or sitemap.addresses == 0:
        return
    if sitemap.same_dates:
        yield Finding(
            "notice",
            "dates",
            "dates.lastmod",
            "All of the sitemap's lastmod are the same: they are the time when it was made",
            sitemap.url,
            "its administrator should have it give each page's own; until then it does not say which pages have changed",
        )
    elif sitemap.dated == 0:
        yield Finding(
            "notice",
            "dates",
            "dates.lastmod",
            "The sitemap has no lastmod: it does not say which pages have changed",
            sitemap.url,
            "pages are looked at again by their age",
        )
    else:
        behind = []
        for sample in facts.samples:
            said = sitemap.last_modified.get(identity(sample.url))
            written = sample.article.published if sample.article and sample.article.published else sample.entry.published
            if said and written and said < written - APART:
                behind.append(f"{sample.url} (lastmod {_day(said)}, published {_day(written)})")
        if behind:
            yield Finding(
                "warning",
                "dates",
                "dates.lastmod",
                "The sitemap's lastmod lies before the page was published",
                some(behind, 160),
                "lastmod cannot be relied upon; its administrator should have it give the last change",
            )
        else:
            yield Finding(
                "ok",
                "dates",
                "dates.lastmod",
                f"{sitemap.dated:,} of {number(sitemap.addresses, 'address', 'addresses')} in the sitemap say when they changed",
                sitemap.url,
            )


def _pages(facts: Facts) -> Iterator[Finding]:
    apart = []
    undated = []
    read = [sample for sample in facts.samples if sample.article is not None]
    for sample in read:
        assert sample.article is not None  # chosen so
        on_page, in_feed = sample.article.published, sample.entry.published
        if on_page and in_feed and abs(on_page - in_feed) > APART:
            apart.append(f"{sample.url}: {_day(in_feed)} in the feed, {_day(on_page)} on the page")
        if on_page is None and in_feed is None:
            undated.append(sample.url)
    if apart:
        yield Finding(
            "notice", "dates", "dates.page", "Feed and page give different dates; the feed's is taken", some(apart, 200)
        )
    if undated:
        yield Finding(
            "warning",
            "dates",
            "dates.page-missing",
            f"{number(len(undated), 'sample')} of {len(read)} have a date neither in the feed nor on the page",
            some(undated),
            "the publisher should name it: <time datetime>, article:published_time or datePublished in JSON-LD",
        )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
