"""Read a page's robots directives: must it not be indexed, by any crawler or by this one, or from some day on? Pure.

There is no standard; https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag is the reference. Directives
are in meta elements named `robots` or after a crawler, and in the header X-Robots-Tag. There, `name:` before a rule limits it and
all later rules of that header to that crawler. Rules for other crawlers are ignored. Each header is a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from indexer.dates import parse_date
from indexer.model import FetchPolicy

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
        if kept := tuple(content for content in contents if any(rule in content.lower() for rule in _RELEVANT)):
            relevant[name] = kept
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
