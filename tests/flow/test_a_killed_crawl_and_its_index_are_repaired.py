"""A crawl that is killed while it stores or indexes: the next one ends with the same documents and the same results."""

from __future__ import annotations

import asyncio
import importlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.config import load_settings, open_archive, open_engine, open_searcher
from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl
from indexer.fetch.fetcher import Fetcher
from indexer.model import Document, FetchPolicy, SearchRequest, Source
from indexer.reindex import catch_up
from support.crashes import killed_at
from support.web import FEED, NOW, Web


def feed(*names: str, more: str = "") -> str:
    items = "".join(
        f"<item><title>{n}</title><link>/news/{n}/</link><description>feedtext{n}</description></item>" for n in names
    )
    atom = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="prev-archive" href="{more}"/>' if more else ""
    return f'<rss version="2.0"><channel><title>News</title>{atom}{items}</channel></rss>'


def page(word: str) -> str:
    text = f"The {word} stood on the quay and waited for somebody to come along and explain what all of this was about. "
    return (
        f"<html lang=en><title>{word}</title><body><nav>menuword</nav><article><p>{text}</p><p>{text}</p></article></body></html>"
    )


def site() -> dict[str, str | int]:
    return {"/rss.xml": feed("one", "two", "three"), **{f"/news/{n}/": page(f"page{n}") for n in ("one", "two", "three")}}


def run(data: Path, web: Web, now: datetime = NOW, **options: object) -> list[SourceReport]:
    """Crawl and index, as the command does."""
    settings = load_settings(data)
    archive: Archive = open_archive(settings)

    async def inner() -> list[SourceReport]:
        async with Fetcher(FetchPolicy(delay_seconds=0), web) as fetcher:
            wanted = CrawlOptions(**options)
            return await crawl(archive, fetcher, archive.sources.all(), now, wanted)

    try:
        with archive.lock(5, "a test"):
            if not archive.sources.all():
                archive.sources.add(Source(FEED, "News"))
            reports = asyncio.run(inner())
            catch_up(archive, open_engine(settings))
        return reports
    finally:
        archive.close()


def documents(data: Path) -> list[Document]:
    archive = open_archive(load_settings(data))
    try:
        return sorted(archive.documents.all(), key=lambda document: document.url)
    finally:
        archive.close()


def total(data: Path, query: str) -> int:
    return open_searcher(load_settings(data)).search(SearchRequest(query)).total


EFFECTS = [
    ("indexer.archive.responses.Responses", "put"), ("indexer.archive.documents.Documents", "put"),
    ("indexer.archive.pages.Pages", "put"), ("indexer.archive.sources.Sources", "record_crawl"),
    ("indexer.archive.visits.Visits", "remember"), ("indexer.archive.visits.Visits", "note_listing"),
    ("indexer.archive.visits.Listings", "put"),
    ("indexer.engines.whoosh.write.writer", "write_segments"), ("indexer.engines.whoosh.storage.generations", "write_state"),
    ("indexer.engines.whoosh.storage.generations", "write_pointer"),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "name"), EFFECTS, ids=[f"{owner.rpartition('.')[2]}.{name}" for owner, name in EFFECTS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 3])
def test_killed_at_any_effect_the_next_run_makes_it_good(tmp_path: Path, owner: str, name: str, after: bool, nth: int) -> None:
    whole = tmp_path / "whole"
    run(whole, Web(site()))
    hurt = tmp_path / "hurt"
    module, _, last = owner.rpartition(".")
    try:
        target = importlib.import_module(owner)
    except ModuleNotFoundError:
        target = getattr(importlib.import_module(module), last)
    with killed_at(target, name, nth, after=after) as killer:
        run(hurt, Web(site()))
    assert killer.kills or killer.calls < nth
    run(hurt, Web(site()), NOW + timedelta(hours=2))
    assert documents(hurt) == documents(whole)
    for query in ("pageone", "pagetwo", "pagethree"):
        assert total(hurt, query) == 1
    assert open_engine(load_settings(hurt)).verify() == ()
