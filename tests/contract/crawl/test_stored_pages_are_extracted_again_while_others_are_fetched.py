"""Pages whose settings are outdated are extracted again while the crawl fetches; none of them delays a request."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from indexer.extract.extractor import extraction_stamp
from indexer.fetch.transport import Request
from indexer.model import Failure, Response
from support.builders import site
from support.crawls import Crawled
from support.web import FEED, Web

NAMES = [f"bird{number}" for number in range(30)]


class CountingWeb(Web):
    """Notes with each request how many stored pages are outdated at that moment."""

    crawled: Crawled | None = None

    def __init__(self) -> None:
        super().__init__(site(NAMES))
        self.outdated: list[tuple[str, int]] = []

    async def send(self, request: Request) -> Response | Failure:
        if self.crawled is not None:
            self.outdated.append((request.url, outdated(self.crawled)))
        return await super().send(request)


def outdated(crawled: Crawled) -> int:
    (state,) = crawled.archive.sources.all()
    return len(list(crawled.archive.pages.with_other_stamp(state.id, extraction_stamp(state.source), 1_000)))


def test_the_feed_is_requested_before_outdated_pages_are_done(tmp_path: Path) -> None:
    web = CountingWeb()
    crawled = Crawled(tmp_path, web)
    crawled.run()
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, category="Birds"))
    assert outdated(crawled) == len(NAMES)
    web.crawled = crawled
    crawled.run(days=1)
    assert dict(web.outdated)[FEED] > 0
    assert outdated(crawled) == 0
    assert {document.categories for document in crawled.documents().values()} == {("Birds",)}
    crawled.archive.close()


def test_a_new_answer_is_compared_with_a_text_of_the_same_settings(tmp_path: Path) -> None:
    """The old text is ten times as long only because of the old settings: the new one is no soft error."""
    long, short = (
        "<p>" + "The tern nests on the shingle bank again. " * 40,
        "<p class=short>The harbour master counted nine terns.</p>",
    )
    web = Web({**site(["tern"]), "/tern": f"<html lang=en><title>tern</title><article><h1>tern</h1>{short}{long}</article>"})
    crawled = Crawled(tmp_path, web)
    crawled.run()
    assert "shingle" in crawled.text("tern")
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, include=".short"))
    web.pages["/tern"] = str(web.pages["/tern"]).replace("nine", "ten")
    assert crawled.run(days=10).failures == []
    assert crawled.text("tern") == "The harbour master counted ten terns."
    crawled.archive.close()
