"""What a generation says of itself, in the `_meta` of its mapping.

The cluster replicates mappings to all its managers and stores them in one step, so the state is either the old or the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines.fields import FIELDS
from indexer.engines.opensearch.connection import ClusterConnection, path_of
from indexer.engines.opensearch.mapping import SCHEMA_VERSION
from indexer.engines.scoring import Averages
from indexer.errors import IndexDamaged, IndexMissing

_ONLY_META: Final = {"filter_path": "*.mappings._meta"}


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state of one generation after a commit.

    `position` is the number of the last change that all copies hold. Later changes may be in the index as well, if a copy
    was missing when they were written.
    """

    position: int = 0
    commit: int = 0
    written: str = ""  # sortable date of the commit
    averages: Averages = ()
    archive_id: str = ""
    schema: int = SCHEMA_VERSION
    analysis: int = ANALYSIS_VERSION

    def meta(self) -> dict[str, Any]:
        """Return the state as it is stored."""
        return asdict(self)


def state_of(index: str, meta: object) -> IndexState:
    """Return the state of a stored `_meta`. Raises IndexDamaged."""
    if not isinstance(meta, Mapping) or "position" not in meta:
        raise IndexDamaged(f"the index {index} does not say which changes it holds")
    values: dict[str, Any] = {}
    for name, default in asdict(IndexState()).items():
        value = meta.get(name, default)
        if name == "averages" and isinstance(value, list | tuple):
            value = tuple(value)
        if type(value) is not type(default):
            raise IndexDamaged(f"the state of the index {index} is damaged: {name} is {value!r}")
        values[name] = value
    if values["averages"] and not _are_averages(values["averages"]):
        raise IndexDamaged(f"the state of the index {index} is damaged: averages is {values['averages']!r}")
    return IndexState(**values)


def _are_averages(values: tuple[object, ...]) -> bool:
    return len(values) == len(FIELDS) and all(isinstance(value, int | float) for value in values)


def read_state(connection: ClusterConnection, name: str, seconds: float | None = None) -> tuple[str, IndexState]:
    """Return the generation behind an alias, or that of this name, and its state. Raises IndexMissing and IndexDamaged."""
    answer = connection.call("GET", path_of(name, "_mapping"), query=_ONLY_META, seconds=seconds)
    if not answer:
        raise IndexMissing(f"there is no index {name} in the cluster")
    index, content = max(answer.items())
    return index, state_of(index, content.get("mappings", {}).get("_meta"))


def write_state(connection: ClusterConnection, index: str, state: IndexState) -> None:
    """Replace the state of a generation."""
    connection.call("PUT", path_of(index, "_mapping"), {"_meta": state.meta()}, seconds=60)
