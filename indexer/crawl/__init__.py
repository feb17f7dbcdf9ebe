from indexer.crawl.crawler import CrawlOptions, SourceReport, crawl, is_due

__all__ = ["CrawlOptions", "SourceReport", "crawl", "is_due"]
