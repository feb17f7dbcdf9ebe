-- Which pages are to leave the index: decided page by page, carried out (or held back) at the end of their source's crawl.
CREATE TABLE removals (
    page_id TEXT PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL,
    why TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    done_at TEXT                                   -- NULL: not carried out
);
CREATE INDEX removals_by_source ON removals (source_id, done_at);
