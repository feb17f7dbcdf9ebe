"""The day of a date is the publisher's: by the stated offset, otherwise by the zone of the style."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from indexer.dates import DateReader, DateStyle, iana_zone, parse_date, parse_moment, style_of

AUCKLAND = iana_zone("Pacific/Auckland") or UTC


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("Mon, 01 Jan 2024 00:30:00 +0200", "2024-01-01T00:30:00+02:00"),  # stated
        ("2023-12-31T23:30:00-05:00", "2023-12-31T23:30:00-05:00"),
        ("Sun, 31 Dec 2023 22:30:00 GMT", "2023-12-31T22:30:00+00:00"),
        ("1 January 2024 00:30", "2024-01-01T00:30:00+13:00"),  # the publisher's own time
        ("2024-01-01", "2024-01-01T00:00:00+13:00"),
        ("2023-12-31T22:30:00Z", "2024-01-01T11:30:00+13:00"),  # a moment without a place
        ("1704061800", "2024-01-01T11:30:00+13:00"),
        ("2024-07-01 10:00", "2024-07-01T10:00:00+12:00"),  # winter time in the south
    ],
)
def test_the_offset_that_a_moment_has(text: str, local: str) -> None:
    moment = parse_date(text, DateStyle(zone=AUCKLAND))
    assert moment is not None
    assert moment.isoformat() == local


def test_an_unknown_zone_is_reported_and_not_taken_for_utc() -> None:
    parsed = parse_moment("Mon, 12 Aug 2019 10:00:00 XYZT", DateStyle(zone=AUCKLAND))
    assert parsed is not None
    assert (parsed.moment.isoformat(), parsed.unknown_zone) == ("2019-08-12T10:00:00+12:00", "XYZT")
    reader = DateReader()
    for text in ("Mon, 12 Aug 2019 10:00:00 XYZT", "Mon, 12 Aug 2019 10:00:00 Nowhere/Land", "12 Aug 2019 10:00:00 GMT"):
        assert reader.read(text) is not None
    assert sorted(reader.problems()) == [
        "unknown time zone Nowhere/Land in 1 date: read as local time",
        "unknown time zone XYZT in 1 date: read as local time",
    ]


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (["03/04/2024", "22/03/2024"], datetime(2024, 4, 3, tzinfo=UTC)),
        (["03/04/2024", "3/22/2024"], datetime(2024, 3, 4, tzinfo=UTC)),
        (["03/04/2024", "05/06/2024"], None),
        (["03/04/2024", "22/03/2024", "3/22/2024"], None),
        (["03/04/2024", None, "22.03.2024"], None),
    ],
)
def test_the_order_of_numbers_is_inferred_from_the_feeds_other_dates(dates: list[str | None], day: datetime | None) -> None:
    assert parse_date(dates[0], style_of(dates)) == day


def test_no_text_raises() -> None:
    for text in (
        " 12" * 100,
        "a " * 60,
        "1/2/3/4/5",
        "٣" * 40,
        "Mon, " * 20,
        ":" * 100,
        "12 " + "é" * 100,
        "0000-00-00",
        "令和99年99月99日",
    ):
        assert parse_date(text) is None, text
    assert parse_date("31 December 2199 23:59:59 -1200") is not None
    assert parse_date("2024-01-01T10:00:00+25:00") == datetime(2024, 1, 1, 10, tzinfo=UTC)


def test_a_moment_compares_across_offsets() -> None:
    here, there = parse_date("2024-01-01T00:30:00+02:00"), parse_date("2023-12-31T22:30:00Z")
    assert here is not None
    assert here == there
    assert here.utcoffset() == timedelta(hours=2)
