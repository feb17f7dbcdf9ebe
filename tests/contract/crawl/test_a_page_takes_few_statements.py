"""What a crawl asks of its archive: the statements for each page are few, and as many for the last one as for the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.archive.sqlite import SqliteDatabase
from support.builders import NAMES, site
from support.crawls import Crawled
from support.web import Web

MAX_STATEMENTS_OF_A_PAGE = 24  # for a page that is fetched for the first time


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL of every statement from here on."""
    sent: list[str] = []
    for name in ("rows", "row", "execute", "execute_many", "insert"):
        method = getattr(SqliteDatabase, name)

        def recording(self: SqliteDatabase, sql: str, *values: object, method: object = method) -> object:
            sent.append(sql)
            return method(self, sql, *values)  # type: ignore[operator]  # one of the methods above

        monkeypatch.setattr(SqliteDatabase, name, recording)
    return sent


def count_for(folder: Path, names: tuple[str, ...], statements: list[str]) -> int:
    crawled = Crawled(folder, Web(site(names)))
    statements.clear()
    report = crawled.run()
    assert report.new == len(names)
    sent = len(statements)
    crawled.archive.close()
    return sent


def test_a_new_page_takes_few_statements(tmp_path: Path, statements: list[str]) -> None:
    """With so few pages no template is learned, after which they would be stored again."""
    two, four = (count_for(tmp_path / str(count), tuple(NAMES[:count]), statements) for count in (2, 4))
    assert (four - two) / 2 <= MAX_STATEMENTS_OF_A_PAGE
