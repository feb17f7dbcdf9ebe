"""A command imports what it needs: rebuilding 20,000 documents takes three seconds, and unneeded modules a tenth of that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from indexer.cli import main
try:
    main()
finally:
    print(*sorted({name for name in sys.modules if name.startswith("indexer.")}))
"""


def test_reindex_imports_neither_the_crawler_nor_the_judge(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "a", "url": "https://n.example/a", "title": "Ferry", "text": "It sank."}\n')
    data = ["--data", str(tmp_path)]
    subprocess.run(
        [sys.executable, "-m", "indexer", *data, "import", str(tmp_path / "in.jsonl")], check=True, capture_output=True
    )
    run = subprocess.run([sys.executable, "-c", SCRIPT, *data, "-q", "reindex"], check=True, capture_output=True, text=True)
    modules = [name for name in run.stdout.split() if name.startswith("indexer.")]
    packages = {name.split(".")[1] for name in modules}
    assert "engines" in packages
    assert not packages & {"crawl", "extract", "feeds", "fetch", "relevance", "diagnostics"}


def test_a_process_that_extracts_pages_imports_neither_the_crawler_nor_numpy() -> None:
    script = "import sys; from indexer.crawl.extraction_processes.worker import serve; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    modules = set(run.stdout.split())
    assert "indexer.extract.extractor" in modules
    assert not modules & {"indexer.crawl.crawler", "indexer.fetch.fetcher", "asyncio", "numpy"}


def test_a_search_for_a_word_imports_neither_dates_nor_what_migrates_an_archive(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "a", "url": "https://n.example/a", "title": "Ferry", "text": "It sank."}\n')
    command = [sys.executable, "-m", "indexer", "--data", str(tmp_path)]
    subprocess.run([*command, "import", str(tmp_path / "in.jsonl")], check=True, capture_output=True)
    subprocess.run([*command, "-q", "reindex"], check=True, capture_output=True)
    script = SCRIPT.replace(' if name.startswith("indexer.")', "")
    run = subprocess.run(
        [sys.executable, "-c", script, "--data", str(tmp_path), "search", "ferry"], check=True, capture_output=True, text=True
    )
    modules = set(run.stdout.split())
    assert "Ferry" in run.stdout
    assert "indexer.engines.whoosh.reader" in modules
    assert not modules & {"indexer.dates", "indexer.html", "indexer.extract", "importlib.resources", "numpy.ma", "logging"}
