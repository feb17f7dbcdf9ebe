"""What would be extracted from a page, by which rule, and what is left out: for tuning a source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from indexer import html
from indexer.archive import serialization as codec
from indexer.archive.store import Archive
from indexer.crawl.template_updates import template_of
from indexer.errors import NotFound, SettingsError
from indexer.extract.article import ArticleExtraction, extract
from indexer.extract.extractor import file_kind, make_document, read_file
from indexer.extract.repeated_blocks import SiteTemplate
from indexer.fetch.fetcher import Fetcher, get_page
from indexer.model import OFFICE_KINDS, Entry, Failure, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id, host, resolve


def preview(
    body: bytes,
    content_type: str | None,
    url: str,
    selector: str | None = None,
    *,
    exclude: str | None = None,
    keep: str | None = None,
    archive: Archive | None = None,
) -> dict[str, Any] | Reason | None:
    """Return the fields that `indexer preview` prints; None when no text was found, or why a file has none.

    A page whose source the archive knows is read as a crawl reads it: with the source's settings (the three selectors come
    before them), the feed's own words, and what its neighbours have in common.
    """
    for one in filter(None, (selector, exclude, keep)):
        if problem := html.selector_problem(one):
            raise SettingsError(f"{one!r} is no CSS selector: {problem}", remedy='as in --selector "article .body"')
    source, entry, template = _stored_page(archive, url) if archive else (Source(url), Entry(url=url), None)
    source = replace(source, include=selector or source.include, exclude=exclude or source.exclude, keep=keep or source.keep)
    response = Response(url, url, 200, {"content-type": content_type} if content_type else {}, body)
    if file_kind(response):
        content = read_file(response)
        if isinstance(content, Reason):
            return content
        extraction = ArticleExtraction(content[0])
    else:
        extraction = extract(html.decode(body, content_type), url, source=source, entry=entry, template=template)
    document = make_document(entry, extraction.article, source=source, url=url) if extraction.article else None
    if extraction.article is None or document is None:
        return None
    table = codec.to_mapping(document)
    names = ("url", "title", "language", "date", "authors", "categories", "summary", "image")
    return {
        **{name: table[name] for name in names},
        "text": document.text if document.rule == "feed" else extraction.article.text,
        "captions": list(extraction.article.captions),
        "rule": document.rule,
        "noindex": extraction.article.noindex,
        "neighbours": template.pages if template else 0,
        "removed": [{"text": part.text, "rule": part.rule, "selector": part.selector} for part in extraction.removed],
        "pdf_links": [link for link in extraction.file_links if _ending(link) == "pdf"],
        "office_links": [link for link in extraction.file_links if _ending(link) in OFFICE_KINDS],
    }


def _ending(url: str) -> str:
    return urlsplit(url).path.lower().rpartition(".")[2]


def _stored_page(archive: Archive, url: str) -> tuple[Source, Entry, SiteTemplate | None]:
    """Return the source, the feed's entry and the neighbours of a page, as far as the archive knows them."""
    page = archive.pages.get(document_id(url))
    states = {state.id: state for state in archive.sources.all()}
    state = states.get(page.source_id) if page else None
    if state is None:  # a page that no feed has listed yet
        state = next((one for one in states.values() if host(one.source.url) == host(url)), None)
    if state is None:
        return Source(url), Entry(url=url), None
    learnt = state.source.template  # what the crawl reads with; before it has learnt one, what there is
    template = SiteTemplate.from_json(learnt) if learnt else template_of(archive, state.id, url)
    return state.source, page.entry if page else Entry(url=url), template


async def fetch_page(typed: str, fetcher: Fetcher) -> tuple[bytes, str | None, str]:
    """Return the bytes, content type and address of a page or a file.

    Raises SettingsError for a text that is not an address, and NotFound with the reason when the answer is neither.
    """
    url = resolve(typed)
    if url is None:
        raise SettingsError(f"{typed!r} is not a web address", remedy="for a file give its address with --url")
    answer = await get_page(fetcher, url)
    if isinstance(answer, Failure):
        raise NotFound(answer.detail)
    if not html.is_page(answer.body, answer.media_type) and not file_kind(answer):
        kind = answer.headers.get("content-type", "no type")
        raise NotFound(f"{answer.url} is not a web page ({kind}): there is no text to extract")
    return answer.body, answer.headers.get("content-type"), answer.url
