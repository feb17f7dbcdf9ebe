"""A data folder that an earlier version wrote is migrated: reasons become codes, and nothing else changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.archive.store import Archive
from indexer.diagnostics.url_diagnosis import decide, gather_facts, look_up
from indexer.reasons import Reason

DUMP = (Path(__file__).parent / "data" / "archive_of_version_23.sql").read_text("utf-8")
SITE = "https://news.example"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with sqlite3.connect(tmp_path / "archive.db") as before:
        before.executescript(DUMP)
    before.close()
    made = Archive(tmp_path / "archive.db", create=False)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("path", "code", "history", "failure"),
    [
        ("/ant", "gone", ["new", "gone"], Reason("gone", "404", f"{SITE}/ant", "2026-01-02")),
        ("/bee", "not-indexed-yet", ["new"], Reason("error-page", "Page not found", f"{SITE}/bee")),
        ("/cow", "removed", ["new", "noindex"], None),
        ("/dog", "not-indexed-yet", ["new", "changed"], None),
        ("/eel", "not-indexed-yet", ["new"], Reason("login", url=f"{SITE}/eel")),
        ("/fox", "robots", ["new", "robots"], Reason("robots", url=f"{SITE}/fox", since="2026-01-02")),
        ("/guide-to-robots.txt", "not-indexed-yet", ["new"],
         Reason("status", "the server answered 500", f"{SITE}/guide-to-robots.txt")),
        ("/mill", "not-indexed-yet", ["canonical-other-site"], None),
    ],
)  # fmt: skip
def test_reasons_are_codes(archive: Archive, path: str, code: str, history: list[str], failure: Reason | None) -> None:
    known = gather_facts(archive, look_up(archive, f"{SITE}{path}"), indexed=False)
    assert decide(known).code == code
    assert known.page is not None
    assert [each.code for _, each in archive.documents.history(known.page.document_id or "")] == history
    assert known.page.failure == failure


def test_a_question_keeps_its_numbers_and_its_first_page(archive: Archive) -> None:
    (state,) = archive.sources.all()
    first = Reason("gone", "404", f"{SITE}/ant", "2026-01-02")
    assert state.last_error == Reason("asking", "2/9", f"{SITE}/ant", cause=first)


def test_remarks_withdrawals_and_tombstones_are_codes(archive: Archive) -> None:
    by_url = {page.url.removeprefix(SITE): page for page in archive.pages.all()}
    assert by_url["/mill"].canonical_note == Reason("canonical-other-site", url="https://elsewhere.example/mill")
    withdrawn = {path: visit.withdrawn for path, page in by_url.items() if (visit := archive.visits.get(page.id))}
    assert {path: reason.code for path, reason in withdrawn.items() if reason} == {"/ant": "gone", "/fox": "robots"}


def test_documents_and_entries_have_checksums_and_are_intact(archive: Archive) -> None:
    assert archive.integrity_problems() == []
    assert archive.counts() == {"documents": 7, "sources": 1, "pages": 10}
    assert all(document.text for document in archive.documents.all())
