"""Where a message says that a key of config.toml stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.toml_lines import TomlLines

TEXT = """top = 1
[web]
title = "[crawl]"
"base_url" = ""

  [ crawl ]
delay = 1
title_of = 2
[[source]]
url = "a"
[[source]]
name = "b"
url = "b"
[web.more]
title = 2
"""


@pytest.mark.parametrize(
    ("section", "key", "nth", "line"),
    [
        ("", "top", 0, 1), ("web", None, 0, 2), ("web", "title", 0, 3), ("web", "base_url", 0, 4), ("crawl", None, 0, 6),
        ("crawl", "delay", 0, 7), ("source", None, 0, 9), ("source", None, 1, 11), ("source", "url", 0, 10), ("source", "url", 1, 13),
        ("source", "name", 0, 12), ("web.more", "title", 0, 15), ("web", "titl", 0, 0), ("web", "delay", 0, 0), ("crawl", "title", 0, 0),
        ("source", "url", 2, 0), ("none", None, 0, 0), ("", "title", 0, 0),
    ],
)  # fmt: skip
def test_a_key_is_found_in_its_own_section(section: str, key: str | None, nth: int, line: int) -> None:
    expected = f"config.toml, line {line}" if line else "config.toml"
    assert TomlLines(Path("config.toml"), TEXT).of(section, key, nth) == expected
