"""Find documents that look wrongly extracted, by comparing each with the other documents of its source.

An issue is not a proof: it tells which pages a person should check first.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from indexer.archive.statistics import ArchiveStatistics, DocumentSample
from indexer.diagnostics.source_phrases import display_name
from indexer.phrases import ReportPhrase, phrase, source_argument
from indexer.reasons import SELECTOR_MISSED
from indexer.urls import host

if TYPE_CHECKING:
    from indexer.archive.store import Archive, SourceState

_VERSION: Final = re.compile(r"(?<=[/.=])[a-z]{2}(?:[-_][a-z]{2})?(?=[/.&]|$)", re.I)  # where addresses name a language
Kind = Literal["selector", "title", "same-text", "feed-has-more", "body", "short", "language"]


class Advice(NamedTuple):
    """What to do about one kind of issue. `label` continues "3 documents"; the values in `remedy` are shell arguments."""

    label: str
    remedy: str


# In the order of reports. A document is reported for the first kind only.
ADVICE: Final[dict[Kind, Advice]] = {
    "selector": Advice(
        "on which the selector matched nothing", "correct include in config.toml, then: indexer reindex --re-extract"
    ),
    "title": Advice("without a title of their own", "find where the titles are: indexer doctor %(source)s"),
    "same-text": Advice(
        "with the same text as others", "open one in a browser: it may be a login, an error page, or one page under several URLs"
    ),
    "feed-has-more": Advice(
        "with less text on the page than in the feed",
        "see the extracted text: indexer preview %(url)s; if it misses the article, set include to a CSS selector",
    ),
    "body": Advice(
        "whose whole page was used",
        "find the main part: indexer preview %(url)s --selector CSS; then set include to that selector",
    ),
    "short": Advice(
        "far shorter than the others",
        "see the extracted text: indexer preview %(url)s; if it misses the article, set include to a CSS selector",
    ),
    "language": Advice(
        "in another language than the others",
        "check whether they are articles; if all are in one language, set it in config.toml",
    ),
}
MIN_COMPARED_DOCUMENTS: Final = 8
MAX_SHORT_CHARACTERS: Final = 400  # a longer text is not short, whatever the others have
MAX_SHORT_SHARE: Final = 1 / 8  # of the median of the source's documents in the same language
MIN_MEDIAN_CHARACTERS: Final = 600  # if all texts are short, a short one is not suspicious
MIN_SAME_CHARACTERS: Final = 80  # shorter texts may be equal by chance
MIN_FEED_CHARACTERS: Final = 200  # in an item's text in the feed
MIN_MAIN_SHARE: Final = 0.9  # of a source's documents in one language: another language is then suspicious
MIN_LANGUAGE_CHARACTERS: Final = 60  # in a text whose language counts
MAX_FEED_SHARE: Final = 0.5  # of a source's documents with the feed's text: more are its normal state
MIN_SAME_TITLES: Final = 3
MAX_EXAMPLES: Final = 5  # of one kind in one source


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """A document that a person should check, and why."""

    id: str
    url: str
    title: str
    source: str
    kind: Kind
    what: ReportPhrase


def find_issues(sample: Sequence[DocumentSample], name: str, url: str) -> list[QualityIssue]:
    """Return the suspicious documents of one source. `name`, `url`: of the source."""
    issues: dict[str, QualityIssue] = {}
    checks = (
        _selector(sample),
        _title(sample, name, url),
        _same_text(sample),
        _feed_has_more(sample),
        _body(sample),
        _short(sample),
        _language(sample),
    )
    for kind, outliers in zip(ADVICE, checks, strict=True):
        for one, what in outliers:
            issues.setdefault(one.id, QualityIssue(one.id, one.url, one.title, name or url, kind, what))
    return list(issues.values())


Outliers = Iterator[tuple[DocumentSample, ReportPhrase]]


def _selector(sample: Iterable[DocumentSample]) -> Outliers:
    return (
        (one, phrase("the source's selector (include) matched nothing on its page"))
        for one in sample
        if one.rule.endswith(SELECTOR_MISSED)
    )


def _title(sample: Sequence[DocumentSample], name: str, url: str) -> Outliers:
    site = {_key(name), _key(host(url)), _key(host(url).removeprefix("www."))} - {""}
    often = {title for title, count in Counter(_key(one.title) for one in sample).items() if count >= MIN_SAME_TITLES and title}
    for one in sample:
        if _key(one.title) in site:
            yield one, phrase("its title is the site's name (%(title)s)", title=one.title)
        elif _key(one.title) in often:
            yield one, phrase("other documents have the same title (%(title)s)", title=one.title[:60])


def _same_text(sample: Iterable[DocumentSample]) -> Outliers:
    by_text: dict[int, list[DocumentSample]] = defaultdict(list)
    for one in sample:
        if one.length >= MIN_SAME_CHARACTERS:
            by_text[one.fingerprint].append(one)
    for same in by_text.values():
        pages = {_VERSION.sub("*", other.url) or other.id for other in same}
        for one in same if len(pages) > 1 else ():  # otherwise they are language versions that are not translated yet
            other = next(each for each in same if each is not one)
            address, others = other.url or other.id, len(same) - 2
            if others:
                yield one, phrase("it has the same text as %(other)s and %(more)s more", other=address, more=others)
            else:
                yield one, phrase("it has the same text as %(other)s", other=address)


def _feed_has_more(sample: Sequence[DocumentSample]) -> Outliers:
    outliers = [one for one in sample if one.has_page and one.rule == "feed" and one.feed_length >= MIN_FEED_CHARACTERS]
    if len(outliers) <= MAX_FEED_SHARE * sum(one.has_page for one in sample):
        yield from ((one, phrase("the page gave less text than the feed has")) for one in outliers)


def _body(sample: Iterable[DocumentSample]) -> Outliers:
    return ((one, phrase("no main part was found, and the whole page was used")) for one in sample if one.rule.startswith("body"))


def _short(sample: Sequence[DocumentSample]) -> Outliers:
    by_language: dict[str, list[DocumentSample]] = defaultdict(list)
    for one in sample:
        by_language[one.language].append(one)
    for alike in by_language.values():
        usual = median(one.length for one in alike)
        if len(alike) < MIN_COMPARED_DOCUMENTS or usual < MIN_MEDIAN_CHARACTERS:
            continue
        for one in alike:
            if one.has_page and one.length < min(MAX_SHORT_CHARACTERS, usual * MAX_SHORT_SHARE):
                what = "the length of its text is %(length)s characters; the median of its source is %(median)s"
                yield one, phrase(what, length=one.length, median=int(usual))


def _language(sample: Sequence[DocumentSample]) -> Outliers:
    long = [one for one in sample if one.length >= MIN_LANGUAGE_CHARACTERS and one.language != "und"]
    main, count = next(iter(Counter(one.language for one in long).most_common(1)), ("", 0))
    if len(long) >= MIN_COMPARED_DOCUMENTS and count >= MIN_MAIN_SHARE * len(long):
        yield from (
            (one, phrase("it is in %(language)s, the others of its source are in %(main)s", language=one.language, main=main))
            for one in long
            if one.language != main
        )


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


# -- of a whole archive ----------------------------------------------------------------------------------------------


class QualityCache:
    """The documents that look wrongly extracted, computed once for each state of the archive (60 ms for 20,000 documents)."""

    def __init__(self) -> None:
        self._cached: tuple[object, dict[str, Any]] | None = None

    def groups(self, archive: Archive, states: Mapping[int, SourceState], max_documents: int | None) -> dict[str, Any]:
        """Return the suspicious documents by source and kind. `states`: the archive's sources by number."""
        sources = tuple((state.id, state.source.name, state.source.url) for state in states.values())
        key, cached = (archive.documents.last_change, sources, max_documents), self._cached
        if cached is None or cached[0] != key:
            cached = self._cached = key, _check_archive(archive, states, max_documents)
        return cached[1]


def _check_archive(archive: Archive, states: Mapping[int, SourceState], max_documents: int | None) -> dict[str, Any]:
    checked = 0
    issues: list[tuple[SourceState, QualityIssue]] = []
    with closing(ArchiveStatistics(archive.location)) as insight:
        total = sum(count for id_, count in insight.documents().items() if id_ in states)
        for sample in insight.sample(max_documents):
            state = states.get(sample[0].source_id) if sample else None
            if state is not None:
                checked += len(sample)
                issues += [(state, one) for one in find_issues(sample, state.source.name, state.source.url)]
    total = max(total, checked)  # a crawl may add documents between the two queries
    return {"documents": total, "looked_at": checked, "found": len(issues), "groups": _group(issues)}


def _group(issues: list[tuple[SourceState, QualityIssue]]) -> list[dict[str, Any]]:
    """Return the issues by source and kind, in the order of kinds."""
    groups: dict[tuple[int, Kind], list[tuple[SourceState, QualityIssue]]] = defaultdict(list)
    for state, one in issues:
        groups[state.id, one.kind].append((state, one))
    order = list(ADVICE)
    rows = []
    for (_, kind), alike in sorted(groups.items(), key=lambda item: (item[0][0], order.index(item[0][1]))):
        state, first = alike[0]
        rows.append(
            {
                "source": display_name(state),
                "kind": kind,
                "pages": len(alike),
                "label": ADVICE[kind].label,
                "examples": [
                    {"id": one.id, "url": one.url, "title": one.title, "what": one.what} for _, one in alike[:MAX_EXAMPLES]
                ],
                "remedy": phrase(
                    ADVICE[kind].remedy,
                    source=source_argument(state.source.name, state.source.url),
                    url=shlex.quote(first.url or first.id),
                ),
            }
        )
    return rows
