"""Changed settings are named by their keys, and each key says when it takes effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indexer.config import changed_keys, load_settings
from indexer.config.key_definition import Key
from indexer.config.key_table import KEYS

OTHER_TEXTS = {
    "base_url": "https://other.example",
    "url": "postgresql://user@host/database",
    "proxy": "none",
    "engine": "opensearch",
    "language": "de",
    "accent_color": "#0b6e69",
    "timezone": "Europe/Vienna",
}
OTHER_LISTS = {"allowed_ports": [8080], "trusted_proxies": ["192.0.2.7"]}
OF_THE_ADDRESS = ["archive.url", "archive.password_file"]  # which is one value


def other_value(key: Key) -> Any:
    match key.default:
        case bool():
            return not key.default
        case int() | float():
            return key.default / 2 if key.default == key.maximum else min(key.default + 1, key.maximum or key.default + 1)
        case tuple():
            return OTHER_LISTS.get(key.name, ["https://other.example"])
    return OTHER_TEXTS.get(key.name, "other")


def names(keys: list[Key]) -> list[str]:
    return [f"{key.section}.{key.name}" for key in keys]


@pytest.mark.parametrize("key", [key for key in KEYS if key.name != "password_file"], ids=lambda key: f"{key.section}.{key.name}")
def test_a_changed_key_is_named(key: Key, tmp_path: Path) -> None:
    before = load_settings(tmp_path)
    value = other_value(key)
    text = str(value).lower() if isinstance(value, bool) else str(value) if not isinstance(value, str) else f'"{value}"'
    (tmp_path / "config.toml").write_text(f"[{key.section}]\n{key.name} = {text}\n", encoding="utf-8")
    changed = names(changed_keys(before, load_settings(tmp_path)))
    assert changed == (OF_THE_ADDRESS if key.section == "archive" and key.name == "url" else names([key]))


def test_equal_settings_have_no_changed_key(tmp_path: Path) -> None:
    assert changed_keys(load_settings(tmp_path), load_settings(tmp_path)) == []
