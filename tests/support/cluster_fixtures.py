"""Fixtures of the test cluster: one for all tests of a run, whatever number of processes runs them.

A test that breaks nodes takes the cluster for itself (`breakable_cluster`) and leaves it whole.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.engines import cluster_engine
from support.opensearch_cluster import FIX, Cluster, missing

if TYPE_CHECKING:
    from indexer.engines.opensearch.engine import OpenSearchEngine


@contextmanager
def _lock(path: Path, how: int) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield


@pytest.fixture(scope="session")
def cluster_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "opensearch"


@pytest.fixture(scope="session")
def _started(cluster_folder: Path) -> Iterator[Cluster]:
    """The cluster, started by the first test that needs it. It ends with the process that started the run."""
    if why := missing():
        assert not os.environ.get("CI"), f"{why}: {FIX}"
        pytest.skip(f"{why}; install it with: {FIX}")
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    cluster_folder.mkdir(parents=True, exist_ok=True)
    with _lock(cluster_folder / "start.lock", fcntl.LOCK_EX):
        cluster = Cluster(cluster_folder, os.getppid() if parallel else os.getpid())
        cluster.start()
    yield cluster
    if not parallel:
        cluster.stop()


@pytest.fixture
def cluster(_started: Cluster, cluster_folder: Path) -> Iterator[Cluster]:
    """A cluster that others use at the same time."""
    with _lock(cluster_folder / "use.lock", fcntl.LOCK_SH):
        yield _started


@pytest.fixture(scope="module")
def cluster_of_module(_started: Cluster, cluster_folder: Path) -> Iterator[Cluster]:
    """The same for all tests of a module, which then may share an index."""
    with _lock(cluster_folder / "use.lock", fcntl.LOCK_SH):
        yield _started


@pytest.fixture
def breakable_cluster(_started: Cluster, cluster_folder: Path) -> Iterator[Cluster]:
    """A cluster that no other test uses."""
    with _lock(cluster_folder / "use.lock", fcntl.LOCK_EX):
        yield _started
        _started.start()


@pytest.fixture
def opensearch(cluster: Cluster) -> Iterator[OpenSearchEngine]:
    """An engine with an index of its own."""
    with engine_in(cluster) as engine:
        yield engine


@contextmanager
def engine_in(cluster: Cluster, **access: object) -> Iterator[OpenSearchEngine]:
    """Give an engine with an index of its own in this cluster, and remove it afterwards."""
    engine = cluster_engine(cluster.urls, f"test-{uuid.uuid4().hex[:12]}", **access)
    try:
        yield engine
    finally:
        engine.connection.close()
        remove_indexes(cluster, engine.access.index)


def remove_indexes(cluster: Cluster, index: str) -> None:
    """Remove all generations of an index."""
    from indexer.engines.opensearch.cluster_settings import ClusterAccess
    from indexer.engines.opensearch.connection import ClusterConnection

    connection = ClusterConnection(ClusterAccess(urls=cluster.urls, index=index))
    for name in list(connection.call("GET", f"/{index}-*/_alias")):
        connection.call("DELETE", f"/{name}", seconds=60)
    connection.close()
