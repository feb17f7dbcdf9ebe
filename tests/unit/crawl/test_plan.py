"""What a dry run says: which pages, why, and how long they take."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from indexer.archive.store import PageRecord, entry_hash
from indexer.crawl.plan import WORDS, PlannedFetch, backfill_plan, min_seconds, planned_fetch
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
    plan = planned_fetch(entry, known, entry_hash(entry))
    assert plan.why == why
    assert WORDS[plan.why]
    assert plan.last == (NOW if why in ("changed", "failed", "again") else None)
    assert plan.url == (entry.url or "")


def test_the_slowest_host_decides_unless_there_are_too_many() -> None:
    pages = [PlannedFetch(f"https://host{number % 4}.example/{number}", "new") for number in range(40)]
    assert min_seconds(pages, {}, 1.0, 8) == 10
    assert min_seconds(pages, {"https://host1.example": 30.0}, 1.0, 8) == 300
    assert min_seconds(pages, {}, 1.0, 2) == 20
    assert (
        min_seconds(pages, {}, 0.0, 8) == min_seconds([], {}, 1.0, 8) == min_seconds([PlannedFetch("", "item")], {}, 1.0, 8) == 0
    )


@pytest.mark.parametrize(
    ("items", "pause_seconds", "more", "expected"),
    [
        (1_240, 1.0, False, "about 1,240 items, 21 minutes at one a second"),
        (1, 0.0, False, "1 item, without pauses"),
        (1, 0.0, True, "at least 1 item, without pauses"),
        (2, 0.0, False, "about 2 items, without pauses"),
        (60, 10.0, False, "about 60 items, 10 minutes at one every 10 seconds"),
        (120, 0.5, True, "at least 120 items, 1 minute at 2 a second"),
    ],
)
def test_a_backfill_is_announced_with_its_length(items: int, pause_seconds: float, more: bool, expected: str) -> None:
    assert backfill_plan(items, pause_seconds, more=more) == expected
