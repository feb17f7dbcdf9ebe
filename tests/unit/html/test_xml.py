"""XML from anybody: without a DTD, without entities, and read in one pass however it is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import html


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<!DOCTYPE r><r/>", "<r/>"),
        ('<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "<b>]">]><r>&a;</r>', '<?xml version="1.0"?> <r>&a;</r>'),
        ("<!doctype a><!doctype b [<!ENTITY c 'd'>]><r/>", "<r/>"),
        ("<r><!doctype a></r>", "<r><!doctype a></r>"),
        ("<!doctype a", ""),
        ("<!doctype a [<!ENTITY", ""),
        ("no element <!doctype a> at all", "no element   at all"),
    ],
)
def test_a_document_type_is_taken_out(text: str, kept: str) -> None:
    assert html.without_doctype(text) == kept


@given(
    st.lists(st.sampled_from(["<!doc", "type ", "<!doctype ", "<!DOCTYPE x>", "[", "]", "]>", ">", "<r>", " ", "<"]), max_size=12)
)
def test_nothing_makes_a_document_type_before_the_first_element(parts: list[str]) -> None:
    left = html.without_doctype("".join(parts))
    assert "<!doctype" not in re.split("<[a-zA-Z_]", left, maxsplit=1)[0].lower()


@pytest.mark.parametrize(
    "flood",
    ["<urlset>" + "<?xml " * 1_000_000, "<!doctype>" * 500_000, "<!doctype a [<b>]>" * 300_000 + "<r/>", "<!doc<!doctype x>type " * 300_000, "<!DOCTYPE [" * 500_000],
    ids=["declarations", "types", "subsets", "nested", "without an end"],
)  # fmt: skip
def test_floods_of_what_stands_before_the_root_are_read_once(flood: str) -> None:
    """A sitemap of 10 MB of declarations that do not end took hours: each was looked through to the end."""
    root = html.parse_xml(flood.encode(), "text/xml")
    assert root is None or root.tag in ("urlset", "r")
