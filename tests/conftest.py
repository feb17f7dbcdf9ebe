"""Property tests try new examples on every run of a developer's, and always the same ones in CI."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

pytest_plugins = ("support.cluster_fixtures",)

# A shell that starts the tests in the background lets them ignore SIGINT, and so would the processes that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the cluster, so that `make check` can leave it to `make test`."""
    for item in items:
        if {"cluster", "cluster_of_module", "breakable_cluster"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("cluster")
