"""Who owns a document: a table of cases for the pure decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.archive.pages import PageRecord
from indexer.dedup.document_owner import DocumentRemoval, OwnershipChanges, OwnershipFacts, resolve_ownership
from indexer.dedup.near_duplicate import Duplicate, DuplicateEvidence
from indexer.model import Document, Entry
from indexer.reasons import Reason

HERE, OTHER, PRINT = "https://n.example/a", "https://n.example/b", "https://n.example/a?print=1"


def page(id_: str, url: str, reading: str | None = None, document_id: str | None = None, source_id: int = 1) -> PageRecord:
    return PageRecord(id_, url, source_id, Entry(url), "", document_id=document_id, own_document_id=reading, address=url)


def document(id_: str, url: str) -> Document:
    return Document(id_, url, "Title", "Text")


GONE = Reason("gone", "404")
NEW = page("a", HERE, "a")
KNOWN = page("a", HERE, "a", "a")
SILENT = replace(KNOWN, own_document_id=None)
MINE, THEIRS = document("a", HERE), document("b", OTHER)
FROM_TEXT, FROM_GUID = Duplicate(THEIRS, DuplicateEvidence.TEXT), Duplicate(THEIRS, DuplicateEvidence.GUID)
OWNER = page("b", OTHER, "b", "b")
PLAINER, LATER = page("p", PRINT, "p", "p"), page("b", OTHER, "b", "b", source_id=2)
HEIR = page("h", OTHER, "h", "a")

CASES = [
    ("a new page owns its document", OwnershipFacts(NEW, MINE), OwnershipChanges(replace(NEW, document_id="a"))),
    ("a known page keeps its document", OwnershipFacts(KNOWN, MINE), OwnershipChanges(KNOWN)),
    (
        "a duplicate joins the document of the page that was there first",
        OwnershipFacts(NEW, MINE, duplicate=FROM_TEXT, duplicate_owner=OWNER),
        OwnershipChanges(replace(NEW, document_id="b")),
    ),
    (
        "the page of an earlier source takes the document over",
        OwnershipFacts(NEW, MINE, duplicate=FROM_TEXT, duplicate_owner=LATER),
        OwnershipChanges(
            replace(NEW, document_id="a"), takeover=DocumentRemoval("b", Reason("moved", url=HERE), "a", moves_pages=True)
        ),
    ),
    (
        "a plainer address takes the document of a print version over",
        OwnershipFacts(NEW, MINE, duplicate=Duplicate(document("p", PRINT), DuplicateEvidence.URL_FORM), duplicate_owner=PLAINER),
        OwnershipChanges(
            replace(NEW, document_id="a"), takeover=DocumentRemoval("p", Reason("moved", url=HERE), "a", moves_pages=True)
        ),
    ),
    (
        "where the feed states that an item is now, a new page takes it over",
        OwnershipFacts(NEW, MINE, duplicate=FROM_GUID, duplicate_owner=OWNER, is_stored=False),
        OwnershipChanges(
            replace(NEW, document_id="a"), takeover=DocumentRemoval("b", Reason("moved", url=HERE), "a", moves_pages=True)
        ),
    ),
    (
        "but a page that was known before does not",
        OwnershipFacts(NEW, MINE, duplicate=FROM_GUID, duplicate_owner=OWNER, is_stored=True),
        OwnershipChanges(replace(NEW, document_id="b")),
    ),
    (
        "a page that is gone takes its document along",
        OwnershipFacts(SILENT, None, GONE),
        OwnershipChanges(SILENT, departure=DocumentRemoval("a", GONE, counts_as="removed")),
    ),
    ("a page that never gave anything removes nothing", OwnershipFacts(replace(NEW, own_document_id=None), None, GONE),
     OwnershipChanges(replace(NEW, own_document_id=None))),
    (
        "a page that is gone leaves its text to the next one",
        OwnershipFacts(SILENT, None, GONE, left_behind=[HEIR]),
        OwnershipChanges(
            SILENT,
            departure=DocumentRemoval("a", Reason("replaced", url=OTHER, cause=GONE), "h", moves_pages=True,
                      detached=(replace(HEIR, document_id=None),), counts_as=""),
            reassign=("h",),
        ),
    ),
    (
        "a page that is gone leaves the document to a page that owns it too",
        OwnershipFacts(SILENT, None, GONE, left_behind=[replace(HEIR, own_document_id="a")]),
        OwnershipChanges(SILENT, renamed_id="a", reassign=("h",)),
    ),
    (
        "a page that moved leaves a tombstone with its history",
        OwnershipFacts(page("a", HERE, "b", "a"), THEIRS),
        OwnershipChanges(page("a", HERE, "b", "b"), departure=DocumentRemoval("a", Reason("moved", url=OTHER), "b")),
    ),
    (
        "a page that became a duplicate leaves a tombstone, and its other pages are assigned again",
        OwnershipFacts(KNOWN, MINE, duplicate=FROM_TEXT, duplicate_owner=OWNER, left_behind=[HEIR]),
        OwnershipChanges(
            replace(KNOWN, document_id="b"),
            departure=DocumentRemoval("a", Reason("duplicate", url=OTHER), "b", detached=(replace(HEIR, document_id=None),)),
            reassign=("h",),
        ),
    ),
    (
        "what was taken over leaves nobody behind",
        OwnershipFacts(page("a", HERE, "a", "b"), MINE, duplicate=FROM_TEXT, duplicate_owner=LATER, left_behind=[LATER]),
        OwnershipChanges(
            KNOWN,
            takeover=DocumentRemoval("b", Reason("moved", url=HERE), "a", moves_pages=True),
            departure=DocumentRemoval("b", Reason("duplicate", url=OTHER), "a"),
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "changes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_ownership(facts: OwnershipFacts, changes: OwnershipChanges) -> None:
    assert resolve_ownership(facts) == changes
