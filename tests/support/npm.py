"""Packages of npm that tests run: installed once into a cache of the tests, skipped (in CI: failed) where that is impossible."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("FEED_SEARCH_TEST_CACHE", Path.home() / ".cache" / "feed-search-tests")) / "npm"
INSTALL_SECONDS = 300


def npm_package(name: str, version: str, *needs: str) -> Path:
    """Return the folder of an installed package. `needs`: other programs that it runs with."""
    folder = CACHE / f"{name}-{version}" / "node_modules" / name
    missing = [program for program in ("npm", "node", *needs) if shutil.which(program) is None]
    if not missing and not folder.exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder.parents[1]), f"{name}@{version}"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.SubprocessError, OSError):
            missing = [" ".join(command)]
    if missing or not folder.exists():
        text = f"{name} cannot run: {', '.join(missing)} is missing (apt-get install npm default-jre-headless)"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    return folder
