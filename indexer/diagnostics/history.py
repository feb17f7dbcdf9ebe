"""How documents, searches and crawls developed: the data of the status page's charts."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from indexer.archive.query_log import MAX_TIMES_MS
from indexer.archive.serialization import time_text
from indexer.archive.statistics import ArchiveStatistics
from indexer.diagnostics.source_phrases import display_name

if TYPE_CHECKING:
    from indexer.archive.store import Archive
    from indexer.engines.base import Engine

HISTORY_DAYS: Final = 30
MAX_MS: Final = 2 * MAX_TIMES_MS[-1]  # of a search that took longer than every class


def history(archive: Archive, now: datetime | None = None) -> dict[str, Any]:
    """Return the last 30 days, the last crawls of each source, and the failing pages by reason.

    `days` has one row a day, oldest first: `documents` is None before the first crawl, `median_ms` and `p95_ms` are None
    without a search. Times are upper limits of their class (`query_log.MAX_TIMES_MS`).
    """
    with closing(ArchiveStatistics(archive.location)) as statistics:
        by_reason = statistics.failing_by_reason()
    crawls = archive.crawls.by_source()
    return {
        "days": _days(archive, now or datetime.now(UTC)),
        "crawls": [
            {
                "source": display_name(state),
                "url": state.source.url,
                "state": state.state,
                "crawls": [
                    {
                        "at": time_text(crawl.at),
                        "state": crawl.state,
                        "error": crawl.error,
                        "added": crawl.counts.added,
                        "changed": crawl.counts.changed,
                        "removed": crawl.counts.removed,
                        "failed": crawl.counts.failed,
                    }
                    for crawl in crawls.get(state.id, ())
                ],
            }
            for state in archive.sources.all()
        ],
        "failing_by_reason": [{"reason": code, "pages": pages} for code, pages in by_reason.items()],
    }


def gauges(archive: Archive, engine: Engine, now: datetime | None = None) -> dict[str, float]:
    """Return the figures that monitoring watches, by the end of their names in `/metrics`.

    The age is NaN before the first crawl.
    """
    states = archive.sources.all()
    crawls = [state.last_crawl for state in states if state.last_crawl]
    with closing(ArchiveStatistics(archive.location)) as statistics:
        waiting, failing = statistics.waiting(), sum(statistics.failing_by_reason().values())
    return {
        "crawl_age_seconds": ((now or datetime.now(UTC)) - max(crawls)).total_seconds() if crawls else float("nan"),
        "sources": len(states),
        "failing_sources": sum(state.state in ("failing", "partial") for state in states),
        "failing_pages": failing,
        "pending_pages": waiting,
        "archive_bytes": archive.size_bytes(),
        "index_bytes": engine.size_bytes(),
    }


def _days(archive: Archive, now: datetime) -> list[dict[str, Any]]:
    documents = archive.crawls.documents_by_day()
    searches = {row["day"]: row for row in archive.searches_by_day()}
    times = archive.search_times_by_day()
    names = [(now - timedelta(days=back)).strftime("%Y-%m-%d") for back in reversed(range(HISTORY_DAYS))]
    count = next((documents[day] for day in sorted(documents, reverse=True) if day < names[0]), None)
    rows = []
    for day in names:
        count = documents.get(day, count)
        row = searches.get(day, {})
        rows.append(
            {
                "day": day,
                "documents": count,
                **{name: row.get(name, 0) for name in ("searches", "without_result", "opened")},
                "median_ms": quantile_ms(times.get(day, {}), 0.5),
                "p95_ms": quantile_ms(times.get(day, {}), 0.95),
            }
        )
    return rows


def quantile_ms(counts: dict[int, int], share: float) -> int | None:
    """Return the class of times below which a share of the searches lies, or None without searches.

    A search that took longer than every class counts as MAX_MS.

    >>> quantile_ms({1: 90, 10: 9, 0: 1}, 0.5), quantile_ms({1: 90, 10: 9, 0: 1}, 0.95), quantile_ms({}, 0.5)
    (1, 10, None)
    """
    total, below = sum(counts.values()), 0
    for limit, count in sorted((limit or MAX_MS, count) for limit, count in counts.items()):
        below += count
        if below >= share * total:
            return limit
    return None
