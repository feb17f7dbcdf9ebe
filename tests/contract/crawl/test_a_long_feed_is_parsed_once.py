"""The first page of a long feed is requested after each item was parsed once."""

from __future__ import annotations

from pathlib import Path

import pytest
from feedparser.namespaces._base import Namespace

from indexer.archive.sqlite import SqliteDatabase
from indexer.crawl.report import CrawlOptions
from indexer.fetch.transport import Request
from indexer.model import Failure, Response
from support.crawls import Crawled
from support.web import SITE, Web


class Counts:
    """What a crawl has done until it requested the first page."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, items: int, end: str) -> None:
        self.parsed_items = self.statements = 0
        self._is_over = False
        start_item, rows = Namespace._start_item, SqliteDatabase.row

        def starting(namespace: Namespace, attributes: object) -> object:
            self.parsed_items += not self._is_over
            return start_item(namespace, attributes)

        def asking(database: SqliteDatabase, sql: str, *values: object) -> object:
            self.statements += not self._is_over
            return rows(database, sql, *values)

        counts = self

        class ListingOfMany(Web):
            async def send(self, request: Request) -> Response | Failure:
                counts._is_over = counts._is_over or "/tale" in request.url
                return await super().send(request)

        items_of_feed = "".join(f"<item><title>Tale {n}</title><link>{SITE}/tale{n}</link></item>" for n in range(items))
        feed = f"<rss version='2.0'><channel><title>Tales</title>{items_of_feed}{end}"
        crawled = Crawled(folder, ListingOfMany({"/rss.xml": feed}))
        with monkeypatch.context() as patched:
            patched.setattr(Namespace, "_start_item", starting)
            patched.setattr(SqliteDatabase, "row", asking)
            report = crawled.run(wanted=CrawlOptions(limit=1))
        crawled.archive.close()
        assert (report.entries, report.fetched) == (items, 1)


@pytest.mark.parametrize("end", ["</channel></rss>", "<broken></channel></rss>"], ids=["well-formed", "malformed"])
def test_the_first_page_is_requested_after_each_item_was_parsed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few, many = Counts(tmp_path / "few", monkeypatch, 100, end), Counts(tmp_path / "many", monkeypatch, 200, end)
    assert (few.parsed_items, many.parsed_items) == (100, 200)
    assert many.statements - few.statements <= 100  # one for each item, at most
