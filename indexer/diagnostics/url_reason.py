"""Why an address is, or is not, found: the one reason that counts, as data. `known_of` reads it up, `why` decides (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from indexer.archive import serialization as codec
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.archive.visits import Removal, Visit, Visits
from indexer.extract.extractor import extract_document
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
    """`is_found`: whether a search can find it, at this address or (duplicate, moved) at `other`."""

    code: Code
    sentence: str
    is_found: bool = False
    since: datetime | None = None
    next_look: datetime | None = None  # when the page will be asked for again; None: not any more, or never
    other: str | None = None


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
    tombstone: tuple[datetime | None, str] | None = None  # when and why its document was removed
    not_understood: str = ""  # why the stored answer gives no document
    indexed: bool = True  # whether the index holds the document
    neighbours: tuple[str, ...] = ()  # sources of the same site


def known_of(archive: Archive, url: str, *, indexed: bool) -> Known:
    """What the archive knows of an address or of a document's id. `indexed`: whether the index holds it."""
    address = resolve(url)
    asked = [one for one in (url, address) if one]  # "" is the address of every item without one
    key = next(filter(None, map(archive.find_document, asked)), None) or (document_id(address) if address else url)
    page = archive.page(document_id(address)) if address else None
    page = page or archive.page(key) or _giver(archive, key)
    if page is not None and page.document_id:
        key = page.document_id
    states = archive.sources(removed=True)
    source = next((state for state in states if page is not None and state.id == page.source_id), None)
    document = archive.document(key)
    givers = archive.givers(key) if document else []
    first = archive.page(givers[0]) if page is not None and page.id in givers[1:] else None
    history = archive.history(key)
    not_understood = ""
    if document is None and page is not None and page.response_id is not None and source is not None:
        not_understood = extract_document(page.entry, page.url, source.source, archive.response(page.response_id)).why_not
    visits = Visits(archive)
    return Known(
        address or url,
        forgotten=archive.is_forgotten(key) or bool(address and archive.is_forgotten(document_id(address))),
        page=page,
        visit=visits.get(page.id) if page else None,
        removal=visits.removal(page.id) if page else None,
        source=source,
        document_url=document.url if document else None,
        first_page=first,
        tombstone=(codec.time_value(history[-1][0]), history[-1][1]) if history and document is None else None,
        not_understood=not_understood,
        indexed=indexed,
        neighbours=tuple(state.source.url for state in states if state.state != "removed" and same_site(state.source.url, url)),
    )


def _giver(archive: Archive, key: str) -> PageRecord | None:
    givers = archive.givers(key)
    return archive.page(givers[0]) if givers else None


def why(known: Known) -> UrlReason:
    """The reason, from the most final to the most hopeful."""
    if known.forgotten:
        return UrlReason("forgotten", "it was forgotten on request and will not be fetched")
    if known.document_url is not None:
        return _present(known)
    next_look = known.visit.due if known.visit else None
    page, visit = known.page, known.visit
    if visit is not None and visit.withdrawn:
        since = known.tombstone[0] if known.tombstone else visit.looked_at
        return UrlReason(_code(visit.withdrawn, page), visit.withdrawn, since=since, next_look=next_look)
    if known.tombstone is not None:
        at, what = known.tombstone
        if what.startswith("moved to "):
            return UrlReason("moved", f"it has {what}", True, since=at, other=what.removeprefix("moved to "))
        return UrlReason("removed", what, since=at, next_look=next_look)
    if page is None:
        if known.neighbours:
            return UrlReason("never-listed", f"no source has listed it; of its site there is {known.neighbours[0]}")
        return UrlReason("never-listed", "no source lists it, and none is of its site")
    return _no_document(known, page, visit)


def _present(known: Known) -> UrlReason:
    page, visit = known.page, known.visit
    due = visit.due if visit else None
    if known.removal is not None:
        remedy = "when that is accepted: indexer crawl --accept-removals"
        asked = f"it is found, but is to leave the index ({known.removal.why}) {remedy}"
        return UrlReason("asking", asked, True, since=known.removal.decided_at, next_look=due)
    if known.first_page is not None:
        other = known.first_page.url or known.document_url
        given = f", which {other} gives as well" if other != known.document_url else ""
        found = f"it is found as {known.document_url}{given}"
        return UrlReason("duplicate", found, True, next_look=due, other=other)
    if not known.indexed:
        return UrlReason("not-indexed-yet", "it is in the archive and not in the index yet: indexer crawl", next_look=due)
    doubt = f"; of the last look: {page.failure.removeprefix(f'{page.url}: ')}" if page is not None and page.failure else ""
    if known.document_url and page is not None and page.url and document_id(page.url) != document_id(known.document_url):
        return UrlReason("found", f"it is found as {known.document_url}{doubt}", True, next_look=due, other=known.document_url)
    return UrlReason("found", f"it is found{doubt}", True, next_look=due)


def _no_document(known: Known, page: PageRecord, visit: Visit | None) -> UrlReason:
    next_look = visit.due if visit else None
    if known.source is not None and known.source.state == "removed":
        return UrlReason("removed", f"its source {known.source.source.url} is not crawled any more")
    if page.fetched_at is None:
        state = known.source
        failing = f"; its source fails: {state.last_error}" if state and state.last_error else ""
        return UrlReason(
            "waiting", f"it is listed and waits to be crawled{failing}", next_look=state.next_crawl if state else None
        )
    if page.failure:
        since = (visit.refused_since or visit.gone_since or visit.suspect_since) if visit else None
        return UrlReason(_code(page.failure, page), page.failure, since=since or page.fetched_at, next_look=next_look)
    what = known.not_understood or "no text was found"
    return UrlReason(_code(what, page, "no-text"), what, since=page.fetched_at, next_look=next_look)


def _code(reason: str, page: PageRecord | None, otherwise: Code = "failed") -> Code:
    if "asks not to be indexed" in reason:
        return "noindex"
    if "robots.txt" in reason:
        return "robots"
    if page is not None and (page.gone_count > 0 or page.failed_status in (404, 410)):
        return "gone"
    return "gone" if "an error page was answered" in reason or "it leads to the" in reason else otherwise
