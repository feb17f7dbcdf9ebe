"""Compare two states of the settings: which keys have changed? (`key_definition.py` says when each takes effect.)"""

from __future__ import annotations

from typing import Any, Final

from indexer.config.key_definition import Key
from indexer.config.key_table import KEYS
from indexer.config.settings import Settings
from indexer.model import RankingWeights

_PARTS: Final = {"crawl": "crawl", "curation": "curation", "opensearch": "cluster", "web": "web"}  # of Settings, by section


def changed_keys(before: Settings, after: Settings) -> list[Key]:
    """Return the keys whose values differ. Each key says when it takes effect (`Key.takes_effect`)."""
    return [key for key in KEYS if value_of(key, before) != value_of(key, after)]


def value_of(key: Key, settings: Settings) -> Any:
    """Return the value of a key. Keys that are part of the archive's address give the whole address."""
    if key.section in _PARTS:
        return getattr(getattr(settings, _PARTS[key.section]), key.name)
    if key.section == "archive" and key.name != "lease_seconds":
        return settings.archive
    weight = key.name.removesuffix("_weight")
    return getattr(settings.weights, weight) if weight in RankingWeights.__dataclass_fields__ else getattr(settings, key.name)
