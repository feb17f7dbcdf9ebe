"""Make an `Entry` of bounded size, the only place that does, and complete it with what an earlier listing gave."""

from __future__ import annotations

import dataclasses
import re
import zlib
from collections.abc import Iterable
from datetime import datetime

from indexer import html
from indexer.model import Entry
from indexer.urls import identity, is_home, same_site

MAX_FEED_BYTES = 50_000_000
MAX_TEXT_CHARACTERS = 1_000_000  # of one item
MAX_TITLE_CHARACTERS = 500
MAX_NAME_CHARACTERS = 200
MAX_ENTRIES = 10_000
MAX_REPEATED = 100  # categories, authors or links of one item

# RSS does not define whether titles are HTML. There is no element T, so "Generics: List<T> explained" is plain text.
_NO_TAG = re.compile(
    r"<(?!/?(?:a|abbr|acronym|b|bdi|bdo|big|blockquote|br|center|cite|code|data|del|dfn|div|em|figure|font|h[1-6]|hr|i|img|ins|kbd|label"
    r"|li|mark|nobr|ol|p|picture|pre|q|ruby|rb|rp|rt|s|samp|script|section|small|source|span|strike|strong|style|sub|sup|svg|table|tbody"
    r"|td|th|time|tr|tt|u|ul|var|wbr)(?:[\s/][^<>]*)?>|!--)",
    re.I,
)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,40};|#\d{2,7}(?![\d;]))")  # HTML reads "&copy=2" as "©=2", and "&#39s" as "'s"
_CDATA_SIGN = re.compile(r"<!\[CDATA\[|\]\]>(?=\s*\Z)")  # left in the text of a section that was escaped
# What programs write for a title that is missing.
_UNTITLED = re.compile(
    r"[(\[<]?(?:untitled|no[ -]title|ohne titel|kein titel|sans titre|sin t[ií]tulo|senza titolo|sem t[ií]tulo"
    r"|zonder titel|geen titel|utan titel|uten tittel|uden titel|ei otsikkoa|bez n[aá]zvu|bez tytułu"
    r"|без названия|без назви|без заголовка|無題|无标题|無標題|제목 없음|بدون عنوان|adsız|başlıksız)[)\]>]?|[-–—_.*#]+",
    re.I,
)
_HALF = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://\S+", re.I)


def replace_surrogates(text: str) -> str:
    """Replace halves of characters, which JSON can name ("\\ud800") and no database can store."""
    return _HALF.sub("\ufffd", text)


def gunzip(body: bytes) -> bytes:
    """Return the beginning of a gzip file decompressed, anything else as it is. A file may be compressed twice."""
    for _ in range(2):
        if not body.startswith(b"\x1f\x8b"):
            return body
        try:
            body = zlib.decompressobj(31).decompress(body, MAX_FEED_BYTES)
        except zlib.error:
            return body
    return body


def one_line(text: str) -> str:
    """Return clean text without line ends."""
    return " ".join(html.clean_text(text).split())


def clean_names(values: Iterable[str], most: int = MAX_REPEATED) -> tuple[str, ...]:
    """Return names of people or categories: clean, each once (case does not matter), without e-mail and web addresses."""
    unique: dict[str, str] = {}
    for value in values:
        if len(unique) >= most:
            break
        name = one_line(
            html.to_text(value[: MAX_NAME_CHARACTERS * 4]) if "<" in value or "&" in value else value[: MAX_NAME_CHARACTERS * 2]
        )
        name = _ADDRESS.sub("", name).strip(" ,;()<>")[:MAX_NAME_CHARACTERS]
        if name:
            unique.setdefault(name.casefold(), name)
    return tuple(unique.values())


def in_language(entries: Iterable[Entry | None], language: str | None) -> tuple[Entry, ...]:
    """Return the entries that are not None. An item without a language gets that of the feed."""
    return tuple(
        entry if entry.language or not language else dataclasses.replace(entry, language=language)
        for entry in entries
        if entry is not None
    )


# What programs write for a link or guid that is missing.
PLACEHOLDER = (
    r"(?:n\.?\s?/?\s?[av]\.?|n\.?\s?d\.?|k\.\s?a\.?|\(?(?:none|null|nil|undefined|unknown|empty|missing|false)\)?|nan|tba|tbd|todo"
    r"|[-–—_.?]+|\#[^\s<>\"']*|keine?r?|kein link|ohne|ninguno?|sin enlace|aucune?|nessuno?|nenhum|geen|brak|нет|なし|无|無|없음"
    r"|about:[^\s<>\"']*|https?:/*(?:none|null|nil|undefined|n/a|localhost)?/?|https?:/*\#[^\s<>\"']*|(?:javascript|data):[^<>\"']*"
    r"|void\(0\)|\[(?:object object|link|url|guid|permalink)\]|no[ -]?(?:link|url|guid|id)"
    r"|\{+[^{}<>\"']*\}+"
    r"|\$\{[^{}<>\"']*\}|%\w)"
)
_PLACEHOLDER = re.compile(PLACEHOLDER, re.I)


def is_placeholder(text: str) -> bool:
    """Return whether a link or guid stands for a missing one.

    >>> [is_placeholder(text) for text in ("N/A", "#", "about:blank", "http://", "null", "4711", "https://example.org/")]
    [True, True, True, True, True, False, False]
    """
    return not text.strip() or _PLACEHOLDER.fullmatch(text.strip()) is not None


def complete_addresses(entries: tuple[Entry, ...], feed_title: str, home: str | None, url: str) -> tuple[Entry, ...]:
    """Return the entries with what only the whole feed can tell.

    Links to the home page are not addresses of items. An item without an address gets the home page to link to. The feed's own
    title is not the title of its items.
    """
    completed = []
    for entry in detach_home_links(without_shared_guids(entries), home, url):
        if entry.url is None and entry.shared_url is None and home:
            entry = dataclasses.replace(entry, shared_url=home)
        if (
            feed_title
            and len(entries) > 1
            and entry.title.casefold() == feed_title.casefold()
            and (entry.summary_html or entry.content_html)
        ):
            entry = dataclasses.replace(entry, title="")
        completed.append(entry)
    return tuple(completed)


def without_shared_guids(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries without guids that several of them have: such a guid identifies no item.

    An item that is listed twice keeps its guid.
    """
    items: dict[str, set[str]] = {}
    for entry in entries:
        if entry.guid:
            items.setdefault(entry.guid, set()).add(entry.url or entry.title)
    shared = {guid for guid, names in items.items() if len(names) > 1}
    return tuple(dataclasses.replace(entry, guid=None) if entry.guid in shared else entry for entry in entries)


def detach_home_links(entries: tuple[Entry, ...], home: str | None, url: str) -> tuple[Entry, ...]:
    """Return the entries without links to the site's home page: that page shows the text of another item today."""
    ours = identity(home) if home and len({entry.url for entry in entries}) > 1 else None

    def is_at_home(link: str) -> bool:
        return identity(link) == ours or (is_home(link) and any(same_site(link, each) for each in (url, home or url)))

    return tuple(
        dataclasses.replace(entry, url=None, shared_url=entry.url, key=f"{entry.url}\n{entry.guid or entry.title}")
        if entry.url and (entry.title or entry.guid) and is_at_home(entry.url)
        else entry
        for entry in entries
    )


def make_entry(
    *,
    url: str | None,
    guid: str | None,
    title: str,
    title_is_html: bool,
    summary_html: str,
    content_html: str,
    published: datetime | None,
    updated: datetime | None,
    authors: Iterable[str],
    categories: Iterable[str],
    language: str | None,
    image: str | None,
    enclosure: str | None = None,
) -> Entry | None:
    """Return an entry of bounded size; None when it has neither an address nor a word.

    `enclosure` is the address of an item that has no other: it is linked, but not fetched as a page.
    """
    guid = None if guid is None or is_placeholder(guid) else guid
    short = _CDATA_SIGN.sub("", title[:5_000])
    summary_html, content_html = (_CDATA_SIGN.sub("", markup) for markup in (summary_html, content_html))
    line = one_line(html.to_text(_BARE_AMPERSAND.sub("&amp;", _NO_TAG.sub("&lt;", short))) if title_is_html else short)
    if _UNTITLED.fullmatch(line) and (summary_html.strip() or content_html.strip()):
        line = ""
    if len(line) > MAX_TITLE_CHARACTERS:
        line = (line[:MAX_TITLE_CHARACTERS].rpartition(" ")[0] or line[:MAX_TITLE_CHARACTERS]) + " …"
    if not (url or enclosure or line or summary_html.strip() or content_html.strip()):
        return None
    return Entry(
        url=url,
        guid=replace_surrogates(guid[:2_000]) if guid else None,
        title=line,
        summary_html=replace_surrogates(summary_html[:MAX_TEXT_CHARACTERS]),
        content_html=replace_surrogates(content_html[:MAX_TEXT_CHARACTERS]),
        published=published,
        updated=updated,
        authors=clean_names(authors),
        categories=clean_names(categories),
        language=replace_surrogates(language[:35]) if language else None,
        image=image,
        shared_url=enclosure if url is None else None,
    )


def complete_entry(listed: Entry, stored: Entry) -> Entry:
    """Return the entry as listed now, completed with what only the stored one contains.

    A sitemap gives an address and a date. It must not remove the title and the text of an item that a feed listed before. A newer
    `updated` is the one thing that it changes.

    >>> complete_entry(Entry("https://example.org/a"), Entry("https://example.org/a", title="T")).title
    'T'
    """
    values = {
        name: old
        for name in (each.name for each in dataclasses.fields(Entry))
        if not getattr(listed, name) and (old := getattr(stored, name))
    }
    if listed.updated and stored.updated and listed.updated < stored.updated:
        values["updated"] = stored.updated
    return dataclasses.replace(listed, **values)
