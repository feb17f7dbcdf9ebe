-- The last crawls of each source, the number of documents at the end of each day, and how long the searches of a day took.
-- Each has a maximum of rows (indexer/archive/sources.py, query_log.py).
CREATE TABLE crawls (
    source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    state TEXT NOT NULL,                           -- of the source after the crawl
    error_code TEXT, error_facts TEXT,
    added INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL, failed INTEGER NOT NULL,
    PRIMARY KEY (source_id, at)
);
CREATE TABLE document_days (day TEXT PRIMARY KEY, documents INTEGER NOT NULL);
CREATE TABLE search_times (                        -- searches that took at most so many milliseconds; 0: more than any limit
    day TEXT NOT NULL, at_most_ms INTEGER NOT NULL, searches INTEGER NOT NULL, PRIMARY KEY (day, at_most_ms)
);
