"""What the operator decided, as one value that searches consult."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from indexer.analysis.analyzer import fold
from indexer.curation.rules import RuleTable, factor
from indexer.curation.settings import CurationSettings
from indexer.curation.synonyms import SynonymTable
from indexer.errors import SettingsError


@dataclass(frozen=True, slots=True)
class FieldBoost:
    """The scores of the documents with this value are multiplied by `factor`."""

    field: Literal["source", "category"]
    value: str
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class Curation:
    """All decisions. `version` changes with each of them; it is empty if there are none."""

    synonyms: SynonymTable = field(default_factory=SynonymTable)
    rules: RuleTable = field(default_factory=RuleTable)
    stop_words: frozenset[str] = frozenset()  # folded
    boosts: tuple[FieldBoost, ...] = ()
    version: str = ""


NO_CURATION = Curation()


def folded_stop_words(words: Sequence[str]) -> frozenset[str]:
    """Return the stop words as queries are compared with them."""
    return frozenset(fold(word).strip() for word in words) - {""}


def field_boosts(settings: CurationSettings) -> tuple[FieldBoost, ...]:
    """Return the boosts. Raises SettingsError that names the key.

    >>> field_boosts(CurationSettings(source_boosts=("Press releases = 0.5",)))
    (FieldBoost(field='source', value='Press releases', factor=0.5),)
    """
    return (
        *(_boost("source", "source_boosts", text) for text in settings.source_boosts),
        *(_boost("category", "category_boosts", text) for text in settings.category_boosts),
    )


def _boost(name: Literal["source", "category"], key: str, text: str) -> FieldBoost:
    value, sign, number = text.rpartition("=")
    try:
        if not sign or not value.strip():
            raise ValueError("write NAME = FACTOR")
        return FieldBoost(name, value.strip(), factor(float(number)))
    except ValueError as error:
        remedy = f'example: {key} = ["Press releases = 0.5"]'
        raise SettingsError(f"curation.{key} cannot contain {text!r}: {error}", remedy=remedy) from None
