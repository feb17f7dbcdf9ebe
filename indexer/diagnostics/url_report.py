"""Of any address: why it is, or is not, found, and everything that the archive holds about it."""

from __future__ import annotations

import shlex
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

from indexer.archive import serialization as codec
from indexer.archive.statistics import ArchiveStatistics
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.diagnostics.quality_checks import ADVICE, suspects
from indexer.diagnostics.status import next_crawl
from indexer.diagnostics.url_reason import UrlReason, known_of, why
from indexer.engines.base import Engine
from indexer.errors import EngineError
from indexer.messages import source_argument
from indexer.model import TextShown
from indexer.urls import document_id, resolve, same_site

NEIGHBOURS: Final = 300  # documents of its source that a document is compared with


def stored(archive: Archive, engine: Engine, url: str) -> dict[str, Any]:
    """Return everything about an address or a document's id; `code` is "never-listed" when the archive has not met it.

    Reasons are values: `indexer.cli.reason_text.report_texts` turns them into sentences.
    """
    address = resolve(url)
    with closing(ArchiveStatistics(archive.path)) as insight:
        key, other = _key(archive, insight, url, address)
        page = archive.pages.get(key)
        if page is None and (givers := archive.pages.of_document(key)):
            page = archive.pages.get(givers[0])
        elif page is not None and page.document_id:
            key = page.document_id
        document, history = archive.documents.get(key), archive.documents.history(key)
        state = next((one for one in archive.sources.all(removed=True) if page and one.id == page.source_id), None)
        indexed, index_error = _indexed(engine, key)
        reason = why(known_of(archive, key if other else url, indexed=indexed))
        is_source = any(address and one.source.url in (url, address) for one in archive.sources.all())
        if is_source and page is None and document is None:
            reason = UrlReason("source")
        found = {
            **(codec.to_mapping(document) if document else {"id": key, "url": page.url if page else url}),
            "asked": url,
            "found": reason.is_found,
            "code": reason.code,
            "index": "in it" if indexed and document else "not in it",
            "why": reason,
            "index_error": index_error if reason.code == "not-indexed-yet" else "",
            "text_shown": _text_shown(reason, page),
            "since": codec.time_text(reason.since),
            "next": _next(reason, state),
            "next_look": codec.time_text(reason.next_look),
            "remedy": _remedy(archive, reason, url, address, page, state),
            "called": other,
            "also": list(document.also) if document else [],
            "remark": page.remark if page else None,
            "failure": page.failure if page else None,
            "from": _source(state),
            "page": _page(archive, page),
            "versions": insight.versions(page.url) if page and page.url else [],
            "history": [{"at": at, "what": what} for at, what in history],
        }
        looks_wrong = None
        if document is not None and state is not None and page is not None:
            sample = insight.neighbours(state.id, page.id, NEIGHBOURS)
            odd = (one for one in suspects(sample, state.source.name, state.source.url) if one.id == key)
            if one := next(odd, None):
                advice = ADVICE[one.kind].remedy.format(
                    source=source_argument(state.source.name, state.source.url), url=one.url or one.id
                )
                looks_wrong = {"kind": one.kind, "what": one.what, "remedy": advice}
        return {**found, "suspect": looks_wrong}


def _key(archive: Archive, insight: ArchiveStatistics, url: str, address: str | None) -> tuple[str, str | None]:
    """The id under which an address is known, and how else it is called there: exactly so, as the same page by another
    spelling, as where a page's redirects led, or with or without www."""
    exact = (archive.documents.find(url) if url else None) or (archive.documents.find(address) if address else None)
    if exact or address is None:
        return exact or url, None
    key = document_id(address)
    if archive.pages.get(key) or archive.documents.history(key) or archive.is_forgotten(key):
        return key, None
    if listed := insight.answered_by(address):
        return document_id(listed), f"{address} is where {listed} led"
    twin = address.replace("://www.", "://", 1) if "://www." in address else address.replace("://", "://www.", 1)
    if archive.pages.get(document_id(twin)) or archive.documents.get(document_id(twin)):
        return document_id(twin), f"it is known as {twin}"
    return key, None


def _indexed(engine: Engine, key: str) -> tuple[bool, str]:
    """Whether the index holds a document; when it cannot be asked, why."""
    try:
        reader = engine.reader()
    except EngineError as error:
        return False, str(error)
    try:
        return reader.document(key) is not None, ""
    finally:
        reader.close()


def _text_shown(reason: UrlReason, page: PageRecord | None) -> TextShown:
    """Return which text a search finds of a page that fails at present."""
    if not reason.is_found or page is None or not page.failure:
        return ""
    return "stored-text" if page.response_id is not None else "feed-text"


def _next(reason: UrlReason, state: SourceState | None) -> str:
    """What happens by itself."""
    if state is None or state.state == "removed" or reason.code in ("forgotten", "never-listed", "source"):
        return ""
    if reason.next_look is None or reason.code == "waiting":
        return f"its source is {next_crawl(state)}"
    if reason.next_look.year >= 9999:
        return "its page is not asked for any more, unless it is listed again"
    return f"its page is asked for again from {reason.next_look:%Y-%m-%d %H:%M} UTC on"


def _remedy(
    archive: Archive, reason: UrlReason, url: str, address: str | None, page: PageRecord | None, state: SourceState | None
) -> str:
    """What can be typed."""
    if reason.code == "never-listed":
        near = [one for one in archive.sources.all() if address and same_site(one.source.url, address)]
        near.sort(key=lambda one: urlsplit(one.source.url).netloc != urlsplit(address or "").netloc)
        if near:
            return f"its past may hold it: indexer crawl {source_argument(near[0].source.name, near[0].source.url)} --full"
        return f"indexer add {shlex.quote(address)}" if address else ""
    if reason.code == "source":
        state = archive.sources.find(url) or archive.sources.find(address or "")
        return f"indexer doctor {source_argument(state.source.name, state.source.url)}" if state else ""
    if reason.code in ("moved", "duplicate") and reason.other:
        return f"indexer show {shlex.quote(reason.other)}"
    if reason.code == "not-indexed-yet":
        return "indexer crawl"
    if reason.code == "forgotten" or state is None or (reason.code == "found" and not (page and page.failure)):
        return ""
    if state.state == "removed":
        return f"indexer add {shlex.quote(state.source.url)}"
    if reason.code == "asking":
        return f"indexer crawl --accept-removals {source_argument(state.source.name, state.source.url)}"
    if reason.code == "no-text" and page and page.url:
        return f"indexer preview {shlex.quote(page.url)}"
    return f"indexer crawl {source_argument(state.source.name, state.source.url)}"


def _source(state: SourceState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    times = {name: codec.time_text(getattr(state, name)) for name in ("last_crawl", "next_crawl", "error_since")}
    return {"url": state.source.url, "name": state.source.name, "state": state.state, "last_error": state.last_error, **times}


def _page(archive: Archive, page: PageRecord | None) -> dict[str, Any] | None:
    """The page as it is listed, and its last good answer."""
    if page is None:
        return None
    response = archive.responses.get(page.response_id) if page.response_id is not None else None
    return {
        "url": page.url,
        "listed_title": page.entry.title,
        "guid": page.entry.guid,
        "listed_date": codec.time_text(page.entry.published),
        "tried": codec.time_text(page.fetched_at),
        "failed_status": page.failed_status,
        "gone_count": page.gone_count,
        "etag": page.etag,
        "last_modified": page.last_modified,
        "answer": None
        if response is None
        else {
            "url": response.url,
            "status": response.status,
            "at": codec.time_text(response.fetched_at),
            "content_type": response.headers.get("content-type"),
            "bytes": len(response.body),
        },
    }
