"""What a crawl asks of its archive: the statements for each page are few, and as many for the last one as for the first."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
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


def statements_for(folder: Path, names: tuple[str, ...], statements: list[str]) -> Counter[str]:
    """Return the statements of a crawl of these pages, with how often each was sent."""
    crawled = Crawled(folder, Web(site(names)))
    statements.clear()
    report = crawled.run()
    assert report.new == len(names)
    sent = Counter(statements)
    crawled.archive.close()
    return sent


def test_a_new_page_takes_few_statements(tmp_path: Path, statements: list[str]) -> None:
    """With so few pages no template is learned, after which they would be stored again."""
    two, four = (statements_for(tmp_path / str(count), tuple(NAMES[:count]), statements) for count in (2, 4))
    assert (four.total() - two.total()) / 2 <= MAX_STATEMENTS_OF_A_PAGE


def test_no_statement_of_a_page_reads_a_whole_table(tmp_path: Path, statements: list[str]) -> None:
    """Otherwise a page would cost more, the more pages are stored."""
    two, four = (statements_for(tmp_path / str(count), tuple(NAMES[:count]), statements) for count in (2, 4))
    of_pages = [sql for sql, count in four.items() if count > two[sql]]
    assert len(of_pages) >= 15
    with closing(sqlite3.connect(tmp_path / "4" / "archive.db")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for sql in of_pages:
            numbered = [int(number) for number in re.findall(r"\?(\d+)", sql)]
            values = [None] * max(numbered, default=sql.count("?"))
            plan = [row[3].split() for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert [step for step in plan if step[0] == "SCAN" and step[1] in tables] == [], sql
