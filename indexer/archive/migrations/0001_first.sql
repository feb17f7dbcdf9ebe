-- The archive, version 1. Times are ISO 8601 in UTC; lists and documents are JSON.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'auto',
    language TEXT, category TEXT, include TEXT, exclude TEXT,
    state TEXT NOT NULL DEFAULT 'new',             -- new, ok, failing, removed
    etag TEXT, last_modified TEXT,
    last_crawl TEXT, next_crawl TEXT,
    failures INTEGER NOT NULL DEFAULT 0,           -- in a row
    last_error TEXT, error_since TEXT
);
CREATE TABLE responses (                           -- what the web said
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    requested_url TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,                            -- zlib
    body_sha256 TEXT NOT NULL,
    fetched_at TEXT NOT NULL
);
CREATE TABLE pages (                               -- what became of an address
    id TEXT PRIMARY KEY,                           -- document id of the address as the feed names it
    url TEXT NOT NULL,                             -- '' for an item without one
    source_id INTEGER NOT NULL REFERENCES sources (id),
    entry TEXT NOT NULL,                           -- the feed's item
    entry_hash TEXT NOT NULL,
    response_id INTEGER REFERENCES responses (id), -- the last good one
    etag TEXT, last_modified TEXT,
    fetched_at TEXT, failure TEXT, failed_status INTEGER, gone_count INTEGER NOT NULL DEFAULT 0,
    document_id TEXT
);
CREATE INDEX pages_by_source ON pages (source_id);
CREATE INDEX pages_by_document ON pages (document_id);
CREATE TABLE documents (                           -- what we understood; document NULL: a tombstone
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    source_id INTEGER REFERENCES sources (id),
    document TEXT,
    extractor INTEGER NOT NULL,
    change INTEGER NOT NULL UNIQUE,
    changed_at TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT ''
);
CREATE TABLE history (                             -- one line for each thing that happened to a document
    document_id TEXT NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL
);
CREATE INDEX history_by_document ON history (document_id);
CREATE TABLE forgotten (id TEXT PRIMARY KEY, url TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE queries (at TEXT NOT NULL, channel TEXT NOT NULL, query TEXT NOT NULL, total INTEGER NOT NULL,
                      opened INTEGER NOT NULL DEFAULT 0);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO counter VALUES ('change', 0);
