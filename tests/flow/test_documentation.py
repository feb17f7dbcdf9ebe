"""The documentation builds without a warning, which a dead link would be; the man pages hold every command; what a person pastes works.

Other tests run the guides to reverse proxies (`test_reverse_proxies`), to CMS, Docker and upgrades. Not run: TYPO3, WordPress and
Drupal themselves, a container, systemd beyond `systemd-analyze verify`, and Squid.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "index_data" / "sample" / "serve.py"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip().rstrip("/")
    process.terminate()
    process.wait(10)


def paste(script: str, folder: Path, **environ: str) -> str:
    """Run lines in a fresh shell as a person would paste them, and return what they print. Some pages of the sample site fail."""
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(folder), **environ}
    script = re.sub(r"^(feed-search crawl.*)$", r"\1 || test $? = 1", script, flags=re.M)
    line = ["bash", "-euxc", script]
    done = subprocess.run(line, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_commands_of_the_tutorial_work(tmp_path: Path, site: str) -> None:
    lines = steps("tutorial.md")
    end = lines.index("unset INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS INDEXER_CRAWL_DELAY_SECONDS")  # the rest needs a real site
    assert end > 9
    printed = paste("\n".join(lines[1:end]).replace("http://127.0.0.1:8081", site), tmp_path)
    assert "is a feed (rss20) with 22 items." in printed
    assert "night ferry" in printed.lower()


def test_the_guides_to_tuning_many_sites_and_monitoring_work(tmp_path: Path, site: str) -> None:
    """Run the commands of these guides, on the sample site instead of the addresses in them."""
    opml = f'<opml version="2.0"><body><outline text="Example news" xmlUrl="{site}/rss.xml"/></body></opml>'
    (tmp_path / "subscriptions.opml").write_text(opml)
    lines = steps("how-to/search-many-sites.md") + steps("how-to/tune-extraction.md")
    lines += [line.partition(" | ")[0] for line in steps("how-to/monitor.md")]
    script = "\n".join(lines).replace("https://www.example.org/news/article", f"{site}/en/news/night-ferry-returns/")
    script = script.replace('"article .body"', "article")
    printed = paste(
        script,
        tmp_path,
        INDEXER_DATA=str(tmp_path / "data"),
        INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS="true",
        INDEXER_CRAWL_DELAY_SECONDS="0",
    )
    assert "include = article" in printed


def blocks(page: str) -> list[str]:
    """Return the indented blocks of a page, without the indentation."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return [re.sub(r"^    ", "", block, flags=re.M) for block in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.M)]


def test_the_guide_to_troubleshooting_works(tmp_path: Path, site: str) -> None:
    lines = ["feed-search init", f"feed-search add {site}/rss.xml --name 'Example news'", "feed-search crawl"]
    lines += [f"{line} || test $? = 1" if "doctor" in line else line for line in steps("how-to/troubleshoot.md")]
    script = "\n".join(lines).replace("https://www.example.org/a", f"{site}/en/news/night-ferry-returns/")
    environ = {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"}
    printed = paste(script, tmp_path, INDEXER_DATA=str(tmp_path / "data"), **environ)
    assert "It is an RSS 2.0 feed" in printed
    assert "Left out" in printed


def test_the_guide_to_curation_works(tmp_path: Path) -> None:
    documents = [
        ("account", "Your account", "Sign up here."),
        ("old-account", "Old", "How to login."),
        ("help", "Help", "A notebook."),
    ]
    rows = [{"url": f"https://www.example.org/{name}", "title": title, "text": text} for name, title, text in documents]
    (tmp_path / "documents.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    written = blocks("how-to/curate-results.md")
    for name, start in (("synonyms.txt", "# both ways"), ("curation.toml", "[[rule]]"), ("config.toml", "[curation]")):
        (tmp_path / name).write_text(next(block for block in written if block.startswith(start)))
    script = "\n".join(
        [
            "feed-search import documents.jsonl",
            *(f"mv {name} data/" for name in ("synonyms.txt", "curation.toml", "config.toml")),
            *steps("how-to/curate-results.md"),
            "feed-search search laptop",
        ]
    )
    printed = paste(script, tmp_path, INDEXER_DATA=str(tmp_path / "data"))
    assert "pin https://www.example.org/account" in printed
    assert "Your account: https://www.example.org/account" in printed
    assert "   https://www.example.org/old-account" not in printed
    assert "A notebook." in printed


def test_the_guide_to_design_works(tmp_path: Path) -> None:
    from indexer.config import load_settings
    from support.served import document, fill
    from webui import create_app

    fill(load_settings(tmp_path), document(1))
    (template,) = [block for block in blocks("how-to/design-the-page.md") if block.startswith("{% extends")]
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "search.html").write_text(template)
    assert "Search 20 years of our news." in create_app(tmp_path).test_client().get("/").text
    table = (ROOT / "docs" / "how-to" / "design-the-page.md").read_text("utf-8")
    ours = "".join(path.read_text("utf-8") for path in (ROOT / "webui" / "templates").glob("*.html"))
    for names in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (?:of )?(?:every page|`search.html`)", table, re.M):
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"{{% block {name}\b", ours), name


def test_the_guide_to_privacy_names_commands_that_delete(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "inform-about-privacy.md").read_text("utf-8")
    commands = re.findall(r"`(feed-search queries .*?)`", text)
    assert len(commands) == 2
    (tmp_path / "documents.jsonl").write_text('{"url": "https://www.example.org/a", "title": "Lantern", "text": "A lantern."}\n')
    for command in commands:
        script = f"feed-search import documents.jsonl\nfeed-search search lantern\n{command.replace('TEXT', 'lantern')}\nfeed-search queries"
        assert "No searches are recorded yet." in paste(script, tmp_path, INDEXER_DATA=str(tmp_path / "data"))


def test_the_guide_to_backups_works(tmp_path: Path) -> None:
    documents = '{"url": "https://www.example.org/a", "title": "Lantern", "text": "A lantern at the harbour."}\n'
    (tmp_path / "documents.jsonl").write_text(documents)
    text = (ROOT / "docs" / "how-to" / "back-up-and-move.md").read_text("utf-8")
    commands = re.findall(r"^    (.*)$", text, re.M)
    if any(line.startswith("sqlite3 ") for line in commands) and not shutil.which("sqlite3"):
        pytest.skip("the guide uses the program sqlite3: apt install sqlite3")
    before = ["feed-search init", "feed-search import documents.jsonl"]
    after = ["feed-search --data new-folder search lantern"]
    printed = paste("\n".join([*before, *commands, *after]), tmp_path, INDEXER_DATA=str(tmp_path / "data"))
    assert "1 result" in printed


def test_the_judged_queries_of_the_guide_can_be_measured(tmp_path: Path) -> None:
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
