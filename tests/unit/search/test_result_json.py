"""A result's JSON and HTML."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.model import Fragment
from indexer.search.result_json import iso, marked_html


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


def test_marks_are_the_only_markup() -> None:
    assert marked_html([Fragment("a <b> & "), Fragment("\"c\" 'd'", True)]) == (
        "a &lt;b&gt; &amp; <mark>&quot;c&quot; &#x27;d&#x27;</mark>"
    )


@given(st.text(st.sampled_from("&<>\"'aé港;")))
def test_text_is_escaped_as_the_standard_library_does(text: str) -> None:
    assert marked_html([Fragment(text)]) == html.escape(text)
