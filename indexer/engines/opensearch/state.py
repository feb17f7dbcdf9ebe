"""What a generation says of itself, in the `_meta` of its mapping.

The cluster replicates mappings to all its managers and stores them in one step, so the state is either the old or the new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from indexer.analysis.analyzer import ANALYSIS_VERSION
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
    if not isinstance(meta, Mapping) or not isinstance(meta.get("position"), int):
        raise IndexDamaged(f"the index {index} does not say which changes it holds")
    names = IndexState.__slots__
    values = {name: meta[name] for name in names if name in meta}
    values["averages"] = tuple(values.get("averages") or ())
    return IndexState(**values)


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
