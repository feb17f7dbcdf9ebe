"""Extraction by other processes: the same documents as by one, whatever becomes of those processes."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indexer import ipc as pipes
from indexer.archive import responses as packing
from indexer.archive.store import Archive, PageRecord
from indexer.cli.reason_text import failure_text
from indexer.config import load_settings, open_archive, open_engine, open_searcher
from indexer.crawl import batch_writer as keep
from indexer.crawl import template_updates as neighbours
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.crawl.extraction_processes import pool, worker
from indexer.crawl.extraction_processes.pool import ExtractionPool
from indexer.crawl.extraction_processes.worker import SourceContext, encode_request
from indexer.errors import EngineError
from indexer.fetch.fetcher import Fetcher
from indexer.fetch.transport import Request
from indexer.model import Document, Entry, Failure, FetchPolicy, Response, SearchRequest, Source
from indexer.reindex import catch_up

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITE = "https://news.example"
WORDS = "The word{n} stood on the quay and waited for somebody to come along and explain what all of this was about. "


class Site:
    """A feed of many pages, without a socket."""

    def __init__(self, pages: int) -> None:
        items = "".join(f"<item><title>t{n}</title><link>/n/{n}</link></item>" for n in range(pages))
        self.feed = f"<rss version='2.0'><channel>{items}</channel></rss>"

    async def send(self, request: Request) -> Response | Failure:
        await asyncio.sleep(0)
        if request.url.endswith("robots.txt"):
            return Response(request.url, request.url, 404)
        if request.url.endswith("rss"):
            return Response(request.url, request.url, 200, {"content-type": "application/rss+xml"}, self.feed.encode())
        text = WORDS.format(n=request.url.rpartition("/")[2])
        body = f"<html lang=en><body><nav>menu</nav><article><p>{text}<p>{text}</article>"
        return Response(request.url, request.url, 200, {"content-type": "text/html"}, body.encode(), NOW)

    async def close(self) -> None: ...


def crawled(folder: Path, understander: ExtractionPool, pages: int = 60) -> tuple[SourceReport, list[Document]]:
    folder.mkdir()
    archive = Archive(folder / "archive.db")
    archive.sources.add(Source(f"{SITE}/rss", "News"))

    async def inner() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), Site(pages)) as fetcher:
            return await crawl(archive, fetcher, archive.sources.all(), NOW, pool=understander)

    (report,) = asyncio.run(inner())
    documents = list(archive.documents.all())
    assert archive.integrity_problems() == []
    archive.close()
    return report, documents


def test_others_extract_what_one_would(tmp_path: Path) -> None:
    _, alone = crawled(tmp_path / "alone", ExtractionPool(workers=0))
    report, shared = crawled(tmp_path / "shared", ExtractionPool(workers=2, pages_here=5))
    assert shared == alone  # in the same order, too
    assert (report.new, report.failures) == (60, [])
    assert all("menu" not in document.text and f"word{n} " in document.text for n, document in enumerate(shared))


TRAPS = """
import os, signal, sys
sys.path[:] = sys.argv[1:]
from indexer.crawl.extraction_processes import worker as workers
workers.MAX_PAGE_CPU_SECONDS = 1.0
real = workers.extract_document
def extract_document(entry, url, source, response):
    if b"word13 " in response.body or b"word14 " in response.body:
        os.kill(os.getpid(), signal.SIGSEGV)
    while b"word33 " in response.body:
        pass
    return real(entry, url, source, response)
workers.extract_document = extract_document
workers.serve()
"""


@pytest.fixture
def traps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages 13 and 14 end the process that reads them, page 33 takes for ever."""
    monkeypatch.setattr(pool, "command", lambda module: [sys.executable, "-c", TRAPS, *sys.path])


@pytest.mark.usefixtures("traps")
def test_pages_that_end_or_hold_up_their_worker_are_given_up_and_named_and_no_others(tmp_path: Path) -> None:
    """Whichever was being told when the worker ended: it is ahead of that."""
    report, documents = crawled(tmp_path / "trapped", ExtractionPool(workers=2, pages_here=5))
    assert report.new == 60
    without = {document.title for document in documents if f"word{document.title[1:]} " not in document.text}
    assert without == {"t13", "t14", "t33"}
    said = {failure.url.rpartition("/")[2]: (failure.reason, failure_text(failure)) for failure in report.failures}
    assert set(said) == {"13", "14", "33"}
    assert all(reason == "unreadable" for reason, _ in said.values())
    assert said["13"][1] == f"{SITE}/n/13: extraction crashed its process; the text of the feed is used"
    assert "took more than" in said["33"][1]


@pytest.mark.usefixtures("traps")
def test_a_good_text_stays_when_the_page_cannot_be_read_any_more(tmp_path: Path) -> None:
    """Neither a new answer nor new settings replace it by the feed's teaser."""
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(Source(f"{SITE}/rss", "News"))

    async def inner(options: CrawlOptions, understander: ExtractionPool, site: Site) -> SourceReport:
        async with Fetcher(FetchPolicy(delay_seconds=0), site) as fetcher:
            (report,) = await crawl(archive, fetcher, archive.sources.all(), NOW, options, pool=understander)
            return report

    asyncio.run(inner(CrawlOptions(), ExtractionPool(workers=0), Site(15)))
    before = {document.title: document.text for document in archive.documents.all()}
    changed = Site(15)
    changed.feed = changed.feed.replace("<title>", "<description>a teaser</description><title>")
    report = asyncio.run(inner(CrawlOptions(everything=True), ExtractionPool(workers=1, pages_here=0), changed))
    assert [failure.url[-3:] for failure in report.failures] == ["/13", "/14"]
    assert "the last good text stays" in failure_text(report.failures[0])
    assert {document.title: document.text for document in archive.documents.all()} == before

    archive.sources.add(Source(f"{SITE}/rss", "News", language="en"))
    report = asyncio.run(inner(CrawlOptions(), ExtractionPool(workers=1, pages_here=0), changed))
    assert [failure.url[-3:] for failure in report.failures] == ["/13", "/14"]
    assert {document.title: document.text for document in archive.documents.all()} == before
    assert not asyncio.run(inner(CrawlOptions(), ExtractionPool(workers=1, pages_here=0), changed)).failures
    archive.close()


def test_workers_that_are_killed_cost_no_page_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    understander = ExtractionPool(workers=2, pages_here=0)
    real, requests = pool._Worker.request, 0

    async def request(self: pool._Worker, *arguments: Any) -> Any:
        nonlocal requests
        requests += 1
        if requests % 60 == 4 and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        return await real(self, *arguments)

    monkeypatch.setattr(pool._Worker, "request", request)
    report, documents = crawled(tmp_path / "killed", understander, pages=300)
    assert (report.new, report.failures, caplog.records) == (300, [], [])  # logged warnings would reach the terminal
    assert all(f"word{document.title[1:]} " in document.text for document in documents)


@pytest.mark.usefixtures("traps")
def test_nobody_is_left_when_the_crawl_ends_however_it_does() -> None:
    """Not even one that would read what waits at it for another hour."""
    answer = Response(f"{SITE}/n/33", f"{SITE}/n/33", 200, {}, WORDS.format(n=33).encode())
    with subprocess.Popen(pool.command(worker.__name__), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        for _ in range(3):
            process.stdin.write(encode_request(Entry(f"{SITE}/n/33"), f"{SITE}/n/33", SourceContext(Source(SITE), None), answer))
        process.stdin.close()
        assert process.wait(timeout=120) == 0


def test_a_worker_that_is_still_starting_does_not_mind_an_interruption() -> None:
    with subprocess.Popen(
        pipes.command("indexer.crawl.extraction_processes.worker"), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        time.sleep(0.1)  # the interpreter is there, what it imports is not
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=120) == (None, b"")
        assert process.returncode == 0


def test_a_worker_knows_whose_page_it_reads() -> None:
    """What pages of one source have in common is said once, and again when another source's page, or another process, comes."""
    learned = packing.train_dictionary([b"<li>%d</li>" % (n * 7919) * 40 + b"<p>page %d" % n for n in range(40)])

    async def inner() -> None:
        async with ExtractionPool(workers=1, pages_here=0) as understander:
            for number, (name, known) in enumerate(
                [("One", learned), ("One", learned), ("Two", b""), ("One", learned), ("Two", None)]
            ):
                if number == 3:
                    process = understander._workers[0]._process
                    assert process is not None
                    process.kill()
                    await process.wait()
                answer = Response(f"{SITE}/a", f"{SITE}/a", 200, {}, b"<p>word %d" % number)
                found = await understander.extract(Entry(f"{SITE}/a", title="t"), f"{SITE}/a", sources[name], answer, known)
                assert found.result.document is not None
                assert (found.result.document.source, found.result.document.text) == (name, f"word {number}")
                if known is None:
                    assert found.packed is None
                else:
                    assert found.packed is not None
                    assert packing.unpack(found.packed, lambda _: learned) == answer.body

    sources = {name: Source(f"{SITE}/{name}", name=name) for name in ("One", "Two")}
    asyncio.run(inner())


def test_what_has_no_text_without_the_page_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MAX_SILENT_SECONDS", 0.0)

    async def inner() -> None:
        answer = Response(f"{SITE}/a", f"{SITE}/a", 200, {}, b"<p>word")
        async with ExtractionPool(workers=1, pages_here=0) as understander:
            found = await understander.extract(Entry(f"{SITE}/a", title="t"), f"{SITE}/a", Source(SITE), answer)
            assert found.result.document is not None
            assert found.result.document.rule == "feed"
            nothing = await understander.extract(Entry(f"{SITE}/a"), f"{SITE}/a", Source(SITE), answer)
            assert nothing.result.why_not is not None
            assert nothing.result.why_not.code == "extraction-timeout"

    asyncio.run(inner())


def test_a_worker_that_is_stopped_costs_no_page_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pages wait at one worker; when the process is given up another one reads them."""

    async def inner() -> None:
        async with ExtractionPool(workers=1, pages_here=0) as understander:

            async def read(n: int) -> str:
                answer = Response(f"{SITE}/{n}", f"{SITE}/{n}", 200, {}, b"<p>word %d" % n)
                found = await understander.extract(Entry(f"{SITE}/{n}", title="t"), f"{SITE}/{n}", Source(SITE), answer)
                assert found.result.document is not None
                return found.result.document.text

            await read(0)
            process = understander._workers[0]._process
            assert process is not None
            monkeypatch.setattr(pool, "MAX_SILENT_SECONDS", 5.0)
            process.send_signal(signal.SIGSTOP)
            assert await asyncio.gather(*map(read, range(1, 40))) == [f"word {n}" for n in range(1, 40)]

    asyncio.run(inner())


def test_many_sources_together_hold_no_more_than_what_is_read_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fetched 8 MB ahead: two hundred that answer faster than their pages are read take 1.6 GB."""
    hosts, size, held, most = 20, 40_000, 0, 0

    class Many(Site):
        async def send(self, request: Request) -> Response | Failure:
            nonlocal held, most
            answer = await super().send(request)
            if isinstance(answer, Response) and "/n/" in request.url:
                answer = dataclasses.replace(answer, body=answer.body + b"<p>" + b"x" * size)
                held += len(answer.body)
                most = max(most, held)
            return answer

    real = keep.BatchWriter.add

    def let_go(self: keep.BatchWriter, update: keep.PageUpdate, source: Source, report: SourceReport) -> None:
        nonlocal held
        assert update.response is not None
        held -= len(update.response.body)
        real(self, update, source, report)

    monkeypatch.setattr(keep.BatchWriter, "add", let_go)
    monkeypatch.setattr(pool, "MAX_HELD_BYTES", 10 * size)
    archive = Archive(tmp_path / "archive.db")
    for number in range(hosts):
        archive.sources.add(Source(f"https://news{number}.example/rss"))

    async def inner() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), Many(12)) as fetcher:
            return await crawl(archive, fetcher, archive.sources.all(), NOW, pool=ExtractionPool(workers=0))

    reports = asyncio.run(inner())
    assert [report.new for report in reports] == [12] * hosts
    assert most < (10 + hosts + 1) * (size + 1_000)
    archive.close()


def test_pages_of_megabytes_are_not_all_held_to_learn_from_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty of 9 MB took a gigabyte."""
    monkeypatch.setattr(neighbours, "MAX_PAGE_BYTES", 400)
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(Source(f"{SITE}/rss", "News"))
    for number, size in enumerate([300, 500, 300, 500]):
        response = Response(f"{SITE}/{number}", f"{SITE}/{number}", 200, {}, b"<p>".ljust(size, b"x"), NOW)
        page = PageRecord(f"{number}", response.url, archive.sources.all()[0].id, Entry(response.url), "")
        archive.pages.put(dataclasses.replace(page, response_id=archive.responses.put(response)))
    assert [len(response.body) for _, response in neighbours.stored_pages(archive, archive.sources.all()[0].id)] == [300, 300]
    archive.close()


def test_what_a_long_crawl_has_found_is_searchable_before_it_ends(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    archive, engine = open_archive(settings), open_engine(settings)
    archive.sources.add(Source(f"{SITE}/rss", "News"))
    found: list[int] = []

    class Slow(Site):
        async def send(self, request: Request) -> Response | Failure:
            if request.url.endswith("/n/7"):  # the others were stored with the batch before
                while not found:  # noqa: ASYNC110  # told by a thread
                    await asyncio.sleep(0.01)
            return await super().send(request)

    def index() -> None:
        mine = open_archive(settings)
        catch_up(mine, engine)
        mine.close()
        if total := open_searcher(settings).search(SearchRequest("quay")).total:
            found.append(total)

    async def inner() -> None:
        async with Fetcher(FetchPolicy(delay_seconds=0), Slow(8)) as fetcher:
            await crawl(archive, fetcher, archive.sources.all(), NOW, index=index, index_every_seconds=0.01)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keep, "MAX_BATCH_PAGES", 3)
        asyncio.run(inner())
    assert found[0] in (3, 6)
    archive.close()


def test_an_index_that_cannot_be_written_meanwhile_ends_the_crawl_with_its_error(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(Source(f"{SITE}/rss", "News"))

    def fails() -> None:
        raise EngineError("the disk is full")

    async def inner() -> None:
        async with Fetcher(FetchPolicy(delay_seconds=0), Site(60)) as fetcher:
            await crawl(archive, fetcher, archive.sources.all(), NOW, index=fails, index_every_seconds=0.0)

    with pytest.raises(EngineError, match="disk is full"):
        asyncio.run(inner())
    assert len(list(archive.documents.all())) == 60  # nothing that was fetched is lost
    archive.close()
