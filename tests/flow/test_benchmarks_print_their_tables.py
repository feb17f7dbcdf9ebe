"""The benchmark still runs: a few rows on a few documents. What it measures is not judged here."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MISSING = [name for name in ("numpy", "tantivy", "bm25s", "Stemmer") if importlib.util.find_spec(name) is None]


@pytest.mark.skipif(
    bool(MISSING) and "CI" not in os.environ, reason=f"not installed: {', '.join(MISSING)} (pip install -e '.[benchmark]')"
)
def test_the_table_is_printed(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "benchmarks" / "compare.py"), "--documents", "150", "--queries", "6", "--only",
            "pages,facets,build,size", "--folder", str(tmp_path), "--json", str(figures),
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text("utf-8"))
    assert all(row["value"] > 0 for row in found["targets"])
    assert {one["engine"] for one in found["measured"]} == {"ours", "tantivy", "fts5", "whoosh"}
    totals = {one["engine"]: one["figures"]["total"] for one in found["measured"] if one["what"] == "result page"}
    assert totals["ours"] == pytest.approx(totals["fts5"], rel=0.1)
    assert "| result page: queries/s to tantivy |" in done.stdout


def test_the_crawl_s_table_is_printed(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "crawling.py"), "--pages", "60", "--folder", str(tmp_path)]
    done = subprocess.run([*command, "--json", str(figures)], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    rows = json.loads(figures.read_text("utf-8"))
    assert all(row["value"] > 0 for row in rows)
    assert [row["value"] for row in rows if row["what"].startswith("documents after kill")] == [60]
