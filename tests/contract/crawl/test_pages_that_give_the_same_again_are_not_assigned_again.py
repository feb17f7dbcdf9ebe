"""After a template was learned, pages that give what they gave before cost few statements, and the archive is what it would be."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from indexer.archive.sqlite import SqliteDatabase
from indexer.archive.store import Archive
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.stale_extractions import reextract
from indexer.dedup.document_assigner import DocumentAssigner
from support.builders import NAMES, article, feed_of, site
from support.crawls import Crawled
from support.web import Web

TABLES = ("pages", "documents", "aliases", "sketches", "visits")
SAME = "<p>" + "The ferry crosses the estuary again after nine winters in the yard of the old shipwright. " * 9
PAGES = {
    **site(NAMES),
    "/rss.xml": feed_of([*NAMES, "copy", "amp", "original"]),
    "/original": article("original").replace("</article>", f"{SAME}</article>"),
    "/copy": article("original").replace("</article>", f"{SAME}</article>"),
    "/amp": f"<html lang=en><head><link rel=canonical href=/ant><title>ant</title></head><article><h1>ant</h1>{SAME}</article>",
}  # fmt: skip


def again(archive: Archive, *, trusts_archive: bool, marked: str = "") -> None:
    """Extract all pages again. `marked`: a page that waits to be assigned."""
    states = {state.id: state.source for state in archive.sources.all()}
    if marked:
        archive.pages.mark_for_reassignment([marked])
    pages = list(archive.pages.all())
    asyncio.run(reextract(archive, ExtractionPool(workers=0), pages, states, trusts_archive=trusts_archive))


def rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    database = SqliteDatabase(Path(str(archive.location)))
    found = {table: sorted((tuple(row) for row in database.rows(f"SELECT * FROM {table}")), key=repr) for table in TABLES}
    database.close()
    return found


def test_the_archive_is_the_same_as_if_each_page_were_assigned_again(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    crawled = Crawled(tmp_path / "one", Web(PAGES))
    crawled.run()
    assert len(crawled.documents()) < len(NAMES) + 3  # some pages give the document of another one
    crawled.archive.close()
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    archives = [Archive(tmp_path / name / "archive.db") for name in ("one", "other")]
    for archive, trusts_archive in zip(archives, (True, False), strict=True):
        again(archive, trusts_archive=trusts_archive)
    assert rows(archives[0]) == rows(archives[1])
    for archive in archives:
        assert archive.integrity_problems() == []
        archive.close()


def test_only_pages_that_wait_or_give_something_else_are_assigned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    crawled.run()
    assigned: list[str] = []
    assign = DocumentAssigner.assign

    def noting(self: DocumentAssigner, page: object, *rest: object) -> object:
        assigned.append(page.url.rpartition("/")[2])  # type: ignore[attr-defined]  # a PageRecord
        return assign(self, page, *rest)  # type: ignore[arg-type]  # the same

    monkeypatch.setattr(DocumentAssigner, "assign", noting)
    again(crawled.archive, trusts_archive=True)
    assert assigned == []
    waiting = next(page.id for page in crawled.archive.pages.all() if page.url.endswith(NAMES[1]))
    again(crawled.archive, trusts_archive=True, marked=waiting)
    assert assigned == [NAMES[1]]
    assigned.clear()
    again(crawled.archive, trusts_archive=False)
    assert sorted(assigned) == sorted(NAMES)
    crawled.archive.close()
