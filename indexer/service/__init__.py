"""How do the search page and the crawler run together, unattended? `feed-search serve` runs this package."""
