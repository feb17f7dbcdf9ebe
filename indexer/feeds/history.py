"""Where a source's past may be found: archived feeds (RFC 5005) and the site's sitemaps. Pure; `crawl` does the fetching."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from indexer.urls import resolve, same_site

_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.I | re.M)
_NO_PAGE = re.compile(r"\.(?:pdf|jpe?g|png|gif|webp|svg|mp[34]|zip|docx?|xlsx?|pptx?|css|js|xml|ics)$", re.I)


def sitemaps(robots_text: str, url: str) -> tuple[str, ...]:
    """The sitemaps that robots.txt names, else the usual address.

    >>> sitemaps("Sitemap: /a.xml", "https://example.org/rss"), sitemaps("", "https://example.org/rss")
    (('https://example.org/a.xml',), ('https://example.org/sitemap.xml',))
    """
    named = [resolve(match[1], url) for match in _SITEMAP_LINE.finditer(robots_text)]
    usual = resolve("/sitemap.xml", url)
    return tuple(dict.fromkeys(each for each in named if each)) or ((usual,) if usual else ())


def common_folder(urls: Iterable[str]) -> str:
    """The folder below which all of these addresses are, as a path: where a site keeps its news.

    >>> common_folder(["https://example.org/news/2020/a/", "https://example.org/news/2021/b/"])
    '/news/'
    """
    folders = [urlsplit(url).path.rstrip("/").split("/")[1:-1] for url in urls]
    common: list[str] = []
    for steps in zip(*[[step for step in folder if step] for folder in folders], strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return "/" + "".join(step + "/" for step in common)


def belongs(url: str, folder: str, site: str) -> bool:
    """Whether an address of a sitemap is likely one of the source's pages."""
    path = re.sub(r"/{2,}", "/", urlsplit(url).path)
    below = path.startswith(folder) and path.rstrip("/") != folder.rstrip("/")
    return below and same_site(url, site) and not _NO_PAGE.search(path)
