"""What a page says its own address is, and whether that can be believed.

Believed is one address of the same site (RFC 6596, "The Canonical Link Relation"). What is not, is a frequent mistake of
templates: another site's (a copy must not vanish into what we do not hold), two different ones, the home page or a list page
for whatever stands below it. That many pages claim one address shows only when they are compared (`indexer.identity`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from indexer import html
from indexer.urls import identity, resolve, same_site

MAX_TWINS, MAX_LINKS = 5, 300
_PRINT = re.compile(r"\bprint\b", re.I)
# What may follow the address of a page, so that the shorter one is the page and no list of pages.
_FOLLOWS = re.compile(r"(?:amp|print\w*|page|seite|p|feed|embed|view|full|all|index(?:\.\w+)?|[\d_-]+)", re.I)


def own_address(tree: html.Element, url: str) -> tuple[str | None, str, tuple[str, ...]]:
    """The address that the page gives as its own if it is to be believed, else in words why not; and where it says that its
    AMP and print versions are. `url`: the address that answered."""
    found: dict[str, str] = {}
    for tag in _links(tree):
        if "canonical" in _words(tag.get("rel")) and (address := resolve(tag.get("href") or "", url)):
            found.setdefault(identity(address), address)
    canonical, remark = _believed(list(found.values()), url)
    return canonical, remark, _twins(tree, url)


def _believed(named: list[str], url: str) -> tuple[str | None, str]:
    if not named:
        return None, ""
    if len(named) > 1:
        return None, f"it names {len(named)} different canonical addresses ({named[0]}, {named[1]}): none is believed"
    address = named[0]
    if not same_site(address, url):
        return None, f"its canonical address {address} is on another site: it is kept under its own"
    if _is_home_page(address) and not _is_home_page(url):
        return None, f"its canonical address {address} is the home page: it is kept under its own"
    if _is_list_above(address, url):
        return None, f"its canonical address {address} is the list above it: it is kept under its own"
    return address, ""


def _is_home_page(url: str) -> bool:
    parts = urlsplit(url)
    return len(parts.path) <= 1 and not parts.query


def _is_list_above(address: str, url: str) -> bool:
    """/news/ is above /news/ferry/; but /news/ferry/ is no list above /news/ferry/amp/, nor /news/17/ above /news/17/ferry/."""
    above, below = urlsplit(address), urlsplit(url)
    path = above.path.rstrip("/") + "/"
    if above.query or not below.path.startswith(path) or len(below.path.rstrip("/")) < len(path):
        return False
    rest = below.path[len(path) :].strip("/").split("/")
    return not re.search(r"\d", path.rstrip("/").rpartition("/")[2]) and not all(map(_FOLLOWS.fullmatch, rest))


def _twins(tree: html.Element, url: str) -> tuple[str, ...]:
    named: dict[str, None] = {}
    for tag in _links(tree):
        words = _words(tag.get("rel"))
        if "amphtml" in words or ("alternate" in words and _PRINT.search(tag.get("media") or "")):
            address = resolve(tag.get("href") or "", url)
            if address and identity(address) != identity(url):
                named[address] = None
    return tuple(named)[:MAX_TWINS]


def _links(tree: html.Element) -> Iterator[html.Element]:
    return islice((tag for tag in tree.iter("link") if tag.get("href")), MAX_LINKS)


def _words(rel: str | None) -> list[str]:
    return (rel or "").lower().split()
