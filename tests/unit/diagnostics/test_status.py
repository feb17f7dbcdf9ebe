"""What fails, since when, why, and what happens next: on an archive in which each kind of trouble is."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.archive.statistics import ArchiveStatistics, DocumentSample
from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.diagnostics.hosts import hosts
from indexer.diagnostics.quality_checks import QualityCache
from indexer.diagnostics.status import attention, sources, status
from indexer.engines.memory import MemoryEngine
from indexer.fetch.politeness import HostState
from indexer.model import Document, Entry, RankingWeights, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id

NOW = datetime.now(UTC).replace(microsecond=0)
SITE = "https://news.example"

DOWN = Reason("status", "the server answered 503", f"{SITE}/rss.xml")


class Filled:
    """An archive with one source, to which pages are added."""

    def __init__(self, path: Path, name: str = "The News") -> None:
        self.archive = Archive(path)
        self.archive.sources.add(Source(f"{SITE}/rss.xml", name))
        self.source = self.archive.sources.all()[0]

    def page(
        self, number: int, text: str = "", *, had: bool = True, failure: str | None = None, gone: int = 0, **document: object
    ) -> str:
        url = f"{SITE}/{number}"
        entry = Entry(url=url, title=f"T {number}", summary_html="<p>Said &amp; done</p>")
        answer = Response(url, url, 200, {}, str(number).encode(), NOW - timedelta(days=number % 7))
        response = self.archive.responses.put(answer) if had else None
        id_ = document_id(url)
        fields = {"title": f"T {number}", "language": "en", "rule": "trafilatura", **document}
        text = text or f"{number} is told at length. " * 40
        self.archive.documents.put(Document(id_, url, text=text, source="The News", **fields), self.source.id, 1)
        failed = Reason("status", failure, url) if failure else None
        self.archive.pages.put(
            PageRecord(
                id_,
                url,
                self.source.id,
                entry,
                entry_hash(entry),
                response,
                fetched_at=NOW,
                failure=failed,
                gone_count=gone,
                document_id=id_,
            )
        )
        return url


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    made = Filled(tmp_path / "archive.db")
    yield made
    made.archive.close()


def test_a_source_that_fails_says_since_when_why_and_what_happens_next(filled: Filled) -> None:
    since = NOW - timedelta(hours=3)
    for hours in (0, 1, 2):
        at = since + timedelta(hours=hours)
        filled.archive.sources.record_crawl(filled.source.id, at, next_crawl=NOW + timedelta(hours=5), error=DOWN)
    (row,) = status(filled.archive, MemoryEngine(RankingWeights()))["errors"]
    assert (row["source"], row["error"], row["since"]) == ("The News", DOWN, f"{since:%Y-%m-%dT%H:%M:%SZ}")
    assert f"{NOW + timedelta(hours=5):%Y-%m-%d %H:%M}" in row["next"]
    assert "3 times in a row" in row["next"]
    assert shlex.split(row["command"]) == ["indexer", "crawl", "The News"]
    assert shlex.split(row["diagnosis"]) == ["indexer", "doctor", "The News"]
    (source,) = sources(filled.archive)
    assert (source["state"], source["failures"], source["error_since"]) == ("failing", 3, row["since"])


def test_what_is_due_already_is_read_with_the_next_crawl(filled: Filled) -> None:
    assert "next: indexer crawl" in sources(filled.archive)[0]["next"]
    filled.archive.sources.record_crawl(filled.source.id, NOW, next_crawl=NOW + timedelta(hours=1))
    assert "due again at" in sources(filled.archive, NOW)[0]["next"]
    assert "next: indexer crawl" in sources(filled.archive, NOW + timedelta(hours=2))[0]["next"]


@pytest.mark.parametrize("name", ["it's; rm -rf ~", "$(reboot)", "a b", "-v"])
def test_a_command_can_be_pasted_whatever_the_source_is_called(tmp_path: Path, name: str) -> None:
    made = Filled(tmp_path / "archive.db", name)
    words = shlex.split(sources(made.archive)[0]["command"])
    assert words[:2] == ["indexer", "crawl"]
    assert len(words) == 3
    assert not words[2].startswith("-")
    assert made.archive.sources.find(words[2]) is not None
    made.archive.close()


def test_failing_pages_are_told_by_reason(filled: Filled) -> None:
    for number in range(1, 4):
        filled.page(number, failure="the server answered 404", gone=2)
    filled.page(4, failure="no whole answer within 30 s", had=False)
    filled.page(5)
    gone, slow = attention(filled.archive)["failing_pages"]
    assert (gone["reason"], gone["pages"], gone["never_had"]) == (Reason("status", "the server answered 404"), 3, 0)
    assert gone["last_good"] == f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert "once a day" in gone["next"]
    assert gone["examples"] == [f"{SITE}/{number}" for number in range(1, 4)]
    assert (slow["pages"], slow["never_had"], slow["last_good"]) == (1, 1, None)
    assert "next attempt" in slow["next"]
    assert sources(filled.archive)[0]["failing_pages"] == 4


def test_hosts_that_are_spared_are_named_with_since_when_until_when_and_why(filled: Filled) -> None:
    since, until = NOW - timedelta(hours=3), NOW + timedelta(hours=4)
    states = [
        HostState("asked.example", 1, since, "the server answered 503", until, slowed_seconds=2.0, slowed_since=since),
        HostState("news.example", 7, since, "no connection within 30 s", until, 2),
        HostState("over.example", 4, since, "the server answered 500", since + timedelta(hours=1), 1),
        HostState("slow.example", slowed_seconds=3.25, slowed_since=since),
        HostState("well.example"),
    ]
    filled.archive.hosts.put({each.host: each.to_mapping() for each in states})
    asked, news, over, slow = hosts(filled.archive, NOW)
    assert [row["state"] for row in (asked, news, over, slow)] == ["left-alone", "left-alone", "failing", "slowed"]
    assert (news["since"], news["until"]) == (f"{since:%Y-%m-%dT%H:%M:%SZ}", f"{until:%Y-%m-%dT%H:%M:%SZ}")
    assert news["sources"] == ["The News"]
    assert "failed 7 times in a row" in news["what"]
    assert f"{until:%Y-%m-%d %H:%M}" in news["next"]
    assert news["error"] == "no connection within 30 s"
    assert "server requests" in asked["what"]
    assert "UTC, with 2 s more between requests; now" in asked["next"]
    assert (over["until"], "next crawl; further" in over["next"]) == (None, True)
    assert (slow["since"], slow["error"], "3.25 s more" in slow["what"]) == (news["since"], None, True)
    assert sources(filled.archive, NOW)[0]["host"] == news
    assert status(filled.archive, MemoryEngine(RankingWeights()))["hosts"][1]["host"] == "news.example"


def test_counts_are_those_of_the_archive(filled: Filled) -> None:
    for number in range(5):
        filled.page(number)
    filled.archive.documents.remove(document_id(f"{SITE}/1"), Reason("gone"))
    (row,) = sources(filled.archive)
    assert (row["entries"], row["documents"]) == (5, 4)
    assert row["entries"] == filled.archive.pages.count_of_source(filled.source.id)
    assert row["documents"] == filled.archive.documents.count_of_source(filled.source.id)


def test_suspects_come_with_what_to_type(filled: Filled) -> None:
    for number in range(20):
        filled.page(number)
    odd = filled.page(50, "Too short to be true", rule="body")
    found = attention(filled.archive)["suspects"]
    assert (found["documents"], found["looked_at"], found["found"]) == (21, 21, 1)
    (group,) = found["groups"]
    assert (group["kind"], group["pages"], group["examples"][0]["url"]) == ("body", 1, odd)
    assert f"indexer preview {odd}" in group["remedy"]


def test_suspects_are_worked_out_once_for_each_state_of_the_archive(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    sample = ArchiveStatistics.sample

    def counted(insight: ArchiveStatistics, most: int | None) -> Iterator[list[DocumentSample]]:
        looked.append(1)
        return sample(insight, most)

    monkeypatch.setattr(ArchiveStatistics, "sample", counted)
    for number in range(20):
        filled.page(number)
    cache = QualityCache()
    assert attention(filled.archive, cache=cache) == attention(filled.archive, cache=cache)
    assert len(looked) == 1
    filled.page(50, "Too short to be true", rule="body")
    assert attention(filled.archive, cache=cache)["suspects"]["found"] == 1
    assert len(looked) == 2
    filled.page(7, failure="no answer")
    found = attention(filled.archive, cache=cache)
    assert (found["suspects"]["found"], found["failing_pages"][0]["pages"]) == (1, 1), "what fails is always that of now"
    assert len(looked) == 2
    filled.archive.sources.remove(filled.source.id)
    assert attention(filled.archive, cache=cache)["suspects"]["looked_at"] == 0


def test_a_sample_is_bounded_and_spread_over_the_past(filled: Filled) -> None:
    for number in range(300):
        filled.page(number)
    with closing(ArchiveStatistics(filled.archive.location)) as insight:
        (part,) = insight.sample(60)
        (whole,) = insight.sample(None)
    assert (len(part), len(whole)) == (60, 300)
    numbers = sorted(int(one.url.rpartition("/")[2]) for one in part)
    assert numbers[-30:] == list(range(270, 300))  # the newest
    assert min(numbers) < 20
    assert max(after - before for before, after in itertools.pairwise(numbers)) <= 10
    assert whole[0].feed_length == len("Said &amp; done")


def test_what_a_removed_source_left_is_not_asked_about(filled: Filled) -> None:
    filled.page(1, failure="the server answered 500")
    filled.archive.sources.remove(filled.source.id)
    found = attention(filled.archive)
    assert (found["failing_pages"], found["suspects"]["looked_at"], found["suspects"]["documents"]) == ([], 0, 0)


def test_a_source_that_asks_says_how_it_is_answered(filled: Filled) -> None:
    filled.archive.removals.ask(filled.source.id, Reason("asking", "9/12"), NOW)
    (row,) = sources(filled.archive)
    assert (row["state"], shlex.split(row["command"])) == ("asking", ["indexer", "crawl", "--accept-removals", "The News"])
    assert "waiting for confirmation" in row["next"]
    (error,) = status(filled.archive, MemoryEngine(RankingWeights()))["errors"]
    assert error["command"] == row["command"]
