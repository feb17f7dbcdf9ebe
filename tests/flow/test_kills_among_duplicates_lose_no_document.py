"""A web of twins, crawled for a year, killed at every effect: it ends with the documents of an undisturbed crawl."""

from __future__ import annotations

import asyncio
import importlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import indexer.crawl.batch_writer
from indexer.archive import sqlite
from indexer.config import load_settings, open_archive
from indexer.crawl.crawler import crawl
from indexer.fetch.fetcher import Fetcher
from indexer.model import Document, FetchPolicy, Source
from support.builders import canonical, feed, item, page, story
from support.crashes import Killed, Killer, killed_at
from support.crawls import documents, extract_again, hits
from support.web import FEED, NOW, SITE, Web

TEXTS = {name: story(name) for name in ("ferry", "tram", "bridge", "quay", "tide", "wreck", "moor", "lamp", "other")}
ELSEWHERE = "https://elsewhere.example/copies/17"
ITEMS = {
    "ferry": item(f"{SITE}/ferry", "Ferry sinks"),
    "amp": item(f"{SITE}/ferry/amp/", "Ferry sinks"),
    "copy": item(ELSEWHERE, "Ferry sinks"),
    "tram": item(f"{SITE}/tram", "Tram burns", guid="tag:tram"),
    "bridge": item(f"{SITE}/?p=3", "A bridge is opened"),
    "bridge print": item(f"{SITE}/bridge?print=1", "A bridge is opened"),
    "quay en": item(f"{SITE}/en/quay", "The quay"),
    "quay de": item(f"{SITE}/de/quay", "The quay"),
    "tide": item(f"{SITE}/tide", "Tide"),
    "wreck": item(f"{SITE}/wreck", "Wreck"),
    "one": item(f"{SITE}/changelog", "Version 1", "The first one has a compass and a log."),
    "lamp": item(f"{SITE}/lamp", "The lamp"),
    "moor": item("", "Moorings", TEXTS["moor"], guid="tag:moor"),
}


def ferry(name: str = "ferry", title: str = "Ferry sinks", head: str = "", lang: str = "en") -> str:
    return page(TEXTS[name], title=title, head=head, lang=lang)


def first_day() -> Web:
    bridge = ferry("bridge", "A bridge is opened", canonical(f"{SITE}/bridge"))
    return Web(
        {
            FEED: feed(*ITEMS.values()),
            f"{SITE}/ferry": ferry(), f"{SITE}/ferry/amp/": ferry(), ELSEWHERE: ferry(),
            f"{SITE}/tram": ferry("tram", "Tram burns"),
            f"{SITE}/?p=3": bridge, f"{SITE}/bridge?print=1": bridge,
            f"{SITE}/en/quay": ferry("quay", "The quay"), f"{SITE}/de/quay": ferry("quay", "The quay", lang="de"),
            f"{SITE}/tide": ferry("tide", "Tide", canonical(f"{SITE}/sea")), f"{SITE}/wreck": ferry("wreck", "Wreck", canonical(f"{SITE}/sea")),
            f"{SITE}/lamp": ferry("lamp", "The lamp"), f"{SITE}/changelog": ferry("other", "Changes"),
        }
    )  # fmt: skip


def year(web: Web) -> Iterator[int]:
    """The days on which it is crawled, with every page due; between them twins part, move, go, come back and are named otherwise."""
    yield 0
    # the first of three twins goes, a page without a twin goes, an item moves with its guid, items share a link, a page moves for good
    items = ITEMS | {
        "tram": item(f"{SITE}/news/tram", "Tram burns", guid="tag:tram"),
        "two": item(f"{SITE}/changelog", "Version 2", "Sails and oars."),
    }
    web.pages |= {
        FEED: feed(*items.values()), f"{SITE}/lamp": 410, f"{SITE}/ferry": 410, f"{SITE}/tram": 404, f"{SITE}/news/tram": ferry("tram", "Tram burns"),
        f"{SITE}/?p=3": (301, f"{SITE}/news/bridge"), f"{SITE}/news/bridge": ferry("bridge", "A bridge is opened"),
    }  # fmt: skip
    yield 100
    yield 101
    # it comes back, a twin tells something else, the translation names the other as what it is
    web.pages |= {
        f"{SITE}/ferry": ferry(), f"{SITE}/ferry/amp/": ferry("other", "Ferry sinks"),
        f"{SITE}/de/quay": ferry("quay", "The quay", canonical(f"{SITE}/en/quay"), "de"),
        f"{SITE}/tide": ferry("tide", "Tide"), f"{SITE}/wreck": ferry("tide", "Wreck"),
    }  # fmt: skip
    yield 200
    yield 300


def run(data: Path, web: Web, day: int) -> None:
    """A crawl of all that is due."""
    archive = open_archive(load_settings(data))

    async def inner() -> None:
        async with Fetcher(FetchPolicy(delay_seconds=0), web) as fetcher:
            await crawl(archive, fetcher, archive.sources.all(), NOW + timedelta(days=day))

    try:
        archive.sources.add(Source(FEED, "News"))
        asyncio.run(inner())
    finally:
        archive.close()


class CommitKiller(Killer):
    """Kills at the nth commit."""

    def ends(self, batch: sqlite._SqliteTransaction, *how: Any) -> None:
        """In place of a batch's `__exit__`: what it does, with a kill before or after the commit."""
        self.calls += batch._depth == 1 and how[0] is None
        if self.calls != self.nth or batch._depth > 1 or how[0] is not None:
            ENDS(batch, *how)
            return
        if self.after:
            ENDS(batch, *how)
            self.kill()
        try:
            self.kill()
        except Killed as kill:
            ENDS(batch, Killed, kill, None)
            raise


ENDS = sqlite._SqliteTransaction.__exit__


@pytest.fixture(autouse=True)
def each_page_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a kill may come between any two."""
    monkeypatch.setattr(indexer.crawl.batch_writer, "MAX_BATCH_PAGES", 1)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[list[Document]]:
    """The documents at the end of each day."""
    data, web = tmp_path_factory.mktemp("whole"), first_day()
    kept = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(indexer.crawl.batch_writer, "MAX_BATCH_PAGES", 1)
        for day in year(web):
            run(data, web, day)
            kept.append(documents(data))
    return kept


def test_the_year_holds_what_it_is_meant_to_hold(undisturbed: list[list[Document]]) -> None:
    named = [{document.url: set(document.also) for document in day if document.url} for day in undisturbed]
    assert named[0][f"{SITE}/ferry"] == {f"{SITE}/ferry/amp/", ELSEWHERE}
    assert {f"{SITE}/en/quay", f"{SITE}/de/quay", f"{SITE}/bridge", f"{SITE}/tide", f"{SITE}/wreck"} <= set(named[0])
    assert named[2][ELSEWHERE] == {f"{SITE}/ferry/amp/"}, "the heir is the plainest that is left"
    assert f"{SITE}/lamp" in named[0]
    assert f"{SITE}/lamp" not in named[2]
    assert f"{SITE}/news/tram" in named[2]
    assert f"{SITE}/tram" not in named[2]
    assert sum(document.title.startswith("Version") for document in undisturbed[2]) == 2
    assert named[4][ELSEWHERE] == {f"{SITE}/ferry"}, "as plain as the other: what the document is, it stays"
    assert f"{SITE}/ferry/amp/" in named[4]
    assert f"{SITE}/de/quay" not in named[4]
    assert len({f"{SITE}/tide", f"{SITE}/wreck"} & set(named[4])) == 1


EFFECTS = [
    *(("indexer.archive.pages", "Pages", name) for name in ("put", "put_aliases", "move", "dispute", "drop")),
    *(("indexer.archive.documents", "Documents", name) for name in ("put", "remove", "inherit_history")),
    *(("indexer.archive.visits", "Visits", name) for name in ("remember", "note_listing")),
    *(("indexer.archive.visits", "Removals", name) for name in ("decide", "record_done")),
    ("indexer.archive.responses", "Responses", "put"), ("indexer.archive.sources", "Sources", "record_crawl"),
    ("indexer.dedup.document_assigner", "DocumentAssigner", "_assign_page"), ("indexer.dedup.document_assigner", "DocumentAssigner", "_end"),
    ("indexer.crawl.batch_writer", "BatchWriter", "flush"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "owner", "name"), EFFECTS, ids=[f"{owner}.{name}" for _, owner, name in EFFECTS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_effect_of_each_day(
    tmp_path: Path,
    undisturbed: list[list[Document]],
    module: str,
    owner: str,
    name: str,
    after: bool,
) -> None:
    """Each day's crawl is killed at its first effect of this kind, the next at its second, then it is run to its end."""
    target = getattr(importlib.import_module(module), owner)
    web, kills = first_day(), 0
    for day, expected in zip(year(web), undisturbed, strict=True):
        for nth in (1, 2):
            with killed_at(target, name, nth, after=after) as killer:
                run(tmp_path, web, day)
            kills += killer.kills
        run(tmp_path, web, day)
        assert documents(tmp_path) == expected, day
    assert kills


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("on", range(4))
def test_killed_at_each_commit_of_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: list[list[Document]], on: int, after: bool
) -> None:
    """One day's crawl is killed at its first commit, at its second, and so on, each time on a copy; then it is run again."""
    web, whole = first_day(), tmp_path / "whole"
    days = year(web)
    for day in islice(days, on):
        run(whole, web, day)
    today, kills = next(days), 0
    while True:
        hurt, killer = tmp_path / str(kills), CommitKiller(kills + 1, after=after)
        if whole.exists():
            shutil.copytree(whole, hurt)
        with monkeypatch.context() as patched:
            patched.setattr(sqlite._SqliteTransaction, "__exit__", lambda batch, *how, by=killer: by.ends(batch, *how))
            try:
                run(hurt, web, today)
                break
            except Killed:
                kills += 1
        run(hurt, web, today)
        assert documents(hurt) == undisturbed[on], kills
    assert kills > 4
    assert extract_again(hurt) == 0
    for name in ("tram", "ferry", "quay"):
        words = " ".join(TEXTS[name].split()[:5])
        found = sorted(hit.document.url for hit in hits(hurt, f'"{words}"'))
        assert found == [document.url for document in undisturbed[on] if words in document.text]
