"""A floor under ranking: judged queries on the sample newsroom, through the command that users judge their own sites with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "index_data" / "sample"
FLOOR = 0.98  # nDCG@10; it was 1.0 when this was set


def test_the_sample_is_ranked_as_judged(tmp_path: Path) -> None:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("INDEXER_")},
        "INDEXER_DATA": str(tmp_path),
        "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true",
        "INDEXER_CRAWL_DELAY_SECONDS": "0",
    }

    def indexer(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "indexer", *arguments]
        return subprocess.run(line, env=env, capture_output=True, text=True, timeout=120, check=False)

    site = subprocess.Popen([sys.executable, str(SAMPLE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert site.stdout
    try:
        address = site.stdout.readline().strip()
        indexer("add", f"{address}rss.xml", f"{address}atom.xml")
        indexer("crawl")
    finally:
        site.terminate()
        site.wait(120)
    judged = str(SAMPLE / "judgements.json")
    report = indexer("--json", "evaluate", judged, "--min-ndcg", str(FLOOR))
    figures = json.loads(report.stdout)
    assert report.returncode == 0, figures
    assert figures["queries"] == 28
    assert figures["corrected"] == 2, "two queries find nothing, and the page shows the results of their correction"
    assert indexer("evaluate", judged, "--min-ndcg", "1.01").returncode == 1
