"""What is asked of a crawl, and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from indexer.crawl.plan import PlannedFetch
from indexer.model import Failure, Source


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    everything: bool = False  # whatever is due or not
    limit: int | None = None  # pages fetched for each source at most
    dry_run: bool = False
    full: bool = False  # also what older feeds and the site's sitemaps list
    accept_removals: bool = False  # carry out what a crawl before has asked about


@dataclass(slots=True)
class SourceReport:
    """What became of one source in this crawl."""

    source: Source
    entries: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failures: list[Failure] = field(default_factory=list)
    planned: list[PlannedFetch] = field(default_factory=list)  # what a dry run would have fetched
    notes: list[str] = field(default_factory=list)
    error: str | None = None  # the source itself could not be had
    broken: Exception | None = None  # what the program did not foresee
    question: str | None = None  # so much would leave the index that the operator is asked first
    plan: str | None = None  # what a crawl of its past is about to do; known before the first page is asked for
    roads: dict[str, int] = field(default_factory=dict)  # by which road how many older items were found
    walking: str = ""  # how far the walk through its past is

    @property
    def explanation(self) -> str:
        """Why a crawl of it found nothing new, in words."""
        if self.error:
            return self.error
        if not self.entries and not self.fetched:
            return self.notes[0] if self.notes else "nothing has changed since the last crawl"
        return f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.removed} removed"


Watch = Callable[[SourceReport], None]
