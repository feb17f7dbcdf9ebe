"""A table of dates as feeds and pages write them: each is read as its day, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.dates import DateStyle, parse_date

ROWS = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("forms.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_table_is_as_large_as_it_should_be() -> None:
    assert len(ROWS) >= 300
    assert len({language for language, _, _ in ROWS if language}) >= 30


@pytest.mark.parametrize(("language", "text", "expected"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_a_date_is_read_as_its_day_or_not_at_all(language: str, text: str, expected: str) -> None:
    moment = parse_date(text, DateStyle((language,) if language else ()))
    if expected == "-":
        assert moment is None
    else:
        assert moment is not None
        assert (moment.isoformat() if "T" in expected else moment.date().isoformat()) == expected


@pytest.mark.parametrize(("language", "text", "expected"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_without_a_language_a_day_is_right_or_missing(language: str, text: str, expected: str) -> None:
    moment = parse_date(text)
    assert moment is None or (expected == "-" and language) or moment.date().isoformat() == expected[:10]
