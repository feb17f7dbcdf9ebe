"""Fetch what the sources list, and store it in the archive."""

from indexer.crawl.crawler import CrawlOptions, CrawlReport, SourceReport, crawl, is_due, run_crawl

__all__ = ["CrawlOptions", "CrawlReport", "SourceReport", "crawl", "is_due", "run_crawl"]
