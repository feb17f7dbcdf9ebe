"""What the steps of one source's crawl share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from indexer.archive.frontier import Frontier
from indexer.archive.store import Archive, SourceState
from indexer.archive.visits import Visits
from indexer.crawl.batch_writer import BatchWriter
from indexer.crawl.extraction_pool import ExtractionPool
from indexer.crawl.report import CrawlOptions, SourceReport, Watch
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.politeness import Budget
from indexer.model import Source


@dataclass(frozen=True, slots=True)
class CrawlServices:
    """What all sources of one crawl share. `now` is the moment when the crawl began."""

    archive: Archive
    fetcher: Fetcher
    writer: BatchWriter
    pool: ExtractionPool
    now: datetime
    options: CrawlOptions
    watch: Watch


@dataclass
class SourceRun:
    """One source in one crawl. `state` changes when its template is learned."""

    services: CrawlServices
    state: SourceState
    report: SourceReport = field(init=False)
    budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.report = SourceReport(self.state.source)
        self.budget = Budget.of(self.services.fetcher.policy)

    @property
    def source(self) -> Source:
        return self.state.source

    @cached_property
    def visits(self) -> Visits:
        return self.services.archive.visits

    @cached_property
    def frontier(self) -> Frontier:
        return self.services.archive.frontier(self.state.id)

    def is_stored(self, key: str) -> bool:
        """Return whether the archive holds the page of a key, or was told to forget it."""
        archive = self.services.archive
        return archive.pages.get(key) is not None or archive.is_forgotten(key)

    def show_progress(self, text: str = "") -> None:
        """Tell the operator how far the crawl is; `text` describes the reading of lists."""
        self.report.walking = text or self.report.walking
        self.services.watch(self.report)
