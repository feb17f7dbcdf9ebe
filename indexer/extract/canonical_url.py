"""Read a page's canonical URL, and decide whether to trust it (RFC 6596, "The Canonical Link Relation").

A single URL of the same site is trusted. Frequent mistakes of page templates are not: another site's URL, two different URLs,
the home page, or a list page above the page. Several pages with one canonical URL are resolved in `indexer.dedup`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from indexer import html
from indexer.reasons import Reason
from indexer.urls import identity, resolve, same_site

MAX_ALTERNATE_FORMS, MAX_LINKS = 5, 300
_PRINT = re.compile(r"\bprint\b", re.I)
# What may follow the URL of a page, so that the shorter URL is the page and not a list.
_FOLLOWS = re.compile(r"(?:amp|print\w*|page|seite|p|feed|embed|view|full|all|index(?:\.\w+)?|[\d_-]+)", re.I)


def read_canonical(tree: html.Element, url: str) -> tuple[str | None, Reason | None, tuple[str, ...]]:
    """Return the page's canonical URL if it is trusted, otherwise why not, and the URLs of its AMP and print versions.

    `url`: the URL that answered.
    """
    named: dict[str, str] = {}
    for tag in _links(tree):
        if "canonical" in _words(tag.get("rel")) and (address := resolve(tag.get("href") or "", url)):
            named.setdefault(identity(address), address)
    canonical, remark = _trusted(list(named.values()), url)
    return canonical, remark, _alternate_forms(tree, url)


def _trusted(named: list[str], url: str) -> tuple[str | None, Reason | None]:
    """Return the URL to trust, and a reason if there is a canonical URL that is not trusted."""
    if not named:
        return None, None
    if len(named) > 1:
        return None, Reason("canonical-ambiguous", f"{named[0]}, {named[1]}")
    address = named[0]
    if not same_site(address, url):
        return None, Reason("canonical-other-site", url=address)
    if _is_home_page(address) and not _is_home_page(url):
        return None, Reason("canonical-home", url=address)
    if _is_list_above(address, url):
        return None, Reason("canonical-list", url=address)
    return address, None


def _is_home_page(url: str) -> bool:
    parts = urlsplit(url)
    return len(parts.path) <= 1 and not parts.query


def _is_list_above(address: str, url: str) -> bool:
    """Report whether an address is a list of pages above another one.

    /news/ is above /news/ferry/. But /news/ferry/ is not a list above /news/ferry/amp/, nor /news/17/ above /news/17/ferry/.
    """
    above, below = urlsplit(address), urlsplit(url)
    path = above.path.rstrip("/") + "/"
    if above.query or not below.path.startswith(path) or len(below.path.rstrip("/")) < len(path):
        return False
    rest = below.path[len(path) :].strip("/").split("/")
    return not re.search(r"\d", path.rstrip("/").rpartition("/")[2]) and not all(map(_FOLLOWS.fullmatch, rest))


def _alternate_forms(tree: html.Element, url: str) -> tuple[str, ...]:
    named: dict[str, None] = {}
    for tag in _links(tree):
        words = _words(tag.get("rel"))
        if "amphtml" in words or ("alternate" in words and _PRINT.search(tag.get("media") or "")):
            address = resolve(tag.get("href") or "", url)
            if address and identity(address) != identity(url):
                named[address] = None
    return tuple(named)[:MAX_ALTERNATE_FORMS]


def _links(tree: html.Element) -> Iterator[html.Element]:
    return islice((tag for tag in tree.iter("link") if tag.get("href")), MAX_LINKS)


def _words(rel: str | None) -> list[str]:
    return (rel or "").lower().split()
