"""What would be extracted from a page: for tuning a source."""

from __future__ import annotations

from typing import Any

from indexer import html
from indexer.archive import codec
from indexer.errors import SettingsError
from indexer.extract.article import extract_article
from indexer.extract.document import make_document
from indexer.model import Entry, Source


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
