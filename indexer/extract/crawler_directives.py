"""Read what a page states for crawlers: its canonical URL, and its robots directives. Pure.

The canonical URL is that of RFC 6596, "The Canonical Link Relation".
A single URL of the same site is trusted. Frequent mistakes of page templates are not: another site's URL, two different URLs,
the home page, or a list page above the page. Several pages with one canonical URL are resolved in `indexer.dedup`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from indexer import html
from indexer.dates import parse_date
from indexer.model import FetchPolicy
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
    """Return whether an address is a list of pages above another one.

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


# -- robots directives -------------------------------------------------------------------------------------------------
# Read a page's robots directives: must it not be indexed, by any crawler or by this one, or from some day on? Pure.
#
# There is no standard; https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag is the reference. Directives
# are in meta elements named `robots` or after a crawler, and in the header X-Robots-Tag. There, `name:` before a rule limits it
# and all later rules of that header to that crawler. Rules for other crawlers are ignored. Each header is a line.

_PRODUCT = re.compile(r"[A-Za-z0-9_-]+")
_WITH_VALUE = frozenset(("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"))
_AFTER = re.compile(  # the date may contain a comma: Friday, 25-Jun-10 15:00:00 PST
    r"unavailable_after\s*:\s*(.{1,60}?)\s*(?=$|,\s*(?:no\w+|none|all|index\w*|follow|max-[\w-]+|[a-z][\w-]*\s*:))", re.I
)
_RELEVANT = ("noindex", "none", "unavailable_after")


@dataclass(frozen=True, slots=True)
class RobotsDirectives:
    """The directives for one crawler. `noindex`: the directive that forbids indexing, or "". `until`: when indexing must end."""

    noindex: str = ""
    until: datetime | None = None


def product_name(agent: str) -> str:
    """Return the product name of a user agent in lower case.

    >>> product_name("Feed-Search/1.0 (+https://example.org)")
    'feed-search'
    """
    name = _PRODUCT.match(agent.strip())
    return name[0].lower() if name else ""


OUR_NAME = product_name(FetchPolicy().user_agent)


def relevant_metas(metas: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Return the meta elements whose content may limit indexing, for any crawler. `metas`: contents by name in lower case.

    >>> relevant_metas({"robots": ["noindex"], "description": ["a harbour"]})
    {'robots': ('noindex',)}
    """
    relevant = {}
    for name, contents in metas.items():
        if rules_of_meta := tuple(content for content in contents if any(rule in content.lower() for rule in _RELEVANT)):
            relevant[name] = rules_of_meta
    return relevant


def robots_directives(metas: Mapping[str, Iterable[str]], header: str, agent: str = OUR_NAME) -> RobotsDirectives:
    """Return the directives for one crawler.

    `metas`: the contents of meta elements by their names in lower case. `header`: the X-Robots-Tag headers, one a line.
    `agent`: the crawler's product name.
    """
    until: list[datetime] = []
    for name in dict.fromkeys(("robots", agent)):
        for content in metas.get(name, ()):
            content = _without_date(content, until)
            if any(rule in ("noindex", "none") for rule in re.split(r"[\s,;]+", content.lower())):
                return RobotsDirectives(f'meta {name}: "{content[:80]}"')
    for line in header.splitlines():
        rules = _without_date(", ".join(_rules_for(agent, line)), until)
        if any(rule.strip().lower() in ("noindex", "none") for rule in rules.split(",")):
            return RobotsDirectives(f"X-Robots-Tag: {line[:80]}")
    return RobotsDirectives(until=min(until, default=None))


def forbids_following(metas: Iterable[tuple[str, str]], header: str, agent: str = OUR_NAME) -> bool:
    """Return whether a page forbids one crawler to follow its links. The arguments are those of `robots_directives`.

    >>> forbids_following([("robots", "index, nofollow")], ""), forbids_following([], "otherbot: nofollow, noindex")
    (True, False)
    """
    rules = [content for name, content in metas if name in ("robots", agent)]
    rules += [", ".join(_rules_for(agent, line)) for line in header.splitlines()]
    return any(rule in ("nofollow", "none") for each in rules for rule in re.split(r"[\s,;]+", each.lower()))


def _rules_for(agent: str, header: str) -> Iterator[str]:
    """Return the rules of one header that apply to all crawlers or to this one."""
    applies = True
    for part in header.split(","):
        name, colon, rule = part.partition(":")
        name = name.strip().lower()
        if colon and name not in _WITH_VALUE and re.fullmatch(r"[*]|[a-z][\w.-]*", name):
            applies, part = name in (agent, "*", "robots"), rule
        if applies:
            yield part


def _without_date(rules: str, until: list[datetime]) -> str:
    """Return the rules without `unavailable_after`, and add its date to `until`. The date may contain commas."""
    for match in _AFTER.finditer(rules):
        if moment := parse_date(match[1]):
            until.append(moment)
    return _AFTER.sub("", rules)
