"""Read a web page that lists a source's items, and find the page with older ones. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from indexer import html
from indexer.feeds.url_scope import is_list, is_list_query
from indexer.urls import identity, resolve, same_site

MAX_LINKS = 5_000
# How themes mark the link to the next page if they forget rel=next. "previous" is WordPress's word for older posts.
_PAGERS = (
    "a.next.page-numbers",
    ".nav-previous a",
    ".pager-next a",
    ".pager__item--next a",
    ".pagination .next a",
    "li.next a",
    "a.older-posts",
    "a.pagination-next",
)


@dataclass(frozen=True, slots=True)
class ListPage:
    """What a page links, in its order and each once, and the program that made it."""

    url: str
    links: tuple[str, ...]
    next_url: str | None
    generator: str = ""
    wordpress_api: str | None = None
    followed: tuple[str, ...] = ()  # the links without rel=nofollow
    nofollow_metas: tuple[tuple[str, str], ...] = ()  # name and content of metas that may forbid to follow any link


def parse_list_page(body: bytes, content_type: str | None, url: str) -> ListPage:
    """Return the links of a page. Never raises."""
    tree = html.parse(html.decode(body, content_type))
    base_tag = tree.find("base", href=True)
    base = (resolve(str(base_tag["href"]), url) if base_tag else None) or url
    links: dict[str, None] = {}
    followed: dict[str, None] = {}
    for anchor in tree.find_all("a", href=True, limit=MAX_LINKS):
        if address := resolve(str(anchor["href"]), base):
            links[address] = None
            if "nofollow" not in _rels(anchor):
                followed[address] = None
    metas = [
        (str(tag["name"]).lower(), str(tag["content"])) for tag in tree.find_all("meta", attrs={"name": True, "content": True})
    ]
    generator = tree.select_one("meta[name=generator i]")
    api = tree.select_one('link[rel~="https://api.w.org/"][href]')
    return ListPage(
        url,
        tuple(links),
        _next(tree, base, url),
        str(generator.get("content") or "")[:200] if generator else "",
        resolve(str(api["href"]), base) if api else None,
        tuple(followed),
        tuple((name, content) for name, content in metas if re.search(r"nofollow|none", content, re.I)),
    )


def _next(tree: html.Tree, base: str, url: str) -> str | None:
    declared = [tag for tag in tree.find_all(["link", "a"], href=True, limit=MAX_LINKS) if "next" in _rels(tag)]
    marked = [] if declared else [tag for selector in _PAGERS for tag in tree.select(selector, limit=3) if tag.get("href")]
    for tag in (*declared, *marked):
        address = resolve(str(tag["href"]), base)
        if address and same_site(address, url) and identity(address) != identity(url):
            return address
    return None


def _rels(tag: html.Tag) -> set[str]:
    rel: object = tag.get("rel") or []
    return {part.lower() for part in (rel if isinstance(rel, list) else str(rel).split())}


def turns_pages(address: str) -> bool:
    """Return whether an address looks like another page of a list and not like an item.

    >>> [turns_pages(f"https://example.org/{path}") for path in ("news/page/2/", "news?page=2", "news/p-2", "news/a-text")]
    [True, True, False, False]
    """
    parts = urlsplit(address)
    return is_list(parts.path) or is_list_query(parts.query) or bool(re.search(r"/(?:page|seite)[-_]?\d+(?:\.\w+)?$", parts.path))
