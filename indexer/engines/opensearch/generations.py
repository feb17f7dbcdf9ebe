"""Generations: indexes with numbered names behind one alias.

A new one is built aside without copies or refreshes. Then it gets its copies, and one request moves the alias, so a search
meets either the old generation or the new one. The previous generation stays for `--rollback`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from indexer.engines.base import Reader
from indexer.engines.opensearch.connection import ClusterConnection, path_of
from indexer.engines.opensearch.mapping import index_body
from indexer.engines.opensearch.state import IndexState
from indexer.engines.opensearch.writer import GenerationWriter, is_green
from indexer.errors import EngineError, EngineUnavailable, IndexMissing
from indexer.model import Change, RankingWeights

BUILDING: Final = "-building"  # the alias of the generation that is being built
CREATE_SECONDS: Final = 60.0
GREEN_SECONDS: Final = 600.0  # for the copies of a new generation


def generation_names(connection: ClusterConnection) -> list[str]:
    """Return the names of all generations in the cluster, the oldest first."""
    alias = connection.access.index
    answer = connection.call("GET", path_of(f"{alias}-*", "_alias"), query={"expand_wildcards": "all"})
    return sorted(name for name in answer if re.fullmatch(re.escape(alias) + r"-\d{6,}", name))


def current_generation(connection: ClusterConnection) -> str | None:
    """Return the generation that the alias names."""
    try:
        return max(connection.call("GET", path_of("_alias", connection.access.index)), default=None)
    except IndexMissing:
        return None


def unfinished_generations(connection: ClusterConnection) -> list[str]:
    """Return the generations that are being built, or that a killed rebuild has left."""
    try:
        return list(connection.call("GET", path_of("_alias", connection.access.index + BUILDING)))
    except IndexMissing:
        return []


def _indexes_called(connection: ClusterConnection, name: str) -> list[str]:
    """Return the index of this name, or those behind the alias of this name."""
    try:
        return list(connection.call("GET", path_of(name, "_alias")))
    except IndexMissing:
        return []


def create_generation(
    connection: ClusterConnection, weights: RankingWeights, alias: str, *, building: bool, state: IndexState | None = None
) -> tuple[str, IndexState]:
    """Create an empty generation behind an alias, in one request, and return its name and state.

    Raises EngineError if another index in the cluster has the name in the settings.
    """
    connection.check()
    access, names = connection.access, generation_names(connection)
    if others := [name for name in _indexes_called(connection, access.index) if name not in names]:
        raise EngineError(
            f"the cluster has another index with the name {access.index}: {', '.join(others)}",
            remedy="choose another name in [opensearch] index",
        )
    number = int(names[-1].rpartition("-")[2]) + 1 if names else 1
    name, state = f"{access.index}-{number:06}", state or IndexState()
    body = index_body(access, weights, state.meta(), building=building)
    body["aliases"] = {alias: {"is_write_index": True}}
    query: dict[str, str | int] = {"wait_for_active_shards": 1, "timeout": f"{CREATE_SECONDS:.0f}s"}
    connection.call("PUT", path_of(name), body, query=query, seconds=CREATE_SECONDS + 10)
    return name, state


class ClusterRebuild:
    """A new generation. Nothing of it remains unless it is published."""

    def __init__(
        self,
        connection: ClusterConnection,
        weights: RankingWeights,
        now: Callable[[], datetime],
        archive_id: str,
        open_unpublished: Callable[[str, IndexState], Reader],
    ) -> None:
        self._connection, self._alias, self._open_unpublished = connection, connection.access.index, open_unpublished
        self._building = self._alias + BUILDING
        self.keeps_previous = True  # the generation that `publish` replaces
        self._remove_unfinished()
        self.name, state = create_generation(connection, weights, self._building, building=True)
        self._writer = GenerationWriter(connection, self._building, self.name, state, weights, now, archive_id)
        self._published = False

    def apply(self, changes: Iterable[Change], position: int) -> None:
        """Apply changes to the new generation. Its scores go by the true averages."""
        self._writer.state = dataclasses.replace(self._writer.state, averages=())
        self._writer.apply(changes, position)

    def reader(self) -> Reader:
        """Open what was built before it is published."""
        return self._open_unpublished(self.name, self._writer.state)

    def publish(self) -> str:
        """Give the generation its copies, move the alias to it, and return its name. The generation before is kept or removed.

        Raises EngineUnavailable if the copies cannot be made in GREEN_SECONDS; then the old generation stays.
        """
        replicas = self._connection.access.replicas
        settings = {"index": {"number_of_replicas": replicas}}
        self._connection.call("PUT", path_of(self.name, "_settings"), settings, seconds=CREATE_SECONDS)
        if not is_green(self._connection, self.name, GREEN_SECONDS):
            raise EngineUnavailable(
                f"the {replicas} replicas of {self.name} were not ready after {GREEN_SECONDS:.0f} seconds",
                remedy="add nodes, or lower [opensearch] replicas; then run the command again",
            )
        previous = current_generation(self._connection)
        move_alias(self._connection, previous, self.name)
        self._published = True
        previous_names = (previous,) if previous and self.keeps_previous else ()
        remove_generations(self._connection, keep=(self.name, *previous_names))
        return self.name

    def abandon(self) -> None:
        """Remove the generation, unless it was published."""
        if not self._published:
            self._connection.call("DELETE", path_of(self.name), seconds=CREATE_SECONDS)

    def _remove_unfinished(self) -> None:
        """Remove what a killed rebuild has left."""
        for name in unfinished_generations(self._connection):
            self._connection.call("DELETE", path_of(name), seconds=CREATE_SECONDS)


def move_alias(connection: ClusterConnection, old: str | None, new: str) -> None:
    """Make the alias name another generation, in one step: no search finds neither, and none finds both."""
    alias = connection.access.index
    actions: list[Mapping[str, object]] = [
        {"add": {"index": new, "alias": alias, "is_write_index": True}},
        {"remove": {"index": new, "alias": alias + BUILDING, "must_exist": False}},
    ]
    if old is not None and old != new:
        actions.append({"remove": {"index": old, "alias": alias}})
    connection.call("POST", "/_aliases", {"actions": actions}, seconds=CREATE_SECONDS)


def remove_generations(connection: ClusterConnection, keep: Sequence[str]) -> None:
    """Remove all generations but these."""
    for name in generation_names(connection):
        if name not in keep:
            connection.call("DELETE", path_of(name), seconds=CREATE_SECONDS)
