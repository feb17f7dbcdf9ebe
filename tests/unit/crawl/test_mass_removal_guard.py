"""When an operator is asked before documents leave."""

from __future__ import annotations

import pytest

from indexer.crawl.mass_removal_guard import needs_confirmation


@pytest.mark.parametrize(
    ("leaving", "gone_today", "documents", "asked"),
    [
        (0, 0, 0, False), (2, 0, 2, False), (3, 0, 3, True), (6, 0, 30, False), (6, 0, 29, True), (20, 0, 100, False), (21, 0, 100, True),
        (1, 20, 80, True), (0, 90, 10, False), (200, 0, 10_000, False), (200, 1_900, 8_100, True),
    ],
)  # fmt: skip
def test_more_than_a_fifth_and_more_than_a_handful(leaving: int, gone_today: int, documents: int, asked: bool) -> None:
    assert needs_confirmation(leaving, gone_today, documents) is asked
