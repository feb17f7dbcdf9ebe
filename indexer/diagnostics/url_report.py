"""Report everything about a URL: why it is found or not found, and what the archive has about it."""

from __future__ import annotations

import shlex
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

from indexer.archive import serialization as codec
from indexer.archive.statistics import ArchiveStatistics
from indexer.archive.store import Archive, PageRecord, SourceState
from indexer.diagnostics.quality_checks import ADVICE, find_issues
from indexer.diagnostics.source_phrases import crawl_command, next_crawl
from indexer.diagnostics.url_diagnosis import UrlMatch, UrlReason, decide, gather_facts, look_up
from indexer.engines.base import Engine
from indexer.errors import EngineError
from indexer.model import TextShown
from indexer.phrases import phrase, source_argument
from indexer.urls import same_site

MAX_COMPARED_DOCUMENTS: Final = 300  # of the same source


def url_report(archive: Archive, engine: Engine, url: str) -> dict[str, Any]:
    """Return everything about a URL or a document's id; `code` is "never-listed" if the archive does not have it.

    Reasons are values: `indexer.cli.reason_text.report_texts` turns them into sentences.
    """
    match = look_up(archive, url)
    page, key = match.page, match.id
    document, history = archive.documents.get(key), archive.documents.history(key)
    indexed, index_error = _indexed(engine, key)
    facts = gather_facts(archive, match, indexed=indexed)
    reason, state = decide(facts), facts.source
    is_source = any(match.address and each.source.url in (url, match.address) for each in archive.sources.all())
    if is_source and page is None and document is None:
        reason = UrlReason("source")
    with closing(ArchiveStatistics(archive.location)) as statistics:
        versions = statistics.versions(page.url) if page and page.url else []
        issue = _issue(statistics, key, state, page) if document is not None else None
    return {
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
        "remedy": _remedy(archive, reason, match, state),
        "called": match.alias,
        "also": list(document.also) if document else [],
        "remark": page.canonical_note if page else None,
        "failure": page.failure if page else None,
        "from": _source(state),
        "page": _page(archive, page),
        "versions": versions,
        "history": [{"at": at, "what": what} for at, what in history],
        "suspect": issue,
    }


def _issue(statistics: ArchiveStatistics, key: str, state: SourceState | None, page: PageRecord | None) -> dict[str, Any] | None:
    """Return what looks wrong with a document, compared with others of its source; None if nothing does."""
    if state is None or page is None:
        return None
    sample = statistics.neighbours(state.id, page.id, MAX_COMPARED_DOCUMENTS)
    issue = next((each for each in find_issues(sample, state.source.name, state.source.url) if each.id == key), None)
    if issue is None:
        return None
    source = source_argument(state.source.name, state.source.url)
    remedy = phrase(ADVICE[issue.kind].remedy, source=source, url=issue.url or issue.id)
    return {"kind": issue.kind, "what": issue.what, "remedy": remedy}


def _indexed(engine: Engine, key: str) -> tuple[bool, str]:
    """Return whether the index has a document, and the error if the index cannot be read."""
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
    """Return what happens next without the operator."""
    if state is None or state.state == "removed" or reason.code in ("forgotten", "never-listed", "source"):
        return ""
    if reason.next_look is None or reason.code == "waiting":
        return f"its source is {next_crawl(state)}"
    if reason.next_look.year >= 9999:
        return "its page is not fetched any more, unless it is listed again"
    return f"its page is fetched again after {reason.next_look:%Y-%m-%d %H:%M} UTC"


def _remedy(archive: Archive, reason: UrlReason, match: UrlMatch, state: SourceState | None) -> str:
    """Return a command that helps, or ""."""
    address, page = match.address, match.page
    if reason.code == "never-listed":
        near = [one for one in archive.sources.all() if address and same_site(one.source.url, address)]
        near.sort(key=lambda one: urlsplit(one.source.url).netloc != urlsplit(address or "").netloc)
        if near:
            return f"it may be an older item: indexer crawl {source_argument(near[0].source.name, near[0].source.url)} --full"
        return f"indexer add {shlex.quote(address)}" if address else ""
    if reason.code == "source":
        state = archive.sources.find(match.typed) or archive.sources.find(address or "")
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
    return crawl_command(state)


def _source(state: SourceState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    times = {name: codec.time_text(getattr(state, name)) for name in ("last_crawl", "next_crawl", "error_since")}
    return {"url": state.source.url, "name": state.source.name, "state": state.state, "last_error": state.last_error, **times}


def _page(archive: Archive, page: PageRecord | None) -> dict[str, Any] | None:
    """Return the page as it is listed, and its last good response."""
    if page is None:
        return None
    response = archive.responses.get(page.response_id) if page.response_id is not None else None
    return {
        "url": page.url,
        "listed_title": page.entry.title,
        "guid": page.entry.guid,
        "listed_date": codec.moment_text(page.entry.published) if page.entry.published else None,
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
