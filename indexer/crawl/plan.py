"""Describe what a crawl is about to do (`--dry-run`, `--full`): which pages, why, and how long the pauses take. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from indexer.archive.store import PageRecord
from indexer.model import Entry
from indexer.phrases import duration
from indexer.urls import origin

PlanReason = Literal["new", "changed", "failed", "again", "item"]
WORDS: Mapping[PlanReason, str] = {
    "new": "new",
    "changed": "changed in the listing",
    "failed": "tried again after a failure",
    "again": "due for a revisit",
    "item": "without a page, taken from the feed",
}


@dataclass(frozen=True, slots=True)
class PlannedFetch:
    """A page that would be fetched; `last` is the moment of the previous request (None: never)."""

    url: str
    why: PlanReason
    last: datetime | None = None


def planned_fetch(entry: Entry, record: PageRecord | None, digest: str) -> PlannedFetch:
    """Return why a page is to be fetched. `digest` is the hash of the entry as it is listed now."""
    url = entry.url or (record.url if record else "")
    if not url:
        return PlannedFetch(url, "item")
    if record is None or record.fetched_at is None:
        return PlannedFetch(url, "new")
    if record.entry_hash != digest:
        return PlannedFetch(url, "changed", record.fetched_at)
    return PlannedFetch(url, "failed" if record.failure else "again", record.fetched_at)


def min_seconds(pages: Iterable[PlannedFetch], pauses: Mapping[str, float], usual: float, concurrency: int) -> float:
    """Return how many seconds the pauses alone take.

    Hosts are crawled side by side, up to `concurrency` of them, so the slowest host decides. `pauses` holds the origins whose
    robots.txt asks for a pause other than the usual one.

    >>> pages = [PlannedFetch(url, "new") for url in ("https://a.example/1", "https://a.example/2", "https://b.example/")]
    >>> min_seconds(pages, {"https://b.example": 10.0}, 1.0, 8), min_seconds(pages, {}, 1.0, 1)
    (10.0, 3.0)
    """
    hosts = Counter(origin(page.url) for page in pages if page.url)
    waits = [count * pauses.get(host, usual) for host, count in hosts.items()]
    return max(max(waits, default=0.0), sum(waits) / max(1, concurrency))


def backfill_plan(items: int, pause_seconds: float, *, more: bool = False) -> str:
    """Return how many pages a backfill will fetch and how long that takes at least. `more`: others are not counted yet.

    >>> backfill_plan(1240, 1.0), backfill_plan(1, 0.0)
    ('about 1,240 items, 21 minutes at one a second', '1 item, without pauses')
    """
    count = f"{items:,} item{'' if items == 1 else 's'}"
    about = f"at least {count}" if more else f"about {count}" if items > 1 else count
    if pause_seconds <= 0:
        return f"{about}, without pauses"
    return f"{about}, {duration(items * pause_seconds)} at {_rate(pause_seconds)}"


def _rate(pause_seconds: float) -> str:
    if pause_seconds == 1:
        return "one a second"
    if pause_seconds > 1:
        return f"one every {pause_seconds:g} seconds"
    return f"{1 / pause_seconds:.3g} a second"
