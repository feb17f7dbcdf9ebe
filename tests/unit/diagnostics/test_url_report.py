"""`show` answers for any address: why it is, or is not, found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.archive.visits import Visit
from indexer.cli.reason_text import report_texts
from indexer.diagnostics.url_report import url_report
from indexer.engines.memory import MemoryEngine
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.model import Document, Entry, RankingWeights, Response, Source
from indexer.reasons import Reason
from indexer.reindex import catch_up
from indexer.urls import document_id

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SITE = "https://news.example"


class Held:
    """An archive with one source, and its index."""

    def __init__(self, path: Path) -> None:
        self.archive, self.engine = Archive(path), MemoryEngine(RankingWeights())
        self.archive.sources.add(Source(f"{SITE}/rss.xml", "The News"))
        self.source = self.archive.sources.all()[0]
        self.archive.sources.record_crawl(self.source.id, NOW, next_crawl=datetime(2999, 1, 1, tzinfo=UTC))

    def page(self, name: str, *, document: bool = True, index: bool = True, answered: str | None = None, **fields: Any) -> str:
        url = f"{SITE}/{name}"
        entry = Entry(url=url, title=name, guid=f"guid-{name}", published=NOW)
        if answered is not None:
            answer = Response(answered or url, url, 200, {"content-type": "text/html"}, b"<p>Body</p>", NOW)
            fields["response_id"] = self.archive.responses.put(answer)
        id_ = document_id(answered or url)
        if document:
            self.archive.documents.put(
                Document(id_, answered or url, name, f"{name} is told.", source="The News"), self.source.id, 1
            )
            fields["document_id"] = fields["own_document_id"] = id_
        self.archive.pages.put(
            PageRecord(document_id(url), url, self.source.id, entry, entry_hash(entry), fetched_at=NOW, **fields)
        )
        if index:
            catch_up(self.archive, self.engine)
        return url

    def show(self, url: str) -> dict[str, Any]:
        return report_texts(url_report(self.archive, self.engine, url))


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    made = Held(tmp_path / "archive.db")
    yield made
    made.archive.close()


def test_what_is_in_the_index_is_shown_whole(held: Held) -> None:
    url = held.page("one", answered="")
    shown = held.show(url)
    assert (shown["found"], shown["code"], shown["index"]) == (True, "found", "in it")
    assert (shown["title"], shown["text"], shown["from"]["name"], shown["from"]["state"]) == (
        "one",
        "one is told.",
        "The News",
        "ok",
    )
    assert (shown["page"]["guid"], shown["page"]["answer"]["bytes"], shown["page"]["listed_date"]) == (
        "guid-one",
        11,
        "2026-05-01T00:00:00Z",
    )
    assert [event["what"] for event in shown["history"]] == ["new"]
    assert shown["suspect"] is None
    assert held.show(shown["id"])["url"] == url


@pytest.mark.parametrize(
    "spelling", ["http://news.example/one/", "https://news.example//one?utm_source=feed#top", "https://www.news.example/one"]
)
def test_the_same_page_by_another_spelling(held: Held, spelling: str) -> None:
    held.page("one")
    assert held.show(spelling)["title"] == "one"


def test_both_ends_of_a_redirect_and_a_canonical_lead_to_the_document(held: Held) -> None:
    old = held.page("old", answered=f"{SITE}/new")
    assert held.show(old)["url"] == held.show(f"{SITE}/new")["url"] == f"{SITE}/new"
    assert held.show(old)["page"]["url"] == old
    canonical = held.page("plain", answered=f"{SITE}/plain?print=1")
    page = held.archive.pages.get(document_id(canonical))
    assert page
    made = Document(document_id(canonical), canonical, "Plain", "Text")
    held.archive.documents.put(made, held.source.id, 1)
    held.archive.pages.put(dataclasses.replace(page, document_id=made.id))
    held.archive.documents.remove(document_id(f"{SITE}/plain?print=1"), Reason("moved", url=canonical))
    catch_up(held.archive, held.engine)
    moved = held.show(f"{SITE}/plain?print=1")
    assert (moved["code"], moved["remedy"]) == ("moved", f"indexer show {canonical}")


def test_what_is_not_in_the_index_yet(held: Held) -> None:
    held.page("one")
    later = held.show(held.page("two", index=False))
    assert (later["code"], later["found"], later["remedy"]) == ("not-indexed-yet", False, "indexer crawl")
    assert url_report(held.archive, MemoryEngine(RankingWeights()), f"{SITE}/one")["code"] == "not-indexed-yet"


def test_what_was_forgotten_is_not_for_the_want_of_an_index(held: Held, tmp_path: Path) -> None:
    one, two = held.page("one"), held.page("two")
    held.archive.forget([document_id(two)], two)
    without = WhooshEngine(tmp_path / "no-index", RankingWeights())
    assert "no index" in report_texts(url_report(held.archive, without, one))["why"]
    assert url_report(held.archive, without, two)["code"] == "forgotten"


def test_a_wall_is_told_once(held: Held) -> None:
    url = f"{SITE}/wall"
    held.page("wall", failure=Reason("consent"))
    assert held.show(url)["why"] == (
        "in the index; the last attempt failed: the server sent a consent wall instead of the page; the text of the feed is used"
    )


def test_a_page_that_cannot_be_had_says_since_when_why_and_what_happens_next(held: Held) -> None:
    url = held.page(
        "gone", answered="", failure=Reason("status", "the server answered 404", f"{SITE}/gone"), gone_count=1, failed_status=404
    )
    shown = held.show(url)
    assert (shown["found"], shown["failure"]) == (True, f"{SITE}/gone: the server answered 404")
    assert "last good text" in shown["why"]
    assert "due again at 2999-01-01" in shown["next"]
    assert shown["remedy"] == "indexer crawl 'The News'"
    assert "text of the feed" in held.show(held.page("never", failure=Reason("status", "the server answered 500")))["why"]
    held.archive.visits.put(Visit(document_id(url), held.source.id, due=datetime(2999, 2, 1, tzinfo=UTC)))
    assert held.show(url)["next"] == "its page is fetched again after 2999-02-01 00:00 UTC"
    assert held.show(url)["next_look"] == "2999-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("page", "code", "said"),
    [
        ({"failure": Reason("status", "the server answered 410"), "gone_count": 2}, "gone", "410"),
        ({"failure": Reason("robots")}, "robots", "robots.txt"),
        ({"answered": ""}, "no-text", "no text found"),
    ],
)
def test_a_page_without_a_document_says_why(held: Held, page: dict[str, Any], code: str, said: str) -> None:
    url = held.page("empty", document=False, **page)
    if code == "no-text":  # the entry's title alone makes a document: a page that has neither
        known = held.archive.pages.get(document_id(url))
        assert known
        held.archive.pages.put(dataclasses.replace(known, response_id=None, entry=Entry(url=url)))
    shown = held.show(url)
    assert (shown["code"], shown["found"]) == (code, False)
    assert said in shown["why"]
    assert shown["index"].startswith("not in it")
    assert shown["next"]


def test_a_removed_document_says_when_and_why(held: Held) -> None:
    url = held.page("one", gone_count=2)
    held.archive.documents.remove(document_id(url), Reason("gone", "410"))
    catch_up(held.archive, held.engine)
    shown = held.show(url)
    assert (shown["code"], shown["found"]) == ("removed", False)
    assert "410 twice" in shown["why"]
    assert shown["since"] == shown["history"][-1]["at"]
    assert [event["what"] for event in shown["history"]] == ["new", "the server answered 410 twice"]


def test_what_was_forgotten_is_not_fetched(held: Held) -> None:
    url = held.page("one")
    held.archive.forget([document_id(url)], url)
    assert held.show(url)["code"] == "forgotten"


def test_a_page_of_a_source_that_is_no_longer_crawled(held: Held) -> None:
    url = held.page("one", document=False, failure=Reason("status", "the server answered 500"))
    held.archive.sources.remove(held.source.id)
    shown = held.show(url)
    assert (shown["code"], shown["next"]) == ("removed", "")


@pytest.mark.parametrize(
    ("url", "code", "said", "remedy"),
    [
        (f"{SITE}/never", "never-listed", f"source for the same site: {SITE}/rss.xml", "indexer crawl 'The News' --full"),
        (
            "https://elsewhere.example/",
            "never-listed",
            "there is no source for its site",
            "indexer add https://elsewhere.example/",
        ),
        (f"{SITE}/rss.xml", "source", "the address of a source", "indexer doctor 'The News'"),
        ("no address", "never-listed", "no source lists this URL", ""),
        ("", "never-listed", "no source lists this URL", ""),
    ],
)
def test_what_was_never_met(held: Held, url: str, code: str, said: str, remedy: str) -> None:
    held.page("one")
    entry = Entry(title="An item without a link")
    held.archive.documents.put(Document("a" * 16, "", "No link", "Text"), held.source.id, 1)
    held.archive.pages.put(PageRecord("a" * 16, "", held.source.id, entry, entry_hash(entry), document_id="a" * 16))
    shown = held.show(url)
    assert (shown["code"], shown["found"]) == (code, False)
    assert said in shown["why"]
    assert remedy in shown["remedy"]
    assert held.show("a" * 16)["title"] == "No link"


def test_versions_and_a_suspicion_are_shown(held: Held) -> None:
    for number in range(12):
        url = f"{SITE}/{number}"
        for version in range(number % 3 + 1):
            answer = Response(url, url, 200, {}, f"{version}".encode(), NOW + timedelta(days=version))
            held.archive.responses.put(answer)
        held.page(f"{number}", answered="")
    assert len(held.show(f"{SITE}/5")["versions"]) == 4
    document = held.archive.documents.get(document_id(f"{SITE}/5"))
    assert document
    held.archive.documents.put(dataclasses.replace(document, rule="body"), held.source.id, 1)
    suspect = held.show(f"{SITE}/5")["suspect"]
    assert suspect["kind"] == "body"
    assert f"indexer preview {SITE}/5" in suspect["remedy"]
