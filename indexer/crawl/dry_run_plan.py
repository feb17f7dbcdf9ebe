"""What a crawl would do (`--dry-run`): which pages, why, and how long that takes at the delay. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from indexer.archive.store import PageRecord
from indexer.model import Entry

PlanReason = Literal["new", "changed", "failed", "again", "item"]
WORDS: Mapping[PlanReason, str] = {
    "new": "new",
    "changed": "changed in the listing",
    "failed": "tried again after a failure",
    "again": "looked at again",
    "item": "without a page, taken from the feed",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A page that would be fetched; `last` is when it was asked for before (None: never)."""

    url: str
    why: PlanReason
    last: datetime | None = None


def planned(entry: Entry, known: PageRecord | None, digest: str) -> Planned:
    """Why a page is to be fetched. `digest` is the hash of the entry as it is listed now."""
    url = entry.url or (known.url if known else "")
    if not url:
        return Planned(url, "item")
    if known is None or known.fetched_at is None:
        return Planned(url, "new")
    if known.entry_hash != digest:
        return Planned(url, "changed", known.fetched_at)
    return Planned(url, "failed" if known.failure else "again", known.fetched_at)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def seconds(pages: Iterable[Planned], pauses: Mapping[str, float], usual: float, concurrency: int) -> float:
    """How long the pauses alone take: hosts are crawled side by side, so many at once, and the slowest host decides.
    `pauses`: of the hosts whose robots.txt asks for another than the usual one.

    >>> pages = [Planned(url, "new") for url in ("https://a.example/1", "https://a.example/2", "https://b.example/")]
    >>> seconds(pages, {"https://b.example": 10.0}, 1.0, 8), seconds(pages, {}, 1.0, 1)
    (10.0, 3.0)
    """
    hosts = Counter(origin(page.url) for page in pages if page.url)
    waits = [count * pauses.get(host, usual) for host, count in hosts.items()]
    return max(max(waits, default=0.0), sum(waits) / max(1, concurrency))
