"""Why an address is, or is not, found: the one reason that counts, as data. `known_of` reads it up, `why` decides (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from indexer.archive import serialization as codec
from indexer.archive.removals import Removal
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.archive.visits import Visit
from indexer.extract.extractor import extract_document
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
class Known:
    """Everything that bears on one address."""

    address: str
    forgotten: bool = False
    page: PageRecord | None = None
    visit: Visit | None = None
    removal: Removal | None = None
    source: SourceState | None = None
    document_url: str | None = None  # of the document that the page gives, when there is one
    first_page: PageRecord | None = None  # whose the document is, when it is another page's
    tombstone: tuple[datetime | None, Reason] | None = None  # when and why its document was removed
    not_understood: Reason | None = None  # why the stored answer gives no document
    indexed: bool = True  # whether the index holds the document
    neighbours: tuple[str, ...] = ()  # sources of the same site


def known_of(archive: Archive, url: str, *, indexed: bool) -> Known:
    """What the archive knows of an address or of a document's id. `indexed`: whether the index holds it."""
    address = resolve(url)
    asked = [one for one in (url, address) if one]  # "" is the address of every item without one
    key = next(filter(None, map(archive.documents.find, asked)), None) or (document_id(address) if address else url)
    page = archive.pages.get(document_id(address)) if address else None
    page = page or archive.pages.get(key) or _giver(archive, key)
    if page is not None and page.document_id:
        key = page.document_id
    states = archive.sources.all(removed=True)
    source = next((state for state in states if page is not None and state.id == page.source_id), None)
    document = archive.documents.get(key)
    givers = archive.pages.of_document(key) if document else []
    first = archive.pages.get(givers[0]) if page is not None and page.id in givers[1:] else None
    history = archive.documents.history(key)
    not_understood: Reason | None = None
    if document is None and page is not None and page.response_id is not None and source is not None:
        not_understood = extract_document(page.entry, page.url, source.source, archive.responses.get(page.response_id)).why_not
    return Known(
        address or url,
        forgotten=archive.is_forgotten(key) or bool(address and archive.is_forgotten(document_id(address))),
        page=page,
        visit=archive.visits.get(page.id) if page else None,
        removal=archive.removals.get(page.id) if page else None,
        source=source,
        document_url=document.url if document else None,
        first_page=first,
        tombstone=(codec.time_value(history[-1][0]), history[-1][1]) if history and document is None else None,
        not_understood=not_understood,
        indexed=indexed,
        neighbours=tuple(state.source.url for state in states if state.state != "removed" and same_site(state.source.url, url)),
    )


def _giver(archive: Archive, key: str) -> PageRecord | None:
    givers = archive.pages.of_document(key)
    return archive.pages.get(givers[0]) if givers else None


def why(known: Known) -> UrlReason:
    """Return the reason, from the most final to the most hopeful."""
    if known.forgotten:
        return UrlReason("forgotten")
    if known.document_url is not None:
        return _present(known)
    next_look = known.visit.due if known.visit else None
    page, visit = known.page, known.visit
    if visit is not None and visit.withdrawn:
        since = known.tombstone[0] if known.tombstone else visit.looked_at
        return UrlReason(_code(visit.withdrawn, page), reason=visit.withdrawn, since=since, next_look=next_look)
    if known.tombstone is not None:
        at, reason = known.tombstone
        if reason.code == "moved":
            return UrlReason("moved", True, since=at, other=reason.url)
        return UrlReason("removed", reason=reason, since=at, next_look=next_look)
    if page is None:
        return UrlReason("never-listed", source_url=next(iter(known.neighbours), None))
    return _no_document(known, page, visit)


def _present(known: Known) -> UrlReason:
    page, visit = known.page, known.visit
    due = visit.due if visit else None
    if known.removal is not None:
        return UrlReason("asking", True, known.removal.why, since=known.removal.decided_at, next_look=due)
    if known.first_page is not None:
        other = known.first_page.url or known.document_url
        return UrlReason("duplicate", True, next_look=due, other=other, document_url=known.document_url)
    if not known.indexed:
        return UrlReason("not-indexed-yet", next_look=due)
    doubt = None
    if page is not None and page.failure is not None:
        doubt = replace(page.failure, url="") if page.failure.url == page.url else page.failure
    if known.document_url and page is not None and page.url and document_id(page.url) != document_id(known.document_url):
        return UrlReason("found", True, doubt, next_look=due, other=known.document_url)
    return UrlReason("found", True, doubt, next_look=due)


def _no_document(known: Known, page: PageRecord, visit: Visit | None) -> UrlReason:
    next_look = visit.due if visit else None
    if known.source is not None and known.source.state == "removed":
        return UrlReason("removed", reason=Reason("source-stopped", url=known.source.source.url))
    if page.fetched_at is None:
        state = known.source
        error = state.last_error if state else None
        return UrlReason("waiting", reason=error, next_look=state.next_crawl if state else None)
    if page.failure:
        since = (visit.refused_since or visit.gone_since or visit.suspect_since) if visit else None
        code = _code(page.failure, page)
        return UrlReason(code, reason=page.failure, since=since or page.fetched_at, next_look=next_look)
    reason = known.not_understood or Reason("no-text")
    return UrlReason(_code(reason, page, "no-text"), reason=reason, since=page.fetched_at, next_look=next_look)


def _code(reason: Reason, page: PageRecord | None, otherwise: Code = "failed") -> Code:
    if reason.is_noindex:
        return "noindex"
    if reason.code in ("robots", "robots-unreachable"):
        return "robots"
    if page is not None and (page.gone_count > 0 or page.failed_status in (404, 410)):
        return "gone"
    return "gone" if reason.code == "gone" or reason.code in GONE_SOFT_ERRORS else otherwise
