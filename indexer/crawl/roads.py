"""What a source listed before: by the feed's own archive, then by the site's sitemaps."""

from __future__ import annotations

from indexer.archive.store import Archive
from indexer.crawl.listing import FEED_TYPES, page_key, read_sitemap, unique
from indexer.crawl.report import SourceReport
from indexer.feeds.history import belongs, common_folder, sitemaps
from indexer.feeds.parse import parse_feed
from indexer.fetch.get import Fetcher
from indexer.model import Entry, Failure, Feed, Response
from indexer.urls import resolve

MAX_OLDER_FEEDS = 500


async def past(
    feed: Feed, entries: dict[str, Entry], archive: Archive, source_id: int, fetcher: Fetcher, report: SourceReport
) -> dict[str, Entry]:
    """The entries, and older ones."""
    source = report.source
    found, url, seen = dict(entries), feed.next_url, {source.url}
    while url and url not in seen and len(seen) <= MAX_OLDER_FEEDS:
        seen.add(url)
        answer = await fetcher.get(url, accept=FEED_TYPES)
        if isinstance(answer, Failure):
            report.failures.append(answer)
            break
        older = parse_feed(answer.body, answer.headers.get("content-type"), answer.url)
        if not unique(older.entries, source).keys() - found.keys():
            break  # the same items again
        found = {**unique(older.entries, source), **found}
        url = older.next_url
    by_feed = len(found)
    listed_urls = [entry.url for entry in found.values() if entry.url]
    listed_urls = listed_urls or [page.url for page in archive.pages(source_id) if page.url]
    if not listed_urls:  # its folder would be the whole site, shop and imprint included
        report.notes.append(
            "the feed names no page, so nothing says which pages of the site's sitemaps are its own; none are taken"
            " (a sitemap can be a source: indexer add URL)"
        )
        return found
    robots = await fetcher.get(resolve("/robots.txt", source.url) or "", robots=False)
    text = robots.body.decode("utf-8", "replace") if isinstance(robots, Response) else ""
    folder = common_folder(listed_urls)
    for address in sitemaps(text, source.url):
        answer = await fetcher.get(address, accept=FEED_TYPES)
        listed = await read_sitemap(answer, fetcher, report.failures) if isinstance(answer, Response) else None
        for entry in listed.entries if listed else ():
            if entry.url and belongs(entry.url, folder, source.url):
                found.setdefault(page_key(entry, source), entry)
    older_items, by_map = by_feed - len(entries), len(found) - by_feed
    report.notes.append(f"the back-catalogue has {older_items} more items in older feeds and {by_map} in sitemaps")
    return found
