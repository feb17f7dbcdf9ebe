"""Where robots.txt says that a site's past is listed. Pure; `crawl` does the fetching."""

from __future__ import annotations

import re

from indexer.urls import resolve

MOST_SITEMAPS = 100  # named in one robots.txt
_SITEMAP_LINE = re.compile(r"^[ \t\ufeff]*site-?map[ \t]*:[ \t]*(\S+)", re.I | re.M)


def sitemaps_named(robots_text: str, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names, each once; `url` is any address of its site.

    >>> sitemaps_named("Sitemap: /a.xml", "https://example.org/rss"), sitemaps_named("", "https://example.org/rss")
    (('https://example.org/a.xml',), ())
    """
    named = [resolve(match[1], url) for match in _SITEMAP_LINE.finditer(robots_text)]
    return tuple(dict.fromkeys(each for each in named if each))[:MOST_SITEMAPS]
