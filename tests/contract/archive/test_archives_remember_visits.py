"""What is remembered of visits comes back, goes with its page, and is made for archives of before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from indexer.archive.database import Location
from indexer.archive.store import Archive, PageRecord, entry_hash
from indexer.archive.visits import ChangeHistory, ListingHistory, Removal, Visit, VisitUpdate
from indexer.model import Entry, Source
from indexer.reasons import Reason

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def archive(location: Location) -> Iterator[Archive]:
    archive = Archive(location)
    archive.sources.add(Source("https://example.org/rss.xml"))
    yield archive
    archive.close()


def put(archive: Archive, name: str, **visit: object) -> Visit:
    entry = Entry(f"https://example.org/{name}")
    archive.pages.put(PageRecord(name, entry.url or "", 1, entry, entry_hash(entry), document_id=f"d{name}"))
    found = Visit(name, 1, **visit)
    archive.visits.put(found)
    return found


def test_a_visit_comes_back_whole(archive: Archive) -> None:
    filled = {
        field.name: NOW + timedelta(days=n) if "datetime" in str(field.type) else n if "int" in str(field.type) else f"t{n}"
        for n, field in enumerate(dataclasses.fields(Visit))
        if field.name not in ("page_id", "source_id", "evidence", "withdrawn")
    }
    filled["withdrawn"] = Reason("robots", "d", "https://example.org/a", "2026-03-01", Reason("gone", "404"))
    visit = put(archive, "a", evidence=ChangeHistory(3.5, 1.25, 10.0), **filled)
    assert archive.visits.get("a") == visit
    assert None not in dataclasses.astuple(visit)
    rhythm = ListingHistory(1, ChangeHistory(2, 1, 0.5), NOW, "hash")
    archive.listings.put(rhythm)
    assert archive.listings.get(1) == rhythm


def test_nothing_is_remembered_of_a_page_that_is_not_there(archive: Archive) -> None:
    archive.visits.remember(VisitUpdate(Visit("gone", 1), Removal("gone", 1, Reason("robots"), NOW)))
    assert archive.visits.get("gone") is None
    assert archive.removals.of_source(1) == []
    put(archive, "a")
    archive.forget(["a"], "https://example.org/a")
    assert archive.visits.get("a") is None


def test_due_are_the_never_visited_first_and_then_the_longest_due(archive: Archive) -> None:
    for name, hours in (("a", -1), ("b", -3), ("c", 1)):
        put(archive, name, due=NOW + timedelta(hours=hours))
    entry = Entry("https://example.org/d")
    archive.pages.put(PageRecord("d", entry.url or "", 1, entry, ""))
    archive.pages.put(PageRecord("e", "", 1, Entry(title="without an address"), ""))
    assert [page.id for page in archive.visits.due(1, NOW)] == ["d", "b", "a"]
    assert [page.id for page in archive.visits.due(1, NOW, 2)] == ["d", "b"]
    assert archive.visits.due(1, NOW, asked_before=True) == []


def test_who_left_the_listing_and_who_is_back(archive: Archive) -> None:
    visits = archive.visits
    for name in "abc":
        put(archive, name)
    visits.note_listing(1, ["a"], NOW)
    visits.note_listing(1, ["a", "b"], NOW + timedelta(days=1))
    found = [visits.get(name) for name in "abc"]
    assert [visit and visit.left_at for visit in found] == [None, None, NOW]


def test_pages_with_the_very_text(archive: Archive) -> None:
    visits, asked = archive.visits, put(archive, "a", text_hash="x")
    put(archive, "b", text_hash="x")
    put(archive, "c", suspect="x")
    put(archive, "d", text_hash="other")
    assert visits.with_text(asked, "x", "da") == {"b": True, "c": False}
    assert visits.with_text(asked, "x", "db") == {"c": False}  # it gives the same document


def test_a_decision_stands_until_it_is_carried_out_or_void(archive: Archive) -> None:
    visits, a, b = archive.visits, put(archive, "a"), put(archive, "b")
    for days in (0, 1):
        visits.remember(VisitUpdate(a, Removal("a", 1, Reason("gone", f"{days}"), NOW + timedelta(days=days))))
    assert archive.removals.of_source(1) == [Removal("a", 1, Reason("gone", "1"), NOW)]  # since the first day
    visits.remember(VisitUpdate(b, Removal("b", 1, Reason("robots"), NOW)))
    visits.remember(VisitUpdate(b))
    assert archive.removals.get("b") is None
    visits.remember(VisitUpdate(a, removed_at=NOW))
    assert (archive.removals.of_source(1), archive.removals.count_done_since(1, NOW - timedelta(days=1))) == ([], 1)
    archive.removals.decide(Removal("a", 1, Reason("noindex"), NOW + timedelta(days=9)))
    assert archive.removals.of_source(1) == [Removal("a", 1, Reason("noindex"), NOW + timedelta(days=9))]
    visits.remember(VisitUpdate(a, removed_at=NOW, accepted=True))
    assert archive.removals.count_done_since(1, NOW - timedelta(days=1)) == 0


def test_several_pages_are_looked_up_at_once(archive: Archive) -> None:
    visits = {name: put(archive, name, text_hash=f"hash of {name}") for name in "abc"}
    archive.forget(["b"], "https://example.org/b")
    wanted = ["a", "b", "c", "never listed"]
    assert archive.visits.get_many(wanted) == {name: visits[name] for name in "ac"}
    assert archive.pages.get_many(wanted) == {name: archive.pages.get(name) for name in "ac"}
    assert archive.documents.forgotten_among(wanted) == {"b"}
