"""Decide why a URL is found or not found.

look_up       the page and the document that a URL stands for
gather_facts  everything in the archive that concerns it
decide        the one reason that counts (pure)
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from indexer.archive import serialization as codec
from indexer.archive.statistics import ArchiveStatistics
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.archive.visits import Removal, Visit
from indexer.crawl.extraction_processes.single_page import extract_apart
from indexer.reasons import GONE_SOFT_ERRORS, Reason
from indexer.urls import document_id, resolve, same_site

Code = Literal[
    "found",
    "not-indexed-yet",
    "asking",
    "duplicate",
    "moved",
    "waiting",
    "never-listed",
    "forgotten",
    "robots",
    "gone",
    "noindex",
    "failed",
    "no-text",
    "removed",
    "source",
]


@dataclass(frozen=True, slots=True)
class UrlReason:
    """Why a URL is (not) found. `is_found`: whether a search can find it, at this address or (duplicate, moved) at `other`."""

    code: Code
    is_found: bool = False
    reason: Reason | None = None  # what happened to its page or document
    since: datetime | None = None
    next_look: datetime | None = None  # when the page will be fetched again; None: not any more, or never
    other: str | None = None  # the address that it is found at instead
    document_url: str | None = None  # of the document that its page gives
    source_url: str | None = None  # of a source of the same site, for a URL that no source lists


@dataclass(frozen=True, slots=True)
class UrlMatch:
    """What a URL stands for in the archive. `alias`: a sentence if it is known under another URL."""

    typed: str
    address: str | None  # the normalised URL; None for the id of a document
    id: str  # of the document, or of the page if it has no document
    page: PageRecord | None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class UrlFacts:
    """What the archive contains about one URL."""

    address: str
    forgotten: bool = False
    page: PageRecord | None = None
    visit: Visit | None = None
    removal: Removal | None = None
    source: SourceState | None = None
    document_url: str | None = None  # of the page's document, if there is one
    first_page: PageRecord | None = None  # the owner of the document, if it is another page
    tombstone: tuple[datetime | None, Reason] | None = None  # when and why the document was removed
    no_document: Reason | None = None  # why the stored response gives no document
    indexed: bool = True  # whether the index has the document
    same_site_sources: tuple[str, ...] = ()


def look_up(archive: Archive, url: str) -> UrlMatch:
    """Find the page and the document of a URL or of a document's id.

    A URL is looked up as it is, as another spelling of the same page, as the target of a page's redirects, and with or without
    "www.".
    """
    address = resolve(url)
    alias = None
    # "" is the address of all items without a page.
    key = next((id_ for each in (url, address) if each and (id_ := archive.documents.find(each))), None)
    if key is None and address is None:
        key = url
    elif key is None:
        key, alias = _other_spelling(archive, str(address))
    page = archive.pages.get(document_id(address)) if address and alias is None else None
    page = page or archive.pages.get(key)
    if page is None and (owners := archive.pages.of_document(key)):
        page = archive.pages.get(owners[0])
    if page is not None and page.document_id:
        key = page.document_id
    return UrlMatch(url, address, key, page, alias)


def _other_spelling(archive: Archive, address: str) -> tuple[str, str | None]:
    """Return the id under which an address is known, and how it is known; its own id if it is not known otherwise."""
    key = document_id(address)
    if archive.pages.get(key) or archive.documents.history(key) or archive.documents.is_forgotten(key):
        return key, None
    with closing(ArchiveStatistics(archive.location)) as statistics:
        listed = statistics.answered_by(address)
    if listed:
        return document_id(listed), f"{address} is where {listed} led"
    other = address.replace("://www.", "://", 1) if "://www." in address else address.replace("://", "://www.", 1)
    if archive.pages.get(document_id(other)) or archive.documents.get(document_id(other)):
        return document_id(other), f"it is known as {other}"
    return key, None


def gather_facts(archive: Archive, match: UrlMatch, *, indexed: bool) -> UrlFacts:
    """Return what the archive has about a URL. `indexed`: whether the index has its document."""
    page, key, address = match.page, match.id, match.address
    states = archive.sources.all(removed=True)
    source = next((state for state in states if page is not None and state.id == page.source_id), None)
    document = archive.documents.get(key)
    owners = archive.pages.of_document(key) if document else []
    first = archive.pages.get(owners[0]) if page is not None and page.id in owners[1:] else None
    history = archive.documents.history(key)
    no_document: Reason | None = None
    if document is None and page is not None and page.response_id is not None and source is not None:
        no_document = extract_apart(page.entry, page.url, source.source, archive.responses.get(page.response_id)).why_not
    same_site_sources = (
        state.source.url for state in states if state.state != "removed" and same_site(state.source.url, match.typed)
    )
    return UrlFacts(
        address or match.typed,
        forgotten=archive.documents.is_forgotten(key) or bool(address and archive.documents.is_forgotten(document_id(address))),
        page=page,
        visit=archive.visits.get(page.id) if page else None,
        removal=archive.removals.get(page.id) if page else None,
        source=source,
        document_url=document.url if document else None,
        first_page=first,
        tombstone=(codec.time_value(history[-1][0]), history[-1][1]) if history and document is None else None,
        no_document=no_document,
        indexed=indexed,
        same_site_sources=tuple(same_site_sources),
    )


def decide(facts: UrlFacts) -> UrlReason:
    """Return the reason, from the most final to the most hopeful."""
    if facts.forgotten:
        return UrlReason("forgotten")
    if facts.document_url is not None:
        return _present(facts)
    next_look = facts.visit.due if facts.visit else None
    page, visit = facts.page, facts.visit
    if visit is not None and visit.withdrawn:
        since = facts.tombstone[0] if facts.tombstone else visit.looked_at
        return UrlReason(_code(visit.withdrawn, page), reason=visit.withdrawn, since=since, next_look=next_look)
    if facts.tombstone is not None:
        at, reason = facts.tombstone
        if reason.code == "moved":
            return UrlReason("moved", True, since=at, other=reason.url)
        return UrlReason("removed", reason=reason, since=at, next_look=next_look)
    if page is None:
        return UrlReason("never-listed", source_url=next(iter(facts.same_site_sources), None))
    return _no_document(facts, page, visit)


def _present(facts: UrlFacts) -> UrlReason:
    page, visit = facts.page, facts.visit
    due = visit.due if visit else None
    if facts.removal is not None:
        return UrlReason("asking", True, facts.removal.why, since=facts.removal.decided_at, next_look=due)
    if facts.first_page is not None:
        other = facts.first_page.url or facts.document_url
        return UrlReason("duplicate", True, next_look=due, other=other, document_url=facts.document_url)
    if not facts.indexed:
        return UrlReason("not-indexed-yet", next_look=due)
    doubt = None
    if page is not None and page.failure is not None:
        doubt = replace(page.failure, url="") if page.failure.url == page.url else page.failure
    if facts.document_url and page is not None and page.url and document_id(page.url) != document_id(facts.document_url):
        return UrlReason("found", True, doubt, next_look=due, other=facts.document_url)
    return UrlReason("found", True, doubt, next_look=due)


def _no_document(facts: UrlFacts, page: PageRecord, visit: Visit | None) -> UrlReason:
    next_look = visit.due if visit else None
    if facts.source is not None and facts.source.state == "removed":
        return UrlReason("removed", reason=Reason("source-stopped", url=facts.source.source.url))
    if page.fetched_at is None:
        state = facts.source
        error = state.last_error if state else None
        return UrlReason("waiting", reason=error, next_look=state.next_crawl if state else None)
    if page.failure:
        since = (visit.refused_since or visit.gone_since or visit.suspect_since) if visit else None
        code = _code(page.failure, page)
        return UrlReason(code, reason=page.failure, since=since or page.fetched_at, next_look=next_look)
    reason = facts.no_document or Reason("no-text")
    return UrlReason(_code(reason, page, "no-text"), reason=reason, since=page.fetched_at, next_look=next_look)


def _code(reason: Reason, page: PageRecord | None, otherwise: Code = "failed") -> Code:
    if reason.is_noindex:
        return "noindex"
    if reason.code in ("robots", "robots-unreachable"):
        return "robots"
    if page is not None and (page.gone_count > 0 or page.failed_status in (404, 410)):
        return "gone"
    return "gone" if reason.code == "gone" or reason.code in GONE_SOFT_ERRORS else otherwise
