"""Of any address: why it is, or is not, found, and everything that the archive holds about it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from indexer.archive import codec
from indexer.archive.insight import Insight
from indexer.archive.store import Archive, Page, SourceState
from indexer.engines.base import Engine
from indexer.errors import EngineError
from indexer.status import next_crawl, typed
from indexer.suspects import ADVICE, suspects
from indexer.understand import understand
from indexer.urls import document_id, resolve, same_site

Code = Literal[
    "found", "not-indexed-yet", "moved", "waiting", "never-listed", "source", "forgotten", "gone", "failed", "no-text", "removed"
]
NEIGHBOURS: Final = 300  # documents of its source that a document is compared with


@dataclass(frozen=True, slots=True)
class Reason:
    """`sentence`: the one reason that counts. `next`: what happens by itself; `remedy`: what to type."""

    code: Code
    sentence: str
    next: str = ""
    remedy: str = ""


def stored(archive: Archive, engine: Engine, url: str) -> dict[str, Any]:
    """Everything about an address or a document's id; `code` is "never-listed" when the archive has not met it."""
    address = resolve(url)
    with closing(Insight(archive.path)) as insight:
        key, other = _key(archive, insight, url, address)
        page = archive.page(key)
        if page is None and (givers := archive.givers(key)):
            page = archive.page(givers[0])
        elif page is not None and page.document_id:
            key = page.document_id
        document, history = archive.document(key), archive.history(key)
        state = next((one for one in archive.sources(removed=True) if page and one.id == page.source_id), None)
        reason = _reason(archive, engine, key, url, address, page, state, history)
        found = {
            **(codec.to_mapping(document) if document else {"id": key, "url": page.url if page else url}),
            "asked": url,
            "found": reason.code in ("found", "moved"),
            "code": reason.code,
            "index": "in it" if reason.code == "found" else f"not in it: {reason.sentence}",
            "why": reason.sentence,
            "next": reason.next,
            "remedy": reason.remedy,
            "also": other,
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
                advice = ADVICE[one.kind].remedy.format(source=typed(state), url=one.url or one.id)
                looks_wrong = {"kind": one.kind, "what": one.what, "remedy": advice}
        return {**found, "suspect": looks_wrong}


def _key(archive: Archive, insight: Insight, url: str, address: str | None) -> tuple[str, str | None]:
    """The id under which an address is known, and how else it is called there: exactly so, as the same page by another
    spelling, as where a page's redirects led, or with or without www."""
    exact = (archive.find_document(url) if url else None) or (archive.find_document(address) if address else None)
    if exact or address is None:
        return exact or url, None
    key = document_id(address)
    if archive.page(key) or archive.history(key) or archive.is_forgotten(key):
        return key, None
    if listed := insight.answered_by(address):
        return document_id(listed), f"{address} is where {listed} led"
    twin = address.replace("://www.", "://", 1) if "://www." in address else address.replace("://", "://www.", 1)
    if archive.page(document_id(twin)) or archive.document(document_id(twin)):
        return document_id(twin), f"it is known as {twin}"
    return key, None


def _reason(
    archive: Archive,
    engine: Engine,
    key: str,
    url: str,
    address: str | None,
    page: Page | None,
    state: SourceState | None,
    history: list[tuple[str, str]],
) -> Reason:
    """From the most final to the most hopeful."""
    if archive.is_forgotten(key):
        return Reason("forgotten", "it was forgotten on request and will not be fetched")
    again = next_crawl(state) if state and state.state != "removed" else ""
    command = f"indexer crawl {typed(state)}" if again and state else ""
    if archive.document(key) is not None:
        return _present(engine, key, page, again, command)
    if history:
        at, what = history[-1]
        if what.startswith("moved to "):
            return Reason("moved", what, remedy=f"indexer show {what.removeprefix('moved to ')}")
        return Reason("gone" if page and page.gone_count else "removed", f"{what} ({at[:10]})", again, command)
    if page is None:
        return _unmet(archive, url, address)
    if state is None or state.state == "removed":
        return Reason("removed", "its source is not crawled any more", remedy="indexer add URL")
    if page.failure:
        return Reason("gone" if page.gone_count else "failed", page.failure, again, command)
    if page.fetched_at is None:
        return Reason("waiting", "it is listed and waits to be crawled", again, command)
    return Reason("no-text", _why_no_document(archive, page, state), again, f"indexer preview {page.url}" if page.url else "")


def _present(engine: Engine, key: str, page: Page | None, again: str, command: str) -> Reason:
    try:
        reader = engine.reader()
    except EngineError as error:
        return Reason("not-indexed-yet", error.message, remedy=error.remedy)
    try:
        indexed = reader.document(key) is not None
    finally:
        reader.close()
    if not indexed:
        return Reason("not-indexed-yet", "it is in the archive, but not in the index yet", remedy="indexer crawl")
    if page is not None and page.failure:
        kept = "its text is that of its last good answer" if page.response_id is not None else "its text is the feed's own"
        return Reason("found", f"it is in the index, though its page cannot be had at present: {kept}", again, command)
    return Reason("found", "it is in the index")


def _unmet(archive: Archive, url: str, address: str | None) -> Reason:
    if address is None:
        return Reason("never-listed", "it is neither a web address nor the id of a document")
    states = archive.sources()
    for state in states:
        if state.source.url in (url, address):
            return Reason("source", "it is a source, not a page", next_crawl(state), f"indexer doctor {typed(state)}")
    near = [state for state in states if same_site(state.source.url, address)]
    near.sort(key=lambda state: urlsplit(state.source.url).netloc != urlsplit(address).netloc)
    if near:
        names = ", ".join(state.source.name or state.source.url for state in near[:3])
        sentence = f"it was never met: no source has listed it. Of the same site there is: {names}"
        return Reason("never-listed", sentence, remedy=f"its past may hold it: indexer crawl {typed(near[0])} --full")
    return Reason("never-listed", "it was never met: no source lists it, and none is of its site", remedy="indexer add URL")


def _why_no_document(archive: Archive, page: Page, state: SourceState) -> str:
    response = archive.response(page.response_id) if page.response_id is not None else None
    if response is None:
        return "no text was found"
    return understand(page.entry, page.url, state.source, response).why_not or "no text was found"


def _source(state: SourceState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    times = {name: codec.time_text(getattr(state, name)) for name in ("last_crawl", "next_crawl", "error_since")}
    return {"url": state.source.url, "name": state.source.name, "state": state.state, "last_error": state.last_error, **times}


def _page(archive: Archive, page: Page | None) -> dict[str, Any] | None:
    """The page as it is listed, and its last good answer."""
    if page is None:
        return None
    response = archive.response(page.response_id) if page.response_id is not None else None
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
