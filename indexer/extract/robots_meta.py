"""Whether a page asks not to be indexed: by anybody, by us, or from some day on. Pure.

Sources: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag (there is no standard): the meta elements
`robots` and those that bear a crawler's name, and the header X-Robots-Tag, in which `name:` before a rule makes it and those
behind it, to the header's end, that crawler's. What is said to others is not said to us. Of several headers each is a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from indexer import html
from indexer.dates import parse_date
from indexer.model import FetchPolicy

_PRODUCT = re.compile(r"[A-Za-z0-9_-]+")
_WITH_VALUE = frozenset(("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"))
_AFTER = re.compile(  # the date may hold a comma: Friday, 25-Jun-10 15:00:00 PST
    r"unavailable_after\s*:\s*(.{1,60}?)\s*(?=$|,\s*(?:no\w+|none|all|index\w*|follow|max-[\w-]+|[a-z][\w-]*\s*:))", re.I
)
_HEAD = 200_000  # bytes of a page in which its meta elements are looked for
_META = re.compile(rb"<meta\b([^<>]{1,2000})>", re.I)
_ATTRIBUTE = re.compile(rb"""\b(name|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)


@dataclass(frozen=True, slots=True)
class RobotsDirectives:
    """What a page asks for: `noindex` is the reason in words, "" when it may be indexed; `until`: when that ends."""

    noindex: str = ""
    until: datetime | None = None


def product_name(agent: str) -> str:
    """The name of a user agent in lower case.

    >>> product_name("Feed-Search/1.0 (+https://example.org)")
    'feed-search'
    """
    found = _PRODUCT.match(agent.strip())
    return found[0].lower() if found else ""


OUR_NAME = product_name(FetchPolicy().user_agent)


def robots_directives(metas: Mapping[str, Iterable[str]], header: str, agent: str = OUR_NAME) -> RobotsDirectives:
    """`metas`: the contents of meta elements by their name in lower case; `header`: X-Robots-Tag, each a line; `agent`: ours."""
    until: list[datetime] = []
    for name in dict.fromkeys(("robots", agent)):
        for content in metas.get(name, ()):
            content = _without_date(content, until)
            if any(rule in ("noindex", "none") for rule in re.split(r"[\s,;]+", content.lower())):
                return RobotsDirectives(f'the page asks not to be indexed (meta {name}: "{content[:80]}")')
    for line in header.splitlines():
        ours = _without_date(", ".join(_said_to(agent, line)), until)
        if any(rule.strip().lower() in ("noindex", "none") for rule in ours.split(",")):
            return RobotsDirectives(f"the page asks not to be indexed (X-Robots-Tag: {line[:80]})")
    return RobotsDirectives(until=min(until, default=None))


def directives_of(body: bytes, headers: Mapping[str, str], agent: str) -> RobotsDirectives:
    """The same of an answer as it came."""
    metas: dict[str, list[str]] = {}
    lower = body[:_HEAD].lower()
    ends = lower.find(b"</head")
    asks = any(rule in lower[: ends if ends > 0 else _HEAD] for rule in (b"noindex", b"none", b"unavailable_after"))
    head = html.without_comments(body[: ends if ends > 0 else _HEAD]) if asks else b""  # most pages ask for nothing
    for tag in _META.finditer(head):
        said = {m[1].lower(): (m[2] or m[3] or m[4] or b"").decode("utf-8", "replace") for m in _ATTRIBUTE.finditer(tag[1])}
        metas.setdefault(said.get(b"name", "").strip().lower(), []).append(said.get(b"content", ""))
    return robots_directives(metas, headers.get("x-robots-tag", ""), agent)


def _said_to(agent: str, header: str) -> Iterator[str]:
    """The rules of one header that are for everybody or for us."""
    to_us = True
    for part in header.split(","):
        name, colon, rule = part.partition(":")
        name = name.strip().lower()
        if colon and name not in _WITH_VALUE and re.fullmatch(r"[*]|[a-z][\w.-]*", name):
            to_us, part = name in (agent, "*", "robots"), rule
        if to_us:
            yield part


def _without_date(rules: str, until: list[datetime]) -> str:
    """The rules without `unavailable_after`, whose date may hold commas; it goes into `until`."""
    for match in _AFTER.finditer(rules):
        if moment := parse_date(match[1]):
            until.append(moment)
    return _AFTER.sub("", rules)
