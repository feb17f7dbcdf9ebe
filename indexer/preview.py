"""What would be extracted from a page, and what is stored of one: for tuning a source and for asking why."""

from __future__ import annotations

from typing import Any

from indexer import html
from indexer.archive import codec
from indexer.archive.store import Archive, Page
from indexer.engines.base import Engine
from indexer.errors import EngineError, NotFound, SettingsError
from indexer.extract.article import extract_article
from indexer.extract.document import make_document
from indexer.model import Entry, Source
from indexer.understand import understand
from indexer.urls import document_id, resolve


def preview(body: bytes, content_type: str | None, url: str, selector: str | None = None) -> dict[str, Any] | None:
    """The fields that `indexer preview` prints; None when no text was found."""
    if selector and (problem := html.selector_problem(selector)):
        raise SettingsError(f"{selector!r} is no CSS selector: {problem}", remedy='as in --selector "article .body"')
    source = Source(url, include=selector)
    article = extract_article(html.decode(body, content_type), url, source=source)
    document = make_document(Entry(url=url), article, source=source, url=url) if article else None
    if article is None or document is None:
        return None
    table = codec.to_mapping(document)
    names = ("url", "title", "text", "language", "date", "authors", "categories", "summary", "image")
    return {**{name: table[name] for name in names}, "rule": article.rule, "noindex": article.noindex}


def stored(archive: Archive, engine: Engine, url: str) -> dict[str, Any]:
    """The document of an address or id, its history, and why it is (not) in the index. Raises NotFound."""
    address = resolve(url)
    key = archive.find_document(url) or archive.find_document(address or "") or (document_id(address) if address else url)
    page = archive.page(key)
    if page is not None and page.document_id:
        key = page.document_id
    document, history = archive.document(key), archive.history(key)
    if archive.is_forgotten(key):
        why = "it was forgotten on request and will not be fetched"
    elif document is None and not history:
        if page is None:
            raise NotFound(f"{url} was never met", remedy="no source lists it; add one with: indexer add URL")
        why = f"not in it: {page.failure or _why_no_document(archive, page)}"
    elif document is None:
        why = f"not in it: {history[-1][1]}"
    else:
        why = _indexed(engine, key)
    table = codec.to_mapping(document) if document else {"id": key, "url": page.url if page else url}
    failure = page.failure if page else None
    return {**table, "failure": failure, "index": why, "history": [{"at": at, "what": what} for at, what in history]}


def _why_no_document(archive: Archive, page: Page) -> str:
    if page.fetched_at is None:
        return "it was listed and waits to be fetched: indexer crawl --full"
    response = archive.response(page.response_id) if page.response_id is not None else None
    if response is None:
        return "no text was found"
    return understand(page.entry, page.url, Source(page.url), response).why_not or "no text was found"


def _indexed(engine: Engine, key: str) -> str:
    try:
        reader = engine.reader()
    except EngineError as error:
        return f"not in it: {error}"
    try:
        return "in it" if reader.document(key) else "not in it yet; bring it up to date with: indexer crawl"
    finally:
        reader.close()
