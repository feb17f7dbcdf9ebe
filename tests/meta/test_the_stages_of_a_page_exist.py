"""The benchmark of stages watches functions by name. They are private, so whoever moves one finds no other caller of it there."""

from __future__ import annotations

import os
import subprocess
import sys

from support.sources import ROOT


def test_each_watched_function_exists() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "benchmarks")))}
    command = [sys.executable, "-c", "import stages; stages.watched()"]  # in a process of its own, as it replaces functions
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
