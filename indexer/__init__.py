"""feed-search: crawl feeds and the pages that they link, extract the articles, and search them."""

__version__ = "0.1.0"
