"""Run a suite of command-line tests on an archive in PostgreSQL, or with the index in a cluster.

    PYTHONPATH=tests python -m pytest -p support.parts_plugin --archive postgresql --engine opensearch FOLDER

The suite has a fixture `environment`: the variables that its commands get. Each test gets a schema and an index of its own. Tests
that take a fixture named in SHARED share those of their module.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.opensearch_cluster import FIX, Cluster, missing
from support.postgres import PostgresServer, postgres_server

SHARED = {"indexer_on_icmpd"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--archive", choices=["sqlite", "postgresql"], default="sqlite")
    parser.addoption("--engine", choices=["whoosh", "opensearch"], default=os.environ.get("INDEXER_SEARCH_ENGINE", "whoosh"))


@pytest.fixture(scope="session")
def parts_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer | None]:
    if request.config.getoption("archive") == "sqlite":
        yield None
        return
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def parts_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    if request.config.getoption("engine") == "whoosh":
        yield None
        return
    assert not (why := missing()), f"{why}: {FIX}"
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder) / "cluster")
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture(scope="module")
def parts_of_module(parts_server: PostgresServer | None) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield _archive(parts_server, stack)


@pytest.fixture(autouse=True)
def parts(
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    parts_server: PostgresServer | None,
    parts_cluster: Cluster | None,
    parts_of_module: dict[str, str],
) -> Iterator[None]:
    with ExitStack() as stack:
        environment |= parts_of_module if SHARED & set(request.fixturenames) else _archive(parts_server, stack)
        if parts_cluster is not None:
            environment |= {
                "INDEXER_SEARCH_ENGINE": "opensearch",
                "INDEXER_OPENSEARCH_URLS": ",".join(parts_cluster.urls),
                "INDEXER_OPENSEARCH_SHARDS": "1",
            }
        yield


def _archive(server: PostgresServer | None, stack: ExitStack) -> dict[str, str]:
    return {} if server is None else {"INDEXER_ARCHIVE_URL": stack.enter_context(server.schema())}
