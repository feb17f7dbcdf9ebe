"""A single page outside a crawl's stream is extracted within limits, too."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from indexer.crawl.extraction_processes import single_page
from indexer.crawl.extraction_processes.single_page import MAX_BYTES_HERE, extract_apart
from indexer.extract.extractor import extract_document
from indexer.model import Entry, Response, Source
from support.builders import story

URL = "https://www.example.org/a"
ENTRY = Entry(URL, title="Ferry", content_html=f"<p>{story('feed')}</p>")
SOURCE = Source("https://www.example.org/rss", "News")


def page(size: int) -> Response:
    body = f"<html lang=en><title>Ferry</title><article><h1>Ferry</h1><p>{story('page')}</p></article><!--{'x' * size}-->"
    return Response(URL, URL, 200, {"content-type": "text/html"}, body.encode())


@pytest.fixture(autouse=True)
def worker() -> Iterator[None]:
    yield
    single_page._worker.close()


@pytest.mark.parametrize("size", [10, MAX_BYTES_HERE])
def test_the_document_is_the_same_wherever_it_is_extracted(size: int) -> None:
    assert extract_apart(ENTRY, URL, SOURCE, page(size)) == extract_document(ENTRY, URL, SOURCE, page(size))


def test_a_large_page_that_ends_its_process_costs_its_own_text_only(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def ends(module: str) -> list[str]:
        started.append(module)
        return [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGPROF)"]

    single_page._worker.close()
    monkeypatch.setattr(single_page, "command", ends)
    assert extract_apart(ENTRY, URL, SOURCE, page(10)).document is not None
    assert not started, "a small page needs no process"
    extracted = extract_apart(ENTRY, URL, SOURCE, page(MAX_BYTES_HERE))
    assert extracted == extract_document(ENTRY, URL, SOURCE, None)
    assert len(started) == 1


@pytest.mark.parametrize(("signal_name", "code"), [("SIGPROF", "extraction-timeout"), ("SIGKILL", "extraction-crash")])
def test_the_reason_says_whether_a_page_took_too_long(monkeypatch: pytest.MonkeyPatch, signal_name: str, code: str) -> None:
    single_page._worker.close()
    program = f"import os, signal; os.kill(os.getpid(), signal.{signal_name})"
    monkeypatch.setattr(single_page, "command", lambda _module: [sys.executable, "-c", program])
    lost = extract_apart(Entry(URL), URL, SOURCE, page(MAX_BYTES_HERE))
    assert lost.document is None
    assert lost.why_not is not None
    assert lost.why_not.code == code


def test_pages_share_one_process_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    own = single_page.command
    monkeypatch.setattr(single_page, "command", lambda module: started.append(module) or own(module))
    for _ in range(3):
        assert extract_apart(ENTRY, URL, SOURCE, page(MAX_BYTES_HERE)).document is not None
    assert len(started) == 1
    process = single_page._worker._process
    assert process is not None
    process.kill()
    process.wait()
    assert extract_apart(ENTRY, URL, SOURCE, page(MAX_BYTES_HERE)).document is not None
    assert len(started) == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of data is Linux's")
def test_a_page_gets_no_more_memory_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
from indexer.crawl.extraction_processes import worker
own = worker.extract_page
def greedy(message, context):
    held = [bytearray(b"x") * 50_000_000 for _ in range(40)]
    return own(message, context)
worker.extract_page = greedy
worker.serve()
"""
    monkeypatch.setattr(single_page, "command", lambda module: [sys.executable, "-c", program])
    assert extract_apart(ENTRY, URL, SOURCE, page(MAX_BYTES_HERE)) == extract_document(ENTRY, URL, SOURCE, None)
