"""Settings of a source, as config.toml, `add` and `set` check them."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.config import load_settings, source_places
from indexer.config.source_keys import SOURCE_KEYS, checked, parsed, setting_text
from indexer.errors import SettingsError
from indexer.model import Source

GIVEN = {
    "url": "https://news.example/rss.xml", "name": "News", "language": "de", "category": "Harbour", "kind": "feed",
    "include": "main", "exclude": ".share", "keep": ".box", "pdf": "true", "office": "true", "every": "6h",
}  # fmt: skip


def test_every_key_is_stored_and_shown_as_it_was_typed() -> None:
    fields: dict[str, object] = {}
    for name, text in GIVEN.items():
        fields |= parsed(name, text, "here")
    source = Source(**fields)  # type: ignore[arg-type]  # the fields are checked by `parsed`
    assert {name: setting_text(source, name) for name in SOURCE_KEYS} == GIVEN
    assert (source.pdf, source.every_seconds) == (True, 21_600)


@pytest.mark.parametrize("name", [name for name in SOURCE_KEYS if SOURCE_KEYS[name].may_change and name != "name"])
def test_an_empty_text_resets_a_key(name: str) -> None:
    (value,) = parsed(name, "", "here").values()
    assert value == getattr(Source("https://news.example/"), SOURCE_KEYS[name].field or name)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("every", "10m", ["15m"]),  # politeness
        ("every", "32d", ["31d"]),
        ("every", "6", ["6h"]),
        ("every", 6, ["6h"]),
        ("include", "article[", ["CSS selector"]),
        ("pdf", "maybe", ["true, false"]),
        ("pdf", 1, ["true, false"]),
        ("language", "german", ["two letters"]),
        ("kind", "rss", ["sitemap"]),
        ("selector", "main", ["unknown setting", "include"]),
        ("name", 3, ["a string"]),
    ],
)
def test_a_wrong_value_says_what_is_allowed(name: str, value: object, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        checked(name, value, "config.toml, line 3")
    assert not [word for word in [*words, "config.toml, line 3"] if word not in str(caught.value)], str(caught.value)


def test_the_file_says_where_each_setting_is_defined(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[[source]]\nurl = "https://a.example/"\n\n[[source]]\nname = "B"\nurl = "https://b.example/"\nevery = "1d"\n'
    )
    places = source_places(load_settings(tmp_path, {}))
    file = tmp_path / "config.toml"
    assert places["https://b.example/"] == {
        "": f"{file}, line 4",
        "name": f"{file}, line 5",
        "url": f"{file}, line 6",
        "every": f"{file}, line 7",
    }
    assert list(places) == ["https://a.example/", "https://b.example/"]
    assert source_places(load_settings(tmp_path / "nowhere", {})) == {}
