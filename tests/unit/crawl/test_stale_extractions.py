"""What becomes of stored pages after their source's settings have changed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.archive.store import Archive, SourceState
from indexer.crawl import stale_extractions
from indexer.crawl.crawler import CrawlOptions
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.extraction_processes.worker import PageExtraction
from indexer.crawl.stale_extractions import reextract, reextract_all
from indexer.extract.extractor import ExtractionResult, extraction_stamp
from indexer.model import Entry, Response, Source
from indexer.reasons import Reason
from support.builders import site
from support.crawls import Crawled
from support.web import Web


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Crawled]:
    crawled = Crawled(tmp_path, Web(site(["ant", "bee", "cow"])))
    crawled.run()
    yield crawled
    crawled.archive.close()


def changed(crawled: Crawled) -> SourceState:
    """Give the source another category, and return it."""
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, category="Animals"))
    (state,) = crawled.archive.sources.all()
    return state


def outdated(archive: Archive) -> int:
    (state,) = archive.sources.all()
    return len(archive.pages.with_other_stamp(state.id, extraction_stamp(state.source), 100))


def notes(crawled: Crawled, minutes: int) -> list[str]:
    """Crawl what is due, and return what the report says of outdated pages."""
    report = crawled.run(wanted=CrawlOptions(), minutes=minutes)
    return [note for note in report.notes if "re-extracted" in note]


def categories(crawled: Crawled) -> list[tuple[str, ...]]:
    return sorted(document.categories for document in crawled.archive.documents.all())


def test_a_crawl_extracts_outdated_pages_again_and_says_so(crawled: Crawled) -> None:
    changed(crawled)
    assert outdated(crawled.archive) == 3
    assert notes(crawled, 1) == ["settings or extractor changed: re-extracted 3 stored pages, 3 documents updated"]
    assert categories(crawled) == [("Animals",)] * 3
    assert outdated(crawled.archive) == 0
    assert notes(crawled, 2) == []


def test_settings_that_change_no_document_are_not_worth_a_note(crawled: Crawled) -> None:
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, exclude=".nothing"))
    assert outdated(crawled.archive) == 3
    assert notes(crawled, 1) == []
    assert outdated(crawled.archive) == 0


def test_one_crawl_extracts_a_number_of_pages_and_the_next_goes_on(crawled: Crawled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stale_extractions, "MAX_PAGES", 2)
    monkeypatch.setattr(stale_extractions, "BATCH_PAGES", 1)
    changed(crawled)
    assert notes(crawled, 1) == ["settings or extractor changed: re-extracted 2 stored pages, 2 documents updated"]
    assert outdated(crawled.archive) == 1
    assert notes(crawled, 2) == ["settings or extractor changed: re-extracted 1 stored pages, 1 documents updated"]


class GivingUp(ExtractionPool):
    """A pool that cannot read one page."""

    def __init__(self, name: str) -> None:
        super().__init__(workers=0)
        self.name = name

    async def extract(
        self, entry: Entry, url: str, source: Source, response: Response, dictionary: bytes | None = None
    ) -> PageExtraction:
        if url.endswith(self.name):
            return PageExtraction(ExtractionResult(None), given_up=Reason("too-slow"))
        return await super().extract(entry, url, source, response, dictionary)


def test_a_page_that_cannot_be_read_keeps_its_document_and_is_not_tried_again(crawled: Crawled) -> None:
    state = changed(crawled)
    pages = list(crawled.archive.pages.all())
    report = asyncio.run(reextract(crawled.archive, GivingUp("bee"), pages, {state.id: state.source}))
    assert report.changed == 2
    (failure,) = report.failures
    assert (failure.url.rpartition("/")[2], failure.reason, failure.stands) == ("bee", "unreadable", "stored-text")
    assert categories(crawled) == [(), ("Animals",), ("Animals",)]
    assert outdated(crawled.archive) == 0


@pytest.mark.parametrize("trusts_archive", [True, False])
def test_pages_that_give_the_same_document_change_nothing(crawled: Crawled, trusts_archive: bool) -> None:
    (state,) = crawled.archive.sources.all()
    pages = list(crawled.archive.pages.all())
    pool = ExtractionPool(workers=0)
    report = asyncio.run(reextract(crawled.archive, pool, pages, {state.id: state.source}, trusts_archive=trusts_archive))
    assert (report.changed, report.failures) == (0, [])


def test_all_pages_are_extracted_again_in_batches(crawled: Crawled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stale_extractions, "MAX_BATCH_PAGES", 2)
    changed(crawled)
    progress: list[tuple[int, int]] = []
    report = reextract_all(crawled.archive, lambda done, total: progress.append((done, total)), ExtractionPool(workers=0))
    assert (report.changed, report.failures) == (3, [])
    assert progress == [(2, 3), (3, 3)]


def test_a_page_that_was_withdrawn_stays_withdrawn(crawled: Crawled) -> None:
    crawled.web.pages["/ant"] = site(["ant"])["/ant"]
    crawled.web.pages["/ant"] = str(crawled.web.pages["/ant"]).replace("<title>", "<meta name=robots content=noindex><title>")
    crawled.run(days=1)
    assert sorted(crawled.documents()) == ["bee", "cow"]
    changed(crawled)
    reextract_all(crawled.archive, pool=ExtractionPool(workers=0))
    assert sorted(crawled.documents()) == ["bee", "cow"]
    assert outdated(crawled.archive) == 0
