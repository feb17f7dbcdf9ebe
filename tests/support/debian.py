"""Programs of Debian packages that tests run: those of the machine, otherwise extracted into a cache of the tests.

Nothing is installed. Where neither works, the test skips and names the command (in CI it fails).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("FEED_SEARCH_TEST_CACHE", Path.home() / ".cache" / "feed-search-tests")) / "debian"
DOWNLOAD_SECONDS = 120


def debian_program(name: str, *packages: str) -> tuple[str, dict[str, str], Path]:
    """Return a program's path, the environment to run it with, and the folder that stands for /."""
    if found := shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return found, dict(os.environ), Path("/")
    root = CACHE / packages[0]
    if not root.exists():
        _extract(packages, root)
    program = next((root / place / name for place in ("usr/sbin", "usr/bin") if (root / place / name).exists()), None)
    if program is None:
        text = f"{name} is missing: apt-get install {packages[0]}"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    libraries = [str(folder) for folder in (root / "usr/lib").glob("*-linux-gnu*")]
    return str(program), {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}, root


def _extract(packages: tuple[str, ...], root: Path) -> None:
    """Download packages and unpack them into a folder, which appears when it is complete."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        try:
            subprocess.run(
                ["apt-get", "download", *packages], cwd=folder, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS
            )
            for package in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", str(package), f"{folder}/root"], check=True, capture_output=True)
            Path(folder, "root").rename(root)
        except (subprocess.SubprocessError, OSError):
            return
