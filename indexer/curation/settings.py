"""The keys of `[curation]`. This module imports nothing, as every command reads the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CurationSettings:
    """What the operator set. A boost is written `NAME = FACTOR`."""

    stop_words: tuple[str, ...] = ()
    source_boosts: tuple[str, ...] = ()
    category_boosts: tuple[str, ...] = ()
