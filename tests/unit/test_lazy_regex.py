"""An expression that is compiled when it is used matches what the same expression compiled at once does."""

from __future__ import annotations

import re

import pytest

from indexer.lazy_regex import later


@pytest.mark.parametrize("flags", [0, re.I])
def test_an_expression_compiled_later_has_its_flags(flags: int) -> None:
    lazy, eager = later("a(b+)", flags), re.compile("a(b+)", flags)
    for text in ("xabb", "XABB", "c"):
        assert [match[1] for match in lazy.finditer(text)] == [match[1] for match in eager.finditer(text)]
    assert lazy.sub("-", "abab") == "--"
