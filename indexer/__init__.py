"""feed-search: from a feed's address to a search box. Three verbs (crawl, reindex, search) over seven rooms."""

__version__ = "0.1.0"
