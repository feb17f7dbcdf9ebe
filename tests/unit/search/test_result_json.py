"""A result's JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from indexer.search.result_json import iso


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (None, None),
        (datetime(2020, 5, 27, 9, 6, 39, 999_999, tzinfo=UTC), "2020-05-27T09:06:39Z"),
        (datetime(2020, 5, 27, 0, 30, tzinfo=timezone(timedelta(hours=2))), "2020-05-27T00:30:00+02:00"),
        (datetime(800, 12, 25, tzinfo=UTC), "0800-12-25T00:00:00Z"),
    ],
)
def test_dates_have_the_publishers_offset(moment: datetime | None, text: str | None) -> None:
    assert iso(moment) == text
