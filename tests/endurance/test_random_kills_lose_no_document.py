"""Commands are killed at random moments, as by a power cut: no document is lost, and the next run ends as if nothing had been.

`make endurance` kills 1,000 commands, 200 of each kind, `make test` a few.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.amount import amount, dice
from support.commands import Indexer, Running
from support.news_site import NewsSite

KILLS = amount(small=3, full=200)  # of each kind


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with NewsSite().served() as site:
        yield site


@pytest.fixture
def indexer(tmp_path: Path, site: NewsSite) -> Indexer:
    indexer = Indexer(tmp_path / "data", tmp_path / "output")
    indexer("add", f"{site.base}/rss.xml")
    indexer("crawl", "--all")
    assert versions(indexer) == site.expected()
    return indexer


def versions(indexer: Indexer) -> dict[str, str]:
    """Return the last word of each document by URL."""
    return {url: document["text"].split()[-1] for url, document in indexer.documents().items()}


def assert_archive_is_intact(indexer: Indexer) -> None:
    """Fail if anything but the index is wrong: after a kill it may be behind the archive, and the next run completes it."""
    for problem in indexer("check", expect=(0, 3)).err.splitlines():
        assert problem.startswith(("index:", "Fix the index with")), problem


class Moments:
    """Random moments within the time that a command has taken so far."""

    def __init__(self, name: str) -> None:
        self.random, self.longest = dice(name), 1.0
        self.counts: Counter[str] = Counter()

    def kill(self, running: Running) -> bool:
        """Kill the command at a random moment, or let it end if it is faster. Return whether it was killed."""
        started = time.monotonic()
        ended = running.wait(self.random.uniform(0, self.longest))
        if ended:
            self.longest = max(0.2, 0.9 * (time.monotonic() - started))
        else:
            running.kill()
            self.longest *= 1.02
        self.counts["ended" if ended else "killed"] += 1
        return not ended

    def trials(self) -> Iterator[int]:
        """Number the trials until KILLS commands have been killed. Some commands end before their moment comes."""
        for number in itertools.count():
            if self.counts["killed"] >= KILLS:
                return
            yield number

    def __str__(self) -> str:
        return f"{self.counts['killed']} kills, {self.counts['ended']} ended before, 0 documents lost"


def test_a_killed_crawl(indexer: Indexer, site: NewsSite) -> None:
    moments = Moments("crawl")
    for _ in moments.trials():
        before = versions(indexer)
        site.day += 1
        moments.kill(indexer.start("crawl", "--all"))
        assert_archive_is_intact(indexer)
        assert set(before) <= set(versions(indexer))
        indexer("crawl", "--all")
        assert "intact" in indexer("check").out
        assert versions(indexer) == site.expected()
        newest = site.numbers()[-1]
        assert indexer.hits(f"article{newest}") == [site.url(newest)]
    print(f"\ncrawl: {moments}")


def test_a_killed_reindex(indexer: Indexer, site: NewsSite) -> None:
    moments = Moments("reindex")
    for number in moments.trials():
        moments.kill(indexer.start("reindex", *(["--re-extract"] if number % 2 else [])))
        assert_archive_is_intact(indexer)
        assert indexer.hits("article7") == [site.url(7)]
        assert versions(indexer) == site.expected()
    indexer("reindex")
    assert "intact" in indexer("check").out
    print(f"\nreindex: {moments}")


def test_a_killed_import(indexer: Indexer, site: NewsSite, tmp_path: Path) -> None:
    exported = tmp_path / "documents.jsonl"
    indexer("export", str(exported))
    moments = Moments("import")
    for number in moments.trials():
        other = Indexer(tmp_path / f"other{number}", tmp_path / f"output{number}")
        moments.kill(other.start("import", str(exported)))
        if other.data.exists() and (other.data / "archive.db").exists():
            assert_archive_is_intact(other)
        other("import", str(exported))
        assert "intact" in other("check").out
        assert versions(other) == site.expected()
        assert other.hits("article7") == [site.url(7)]
        shutil.rmtree(other.data)
    print(f"\nimport: {moments}")


def test_a_killed_backup(indexer: Indexer, site: NewsSite, tmp_path: Path) -> None:
    moments = Moments("backup")
    for number in moments.trials():
        file, other = tmp_path / f"{number}.backup", Indexer(tmp_path / f"other{number}", tmp_path / f"output{number}")
        moments.kill(indexer.start("backup", str(file)))
        assert versions(indexer) == site.expected()
        if file.exists():  # it appears when it is complete
            other("restore", str(file))
            assert versions(other) == site.expected()
            shutil.rmtree(other.data)
            file.unlink()
    print(f"\nbackup: {moments}")


def test_a_killed_restore(indexer: Indexer, site: NewsSite, tmp_path: Path) -> None:
    file = tmp_path / "file.backup"
    indexer("backup", str(file))
    moments = Moments("restore")
    for number in moments.trials():
        other = Indexer(tmp_path / f"other{number}", tmp_path / f"output{number}")
        if moments.kill(other.start("restore", str(file))) and not (other.data / "archive.db").exists():
            other("restore", str(file))
        assert "intact" in other("check", expect=0).out
        assert versions(other) == site.expected()
        shutil.rmtree(other.data)
    print(f"\nrestore: {moments}")
