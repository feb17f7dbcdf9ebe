"""Read older pages of the feed itself: those that it names (RFC 5005, JSON Feed), and those by its program's parameters."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.crawl.backfill.walk import MAX_PAGES, BackfillWalk, Cursor
from indexer.dates import zone_of
from indexer.feeds.paging_parameters import COUNTED, DRUPAL, EVERY, STYLES, WORDPRESS, Style, address, probes
from indexer.feeds.parse import parse_feed
from indexer.model import Failure, Feed, Response, Source

MAX_BARREN_PAGES = 2  # in a row that list nothing new
_WHEN_REFUSED = (DRUPAL, COUNTED, WORDPRESS)  # still tried if a server answers all parameters together with an error


async def walk_archive(walk: BackfillWalk, feed: Feed) -> None:
    """Follow `prev-archive`, `next` and `next_url` from document to document."""
    state = walk.state("archive")
    before, whole = state.get("next"), bool(state.get("whole"))
    url, visited, barren = feed.next_url, {walk.request.source.url, feed.url}, 0
    while url and url not in visited and len(visited) <= MAX_PAGES and barren < MAX_BARREN_PAGES:
        visited.add(url)
        answer = await walk.get(url)
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "the feed's archive"):
                walk.add("archive", (), {"next": url if before is None else before})
                return
            if answer.reason != "robots":  # the feed names it
                walk.failures.append(answer)
            break
        older = _parsed(answer, walk.request.source)
        if not older.kind:
            walk.notes.append(f"the feed's archive ends at {url}: {older.problems[0] if older.problems else 'no feed'}")
            break
        following = older.next_url
        if walk.all_stored(older.entries):  # here, the items since the last run meet those of that run
            if whole:
                following = None
            elif before and before not in visited:
                following, before = before, None
        elif url == before:
            before = None
        new = walk.add("archive", older.entries, {"next": before or following})
        barren = 0 if new else barren + 1
        url = following
    walk.finish("archive")


async def walk_pages(walk: BackfillWalk, feed: Feed, hint: Style | None) -> bool:
    """Read pages by parameters if a probe shows that they work; return whether they do."""
    state = walk.state("pages")
    style, size = STYLES.get(str(state.get("style"))), len(feed.entries)
    hint_name = hint.name if hint else ""
    first: Response | None = None
    if style is None:
        if not size or state.get("ignored") == hint_name:
            return False
        probe = await _probe(walk, feed, hint)
        if probe.style is None:
            if probe.ignored:
                walk.finish("pages", ignored=hint_name)
            return False
        style, first = probe.style, probe.second
    before = int(state.get("page") or 0)
    whole, page = bool(state.get("whole")), 2
    while page <= MAX_PAGES:
        answer = first or await walk.get(address(feed.url, style, page, size))
        first = None
        noted: Cursor = {"style": style.name, "page": max(page, before)}
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "older pages of the feed"):
                walk.add("pages", (), noted)
                return True
            break
        older = _parsed(answer, walk.request.source)
        if not older.kind or not older.entries:
            break
        following = page + 1
        if walk.all_stored(older.entries):
            if whole:
                break
            following = max(following, before)
        if not walk.add("pages", older.entries, {**noted, "page": max(following, before)}) and following == page + 1:
            break  # the same items again
        page = following
    walk.finish("pages", style=style.name)
    return True


@dataclass(frozen=True, slots=True)
class _ProbeResult:
    style: Style | None = None
    second: Response | None = None  # the second page, if there is a style
    ignored: bool = False  # the server returns the same items whatever the parameters


async def _probe(walk: BackfillWalk, feed: Feed, hint: Style | None) -> _ProbeResult:
    """Find the style that returns other items than the first page, with one request if none does."""
    size, first = len(feed.entries), set(walk.keys(feed.entries))
    refused, same = False, False
    for style in probes(hint):
        if refused and style not in _WHEN_REFUSED:
            continue
        answer = await walk.get(address(feed.url, style, 2, size))
        if isinstance(answer, Failure):
            if not walk.is_final(answer, "older pages of the feed") or answer.reason == "robots":
                return _ProbeResult()
            refused = style is EVERY or refused
            continue
        older = _parsed(answer, walk.request.source)
        same = bool(older.entries) and set(walk.keys(older.entries)) <= first
        if style is EVERY:
            if same:
                break
        elif not same and older.entries and older.kind == feed.kind:
            return _ProbeResult(style, answer)
    return _ProbeResult(ignored=same)


def _parsed(answer: Response, source: Source) -> Feed:
    return parse_feed(answer.body, answer.headers.get("content-type"), answer.url, zone_of(source.timezone))
