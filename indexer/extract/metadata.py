"""Read a page's metadata: title, dates, authors, language, image, canonical URL, robots directives, kind of page.

Sources: Open Graph (https://ogp.me), schema.org in JSON-LD, Dublin Core, the HTML standard's own elements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import chain, islice
from typing import Any, Final
from urllib.parse import urlsplit

from indexer import html
from indexer.dates import DateStyle, parse_date
from indexer.extract.blocks import text_key
from indexer.extract.crawler_directives import read_canonical, relevant_metas, robots_directives
from indexer.reasons import Reason
from indexer.urls import resolve, same_site

MAX_TITLE_CHARACTERS = 500
MAX_JSON_CHARACTERS = 300_000  # of one JSON-LD script
_ARTICLE_TYPES = re.compile(r"(?:article|posting|report|blog|webpage|newsarticle)$", re.I)
_SEPARATOR = re.compile(r"\s+[|·•–—»:-]\s+|\s*\|\s*")
_JSON_TYPE = re.compile(r"^application/ld\+json", re.I)
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?:/|$)")
_MARKUP = re.compile(r"<[a-z/!]|&#?\w{2,10};", re.I)
_HOME = re.compile(
    r"^\s*(?:(?:https?:)?//[^/\s]*/?|\.?\.?/?|/?(?:\.\./)+|/?index\.\w+|[^/?]*)(?:#.*)?\s*$", re.I
)  # links that may lead to the home page
_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "parsely-pub-date",
    "sailthru.date",
    "publishdate",
    "pubdate",
    "date",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")
_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "byl")
_SITE_NAMES = ("og:site_name", "application-name", "apple-mobile-web-app-title", "twitter:app:name:iphone")
_NO_NAMES = frozenset(("", "home", "homepage", "startseite", "start", "accueil", "inicio", "news", "blog", "logo"))


@dataclass(slots=True)
class Metadata:
    title: str = ""
    heading: str = ""
    summary: str = ""
    language: str | None = None
    published: datetime | None = None
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image: str | None = None
    canonical: str | None = None
    noindex: bool = False
    robots: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of `relevant_metas`
    feeds: tuple[str, ...] = field(default_factory=tuple)
    alternate_forms: tuple[str, ...] = ()
    canonical_note: Reason | None = None  # why `canonical` is None although the page names an address
    types: tuple[str, ...] = ()  # of all JSON-LD objects
    body: str = ""  # the article's text in linked data; often cut off, and sometimes of another page


def read_metadata(tree: html.Element, url: str, x_robots_tag: str = "", source_name: str = "", zone: tzinfo = UTC) -> Metadata:
    """Return the metadata of a page's tree (`html.read`). Never raises.

    `source_name`: the name of the page's source. `zone`: of times without an offset.
    """
    metas = _metas(tree)
    objects = _linked_data(tree)
    data = list(_articles(objects))
    locale = _first(metas, ("content-language", "og:locale", "language", "dc.language", "dcterms.language"))
    declared = tree.get("lang") or tree.get("xml:lang") or ""
    language = declared or _of(data, "inLanguage") or locale or None
    style = DateStyle((language,) if language else (), zone)
    metadata = Metadata(
        heading=_heading(tree),
        summary=_line(_first(metas, ("og:description", "description", "dc.description", "twitter:description")), 1_000),
        language=language,
        published=_date([*_all(metas, _PUBLISHED), _of(data, "datePublished")], style) or _time(tree, style) or _in_address(url),
        modified=_date([*_all(metas, _MODIFIED), _of(data, "dateModified")], style),
        authors=_people(data) or _unique(map(_name, _all(metas, _AUTHORS))) or _unique(_marked_authors(tree)),
        categories=tuple(dict.fromkeys(_line(each, 100) for each in _all(metas, ("article:section",)) if each.strip()))[:10],
    )
    metadata.canonical, metadata.canonical_note, metadata.alternate_forms = read_canonical(tree, url)
    title = _line(_first(metas, ("og:title", "twitter:title", "dc.title")), MAX_TITLE_CHARACTERS) or _of(data, "headline")
    names = _site_names(tree, url, metas, data, source_name)
    heading = "" if _key(metadata.heading) in names else metadata.heading
    metadata.title = (
        _without_site(title, metadata.heading, names)
        or heading
        or _without_site(_title_element(tree), metadata.heading, names)
        or metadata.heading
    )
    stated_names = {_key(name) for name in (source_name, *_all(metas, ("og:site_name",))) if name}
    is_inner_page = len(urlsplit(url).path) > 1
    if is_inner_page and _key(metadata.title) in stated_names and _key(metadata.heading) in (stated_names | {""}):
        metadata.title = ""  # it is the title of the whole site
    image = _first(metas, ("og:image", "og:image:url", "twitter:image", "twitter:image:src"))
    metadata.image = resolve(image, url) if image else None
    metadata.robots = relevant_metas(metas)
    metadata.noindex = bool(robots_directives(metadata.robots, x_robots_tag).noindex)
    metadata.types = tuple(kind for item in objects for kind in _listed(item.get("@type")) if isinstance(kind, str))
    metadata.body = max((body for item in data if isinstance(body := item.get("articleBody"), str)), key=len, default="")
    return metadata


def _metas(tree: html.Element) -> dict[str, list[str]]:
    """Return the contents of all meta elements and of microdata dates, by their names in lower case."""
    metas: dict[str, list[str]] = {}
    for tag in islice(tree.iter("meta"), 500):
        value = (tag.get("content") or "").strip()
        for attribute in ("name", "property", "itemprop", "http-equiv"):
            name = (tag.get(attribute) or "").strip().lower()
            if name and value:
                metas.setdefault(name, []).append(value[:5_000])
    for tag in islice((tag for tag in tree.iter("time", "span", "div", "p") if tag.get("itemprop")), 50):
        for name in (tag.get("itemprop") or "").lower().split():
            if name.startswith("date"):
                metas.setdefault(name, []).append((tag.get("datetime") or tag.get("content") or html.line_of(tag, 100))[:100])
    return metas


def _linked_data(tree: html.Element) -> list[dict[str, Any]]:
    """Return the JSON-LD objects of a page."""
    items: list[dict[str, Any]] = []
    for script in islice((tag for tag in tree.iter("script") if _JSON_TYPE.match(tag.get("type") or "")), 20):
        text = script.text or ""
        if len(text) > MAX_JSON_CHARACTERS:
            continue
        try:
            stack = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(500):
            if not stack:
                break
            item = stack.pop()
            if isinstance(item, list):
                stack.extend(reversed(item[:100]))
            elif isinstance(item, dict):
                items.append(item)
                stack += [item.get("mainEntity"), item.get("@graph")]
    return items


def _articles(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the JSON-LD objects that describe an article. References to authors are replaced by the authors' names."""
    names = {
        item["@id"]: item["name"] for item in items if isinstance(item.get("@id"), str) and isinstance(item.get("name"), str)
    }
    for item in items:
        if any(isinstance(kind, str) and _ARTICLE_TYPES.search(kind) for kind in _listed(item.get("@type"))):
            yield {**item, "author": [_pointed_at(person, names) for person in _listed(item.get("author"))[:20]]}


def _pointed_at(person: object, names: dict[str, str]) -> object:
    name = names.get(str(person.get("@id"))) if isinstance(person, dict) and not person.get("name") else None
    return name or person


def _marked_authors(tree: html.Element) -> Iterator[str]:
    """Return the authors in microdata and in links with rel=author."""
    for tag in tree.iter("a", "span", "div", "p", "address"):
        if "author" in (tag.get("itemprop") or "").lower().split():
            inner = next((each for each in tag.iter() if each.get("itemprop") == "name"), tag)
            yield _name(html.line_of(inner, 120))
        elif tag.tag == "a" and "author" in (tag.get("rel") or "").lower().split():
            yield _name(html.line_of(tag, 120))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(islice(filter(None, names), 20)))


def _in_address(url: str) -> datetime | None:
    """Return the date in an address such as /2024/05/17/."""
    match = _DATED_PATH.search(urlsplit(url).path)
    return parse_date("-".join(match.groups())) if match else None


def _of(data: Iterable[dict[str, Any]], key: str) -> str:
    return next((_line(item[key], 1_000) for item in data if isinstance(item.get(key), str)), "")


def _people(data: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    people: dict[str, None] = {}
    for item in data:
        for person in _listed(item.get("author"))[:20]:
            name = _name(person.get("name") if isinstance(person, dict) else person)
            if name:
                people[name] = None
    return tuple(people)


def _name(value: object) -> str:
    text = _line(value, 200) if isinstance(value, str) else ""
    return "" if "://" in text or "@" in text else re.sub(r"^(?:by|von|par|por|di)\s+", "", text, flags=re.I)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _all(metas: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [value for name in names for value in metas.get(name, ())]


def _first(metas: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next(iter(_all(metas, names)), "")


def _date(values: Iterable[str], style: DateStyle) -> datetime | None:
    return next((moment for value in values if (moment := parse_date(value, style))), None)


def _time(tree: html.Element, style: DateStyle) -> datetime | None:
    """Return the first <time datetime> of the article, outside of side columns, footers and menus."""
    scope = next(chain(tree.iter("article"), tree.iter("main"), (tree,)))
    for tag in islice((tag for tag in scope.iter("time") if tag.get("datetime")), 3):
        if not _within(tag, "aside", "footer", "nav") and (moment := parse_date(tag.get("datetime") or "", style)):
            return moment
    return None


def _heading(tree: html.Element) -> str:
    """Return the first <h1> of the main part, otherwise of the page. The site's name in a header is the last choice."""
    headings = [tag for tag in islice(tree.iter("h1"), 10) if not html.hides(tag.attrib)]
    inner = [tag for tag in headings if _within(tag, "article", "main") or not _within(tag, "header", "nav", "footer")]
    return next((text for tag in (*inner, *headings) if (text := _line(html.line_of(tag), MAX_TITLE_CHARACTERS))), "")


def _within(tag: html.Element, *names: str) -> bool:
    return next(tag.iterancestors(*names), None) is not None


def _title_element(tree: html.Element) -> str:
    for tag in islice(tree.iter("title"), 10):
        if not _within(tag, "svg", "symbol"):
            return _line(html.line_of(tag), MAX_TITLE_CHARACTERS)
    return ""


def _site_names(tree: html.Element, url: str, metas: dict[str, list[str]], data: list[dict[str, Any]], source: str) -> set[str]:
    """Return the keys of the site's possible names: from metadata, links to the home page, the source and the host."""
    names = [source, *_all(metas, _SITE_NAMES), *(_name_of(item.get("publisher")) for item in data)]
    for link in islice((link for link in tree.iter("a") if link.get("href")), 30):
        target = link.get("href") or ""
        address = resolve(target, url) if _HOME.match(target) else None
        if address and same_site(address, url) and len(urlsplit(address).path) <= 1 and not urlsplit(address).query:
            names += [html.line_of(link, 300), link.get("title") or "", *(image.get("alt") or "" for image in link.iter("img"))]
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names += [host, f"www.{host}", host.partition(".")[0]]
    return {_key(name) for name in names} - _NO_NAMES


def _name_of(value: object) -> str:
    name = value.get("name") if isinstance(value, dict) else ""
    return name if isinstance(name, str) else ""


def _key(text: str) -> str:
    return text_key(text[:300])


def _without_site(title: str, heading: str, names: set[str]) -> str:
    """Remove the site's name from a title: "Harbour reopens | The Gazette" becomes "Harbour reopens".

    A part is removed if the heading lacks it, if it is a name of the site, or if it is the shorter part after a bar.
    """
    parts = [match.span() for match in _SEPARATOR.finditer(title)]
    if not parts:
        return title
    if heading and title.startswith(heading) and any(start == len(heading) for start, _ in parts):
        return heading
    for start, end in parts:  # names may contain separators: "The Gazette - News | Sport"
        if _key(title[end:]) in names and _key(title[:start]):
            return _without_site(title[:start].strip(), heading, names)
    if _key(title[: parts[0][0]]) in names and _key(title[parts[0][1] :]):
        return _without_site(title[parts[0][1] :].strip(), heading, names)
    if "|" in title[parts[-1][0] : parts[-1][1]] and parts[-1][0] >= len(title) - parts[-1][1]:
        return title[: parts[-1][0]].strip()
    return title


def _line(value: str, longest: int) -> str:
    short = value[: longest * 4]
    text = html.to_text(short) if _MARKUP.search(short) else html.clean_text(short)
    return " ".join(text.split())[:longest]


# -- the kind of a page, where it decides which words are its content --------------------------------------------------------
#
# discussion   a thread of a forum, or a question with its answers: the replies are the content, not remarks below an article
# article      a page that its markup calls an article
# product      an article of a shop: its title, description and data are the content

MAX_TYPED_ELEMENTS: Final = 200
_DISCUSSION_TYPE = re.compile(r"(?:^|/)(?:DiscussionForumPosting|QAPage)$")  # of schema.org
# Programs for forums and for questions, in the meta element `generator` or as an id or class of html and body.
_DISCUSSION_PROGRAM = re.compile(
    r"(?:^|[\s_-])(?:discourse|phpbb3?|vbulletin|xenforo|mybb|ipsapp|invision|nodebb|flarum|fluxbb|punbb|smf|vanilla forums"
    r"|question2answer|askbot)(?:$|[\s_/-])",
    re.I,
)
_DISCUSSION_PATH = re.compile(
    r"/(?:viewtopic|showthread|showtopic)\b|/(?:threads?|topics?|discussions?)/[^/]*\d|/t/[^/]+/\d+|/questions/\d+"
    r"|/(?:forums?|boards?|bbs)/(?:[^/]+/)*[^/]*\d"
    r"|[?&](?:topic|showtopic|thread|tid)=\d"
)
_PRODUCT_TYPE = re.compile(r"(?:^|/)Product(?:Group)?$")
_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting)$")


def page_kind(tree: html.Element, url: str, types: Iterable[str]) -> str:
    """Return "discussion", "product" or "article"; "" if a page states none of them.

    `types`: the types of the page's JSON-LD objects.
    """
    types = [*types, *(name for value in html.item_types(tree)[:MAX_TYPED_ELEMENTS] for name in value.split())]
    if any(map(_DISCUSSION_TYPE.search, types)):
        return "discussion"
    if any(map(_ARTICLE_TYPE.search, types)):
        return "article"
    if _is_thread(tree, url):
        return "discussion"
    stated = _og_type(tree)
    if sum(map(bool, map(_PRODUCT_TYPE.search, types))) == 1:
        stated = "product"
    return stated if stated in ("article", "product") else ""


def _is_thread(tree: html.Element, url: str) -> bool:
    """Return whether the address or the program of a page is that of a thread."""
    parts = urlsplit(url)
    if _DISCUSSION_PATH.search(f"{parts.path}?{parts.query}".lower()):
        return True
    body = next(tree.iter("body"), None)
    names = [each.get(name) or "" for each in (tree, body) if each is not None for name in ("id", "class")]
    names += [meta.get("content") or "" for meta in tree.iter("meta") if (meta.get("name") or "").lower() == "generator"]
    return any(_DISCUSSION_PROGRAM.search(name[:400]) for name in names)


def _og_type(tree: html.Element) -> str:
    metas = (meta for meta in tree.iter("meta") if (meta.get("property") or "").lower() == "og:type")
    return next(((meta.get("content") or "").strip().lower() for meta in metas), "")
