"""Decide which page owns a document when a page gives something else than before. Pure.

    resolve_ownership(facts) -> OwnershipChanges: the page's document, documents that go, pages that must be assigned again

The owner is the page with the plainest address (no AMP, print or mobile version, https), then that of the source that was
added first, then the one that was known first. So the order in which pages are fetched hardly matters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.archive.pages import PageRecord
from indexer.dedup.duplicate_finder import Duplicate
from indexer.dedup.near_duplicate import DuplicateEvidence
from indexer.extract.extractor import NO_TEXT
from indexer.model import Document
from indexer.reasons import Reason
from indexer.urls import plainness


@dataclass(frozen=True, slots=True)
class OwnershipFacts:
    """What the archive holds around a page before the page is stored.

    `page` has `reading` and `address` of what it gives now (None: nothing), and the `document_id` that it gave before.
    """

    page: PageRecord
    document: Document | None  # what it gives now, at its trusted address
    why_none: Reason = NO_TEXT
    duplicate: Duplicate | None = None  # the document of another page that is the same
    duplicate_owner: PageRecord | None = None
    is_stored: bool = True  # whether the archive knew the page before
    left_behind: Sequence[PageRecord] = ()  # other pages that give the document that this one gave before, owner first


@dataclass(frozen=True, slots=True)
class Step:
    """A document that ceases to be, because another one takes its place or no page gives it any more."""

    document_id: str
    why: Reason
    successor: str | None = None  # the document that inherits its history
    moves_pages: bool = False  # whether its pages give the successor from now on
    detached: tuple[PageRecord, ...] = ()  # pages that give no document until they are assigned again
    counts_as: str = "changed"  # changed, removed, or "" for neither


@dataclass(frozen=True, slots=True)
class OwnershipChanges:
    """What is written, in this order: `taken_over`, `page`, its document, `left`, `renamed`."""

    page: PageRecord
    taken_over: Step | None = None
    left: Step | None = None
    renamed: str | None = None  # a document whose list of other addresses changes
    reassign: tuple[str, ...] = ()  # ids of pages whose place depends on this change


def resolve_ownership(facts: OwnershipFacts) -> OwnershipChanges:
    """Return what follows from what a page gives now."""
    page, document, duplicate, before = facts.page, facts.document, facts.duplicate, facts.page.document_id
    if document is None:
        return _leave(facts, OwnershipChanges(page), before, facts.why_none)
    if duplicate is None:
        changes = OwnershipChanges(dataclasses.replace(page, document_id=document.id))
    elif _comes_first(facts, duplicate):
        step = Step(duplicate.document.id, Reason("moved", url=document.url), document.id, moves_pages=True)
        changes = OwnershipChanges(dataclasses.replace(page, document_id=document.id), step)
    else:
        changes = OwnershipChanges(dataclasses.replace(page, document_id=duplicate.document.id))
    if before in (None, changes.page.document_id):
        return changes
    why = Reason("duplicate", url=duplicate.document.url) if duplicate else Reason("moved", url=document.url or document.id)
    return _leave(facts, changes, before, why)


def _comes_first(facts: OwnershipFacts, duplicate: Duplicate) -> bool:
    """Report whether a page comes before the owner of its duplicate."""
    owner = facts.duplicate_owner
    if owner is None:
        return False
    mine, theirs = rank(facts.page), rank(owner)
    if mine != theirs:
        return mine < theirs
    return duplicate.because is DuplicateEvidence.GUID and not facts.is_stored  # the feed states that the item is here now


def _leave(facts: OwnershipFacts, changes: OwnershipChanges, before: str | None, why: Reason) -> OwnershipChanges:
    """Return the changes when the page no longer gives the document `before`: another page does, or it is removed."""
    if before is None:
        return changes
    page, taken_over = changes.page, changes.taken_over
    was_taken_over = taken_over is not None and taken_over.document_id == before  # its other pages went along
    pages = () if was_taken_over else facts.left_behind
    if any(each.own_document_id == before for each in pages):
        return dataclasses.replace(changes, renamed=before, reassign=tuple(each.id for each in pages))
    heirs = sorted(pages, key=rank)
    successor = page.document_id if facts.document is not None else None
    gives_nothing = facts.document is None
    if gives_nothing and heirs:
        why = Reason("replaced", url=heirs[0].address or "", cause=why)
        successor = heirs[0].own_document_id
    left = Step(
        before,
        why,
        successor,
        moves_pages=gives_nothing and successor is not None,  # the page keeps naming what it gave last, for `indexer show`
        detached=tuple(dataclasses.replace(heir, document_id=None) for heir in heirs),
        counts_as=("" if heirs else "removed") if gives_nothing else "changed",
    )
    return dataclasses.replace(changes, left=left, reassign=tuple(heir.id for heir in heirs))


def rank(page: PageRecord) -> tuple[int, int]:
    """Return the order of owners: the plainest address first, then the source that was added first."""
    return plainness(page.address or ""), page.source_id
