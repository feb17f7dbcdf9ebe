"""The documentation builds without a warning, which a dead link would be; the man pages hold every command; the tutorial works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.cli.app import COMMANDS, FEED_SEARCH_COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="install the tools with: pip install -e '.[docs]'")
    line = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(ROOT / "docs"), str(tmp_path / "html")]
    line += ["-d", str(tmp_path / "doctrees")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    built = {str(path.relative_to(tmp_path / "html").with_suffix("")) for path in (tmp_path / "html").rglob("*.html")}
    assert not {str(path.relative_to(ROOT / "docs").with_suffix("")) for path in (ROOT / "docs").rglob("*.md")} - built


def test_there_is_a_man_page_for_each_command(tmp_path: Path) -> None:
    pytest.importorskip("click_man", reason="install the tools with: pip install -e '.[docs]'")
    line = [sys.executable, str(ROOT / "docs" / "man_pages.py"), str(tmp_path)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    names = {path.stem for path in tmp_path.glob("*.1")}
    assert names == {
        *("indexer", "feed-search"),
        *(f"indexer-{name}" for name in COMMANDS),
        *(f"feed-search-{name}" for name in FEED_SEARCH_COMMANDS),
    }
    assert "Fetch what is due" in (tmp_path / "indexer-crawl.1").read_text()


def steps(page: str) -> list[str]:
    """The commands of a page: its indented blocks, without what they print."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    lines = re.findall(r"^    ((?:feed-search|indexer|export|unset) .*?)(?: {3,}#.*)?$", text, re.M)
    return [line for line in lines if "serve" not in line]


def test_the_commands_of_the_tutorial_work(tmp_path: Path) -> None:
    site = subprocess.Popen(
        [sys.executable, str(ROOT / "index_data" / "sample" / "serve.py"), "--port", "0"], stdout=subprocess.PIPE
    )
    assert site.stdout
    address = site.stdout.readline().decode().strip().rstrip("/")
    lines = steps("tutorial.md")
    lines = lines[
        1 : lines.index("unset INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS INDEXER_CRAWL_DELAY_SECONDS")
    ]  # the rest needs the web
    assert len(lines) > 8
    bin_folder = Path(sys.executable).parent
    environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": str(tmp_path)}
    script = "\n".join(lines).replace("http://127.0.0.1:8081", address)
    script = script.replace("feed-search crawl", "feed-search crawl || test $? = 1")
    try:
        done = subprocess.run(
            ["bash", "-euxc", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    finally:
        site.terminate()
        site.wait(10)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "is a feed (rss20) with 22 items." in done.stdout
    assert "Night ferry returns" in done.stdout or "night ferry" in done.stdout.lower()


def test_the_judged_queries_of_the_guide_can_be_measured(tmp_path: Path) -> None:
    """Of the guides, this one and `tune-extraction` need no other program than ours; the rest names servers and a CMS."""
    text = (ROOT / "docs" / "how-to" / "judge-relevance.md").read_text("utf-8")
    (judged,) = re.findall(r"(?:^    \{.*\n)(?:^    .*\n)+", text, re.M)
    (tmp_path / "judged.json").write_text(re.sub(r"^    ", "", judged, flags=re.M))
    (tmp_path / "documents.jsonl").write_text(
        '{"url": "https://www.example.org/news/night-ferry-returns/", "title": "Night ferry returns", "text": "The night ferry is back."}\n'
    )
    environment = {**os.environ, "INDEXER_DATA": str(tmp_path / "data")}

    def run(*arguments: str) -> str:
        line = [sys.executable, "-m", "indexer", *arguments]
        done = subprocess.run(line, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("import", "documents.jsonl")
    assert "ndcg@10    " in run("evaluate", "judged.json")
    assert "night ferry" in run("-v", "evaluate", "judged.json")
    (tmp_path / "before.json").write_text(run("--json", "evaluate", "judged.json"))
    run("evaluate", "judged.json", "--baseline", "before.json")
