"""Check the items of a feed: their number, links, guids and titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from indexer.doctor.facts import Facts, RawItem
from indexer.doctor.finding import Finding, some
from indexer.phrases import number
from indexer.urls import host, identity, resolve, same_site

_PUBLISHER = "the program that writes the feed must be corrected; nothing can be done here"


def item_findings(facts: Facts) -> Iterator[Finding]:
    """Return the findings about the items; for a sitemap, only the number of addresses."""
    entries = facts.feed.entries
    noun = "address" if facts.feed.kind == "sitemap" else "sitemap" if facts.feed.kind == "sitemapindex" else "item"
    if not entries:
        yield Finding(
            "error",
            "items",
            "items.none",
            f"It lists no {noun} at all",
            facts.listing.url,
            "if it stays empty, find another feed of the site: indexer doctor with its home page",
        )
        return
    yield Finding(
        "ok", "items", "items.number", f"It lists {number(len(entries), noun, noun + ('es' if noun[-1] == 's' else 's'))}"
    )
    if facts.feed.kind.startswith("sitemap"):
        return
    items = facts.raw.items
    yield from _links(facts, items)
    yield from _guids(items)
    yield from _titles(items)


def _links(facts: Facts, items: tuple[RawItem, ...]) -> Iterator[Finding]:
    feed_url = facts.feed.url
    without = [item for item in items if not item.link]
    links = [(item, resolve(item.link, feed_url)) for item in items if item.link]
    unusable = [item.link or "" for item, url in links if url is None]
    urls = [url for _, url in links if url is not None]
    if without:
        yield Finding(
            "notice" if urls else "warning",
            "items",
            "items.link-missing",
            f"{number(len(without), 'item has', 'items have')} no link: only the feed's own text is available",
            some([item.title or item.guid or "(without a title)" for item in without]),
            "if they have pages, the feed should link to them",
        )
    if unusable:
        yield Finding(
            "warning",
            "items",
            "items.link-unusable",
            f"{number(len(unusable), 'link')} cannot be fetched",
            some(unusable),
            _PUBLISHER,
        )
    first = {identity(url): url for url in reversed(urls)}
    shared = {first[key]: count for key, count in Counter(map(identity, urls)).items() if count > 1}
    if shared:
        yield Finding(
            "warning",
            "items",
            "items.link-shared",
            f"{number(sum(shared.values()), 'item shares', 'items share')} {number(len(shared), 'link')} with others",
            some([f"{url} ({count} times)" for url, count in shared.items()]),
            "each item should link to a page of its own",
        )
    foreign = [url for url in urls if not same_site(url, feed_url)]
    if foreign:
        hosts = Counter(map(host, foreign))
        yield Finding(
            "notice",
            "items",
            "items.link-offsite",
            f"{len(foreign)} of {number(len(urls), 'link leads', 'links lead')} to another site than the feed's",
            some([f"{name} ({count})" for name, count in hosts.most_common()]),
            "nothing, if these are its pages; the robots.txt of the other site applies to them",
        )
    tracked = [item.link or "" for item, url in links if url is not None and _queries(item.link or "") > _queries(url)]
    if tracked:
        yield Finding(
            "ok",
            "items",
            "items.link-tracking",
            f"{number(len(tracked), 'link has', 'links have')} tracking parameters, which are dropped",
            some(tracked[:1]),
        )
    if urls and not (without or unusable or shared or foreign):
        yield Finding("ok", "items", "items.links", "Each item links to a page of its own on the same site")


def _queries(link: str) -> int:
    return link.partition("?")[2].count("=")


def _guids(items: tuple[RawItem, ...]) -> Iterator[Finding]:
    without = [item for item in items if not item.guid]
    repeated = {guid: count for guid, count in Counter(item.guid for item in items if item.guid).items() if count > 1}
    lost = [item for item in without if not item.link]
    count = "No item has a guid" if len(without) == len(items) else f"{number(len(without), 'item has', 'items have')} no guid"
    if lost:
        yield Finding(
            "warning",
            "items",
            "items.guid-missing",
            f"{count}, and some no link either: their titles identify them, and a corrected title makes a second document",
            some([item.title or "(without a title)" for item in lost]),
            "the program that writes the feed should give each item a guid that never changes",
        )
    elif without:
        what = f"{count}: they are identified by their links, and an item with a new address becomes a second document"
        yield Finding("notice", "items", "items.guid-missing", what, "", "")
    if repeated:
        yield Finding(
            "warning",
            "items",
            "items.guid-repeated",
            f"{number(len(repeated), 'guid is', 'guids are')} used for several items",
            some([f"{guid} ({count} times)" for guid, count in repeated.items()]),
            f"their links distinguish the items here, but other readers lose items: {_PUBLISHER}",
        )
    if items and not without and not repeated:
        yield Finding("ok", "items", "items.guids", "Each item has a guid of its own")


def _titles(items: tuple[RawItem, ...]) -> Iterator[Finding]:
    without = [item for item in items if not item.title]
    if without:
        yield Finding(
            "notice",
            "items",
            "items.title-missing",
            f"{number(len(without), 'item has', 'items have')} no title",
            some([item.link or item.guid or "" for item in without]),
            "the page's title is used, otherwise the first words",
        )
    same = {title: count for title, count in Counter(item.title for item in items if item.title).items() if count > 2}
    if same:
        yield Finding(
            "notice",
            "items",
            "items.title-repeated",
            "Several items have the same title and cannot be distinguished in a list",
            some([f"{title} ({count} times)" for title, count in same.items()]),
            _PUBLISHER,
        )
