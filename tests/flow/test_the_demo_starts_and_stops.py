"""`make demo` stays up until it is told to stop, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "index_data" / "sample" / "demo.py"


def test_a_demo_that_is_ended_takes_its_servers_along() -> None:
    env = {**os.environ, "DEMO": "stay", "PORT": "0"}
    with subprocess.Popen(
        [sys.executable, str(DEMO)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        assert demo.stdout
        address = ""
        for line in demo.stdout:
            if line.startswith("Search page: "):
                address = line.split()[2]
                break
        assert urllib.request.urlopen(f"{address}healthz", timeout=60).status == 200
        demo.terminate()
        assert demo.wait(120) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}healthz", timeout=60)
