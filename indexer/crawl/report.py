"""The options of a crawl, and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from indexer.crawl.plan import PlannedFetch
from indexer.model import Failure, Source
from indexer.reasons import Reason


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What the operator wants of a crawl."""

    everything: bool = False  # fetch what is not due, too
    limit: int | None = None  # the most pages to fetch of each source
    dry_run: bool = False  # fetch the listings only, and store nothing
    full: bool = False  # look for older items, too
    accept_removals: bool = False  # carry out the removals that an earlier crawl asked about
    updates_index: bool = True


@dataclass(slots=True)
class SourceReport:
    """How the crawl of one source went."""

    source: Source
    entries: int = 0  # pages that the crawl examined: listed ones, and others that were due
    fetched: int = 0  # of these, requested
    new: int = 0  # documents
    changed: int = 0  # documents
    unchanged: int = 0  # pages that were not due, or gave no other document than before
    removed: int = 0  # documents
    failures: list[Failure] = field(default_factory=list)
    planned: list[PlannedFetch] = field(default_factory=list)  # what a dry run would fetch
    notes: list[str] = field(default_factory=list)
    error: Reason | None = None  # why the source itself could not be read
    broken: Exception | None = None  # an error of the program
    question: Reason | None = None  # for the operator: more documents than usual would be removed
    plan: str | None = None  # what a backfill is about to do; set before the first page is requested
    backfilled: dict[str, int] = field(default_factory=dict)  # older items found, by method of the backfill
    backfill_progress: str = ""  # how far the backfill is

    @property
    def explanation(self) -> str:
        """Say what changed, or why nothing did."""
        if not self.entries and not self.fetched:
            return self.notes[0] if self.notes else "nothing has changed since the last crawl"
        return f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.removed} removed"


Watch = Callable[[SourceReport], None]
