"""The engine on an OpenSearch cluster: its interface.

cluster_settings  how to reach the cluster          connection    requests, and failures as errors
index_name        which index is a data folder's    filter_query  query tree -> which documents match
mapping           what an index holds               ranking       query tree -> how they score
state             what a generation says of itself  writer        bulk, copies, refresh, state
bulk              changes -> bulk requests          snapshot      a point in time and its statistics
generations       indexes behind an alias           reader        all of it behind the protocol
vocabulary        the word forms of an index
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from indexer.analysis.analyzer import ANALYSIS_VERSION
from indexer.engines.background_verification import NoVerifier
from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.engines.opensearch.connection import ClusterConnection, path_of
from indexer.engines.opensearch.generations import (
    ClusterRebuild,
    create_generation,
    current_generation,
    generation_names,
    move_alias,
    remove_generations,
    unfinished_generations,
)
from indexer.engines.opensearch.index_name import IndexNameFile
from indexer.engines.opensearch.mapping import SCHEMA_VERSION
from indexer.engines.opensearch.point_in_time import ClusterSnapshot
from indexer.engines.opensearch.reader import ClusterReader
from indexer.engines.opensearch.state import IndexState, read_state
from indexer.engines.opensearch.writer import GenerationWriter
from indexer.errors import EngineError, IndexDamaged, IndexMissing, IndexOutdated, NotFound
from indexer.model import RankingWeights

REFRESH_SECONDS: Final = 1.0  # for reading the state: a search waits for it, and may do without
STATUS_SECONDS: Final = 2.0  # for each request of a report, which an operator or a scraper waits for
REPLACED_FOR_SECONDS: Final = 60.0  # how long a view that was replaced stays open for the searches that still use it


class OpenSearchEngine:
    """`now` is called once a commit, so that dates in the future give no bonus."""

    name = "opensearch"
    max_running_searches = 16

    def __init__(
        self,
        access: ClusterAccess,
        weights: RankingWeights,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        keeps_previous: bool = True,
        place: IndexNameFile | None = None,
    ) -> None:
        """`keeps_previous`: whether a rebuild keeps the generation before it for `roll_back`.

        `place`: which index, if `access` names none.
        """
        self.access = access if place is None else replace(access, index=place.name())
        self.weights, self._now, self._keeps_previous, self._place = weights, now, keeps_previous, place
        self._connection: ClusterConnection | None = None
        self._turn = threading.Lock()
        self._current: ClusterReader | None = None
        self._replaced: deque[tuple[float, ClusterReader]] = deque()
        self._is_released_at_exit = False  # a server forks its processes before the first search

    @property
    def connection(self) -> ClusterConnection:
        """Return the connection, opened at its first use: a server forks its processes before that."""
        if self._connection is None:
            self._connection = ClusterConnection(self.access)
        return self._connection

    def reader(self) -> ClusterReader:
        return self._newest(None)

    def _follow(self) -> None:
        """Turn to the index that the data folder names now."""
        if self._place is not None and (name := self._place.name()) != self.access.index:
            with self._turn:
                self.access, self._connection, self._current = replace(self.access, index=name), None, None

    def _claim(self) -> None:
        """Turn to the folder's own index, the only one that may be written, and store its name there."""
        if self._place is not None:
            self._place.claim()
            self._follow()

    def _newest(self, opened: ClusterReader | None) -> ClusterReader:
        """Return a reader of the newest commit; `opened` if that is the newest. All callers share one view of a commit."""
        self._follow()
        connection = self.connection
        index, state = read_state(connection, self.access.index, REFRESH_SECONDS if opened else None)
        if state.schema != SCHEMA_VERSION:
            raise IndexDamaged(f"the index {index} was made by another version of this program")
        if opened is not None and (opened.snapshot.index, opened.snapshot.state) == (index, state):
            return opened
        with self._turn:
            current = self._current
            if current is not None and (current.snapshot.index, current.snapshot.state) == (index, state):
                return current
            connection.check()
            if not self._is_released_at_exit:
                self._is_released_at_exit = True
                atexit.register(_release_at_exit, weakref.ref(self))
            reader = ClusterReader(ClusterSnapshot(connection, index, state, self.weights), self._newest)
            if current is not None:
                self._replaced.append((time.monotonic(), current))
            self._current = reader
            self._release_replaced()
            return reader

    def release(self) -> None:
        """Release all views in the cluster: a node holds 300 of them at most, and each for five minutes."""
        with self._turn:
            readers = [reader for _, reader in self._replaced] + ([self._current] if self._current else [])
            self._replaced.clear()
            self._current = None
        with suppress(EngineError):  # they expire by themselves
            for reader in readers:
                reader.snapshot.close()

    def _release_replaced(self) -> None:
        while self._replaced and self._replaced[0][0] < time.monotonic() - REPLACED_FOR_SECONDS:
            with suppress(EngineError):  # it expires by itself
                self._replaced.popleft()[1].snapshot.close()

    def writer(self, archive_id: str = "") -> GenerationWriter:
        self._claim()
        connection = self.connection
        connection.check()
        try:
            index, state = read_state(connection, self.access.index)
        except IndexMissing:
            index, state = create_generation(connection, self.weights, self.access.index, building=False)
        if state.schema != SCHEMA_VERSION:
            raise IndexDamaged(f"the index {index} was made by another version of this program")
        return GenerationWriter(connection, self.access.index, index, state, self.weights, self._now, archive_id)

    @contextmanager
    def rebuild(self, archive_id: str = "") -> Iterator[ClusterRebuild]:
        self._claim()
        rebuild = ClusterRebuild(self.connection, self.weights, self._now, archive_id, self._open_unpublished)
        rebuild.keeps_previous = self._keeps_previous
        try:
            yield rebuild
        finally:
            rebuild.abandon()

    def _open_unpublished(self, index: str, state: IndexState) -> ClusterReader:
        """Open a generation that the alias does not name. There is no newer commit of it."""
        return ClusterReader(ClusterSnapshot(self.connection, index, state, self.weights), lambda opened: opened)

    def roll_back(self) -> str:
        self._claim()
        current, earlier = self._generations()
        if not current or not earlier:
            raise NotFound("there is no earlier index to return to")
        _, state = read_state(self.connection, earlier[-1])
        if state.schema != SCHEMA_VERSION:
            raise IndexOutdated("the earlier index was made by another version of this program")
        move_alias(self.connection, current, earlier[-1])
        return earlier[-1]

    def drop_previous(self) -> None:
        self._claim()
        current, earlier = self._generations()
        if current and earlier:
            remove_generations(self.connection, keep=(current,))

    def previous_bytes(self) -> int:
        try:
            _, earlier = self._generations()
        except EngineError:
            return 0
        return self._bytes_of(earlier[-1]) if earlier else 0

    def _generations(self) -> tuple[str | None, list[str]]:
        """Return the current generation, and the finished others, the oldest first."""
        current = current_generation(self.connection)
        left_out = {current, *unfinished_generations(self.connection)}
        return current, [name for name in generation_names(self.connection) if name not in left_out]

    def verify(self) -> Sequence[str]:
        """Read every document, and say which copies are missing."""
        if problems := self.known_damage():
            return problems
        try:
            reader = self.reader()
            count = sum(1 for _ in reader.documents())
        except IndexMissing:
            return ()
        except EngineError as error:
            return (error.message,)
        if count != reader.document_count:
            return (f"the index {reader.snapshot.index} counts {reader.document_count} documents and returns {count}",)
        return ()

    def verifier(self) -> NoVerifier:
        """Return a verifier with nothing to do: the cluster compares the checksums of its files itself."""
        return NoVerifier()

    def known_damage(self) -> Sequence[str]:
        """Return a message if a shard has no copy. A missing replica is not damage: nothing is lost or left out."""
        if self._place is not None and (damage := self._place.damage()):
            return (damage,)
        try:
            index, _ = read_state(self.connection, self.access.index, STATUS_SECONDS)
            health = self.connection.call("GET", path_of("_cluster", "health", index), seconds=STATUS_SECONDS)
        except IndexMissing:
            return ()
        except EngineError as error:
            return (error.message,)
        if health["status"] != "red":
            return ()
        missing = health["unassigned_shards"]
        return (f"the index {index} is red: {missing} copies of its shards are on no node; start the nodes that held them",)

    def is_compiled(self) -> bool:
        return True

    def is_outdated(self) -> bool:
        try:
            _, state = read_state(self.connection, self.access.index)
        except IndexMissing:
            return False
        return (state.schema, state.analysis) != (SCHEMA_VERSION, ANALYSIS_VERSION)

    def size_bytes(self) -> int:
        return self._bytes_of(self.access.index)

    def _bytes_of(self, name: str) -> int:
        """Return the size of all copies of an index; 0 if it cannot be read."""
        try:
            stats = self.connection.call("GET", path_of(name, "_stats", "store"), seconds=STATUS_SECONDS)
        except EngineError:
            return 0
        return int(stats["_all"]["total"]["store"]["size_in_bytes"])


def _release_at_exit(engine: weakref.ref[OpenSearchEngine]) -> None:
    if (opened := engine()) is not None:
        opened.release()
