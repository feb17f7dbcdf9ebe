"""From what the web said to what we understood: an entry and a stored answer become a document. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from indexer import html
from indexer.extract.article import extract_article
from indexer.extract.document import make_document
from indexer.model import Document, Entry, Response, Source


@dataclass(frozen=True, slots=True)
class Understood:
    """The document of a page, or in words why there is none."""

    document: Document | None
    why_not: str = ""


def understand(entry: Entry, url: str, source: Source, response: Response | None) -> Understood:
    """What a page's answer says, else what the feed says of it (`response` is None). `url`: the page's address."""
    article = None
    if response is not None:
        text = html.decode(response.body, response.headers.get("content-type"))
        article = extract_article(
            text, response.url, source=source, entry=entry, x_robots_tag=response.headers.get("x-robots-tag", "")
        )
        if article is not None and article.noindex:
            return Understood(None, "the page asks not to be indexed")
        url = response.permanent_url or response.url
    document = make_document(entry, article, source=source, url=url)
    return Understood(document, "" if document else "no text was found")
