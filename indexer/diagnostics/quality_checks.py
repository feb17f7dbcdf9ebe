"""Which documents look wrongly extracted? Each is compared with its neighbours of the same source. Pure.

A suspicion is no proof: it says which pages a person should look at first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal, NamedTuple

from indexer.archive.statistics import DocumentSample
from indexer.reasons import SELECTOR_MISSED
from indexer.urls import host

_VERSION: Final = re.compile(r"(?<=[/.=])[a-z]{2}(?:[-_][a-z]{2})?(?=[/.&]|$)", re.I)  # where addresses name a language
Kind = Literal["selector", "title", "same-text", "feed-has-more", "body", "short", "language"]


class Advice(NamedTuple):
    """`label` goes on after "3 documents"; in `remedy`, {source} and {url} stand for what is typed into a shell."""

    label: str
    remedy: str


# In the order in which they are told, and a document is suspected of the first alone.
ADVICE: Final[dict[Kind, Advice]] = {
    "selector": Advice(
        "on which the selector matched nothing", "mend include in config.toml, then: indexer reindex --re-extract"
    ),
    "title": Advice("without an own title", "see where titles are: indexer doctor {source}"),
    "same-text": Advice(
        "with the same text as others", "look at one in a browser: a log-in, an error page, or one page under several addresses"
    ),
    "feed-has-more": Advice(
        "with less text from the page than from the feed",
        "see what is found: indexer preview {url}; if the article is missed, give the source include = a CSS selector",
    ),
    "body": Advice(
        "taken as a whole page", "find the main part: indexer preview {url} --selector CSS; then set include to that selector"
    ),
    "short": Advice(
        "far shorter than the rest",
        "see what is found: indexer preview {url}; if the article is missed, set include to a CSS selector",
    ),
    "language": Advice(
        "in another language than the rest", "look whether they are articles; if all are in one language, set it in config.toml"
    ),
}
NEIGHBOURS: Final = 8  # documents to compare with, at least
ENOUGH: Final = 400  # characters: a longer text is not short, whatever the others have
SHORT: Final = 1 / 8  # of the median of the source's documents in the same language
LONG_MEDIAN: Final = 600  # characters; where all are short, short is no sign
SAME: Final = 80  # characters: shorter texts may well be the same
MUCH: Final = 200  # characters of an item's text in the feed
MAIN: Final = 0.8  # of a source's documents in one language: then another one is odd
TOLD: Final = 60  # characters, to tell a language by
MOST: Final = 0.5  # of a source's documents: what most of them have is its way (a feed with the full text)
_TITLES: Final = 3  # documents with one title


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """A document that a person should look at, and why."""

    id: str
    url: str
    title: str
    source: str
    kind: Kind
    what: str


def suspects(sample: Sequence[DocumentSample], name: str, url: str) -> list[QualityIssue]:
    """Those of one source's documents; `name` and `url` are the source's."""
    found: dict[str, QualityIssue] = {}
    looks = (
        _selector(sample),
        _title(sample, name, url),
        _same_text(sample),
        _feed_has_more(sample),
        _body(sample),
        _short(sample),
        _language(sample),
    )
    for kind, odd in zip(ADVICE, looks, strict=True):
        for one, what in odd:
            found.setdefault(one.id, QualityIssue(one.id, one.url, one.title, name or url, kind, what))
    return list(found.values())


Outliers = Iterator[tuple[DocumentSample, str]]


def _selector(sample: Iterable[DocumentSample]) -> Outliers:
    return (
        (one, "the source's selector (include) matched nothing on it") for one in sample if one.rule.endswith(SELECTOR_MISSED)
    )


def _title(sample: Sequence[DocumentSample], name: str, url: str) -> Outliers:
    site = {_key(name), _key(host(url)), _key(host(url).removeprefix("www."))} - {""}
    often = {title for title, count in Counter(_key(one.title) for one in sample).items() if count >= _TITLES and title}
    for one in sample:
        if _key(one.title) in site:
            yield one, f"its title is the site's name ({one.title})"
        elif _key(one.title) in often:
            yield one, f"its title is that of others, too ({one.title[:60]})"


def _same_text(sample: Iterable[DocumentSample]) -> Outliers:
    by_text: dict[int, list[DocumentSample]] = defaultdict(list)
    for one in sample:
        if one.length >= SAME:
            by_text[one.fingerprint].append(one)
    for twins in by_text.values():
        pages = {_VERSION.sub("*", twin.url) or twin.id for twin in twins}
        for one in twins if len(pages) > 1 else ():  # else versions of one page that nobody has translated yet
            other = next(twin for twin in twins if twin is not one)
            more = f" and {len(twins) - 2} more" if len(twins) > 2 else ""
            yield one, f"its text is the same as that of {other.url or other.id}{more}"


def _feed_has_more(sample: Sequence[DocumentSample]) -> Outliers:
    odd = [one for one in sample if one.has_page and one.rule == "feed" and one.feed_length >= MUCH]
    if len(odd) <= MOST * sum(one.has_page for one in sample):
        yield from ((one, "less text was found on the page than the feed itself gives") for one in odd)


def _body(sample: Iterable[DocumentSample]) -> Outliers:
    return ((one, "no main part was found: the whole page was taken") for one in sample if one.rule.startswith("body"))


def _short(sample: Sequence[DocumentSample]) -> Outliers:
    by_language: dict[str, list[DocumentSample]] = defaultdict(list)
    for one in sample:
        by_language[one.language].append(one)
    for alike in by_language.values():
        usual = median(one.length for one in alike)
        if len(alike) < NEIGHBOURS or usual < LONG_MEDIAN:
            continue
        for one in alike:
            if one.has_page and one.length < min(ENOUGH, usual * SHORT):
                yield one, f"its text has {one.length:,} characters, where those of its source have {int(usual):,} (median)"


def _language(sample: Sequence[DocumentSample]) -> Outliers:
    told = [one for one in sample if one.length >= TOLD and one.language != "und"]
    main, count = next(iter(Counter(one.language for one in told).most_common(1)), ("", 0))
    if len(told) >= NEIGHBOURS and count >= MAIN * len(told):
        yield from ((one, f"it reads as {one.language}, its source's others as {main}") for one in told if one.language != main)


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
