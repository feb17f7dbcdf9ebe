"""Turn an entry and the stored response of its page into a document. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import sha256

from indexer import html
from indexer.extract import EXTRACTOR_VERSION
from indexer.extract.article import extract
from indexer.extract.document import is_home_page_instead, make_document
from indexer.extract.site_template import SiteTemplate
from indexer.model import Document, Entry, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id, resolve, same_site

NO_TEXT = Reason("no-text")


@dataclass(frozen=True, slots=True)
class ExtractionResult:
    """The document of a page, or the reason why there is none, and what the page states about its address."""

    document: Document | None
    why_not: Reason | None = None
    own_url: str = ""  # the document's address if the page's canonical URL is not trusted
    aliases: tuple[str, ...] = ()  # other addresses of the page: redirects, AMP and print versions
    canonical_note: Reason | None = None  # why the page's canonical URL is not used
    robots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # meta elements with robots directives
    pdfs: tuple[str, ...] = ()  # linked in the article, if the source wants PDFs as documents


def extract_document(entry: Entry, url: str, source: Source, response: Response | None) -> ExtractionResult:
    """Return the document of a page; without a response, of the feed's own text. `url`: the page's address.

    A permanent redirect moves a page, a temporary one does not (RFC 9110, 15.4).
    """
    if response is None or is_home_page_instead(url, response.url):
        document = make_document(entry, None, source=source, url=url)
        remark = Reason("feed-text-home", url=url) if response else None
        return ExtractionResult(document, None if document else NO_TEXT, url, canonical_note=remark)
    if is_pdf(response):
        return _read_pdf(entry, url, source, response)
    text = html.decode(response.body, response.headers.get("content-type"))
    robots = response.headers.get("x-robots-tag", "")
    template = _template(source.template) if source.template else None
    # A full extraction costs a third more, so it runs only if the PDFs are wanted.
    found = extract(text, response.url, source=source, entry=entry, x_robots_tag=robots, template=template, brief=not source.pdf)
    article = found.article
    if article is not None and article.noindex:
        return ExtractionResult(None, Reason("noindex"), robots=found.robots)
    own = response.permanent_url or resolve(url) or response.url
    document = make_document(entry, article, source=source, url=own)
    if document is None:
        return ExtractionResult(None, NO_TEXT, robots=found.robots)
    leading = (url, response.url, own, *(article.twins if article else ()))
    aliases = {document_id(each): each for each in leading if each}
    aliases.pop(document.id, None)
    pdfs = tuple(each for each in found.pdf_links if same_site(each, response.url))
    remark = article.canonical_note if article else None
    return ExtractionResult(document, None, own, tuple(aliases.values()), remark, found.robots, pdfs)


def is_pdf(response: Response) -> bool:
    """Report whether a response is a PDF: by its type, or by its first bytes if the type is vague (servers send text/html)."""
    kind = response.media_type
    vague = kind in ("", "application/octet-stream", "binary/octet-stream", "application/x-download", "text/html", "text/plain")
    return kind == "application/pdf" or (vague and response.body[:5] == b"%PDF-")


def _read_pdf(entry: Entry, url: str, source: Source, response: Response) -> ExtractionResult:
    from indexer.extract.pdf import extract_pdf  # slow to import, and few sources want PDFs

    own = response.permanent_url or resolve(url) or response.url
    found = extract_pdf(response.body, response.url)
    if isinstance(found, Reason):
        return ExtractionResult(make_document(entry, None, source=source, url=own) if entry.title else None, found, own)
    remark = Reason("pdf", str(found.pages))
    return ExtractionResult(make_document(entry, found.article, source=source, url=own), NO_TEXT, own, canonical_note=remark)


@lru_cache(maxsize=16)
def _template(text: str) -> SiteTemplate:
    return SiteTemplate.from_json(text)


@lru_cache(maxsize=1_000)
def extraction_stamp(source: Source) -> str:
    """Return the version of the extractor and a hash of the source's settings. It is stored with each page.

    A page with another stamp is extracted again, so that new settings apply to stored pages too.
    """
    settings = {
        name: value for name, value in asdict(source).items() if name not in ("url", "kind", "alternates", "every_seconds")
    }
    return f"{EXTRACTOR_VERSION}-{sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:12]}"
