"""Run every test of an archive on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.archive.database import Location
from indexer.archive.postgres_address import postgres_address
from support.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests of this process."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """The place of an archive that does not exist yet."""
    if request.param == "sqlite":
        yield tmp_path / "archive.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.schema() as url:
        yield postgres_address(url)
