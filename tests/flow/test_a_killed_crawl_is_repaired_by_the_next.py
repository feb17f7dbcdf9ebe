"""A crawl that is killed at any effect loses nothing: the next one ends with the same documents."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.crawl.crawler import CrawlOptions
from indexer.model import Document
from support.builders import NAMES, article, feed_of, site, titled
from support.crashes import killed_at
from support.crawls import Crawled, vanish
from support.web import Web

EFFECTS = [
    ("indexer.archive.pages", "Pages", "put"), ("indexer.archive.sources", "Sources", "record_crawl"),
    *(("indexer.archive.documents", "Documents", name) for name in ("put", "remove")),
    *(("indexer.archive.visits", "Visits", name) for name in ("put", "remember", "note_listing", "look_again")),
    *(("indexer.archive.visits", "Removals", name) for name in (
        "decide", "cancel", "record_done", "ask", "withdraw_question")),
    ("indexer.archive.visits", "Listings", "put"),
    ("indexer.crawl.batch_writer", "BatchWriter", "flush"),
]  # fmt: skip


def year_of_trouble(crawled: Crawled) -> Iterator[Callable[[], object]]:
    """Crawls between which pages fail, vanish, come back, and ask not to be indexed: every effect happens."""
    web = crawled.web
    yield lambda: crawled.run()
    web.pages |= {"/ant": 404, "/bee": titled("Page not found"), "/cow": article("cow", "<meta name=robots content=noindex>")}
    web.pages |= {"/rss.xml": feed_of(NAMES[3:]), "/dog": article("dog", words="mended")}
    yield lambda: crawled.run(days=1)
    yield lambda: crawled.run(days=2)
    vanish(crawled, 12)
    yield lambda: crawled.run(days=3)
    yield lambda: crawled.run(days=4)
    web.pages |= site(NAMES[:8])
    wall = (
        "<html lang=en><title>Tales</title><article><p>" + "Our tales are for members, as good tales have to be paid for. " * 12
    )
    more = ("rat", "ram", "ray")
    web.pages |= {"/rss.xml": feed_of((*NAMES, *more)), **{f"/{name}": wall for name in more}}
    yield lambda: crawled.run(days=5, wanted=CrawlOptions(everything=True, accept_removals=True))
    yield lambda: crawled.run(days=6)
    yield lambda: crawled.run(days=7)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    crawled = Crawled(tmp_path_factory.mktemp("whole"), Web(site(NAMES)))
    for step in year_of_trouble(crawled):
        step()
    found = crawled.documents()
    crawled.archive.close()
    return found


@pytest.mark.parametrize(("module", "owner", "name"), EFFECTS, ids=[name for _, _, name in EFFECTS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_effect_the_next_runs_end_with_the_same_documents(
    tmp_path: Path,
    undisturbed: dict[str, Document],
    module: str,
    owner: str,
    name: str,
    after: bool,
) -> None:
    """Each crawl is killed at its first effect of this kind, run again by a new program, killed at the second, and run again."""
    crawled = Crawled(tmp_path, Web(site(NAMES)))
    target = getattr(importlib.import_module(module), owner)
    kills = 0
    for step in year_of_trouble(crawled):
        for nth in (1, 2):
            with killed_at(target, name, nth, after=after) as killer:
                step()
            if killer.kills:
                kills += 1
                crawled.archive.close()
                crawled = reopened(crawled, tmp_path)
        step()
    assert kills
    assert crawled.documents() == undisturbed
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()


def reopened(crawled: Crawled, folder: Path) -> Crawled:
    again = Crawled(folder, crawled.web)
    crawled.archive = again.archive
    return crawled
