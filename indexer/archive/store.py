"""The archive: everything ever fetched, what became of it, and a numbered log of changes for the index to follow.

    archive.sources     feeds and sitemaps           archive.documents  what extraction made, with its history
    archive.pages       addresses that they list     archive.visits     how pages changed, when they are due
    archive.responses   what the web answered        archive.removals   what is to leave the index
    archive.listings    how feeds changed            archive.frontier(source_id)  what waits to be fetched
    archive.hosts       how hosts behaved            archive.crawls     how the last crawls went

Every method that writes does so in one transaction; `with archive.transaction():` puts several into one, and `archive.run`
calls a function in one (see `Database`). The methods below concern several tables at a time.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from indexer.archive import query_log
from indexer.archive.backends import open_database
from indexer.archive.database import Database, Location
from indexer.archive.documents import Documents
from indexer.archive.frontier import Frontier
from indexer.archive.leases import Leases, held_sources
from indexer.archive.pages import PageRecord, Pages, entry_hash
from indexer.archive.postgres_address import PostgresAddress
from indexer.archive.responses import Responses
from indexer.archive.sources import CrawlHistory, Hosts, Sources, SourceState
from indexer.archive.visits import Listings, Removals, Visits
from indexer.reasons import Reason

__all__ = ["Archive", "PageRecord", "SourceState", "entry_hash"]


class Archive:
    """`archive.db` of a data folder, or a database of PostgreSQL. Not to be shared between threads that write."""

    def __init__(self, location: Location, timezone: str = "", *, create: bool = True) -> None:
        """Open the archive, and migrate it. `create`: whether a missing or empty one is created.

        `timezone`: the IANA name of the zone of dates without an offset, in all sources. Raises ArchiveMissing,
        ArchiveTooNew, ArchiveDamaged, ArchiveUnreachable, ArchiveError, SettingsError.
        """
        self.location = location
        self._database = database = open_database(location, create=create)
        self.transaction, self.run = database.transaction, database.run
        self.sources, self.hosts = Sources(database, timezone), Hosts(database)
        self.pages, self.responses, self.documents = Pages(database), Responses(database), Documents(database)
        self.removals, self.listings = Removals(database), Listings(database)
        self.visits, self.crawls = Visits(database, self.removals), CrawlHistory(database)

    @property
    def database(self) -> Database:
        """Return the database itself, for copies of everything."""
        return self._database

    def close(self) -> None:
        self._database.close()

    def frontier(self, source_id: int) -> Frontier:
        """Return the waiting pages of a source."""
        return Frontier(self._database, source_id)

    def leases(self, seconds: float, place: str = "") -> Leases | None:
        """Return leases on the sources for a crawl of this process; None if one crawler at a time may write.

        `place`: as for `Leases`.
        """
        if not isinstance(self.location, PostgresAddress):
            return None
        return Leases(self.location, f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}", seconds, place)

    def leased_until(self) -> dict[int, datetime]:
        """Return until when other crawlers have sources, by the number of the source."""
        if not isinstance(self.location, PostgresAddress):
            return {}
        rows = self._database.rows("SELECT source_id, until FROM leases WHERE until >= now()")
        return {row["source_id"]: row["until"].astimezone(UTC) for row in rows}

    def held_sources(self, worker: str, source_ids: Collection[int]) -> set[int]:
        """Return which of the sources a worker has leased, as `leases.held_sources` does."""
        return held_sources(self._database, worker, list(source_ids))

    def following(self, engine: str, wait_seconds: float) -> contextlib.AbstractContextManager[None]:
        """Be the only follower of the change log that writes to an engine, on all machines. Raises ArchiveBusy."""
        return self._database.following(engine, wait_seconds)

    def set_patience(self, seconds: float) -> None:
        """Set how long a statement waits for other writers, and for a database server that does not answer."""
        self._database.set_patience(seconds)

    def lock(self, wait_seconds: float, doing: str, *, shared: bool = False) -> contextlib.AbstractContextManager[None]:
        """Hold the writer lock, as `Database.lock` does. Raises ArchiveBusy."""
        return self._database.lock(wait_seconds, doing, shared=shared)

    # -- identity ----------------------------------------------------------------------------------------------------

    @property
    def identity(self) -> str:
        """Return what tells this archive from every other one; the index records it. Copies of an archive share it."""
        return str(self._database.number("SELECT value FROM counter WHERE name = 'identity'"))

    # -- to forget ---------------------------------------------------------------------------------------------------

    def forget(self, ids: list[str], url: str) -> None:
        """Remove documents, pages and responses for good. Only the ids are stored, so that they are never fetched again."""
        with self.transaction():
            for id_ in ids:
                self.documents.remove(id_, Reason("forgotten"))
                pages = self._drop_pages("id = ?1 OR document_id = ?1", id_)
                for each in {id_, *pages}:
                    self.documents.put_forgotten(each, url)

    def drop_documents_of(self, source_id: int) -> int:
        """Remove a source's documents and pages; return how many documents. Adding the source again fetches them again."""
        with self.transaction():
            dropped = sum(self.documents.remove(id_, Reason("source-removed")) for id_ in self.documents.ids_of_source(source_id))
            self._drop_pages("source_id = ?1", source_id)
            self._database.execute("DELETE FROM source_memo WHERE source_id = ?", source_id)
        return dropped

    def _drop_pages(self, which: str, value: object) -> list[str]:
        """Remove pages with every response that their addresses gave, not only the latest; return their ids."""
        with self.transaction():
            rows = self._database.rows(f"SELECT id, response_id, url FROM pages WHERE {which}", value)  # noqa: S608  # two texts, both ours
            for page_id, response_id, url in rows:
                self.pages.drop(page_id)
                self.responses.drop(response_id, url)
        return [row["id"] for row in rows]

    # -- counts ------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return how many documents, sources and pages there are."""
        return {"documents": self.documents.count(), "sources": len(self.sources.ids()), "pages": self.pages.count()}

    def size_bytes(self) -> int:
        return self._database.size_bytes()

    def make_durable(self) -> None:
        """Wait until everything that was committed survives a power cut. Otherwise the index could be ahead after one."""
        self._database.make_durable()

    def copy_to(self, path: Path) -> None:
        """Copy the archive as it is at one moment, while others read and write it."""
        self._database.copy_to(path)

    def database_problems(self) -> list[str]:
        """Return what the database's own check finds."""
        return self._database.integrity_problems()

    def integrity_problems(self) -> list[str]:
        """Return what is wrong, one sentence each. Reads everything; damaged documents are named with their addresses."""
        problems = self._database.integrity_problems()
        if problems:  # the tables cannot be read as they are
            return problems
        lost = len(self.pages.without_document())
        problems += [f"{lost} pages name a document that is not there"] if lost else []
        problems += [
            f"the document {id_} ({url or 'an item without a link'}) is damaged" for id_, url in self.documents.damaged()
        ]
        problems += [f"the feed's entry of {url or id_} is damaged" for id_, url in self.pages.damaged()]
        if answers := self.responses.unreadable():
            _, url, why = answers[0]
            many = f"{len(answers):,} stored answers, the first of them that of {url}, cannot be read"
            problems.append(f"{many if len(answers) > 1 else f'the stored answer of {url} cannot be read'} ({why})")
        return problems

    # -- what people searched ----------------------------------------------------------------------------------------

    def top_queries(self, limit: int) -> list[dict[str, object]]:
        """Return the most frequent queries with their counts."""
        return query_log.top_queries(self._database, limit)

    def searches_by_day(self) -> list[dict[str, object]]:
        """Return for each day the searches, those without result, and the clicks."""
        return query_log.searches_by_day(self._database)

    def search_times_by_day(self) -> dict[str, dict[int, int]]:
        """Return for each day how many searches took at most N milliseconds; 0 stands for more than any limit."""
        return query_log.search_times_by_day(self._database)
