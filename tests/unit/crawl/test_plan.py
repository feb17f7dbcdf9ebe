"""What a dry run says: which pages, why, and how long they take."""

from __future__ import annotations

import dataclasses
import doctest
from datetime import UTC, datetime

import pytest

from indexer.archive.store import PageRecord, entry_hash
from indexer.crawl import dry_run_plan as dry_run
from indexer.crawl.dry_run_plan import WORDS, Planned, planned, seconds
from indexer.model import Entry

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ENTRY = Entry(url="https://news.example/1", title="One")
KNOWN = PageRecord("id", "https://news.example/1", 1, ENTRY, entry_hash(ENTRY), fetched_at=NOW)


@pytest.mark.parametrize(
    ("entry", "known", "why"),
    [
        (ENTRY, None, "new"),
        (ENTRY, dataclasses.replace(KNOWN, fetched_at=None), "new"),  # listed before, never fetched
        (dataclasses.replace(ENTRY, title="Another"), KNOWN, "changed"),
        (ENTRY, dataclasses.replace(KNOWN, failure="the server answered 500"), "failed"),
        (ENTRY, KNOWN, "again"),
        (Entry(title="No link"), None, "item"),
    ],
)
def test_each_page_has_a_reason(entry: Entry, known: PageRecord | None, why: str) -> None:
    found = planned(entry, known, entry_hash(entry))
    assert found.why == why
    assert WORDS[found.why]
    assert found.last == (NOW if why in ("changed", "failed", "again") else None)
    assert found.url == (entry.url or "")


def test_the_slowest_host_decides_unless_there_are_too_many() -> None:
    pages = [Planned(f"https://host{number % 4}.example/{number}", "new") for number in range(40)]
    assert seconds(pages, {}, 1.0, 8) == 10
    assert seconds(pages, {"https://host1.example": 30.0}, 1.0, 8) == 300
    assert seconds(pages, {}, 1.0, 2) == 20
    assert seconds(pages, {}, 0.0, 8) == seconds([], {}, 1.0, 8) == seconds([Planned("", "item")], {}, 1.0, 8) == 0


def test_examples() -> None:
    assert doctest.testmod(dry_run).failed == 0
