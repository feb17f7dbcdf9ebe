"""Make addresses of a feed's older pages from the parameters that publishing programs understand. Pure.

They serve feeds that name no older page themselves.

| program | the second page of ten items |
|---|---|
| WordPress | `paged=2` |
| Drupal | `page=1` (it counts from 0) |
| TYPO3 news, tt_news | `tx_news_pi1[currentPage]=2`, `tx_ttnews[pointer]=1` |
| Joomla | `start=10`, formerly `limitstart=10` |
| others | `page=2` |

Programs ignore unknown parameters, so the first request sends all of them together. A server that returns the same items again
gets only this one request. If the items differ, further requests find the parameter that matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qsl, quote, urlsplit

from indexer.model import Feed

Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How a program counts pages. `parameters` takes the page (the first is 1) and the number of items on the first one."""

    name: str
    parameters: Callable[[int, int], Parameters]


WORDPRESS = Style("WordPress", lambda page, size: (("paged", str(page)),))
DRUPAL = Style("Drupal", lambda page, size: (("page", str(page - 1)),))
COUNTED = Style("page numbers", lambda page, size: (("page", str(page)),))
TYPO3 = Style("TYPO3", lambda page, size: (("tx_news_pi1[currentPage]", str(page)), ("tx_ttnews[pointer]", str(page - 1))))
JOOMLA = Style("Joomla", lambda page, size: (("start", str((page - 1) * size)), ("limitstart", str((page - 1) * size))))
STYLES = {style.name: style for style in (DRUPAL, COUNTED, WORDPRESS, JOOMLA, TYPO3)}  # in the order of the requests

_BY_PROGRAM = (
    (re.compile(r"wordpress", re.I), WORDPRESS),
    (re.compile(r"drupal", re.I), DRUPAL),
    (re.compile(r"typo3|tt_news", re.I), TYPO3),
    (re.compile(r"joomla", re.I), JOOMLA),
)


def style_of(feed: Feed, page_generator: str = "") -> Style | None:
    """Return the style of the program that wrote the feed; None when neither the feed nor its web page names it."""
    generator = f"{feed.generator} {page_generator}"
    return next((style for pattern, style in _BY_PROGRAM if pattern.search(generator)), None)


def probes(hint: Style | None) -> tuple[Style, ...]:
    """Return the styles to try, one after the other, until one returns other items."""
    if hint is not None:
        return (hint,)
    return (EVERY, *STYLES.values())


def address(url: str, style: Style, page: int, size: int) -> str:
    """Return the address of a page of the feed at `url`.

    >>> address("https://example.org/?feed=rss2&paged=1", WORDPRESS, 2, 10)
    'https://example.org/?feed=rss2&paged=2'
    """
    parameters = style.parameters(page, max(1, size))
    names = {name for name, _ in parameters}
    base, _, query = url.partition("?")
    others = [pair for pair in query.split("&") if pair and not _is_named(pair, names)]
    return f"{base}?" + "&".join((*others, *(f"{quote(name, safe='')}={value}" for name, value in parameters)))


def _is_named(pair: str, names: Iterable[str]) -> bool:
    return any(name in names for name, _ in parse_qsl(pair, keep_blank_values=True))


def _every(page: int, size: int) -> Parameters:
    one_each: dict[str, str] = {}
    for style in (COUNTED, WORDPRESS, JOOMLA, TYPO3):
        one_each |= dict(style.parameters(page, size))
    return tuple(one_each.items())


EVERY = Style("", _every)


def part_of(url: str) -> str | None:
    """Return the category, tag, author or search that a feed covers, by its address; None when it covers the whole site.

    >>> [part_of(f"https://example.org/{path}") for path in ("category/ports/feed/", "feed/?cat=7", "feed")]
    ['ports', '7', None]
    """
    parts = urlsplit(url)
    steps = [step.lower() for step in parts.path.split("/") if step]
    for step, following in pairwise(steps):
        if step in _PARTS:
            return following
    return next((value.lower() for key, value in parse_qsl(parts.query) if key.lower() in _PART_KEYS), None)


_PARTS = frozenset(
    "category categories kategorie kategorien categorie categoria tag tags topic topics thema themen author authors autor search"
    " taxonomy section rubrik".split()
)
_PART_KEYS = frozenset("cat category category_name tag author author_name s q search topic".split())
