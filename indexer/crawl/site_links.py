"""Follow the links of a site that has neither a feed nor a sitemap (`kind = "site"`).

    start page -> links in the scope -> pages -> their links -> … at most MAX_DEPTH rounds and MAX_SITE_PAGES pages

The scope is the host of the start page and, if that page is in a folder, the folder. Pages that only list others (tags, numbered
pages) are read for their links and not stored. Which addresses are lists, files or endless spaces follows from their form. The
scope is also learned: folders whose pages hardly gave a document so far, such as those of a calendar, are left.

Links with rel=nofollow, and those of pages whose robots directives say nofollow, are not followed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from indexer.extract.crawler_directives import OUR_NAME, forbids_following
from indexer.feeds.list_page import parse_list_page, turns_pages
from indexer.feeds.url_scope import is_list, is_list_query, is_wanted
from indexer.model import Entry, Response, Source
from indexer.urls import identity, is_home, same_site

MAX_DEPTH: Final = 10  # rounds of links in one crawl
MAX_SITE_PAGES: Final = 20_000  # of one source
MAX_LISTS: Final = 200  # pages of lists that one crawl reads
MAX_STEPS: Final = 12  # folders in the path of an address
MAX_REPEATED_STEPS: Final = 2  # /a/b/a/b/a is an endless space
MAX_PARAMETERS: Final = 3
MIN_BARREN_PAGES: Final = 20  # that were read, in a folder that is left
MAX_BARREN_SHARE: Final = 0.1  # of these that gave a document
PAGING_KEYS: Final = frozenset(("page", "paged", "start", "offset", "limitstart"))


class SiteWalk:
    """The links that a crawl of one site has met."""

    def __init__(self, source: Source, agent: str = OUR_NAME) -> None:
        """`agent`: the crawler's product name."""
        self._source, self._agent = source, agent
        self._barren: frozenset[str] = frozenset()
        parts = urlsplit(source.url)
        self._folder = "/" if is_home(source.url) else parts.path[: parts.path.rfind("/") + 1]
        self._links = {identity(source.url)}
        self._pages: list[str] = []
        self._lists: list[str] = []
        self._lists_read = 0

    def add(self, answer: Response) -> None:
        """Note the links of a page, in its order and each once. An answer that is not a page has none."""
        if answer.status != 200 or "html" not in answer.headers.get("content-type", "text/html") or not self.includes(answer.url):
            return
        page = parse_list_page(answer.body, answer.headers.get("content-type"), answer.url)
        if forbids_following(page.nofollow_metas, answer.headers.get("x-robots-tag", ""), self._agent):
            return
        for link in page.followed:
            if (key := identity(link)) in self._links or not self.includes(link):
                continue
            self._links.add(key)
            (self._lists if is_link_list(link) else self._pages).append(link)

    def includes(self, url: str) -> bool:
        """Return whether an address is in the scope: a page or a wanted file of the host and the folder, and no endless space."""
        parts = urlsplit(url)
        steps = [step for step in parts.path.split("/") if step]
        keys = [key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
        if is_list_query(parts.query) and not set(keys) <= PAGING_KEYS:
            return False  # other orders and filters of the same pages
        return (
            same_site(url, self._source.url)
            and parts.path.startswith(self._folder)
            and self._barren.isdisjoint(_folders(parts.path))
            and is_wanted(url, file_kinds=self._source.file_kinds)
            and len(steps) <= MAX_STEPS
            and all(times <= MAX_REPEATED_STEPS for times in Counter(steps).values())
            and len(keys) <= MAX_PARAMETERS
        )

    def learn(self, outcomes: Iterable[tuple[str, bool]]) -> None:
        """Leave folders that gave hardly a document. `outcomes`: address of each page that was read, and whether it gave one."""
        self._barren = barren_folders(outcomes)
        self._pages = list(filter(self.includes, self._pages))
        self._lists = list(filter(self.includes, self._lists))

    def take_pages(self, is_stored: Callable[[Entry], bool], max_pages: int) -> list[Entry]:
        """Return up to `max_pages` pages that are not stored, and forget them."""
        entries = [entry for link in self._pages if not is_stored(entry := Entry(link))]
        self._pages = []
        return entries[: max(0, max_pages)]

    def take_lists(self) -> list[str]:
        """Return the lists to read for their links, and forget them."""
        lists = self._lists[: MAX_LISTS - self._lists_read]
        self._lists, self._lists_read = [], self._lists_read + len(lists)
        return lists


def barren_folders(outcomes: Iterable[tuple[str, bool]]) -> frozenset[str]:
    """Return the folders with many pages that were read, hardly one of which gave a document.

    >>> barren_folders([(f"https://a.example/calendar/{n}", n == 7) for n in range(MIN_BARREN_PAGES)])
    frozenset({'/calendar/'})
    """
    pages: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for url, has_document in outcomes:
        for folder in _folders(urlsplit(url).path):
            pages[folder] += 1
            documents[folder] += has_document
    return frozenset(
        folder for folder, count in pages.items() if count >= MIN_BARREN_PAGES and documents[folder] <= MAX_BARREN_SHARE * count
    )


def _folders(path: str) -> list[str]:
    """Return the folders that a path is in, without the root.

    >>> _folders("/a/b/c")
    ['/a/', '/a/b/']
    """
    steps = path.split("/")[1:-1][:MAX_STEPS]
    return [f"/{'/'.join(steps[:count])}/" for count in range(1, len(steps) + 1)]


def is_link_list(url: str) -> bool:
    """Return whether a page is read for its links only: it lists others.

    >>> [is_link_list(f"https://a.example/{path}") for path in ("tag/x", "news/page/2/", "news?page=2", "news", "?id=4")]
    [True, True, True, False, False]
    """
    parts = urlsplit(url)
    is_period = re.search(r"/(?:19|20)\d\d(?:/\d\d?)?/?$", parts.path) is not None
    return turns_pages(url) or is_list_query(parts.query) or (is_list(parts.path) and not is_home(url)) or is_period
