"""Decide which page owns a document when a page gives something else than before, and at which address it is. Pure.

    trust(claim) -> Trust: the document at the address that the page names, or at its own
    resolve_ownership(facts) -> OwnershipChanges: the page's document, documents that go, pages that must be assigned again

The owner is the page with the plainest address: no AMP, print or mobile version, and https. Of equally plain ones it is the
page of the source that was added first, then the page that was known first. So the order in which pages are fetched hardly
matters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from indexer.archive.pages import PageRecord
from indexer.dedup.near_duplicate import Duplicate, DuplicateEvidence, ShingledDocument, are_one_document
from indexer.extract.extractor import NO_TEXT, ExtractionResult, extract_document
from indexer.model import Document, Source
from indexer.reasons import Reason
from indexer.urls import document_id, plainness


@dataclass(frozen=True, slots=True)
class OwnershipFacts:
    """What the archive holds around a page before the page is stored.

    `page` has `own_document_id` and `address` of what it gives now (None: nothing), and the `document_id` that it gave before.
    """

    page: PageRecord
    document: Document | None  # what it gives now, at its trusted address
    why_none: Reason = NO_TEXT
    duplicate: Duplicate | None = None  # the document of another page that is the same
    duplicate_owner: PageRecord | None = None
    is_stored: bool = True  # whether the archive knew the page before
    left_behind: Sequence[PageRecord] = ()  # other pages that give the document that this one gave before, owner first


@dataclass(frozen=True, slots=True)
class DocumentRemoval:
    """A document that is removed, because another one takes its place or no page gives it any more."""

    document_id: str
    why: Reason
    successor: str | None = None  # the document that inherits its history
    moves_pages: bool = False  # whether its pages give the successor from now on
    detached: tuple[PageRecord, ...] = ()  # pages that give no document until they are assigned again
    counts_as: str = "changed"  # changed, removed, or "" for neither


@dataclass(frozen=True, slots=True)
class OwnershipChanges:
    """What is written, in this order: `takeover`, `page`, its document, `departure`, `renamed_id`."""

    page: PageRecord
    takeover: DocumentRemoval | None = None
    departure: DocumentRemoval | None = None
    renamed_id: str | None = None  # a document whose list of other addresses changes
    reassign: tuple[str, ...] = ()  # ids of pages whose place depends on this change


def resolve_ownership(facts: OwnershipFacts) -> OwnershipChanges:
    """Return the changes that follow from the document that a page gives now."""
    page, document, duplicate, before = facts.page, facts.document, facts.duplicate, facts.page.document_id
    if document is None:
        return _leave(facts, OwnershipChanges(page), before, facts.why_none)
    if duplicate is None:
        changes = OwnershipChanges(dataclasses.replace(page, document_id=document.id))
    elif _comes_first(facts, duplicate):
        removal = DocumentRemoval(duplicate.document.id, Reason("moved", url=document.url), document.id, moves_pages=True)
        changes = OwnershipChanges(dataclasses.replace(page, document_id=document.id), removal)
    else:
        changes = OwnershipChanges(dataclasses.replace(page, document_id=duplicate.document.id))
    if before in (None, changes.page.document_id):
        return changes
    why = Reason("duplicate", url=duplicate.document.url) if duplicate else Reason("moved", url=document.url or document.id)
    return _leave(facts, changes, before, why)


def _comes_first(facts: OwnershipFacts, duplicate: Duplicate) -> bool:
    """Return whether a page comes before the owner of its duplicate."""
    owner = facts.duplicate_owner
    if owner is None:
        return False
    mine, theirs = rank(facts.page), rank(owner)
    if mine != theirs:
        return mine < theirs
    return duplicate.because is DuplicateEvidence.GUID and not facts.is_stored  # the feed states that the item is here now


def _leave(facts: OwnershipFacts, changes: OwnershipChanges, before: str | None, why: Reason) -> OwnershipChanges:
    """Return the changes when the page no longer gives the document `before`.

    If other pages give that document, it stays when it was made at the address of one of them; otherwise it ends, and these pages
    are assigned again, the first of them as its heir. If no other page gives it, it is removed, or moves along with the page.
    """
    if before is None:
        return changes
    page, takeover = changes.page, changes.takeover
    is_taken_over = takeover is not None and takeover.document_id == before  # its other pages move to the new document
    others = () if is_taken_over else facts.left_behind
    if any(other.own_document_id == before for other in others):
        return dataclasses.replace(changes, renamed_id=before, reassign=tuple(other.id for other in others))
    heirs = sorted(others, key=rank)
    detached, reassign = tuple(dataclasses.replace(heir, document_id=None) for heir in heirs), tuple(heir.id for heir in heirs)
    if facts.document is not None:
        removal = DocumentRemoval(before, why, page.document_id, detached=detached)
    elif heirs:
        why = Reason("replaced", url=heirs[0].address or "", cause=why)
        successor = heirs[0].own_document_id
        # The page keeps naming what it gave last, for `indexer show`.
        removal = DocumentRemoval(before, why, successor, moves_pages=successor is not None, detached=detached, counts_as="")
    else:
        removal = DocumentRemoval(before, why, counts_as="removed")
    return dataclasses.replace(changes, departure=removal, reassign=reassign)


def rank(page: PageRecord) -> tuple[int, int]:
    """Return the order of owners: the plainest address first, then the source that was added first."""
    return plainness(page.address or ""), page.source_id


# -- trusted addresses -------------------------------------------------------------------------------------------------
# Decide which address a page's document gets: the one that it names, or the page's own. Pure.
#
# | the page names | trusted unless |
# |---|---|
# | nothing, or its own address | - |
# | where its permanent redirect led | pages of different items lead there: it is an error page |
# | a canonical address | another item with another text is at that address, or pages of other texts name it too |
#
# An address that is disputed once is never trusted again, whichever page names it.

MIN_TITLE_SIMILARITY = 0.8  # share of common letters of a title that was only corrected


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What the archive holds about the address that a page names as its own, and about the page's own address."""

    page: PageRecord
    result: ExtractionResult  # its document is at the address that the page names
    source: Source
    dispute: Reason | None = None  # why no page is trusted that names the address
    claimants: Sequence[PageRecord] = ()  # other pages whose own extraction yields this document
    claimed_document: Document | None = None  # the document at the address now
    item: PageRecord | None = None  # the item whose own page is at the address
    item_document: Document | None = None  # the document of that item
    own_claimants: Sequence[PageRecord] = ()  # other pages that name the page's own address
    own_document: Document | None = None  # the document at the page's own address


@dataclass(frozen=True, slots=True)
class Trust:
    """The document at the address that is trusted, and what follows for other pages."""

    document: Document | None
    canonical_note: Reason | None = None  # why the document is not at the address that the page names
    disputes: tuple[tuple[str, str, Reason], ...] = ()  # (document id, URL, why): no page is trusted any more that names it
    reassign: tuple[str, ...] = ()  # ids of pages whose own claim is no longer trusted


def needs_no_trust(page: PageRecord, result: ExtractionResult) -> bool:
    """Return whether a page names no other address than its own, or has none."""
    return result.document is None or result.document.id == page.id or not page.url


def trust(facts: ClaimFacts) -> Trust:
    """Return the document at the address that is trusted."""
    page, result, document = facts.page, facts.result, facts.result.document
    if document is None or needs_no_trust(page, result):
        return Trust(dataclasses.replace(document, id=page.id) if document and not page.url else document, result.canonical_note)
    if facts.dispute is not None:
        return Trust(_at_its_own_address(facts), facts.dispute)
    others = [each for each in facts.claimants if each.id != document.id]
    if document_id(result.own_url) == document.id:  # a permanent redirect
        if not any(are_different_items(page, each) for each in others):
            return Trust(document, result.canonical_note)
        why = Reason("redirect-disputed", url=document.url)
        return Trust(_at_its_own_address(facts), why, ((document.id, document.url, why),), _ids(others))
    disputes, reassign = _refuted(facts, document)
    if facts.item is not None and facts.item_document is not None and not _same(document, facts.item_document):
        why = Reason("canonical-other-item", url=document.url)
        return Trust(_at_its_own_address(facts), why, (*disputes, (document.id, document.url, why)), reassign)
    if not facts.claimants or facts.claimed_document is None or _same(document, facts.claimed_document):
        return Trust(document, result.canonical_note, disputes, reassign)
    why = Reason("canonical-disputed", url=document.url)
    if any(each.id == document.id for each in facts.claimants):  # that page is at its own address
        return Trust(_at_its_own_address(facts), why, disputes, reassign)
    return Trust(_at_its_own_address(facts), why, (*disputes, (document.id, document.url, why)), (*reassign, *_ids(others)))


def _refuted(facts: ClaimFacts, document: Document) -> tuple[tuple[tuple[str, str, Reason], ...], tuple[str, ...]]:
    """Withdraw the trust in pages of other texts that name this page's address, now that its own text is known."""
    own = facts.own_document
    if not facts.own_claimants or own is None or facts.page.response_id is None or _same(document, own):
        return (), ()
    return ((facts.page.id, own.url, Reason("canonical-other-item", url=own.url)),), _ids(facts.own_claimants)


def _at_its_own_address(facts: ClaimFacts) -> Document | None:
    page, result, document = facts.page, facts.result, facts.result.document
    assert document is not None  # `trust` has checked it
    own_id = document_id(result.own_url)
    if own_id == document.id:  # after a redirect: what answered is not the item's page
        return extract_document(page.entry, page.url, facts.source, None).document
    return dataclasses.replace(document, id=page.id if own_id == page.id else own_id, url=result.own_url)


def are_different_items(a: PageRecord, b: PageRecord) -> bool:
    """Return whether two pages that lead to one address were listed as different items: then it is an error page."""
    one, other = a.entry, b.entry
    if not one.title or not other.title or (one.guid and one.guid == other.guid):
        return False
    return SequenceMatcher(None, one.title, other.title).ratio() < MIN_TITLE_SIMILARITY


def _same(document: Document, other: Document) -> bool:
    return are_one_document(ShingledDocument(document), ShingledDocument(other), DuplicateEvidence.NAMED)


def _ids(pages: Sequence[PageRecord]) -> tuple[str, ...]:
    return tuple(each.id for each in pages)
