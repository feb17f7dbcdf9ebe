"""Check the dates of items, of the sitemap and of pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from indexer.dates import DateReader, style_of, zone_of
from indexer.doctor.facts import Facts
from indexer.doctor.finding import Finding, some
from indexer.phrases import number
from indexer.urls import identity

MAX_AHEAD = timedelta(days=1)  # of now: clocks and time zones differ
MAX_SILENCE = timedelta(days=400)  # since the newest item
MAX_DIFFERENCE = timedelta(days=3)  # between two dates that should be equal


def date_findings(facts: Facts) -> Iterator[Finding]:
    """Return the findings about dates."""
    if not facts.feed.kind.startswith("sitemap"):
        yield from _items(facts)
    yield from _lastmod(facts)
    yield from _pages(facts)


def _items(facts: Facts) -> Iterator[Finding]:
    items = facts.raw.items
    languages = (facts.feed.language,) if facts.feed.language else ()
    reader = DateReader(style_of((item.date for item in items), languages, zone_of(facts.source.timezone)))
    dates = [(item, reader.read(item.date)) for item in items]
    moments = [moment for _, moment in dates if moment]
    unreadable = [item.date for item, moment in dates if item.date and not moment]
    missing = [item.title or item.link or "(without a title)" for item in items if not item.date]
    if unreadable:
        yield Finding(
            "warning",
            "dates",
            "dates.unreadable",
            f"{number(len(unreadable), 'date')} cannot be read",
            some(unreadable),
            "the page's date is used if it has one; the publisher should write dates as in RFC 822 or ISO 8601",
        )
    if problems := reader.problems():
        yield Finding(
            "warning",
            "dates",
            "dates.zone",
            "Dates name a time zone that is unknown",
            some(problems),
            "their day is right, their time may not be; the publisher should write an offset such as +0100",
        )
    if missing:
        yield Finding(
            "notice" if moments else "warning",
            "dates",
            "dates.missing",
            f"{number(len(missing), 'item has', 'items have')} no date",
            some(missing),
            "the page's date is used if it has one; items without any date come last when sorted by date",
        )
    ahead = [moment for moment in moments if moment > facts.now + MAX_AHEAD]
    yield from _moments(facts, moments, ahead, is_complete=not (unreadable or missing or ahead))


def _moments(facts: Facts, moments: list[datetime], ahead: list[datetime], *, is_complete: bool) -> Iterator[Finding]:
    """Judge the dates that can be read. `ahead`: those in the future; `is_complete`: each item has a plausible date."""
    if ahead:
        yield Finding(
            "warning",
            "dates",
            "dates.future",
            f"{number(len(ahead), 'date lies', 'dates lie')} in the future",
            some([_day(moment) for moment in sorted(ahead, reverse=True)]),
            "the publisher must correct them; such dates are ignored, and the page's date is used if it has one",
        )
    if len(moments) > 2 and len(set(moments)) == 1:
        yield Finding(
            "warning",
            "dates",
            "dates.same",
            "All items have the same date",
            moments[0].isoformat(),
            "it is probably the time when the feed was written; the publisher should give each item its own date",
        )
    elif moments and max(moments) < facts.now - MAX_SILENCE:
        yield Finding(
            "notice",
            "dates",
            "dates.asleep",
            f"No new items since {_day(max(moments))}: the feed may be abandoned",
            f"the newest: {_day(max(moments))}",
            "check whether the site has another feed: indexer doctor with its home page",
        )
    elif moments and is_complete:
        yield Finding("ok", "dates", "dates.items", f"Each item has a date, {_day(min(moments))} to {_day(max(moments))}")


def _lastmod(facts: Facts) -> Iterator[Finding]:
    sitemap = facts.sitemap
    if sitemap is None or sitemap.addresses == 0:
        return
    if sitemap.same_dates:
        yield Finding(
            "notice",
            "dates",
            "dates.lastmod",
            "All lastmod of the sitemap are equal: they are the time when it was made",
            sitemap.url,
            "the site's administrator should give each page its own; until then changed pages cannot be recognised",
        )
    elif sitemap.dated == 0:
        yield Finding(
            "notice",
            "dates",
            "dates.lastmod",
            "The sitemap has no lastmod, so changed pages cannot be recognised",
            sitemap.url,
            "pages are revisited by their age",
        )
    else:
        behind = []
        for sample in facts.samples:
            lastmod = sitemap.last_modified.get(identity(sample.url))
            written = sample.article.published if sample.article and sample.article.published else sample.entry.published
            if lastmod and written and lastmod < written - MAX_DIFFERENCE:
                behind.append(f"{sample.url} (lastmod {_day(lastmod)}, published {_day(written)})")
        if behind:
            yield Finding(
                "warning",
                "dates",
                "dates.lastmod",
                "The sitemap's lastmod is before the page's publication",
                some(behind, 160),
                "lastmod is unreliable; the site's administrator should give the last change",
            )
        else:
            yield Finding(
                "ok",
                "dates",
                "dates.lastmod",
                f"{sitemap.dated:,} of {number(sitemap.addresses, 'address', 'addresses')} in the sitemap have a lastmod",
                sitemap.url,
            )


def _pages(facts: Facts) -> Iterator[Finding]:
    apart = []
    undated = []
    samples = [sample for sample in facts.samples if sample.article is not None]
    for sample in samples:
        assert sample.article is not None  # selected above
        on_page, in_feed = sample.article.published, sample.entry.published
        if on_page and in_feed and abs(on_page - in_feed) > MAX_DIFFERENCE:
            apart.append(f"{sample.url}: {_day(in_feed)} in the feed, {_day(on_page)} on the page")
        if on_page is None and in_feed is None:
            undated.append(sample.url)
    if apart:
        yield Finding("notice", "dates", "dates.page", "Feed and page give different dates; the feed's is used", some(apart, 200))
    if undated:
        yield Finding(
            "warning",
            "dates",
            "dates.page-missing",
            f"{number(len(undated), 'sample')} of {len(samples)} have a date neither in the feed nor on the page",
            some(undated),
            "the publisher should add one: <time datetime>, article:published_time or datePublished in JSON-LD",
        )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
