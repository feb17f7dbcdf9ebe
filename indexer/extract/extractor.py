"""Turn an entry and the stored response of its page into a document, the only place that does. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from indexer import html
from indexer.analysis.languages import detect
from indexer.extract import EXTRACTOR_VERSION
from indexer.extract.article import extract
from indexer.extract.crawler_directives import robots_directives
from indexer.extract.office import OFFICE_TYPES, VAGUE_TYPES, extract_office, office_kind
from indexer.extract.pdf import extract_pdf
from indexer.extract.repeated_blocks import SiteTemplate
from indexer.model import Article, Document, Entry, Response, Source
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
    files: tuple[str, ...] = ()  # linked in the article, of the kinds that the source wants as documents


def extract_document(entry: Entry, url: str, source: Source, response: Response | None) -> ExtractionResult:
    """Return the document of a page; without a response, of the feed's own text. `url`: the page's address.

    A permanent redirect moves a page, a temporary one does not (RFC 9110, 15.4).
    """
    if response is None or is_home_page_instead(url, response.url):
        document = make_document(entry, None, source=source, url=url)
        remark = Reason("feed-text-home", url=url) if response else None
        return ExtractionResult(document, None if document else NO_TEXT, url, canonical_note=remark)
    if file_kind(response):
        return _extract_file(entry, url, source, response)
    text = html.decode(response.body, response.headers.get("content-type"))
    robots = response.headers.get("x-robots-tag", "")
    template = _template(source.template) if source.template else None
    # A full extraction costs a third more, so it runs only if linked files are wanted.
    extraction = extract(
        text, response.url, source=source, entry=entry, x_robots_tag=robots, template=template, brief=not source.file_kinds
    )
    article = extraction.article
    if article is not None and article.noindex:
        return ExtractionResult(None, Reason("noindex"), robots=extraction.robots)
    own = response.permanent_url or resolve(url) or response.url
    document = make_document(entry, article, source=source, url=own)
    if document is None:
        return ExtractionResult(None, NO_TEXT, robots=extraction.robots)
    leading = (url, response.url, own, *(article.alternate_forms if article else ()))
    aliases = {document_id(each): each for each in leading if each}
    aliases.pop(document.id, None)
    linked = (each for each in extraction.file_links if each.partition("?")[0].lower().endswith(source.file_kinds))
    files = tuple(each for each in linked if same_site(each, response.url))
    remark = article.canonical_note if article else None
    return ExtractionResult(document, None, own, tuple(aliases.values()), remark, extraction.robots, files)


def file_kind(response: Response) -> str:
    """Return "pdf", "docx", "odt" or "pptx" for such a file, "" for everything else.

    The type decides, or the first bytes if the type is vague: servers send text/html for any file.
    """
    kind, body = response.media_type, response.body
    if kind == "application/pdf" or (kind in VAGUE_TYPES and body[:5] == b"%PDF-"):
        return "pdf"
    return office_kind(response) if kind in OFFICE_TYPES or body[:4] == b"PK\x03\x04" else ""


def read_file(response: Response) -> tuple[Article, Reason] | Reason:
    """Return the text of a PDF or office file and a remark that says what it is, or the reason why it has no text."""
    kind = file_kind(response)
    if kind == "pdf":
        pdf = extract_pdf(response.body, response.url)
        return pdf if isinstance(pdf, Reason) else (pdf.article, Reason("pdf", str(pdf.pages)))
    office = extract_office(response.body, response.url, kind)
    return office if isinstance(office, Reason) else (office, Reason("office", kind))


def _extract_file(entry: Entry, url: str, source: Source, response: Response) -> ExtractionResult:
    own = response.permanent_url or resolve(url) or response.url
    directives = robots_directives({}, response.headers.get("x-robots-tag", ""))
    if directives.noindex:
        return ExtractionResult(None, Reason("noindex"))
    content = read_file(response)
    if isinstance(content, Reason):
        return ExtractionResult(make_document(entry, None, source=source, url=own) if entry.title else None, content, own)
    article, remark = content
    return ExtractionResult(make_document(entry, article, source=source, url=own), NO_TEXT, own, canonical_note=remark)


@lru_cache(maxsize=16)
def _template(text: str) -> SiteTemplate:
    return SiteTemplate.from_json(text)


@lru_cache(maxsize=256)  # twice the sources that are crawled side by side: each has a template of some 12 kB
def extraction_stamp(source: Source) -> str:
    """Return the version of the extractor and a hash of the source's settings. It is stored with each page.

    A page with another stamp is extracted again, so that new settings apply to stored pages too.
    """
    settings = {
        name: value for name, value in asdict(source).items() if name not in ("url", "kind", "alternates", "every_seconds")
    }
    return f"{EXTRACTOR_VERSION}-{sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:12]}"


# -- documents ---------------------------------------------------------------------------------------------------------
# Merge a feed entry and its page into a `Document`. For each field the first source that has it is used:
#
# text      the page, unless the feed has more of it; the feed if there is no page
# title     the feed (its titles are written for lists), the page, the first words of the text
# dates     the feed, the page
# language  the operator, the page, the feed, most pages of the source; the text itself may overrule them
# address   the page's canonical URL, the target of permanent redirects

MAX_SUMMARY_CHARACTERS = 1_000
MIN_TITLE_WORDS, MAX_TITLE_WORDS = 3, 12  # of a title made from the text
MIN_FEED_SURPLUS = 1.1  # times the words of the page that the feed's text must have, and
MIN_FEED_SURPLUS_WORDS = 5  # words more, to replace the page's text
_ENTITY_MARKUP = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|ul|ol|li|h[1-6]|img|table|script|style)\b[^<>]*>", re.I)
_DATA = re.compile(r"[!-~]{400,}")
# What content management systems add to an item's text in feeds: WordPress's last line and "continue reading" links,
# Drupal's fields that repeat title, author and date, and its links to log in.
_FEED_EXTRAS = ".field--name-title, .field--name-uid, .field--name-created, ul.links.inline"
_APPEARED_FIRST = re.compile(
    r"^(?:The post|Der Beitrag|L[’']article|La entrada|O post|Het bericht|L[’']articolo|Inlägget)\s.{1,400}?\s"
    r"(?:appeared first on|erschien zuerst auf|est apparu en premier sur|apareció primero en|se publicó primero en"
    r"|apareceu primeiro em|verscheen eerst op|proviene da|dök först upp på)\s[^\n]{1,200}$",
    re.M,
)
_CONTINUE = re.compile(
    r"\W*(?:continue reading|read more|weiter ?lesen|lire la suite|leer más|continua a leggere|lees verder)\b", re.I
)


def make_document(entry: Entry, article: Article | None, *, source: Source, url: str) -> Document | None:
    """Return the searchable document; None if there is neither a title nor a text. Pure.

    `url`: the page's address if the page states none; "" for an item without a page of its own.
    """
    if article is not None and is_home_page_instead(entry.url, url):
        article, url = None, entry.url or ""
    summary = feed_text(entry.summary_html)
    own = feed_text(entry.content_html) or summary
    text, rule = (article.text, article.rule) if article is not None else ("", "feed")
    if not text or (own and len(own.split()) > MIN_FEED_SURPLUS * len(text.split()) + MIN_FEED_SURPLUS_WORDS):
        text, rule = own, "feed"
    on_page = article.title if article else ""
    # The name of the site is the title of an item only if its page has no other.
    listed = "" if on_page and entry.title.casefold() == source.name.casefold() else entry.title
    title = listed or on_page or _first_words(text) or _from_address(url)
    if not text and not entry.title and not (article and article.title):
        return None
    short = " ".join(summary.split())
    if (not short or len(short) > MAX_SUMMARY_CHARACTERS) and article is not None:
        short = article.summary
    if article is not None and rule != "feed":
        text = _with_surroundings(text, short, article)
    hint = source.language or (article.language if article else None) or entry.language or usual_language(source)
    address = (article.canonical if article else None) or url
    changed = article.modified if article else None
    # The lastmod of a sitemap is often the date of the sitemap itself.
    modified = (changed or entry.updated) if entry.is_bare else (entry.updated or changed)
    published = entry.published or (article.published if article else None) or modified
    return Document(
        id=document_id(address or item_urn(entry, source)),
        url=address or entry.shared_url or "",
        title=title,
        text=text,
        summary=short[:MAX_SUMMARY_CHARACTERS],
        language=detect(f"{title}\n{text[:3_000]}", hint),
        date=published,
        modified=modified if modified and (published is None or modified > published) else None,
        authors=_unique(entry.authors or (article.authors if article else ())),
        categories=_unique((*entry.categories, *(article.categories if article else ()), source.category or "")),
        source=source.name,
        image=(article.image if article else None) or entry.image,
        rule=rule,
    )


def usual_language(source: Source) -> str | None:
    """Return the language of nearly all pages of a source, as far as the crawl has learned it; None if there is none."""
    return (_template(source.template).language or None) if source.template else None


def _with_surroundings(text: str, summary: str, article: Article) -> str:
    """Return the text with the article's lead and captions, unless the text or the summary contains them."""
    lead = "" if " ".join(article.lead.split()) in summary or article.lead in text else article.lead
    captions = (caption for caption in article.captions if caption not in text)
    return "\n\n".join(filter(None, (lead, text, *captions)))


def feed_text(markup: str) -> str:
    """Return the text of a feed's markup, without what the publisher's program adds. Unescape it if it was escaped twice."""
    text = _own_text(markup)
    if "<" not in markup and _ENTITY_MARKUP.search(text):
        text = _own_text(text)
    return _APPEARED_FIRST.sub("", _DATA.sub(" ", text)).strip()


def _own_text(markup: str) -> str:
    if "<a" not in markup and "field--name-" not in markup:
        return html.to_text(markup)
    tree = html.parse(markup)
    links = [tag for tag in tree.find_all("a", limit=300) if _CONTINUE.match(tag.get_text(" ", strip=True)[:60])]
    for tag in (*links, *tree.select(_FEED_EXTRAS, limit=300)):
        tag.extract()
    return html.text_of(tree)


def is_home_page_instead(requested: str | None, final: str) -> bool:
    """Return whether a page was redirected to the home page of its site: the page is then lost."""
    if not requested or requested == final or not same_site(requested, final):
        return False
    there, here = urlsplit(resolve(final) or final), urlsplit(resolve(requested) or requested)  # without tracking parameters
    return len(there.path) <= 1 and not there.query and (len(here.path) > 1 or bool(here.query))


def item_urn(entry: Entry, source: Source) -> str:
    """Return the identifier of an item without a page of its own: made from its guid, otherwise from its words."""
    words = entry.key or entry.guid or entry.title or entry.summary_html or entry.content_html
    return f"urn:feed-search:{source.url}:{words}"


def page_key(entry: Entry, source: Source) -> str:
    """Return the key of an entry: of its address, otherwise of its guid, otherwise of its words."""
    return document_id(entry.url or item_urn(entry, source))


def _first_words(text: str) -> str:
    first = text.partition("\n\n")[0]  # which may be a heading
    words = (first if len(first.split()) >= MIN_TITLE_WORDS else text).split(maxsplit=MAX_TITLE_WORDS)
    short = " ".join(words[:MAX_TITLE_WORDS])[:120]
    return f"{short} …" if len(words) > MAX_TITLE_WORDS else short


def _from_address(url: str) -> str:
    path = unquote(urlsplit(resolve(url) or "").path).rstrip("/").rpartition("/")[2]
    return html.clean_text(re.sub(r"[-_+]+", " ", re.sub(r"\.\w{1,5}$", "", path))).strip() or url


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple({value.casefold(): value for value in reversed([each for each in values if each])}.values())[::-1]
