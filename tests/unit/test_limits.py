"""The page of limits states the limits of the code."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "limits.md"
ROWS = re.findall(r"^\| .+ \| (?P<limit>[^|]+) \| `(?P<constant>[\w.]+)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def stated(limit: str) -> float | timedelta:
    """Return the value of a cell, such as "10,000" or "15 minutes"."""
    number, _, unit = limit.partition(" ")
    value = float(number.replace(",", ""))
    return timedelta(**{unit if unit.endswith("s") else f"{unit}s": value}) if unit else value


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("limit", "constant"), ROWS, ids=[constant for _, constant in ROWS])
def test_the_page_states_the_limits_of_the_code(limit: str, constant: str) -> None:
    module, _, name = constant.rpartition(".")
    assert getattr(importlib.import_module(f"indexer.{module}"), name) == stated(limit)
