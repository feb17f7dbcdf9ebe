"""Check the sample pages: reachable, with a sound address, indexable, and web pages at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from indexer.crawl.soft_errors import PageContext as Known
from indexer.crawl.soft_errors import SoftError, find_soft_error
from indexer.doctor.check_encoding import encoding_finding
from indexer.doctor.check_feed import remedy_for
from indexer.doctor.facts import Facts, Sample
from indexer.doctor.finding import Finding, some, worst
from indexer.extract.extractor import file_kind
from indexer.model import OFFICE_KINDS, Failure
from indexer.phrases import number
from indexer.reasons import Reason, ReasonCode
from indexer.urls import identity, resolve, same_site

_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "")


def page_findings(facts: Facts) -> Iterator[Finding]:
    samples = facts.samples
    if not samples:
        if facts.feed.entries:
            yield Finding("notice", "pages", "pages.none", "No item has a page that could be examined")
        return
    yield from _unreachable(facts)
    responding = [sample for sample in samples if sample.exchange.response is not None]
    if not responding:
        return
    yield from _types(responding)
    yield from _redirects(responding)
    yield from _canonical(responding)
    yield from _noindex(responding)
    yield from _soft(responding)
    encodings = [
        encoding_finding(answer, "html", "pages") for each in responding if (answer := each.exchange.response) and _is_page(each)
    ]
    if encodings:
        bad = worst(encodings)
        yield next(each for each in encodings if each.severity == bad)


def _unreachable(facts: Facts) -> Iterator[Finding]:
    samples, agent = facts.samples, facts.policy.user_agent.partition("/")[0]
    lost = [sample.exchange.answer for sample in samples if isinstance(sample.exchange.answer, Failure)]
    if not lost:
        yield Finding(
            "ok", "pages", "pages.reached", f"{number(len(samples), 'sample page')} reachable", some([s.url for s in samples])
        )
        return
    if all(failure.reason == "robots" for failure in lost):
        return  # `robots_findings` reports it
    requested = [failure for failure in lost if failure.reason != "deferred"]
    worst_first = sorted(lost, key=lambda failure: (failure.is_gone, failure.reason == "deferred"))
    yield Finding(
        "error" if len(requested) == len(samples) else "warning" if requested else "notice",
        "pages",
        "pages.unreachable",
        f"{len(lost)} of {number(len(samples), 'sample page')} unreachable; the feed's own text is indexed instead",
        some([failure.detail for failure in lost], 200),
        "nothing, if the publisher removed them; otherwise the feed should link their current addresses"
        if worst_first[0].is_gone
        else remedy_for(worst_first[0], agent),
    )


def _is_page(sample: Sample) -> bool:
    answer = sample.exchange.response
    return answer is not None and answer.media_type in _PAGE_TYPES


def _types(responding: list[Sample]) -> Iterator[Finding]:
    files_instead = [each for each in responding if not _is_page(each)]
    if files_instead:
        files = sorted({kind for s in files_instead if s.exchange.response and (kind := file_kind(s.exchange.response))})
        keys = ["pdf = true"] * ("pdf" in files) + ["office = true"] * any(kind in OFFICE_KINDS for kind in files)
        kinds = [f"{s.url}: {s.exchange.response.headers.get('content-type')}" for s in files_instead if s.exchange.response]
        yield Finding(
            "notice",
            "pages",
            "pages.type",
            f"{number(len(files_instead), 'link does', 'links do')} not lead to a web page",
            some(kinds),
            "the feed's own text is indexed for them" + (f"; with {' and '.join(keys)}, that of the files" if keys else ""),
        )


def _redirects(responding: list[Sample]) -> Iterator[Finding]:
    moved = [sample for sample in responding if sample.exchange.redirects]
    if not moved:
        return
    ways = [f"{sample.url} → {sample.exchange.answer.url}" for sample in moved]
    above = [sample for sample in moved if (why := _fault(sample)) and why.fingerprint == "redirect"]
    home = [sample for sample in moved if _is_home(sample.exchange.answer.url) and not _is_home(sample.url)]
    if home or above:
        yield Finding(
            "error",
            "pages",
            "pages.home",
            f"Links to pages lead to {'the home page' if home else 'a page above them'}: the pages are lost",
            some([sample.url for sample in home or above]),
            "the site's administrator should return 404 or 410 for them, or correct the feed's links",
        )
    else:
        yield Finding(
            "notice" if len(moved) == len(responding) else "ok",
            "pages",
            "pages.redirected",
            f"{len(moved)} of {number(len(responding), 'page')} reachable after a redirect, which doubles the requests",
            some(ways, 200),
            "the feed should link to the pages' own addresses" if len(moved) == len(responding) else "",
        )


def _is_home(url: str) -> bool:
    return len(urlsplit(url).path) <= 1 and not urlsplit(url).query


def _canonical(responding: list[Sample]) -> Iterator[Finding]:
    wrong: dict[str, list[str]] = {}
    count = 0
    targets: dict[str, list[str]] = {}
    for sample in responding:
        url = sample.exchange.answer.url
        named = [resolve(each, url) for each in sample.canonicals]
        count += bool(named)
        different = {identity(each) for each in named if each}
        if any(each is None for each in named):
            wrong.setdefault("is not a URL", []).append(f"{url}: {sample.canonicals[0] or 'empty'}")
        elif len(different) > 1:
            wrong.setdefault("is given several times, with different values", []).append(f"{url}: {some(sample.canonicals)}")
        elif named and named[0] and not same_site(named[0], url):
            wrong.setdefault("leads to another site", []).append(f"{url}: {named[0]}")
        elif named and named[0] and _is_home(named[0]) and not _is_home(url):
            wrong.setdefault("is the home page", []).append(url)
        elif named and named[0]:
            targets.setdefault(identity(named[0]), []).append(url)
    for key, urls in targets.items():
        if len({identity(url) for url in urls}) > 1:
            wrong.setdefault("is the same for different pages", []).append(f"{some(urls)}: {key}")
    effects = {
        "leads to another site": "it is ignored: the page keeps its own address",
        "is the home page": "it is ignored: the page keeps its own address",
        "is the same for different pages": "the pages replace each other",
        "is given several times, with different values": "all are ignored",
        "is not a URL": "it is ignored",
    }
    for what, examples in wrong.items():
        yield Finding(
            "warning",
            "pages",
            "pages.canonical",
            f"The canonical address {what}; {effects[what]}",
            some(examples, 200),
            'the site\'s template should give the address of each page in <link rel="canonical">',
        )
    if not wrong:
        seen = f"given by {count} of {number(len(responding), 'page')}"
        yield Finding(
            "ok", "pages", "pages.canonical", "Canonical addresses are sound" if count else "No canonical addresses", seen
        )


def _noindex(responding: list[Sample]) -> Iterator[Finding]:
    hidden = [f"{sample.url}: {sample.noindex}" for sample in responding if sample.noindex]
    if hidden:
        yield Finding(
            "error" if len(hidden) == len(responding) else "warning",
            "pages",
            "pages.noindex",
            f"{len(hidden)} of {number(len(responding), 'page')} ask not to be indexed, and are therefore not found",
            some(hidden, 200),
            "if they should be found, the site's administrator must remove that directive",
        )


_SOFT_ERRORS: Final[dict[ReasonCode, str]] = {
    "bot-check": "a bot check",
    "login": "a login",
    "login-redirect": "a redirect to a login",
    "consent": "a consent wall",
    "consent-redirect": "a redirect to a consent wall",
    "out-of-order": "an error page",
    "error-page": "an error page",
    "wall-text": "a short text that speaks of a wall",
}


def _soft(responding: list[Sample]) -> Iterator[Finding]:
    faults = [(each, _fault(each)) for each in responding]
    errors = [f"{each.url}: {_soft_error_name(why.reason)}" for each, why in faults if why and why.fingerprint != "redirect"]
    if errors:
        yield Finding(
            "error",
            "pages",
            "pages.soft-error",
            f"{number(len(errors), 'page is', 'pages are')} answered with 200 but looks like an error, a login or a bot check",
            some(errors, 200),
            "open it in a browser; if it is there, the site blocks the crawler: set contact under [crawl], or ask the site",
        )


def _soft_error_name(reason: Reason) -> str:
    """Return what was served instead of the page, with its title where that tells it."""
    name = _SOFT_ERRORS.get(reason.code, reason.code)
    return f'{name} ("{reason.detail}")' if reason.detail else name


def _fault(sample: Sample) -> SoftError | None:
    """Return why a crawl would treat a new page as a soft error; None if it would not."""
    answer = sample.exchange.response
    if answer is None or not _is_page(sample):
        return None
    return find_soft_error(answer, sample.document, Known(title=sample.entry.title))
