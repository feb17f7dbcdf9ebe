-- How pages and listings have changed so far, when they are due, and which answers are not believed (yet).
CREATE TABLE visits (
    page_id TEXT PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL,
    due TEXT,                                      -- NULL: now
    looks REAL NOT NULL DEFAULT 0,                 -- evidence of its rhythm: looks, of these with another text,
    changes REAL NOT NULL DEFAULT 0,
    days REAL NOT NULL DEFAULT 0,                  -- and the days that they span
    looked_at TEXT,                                -- the last time that its text was seen
    text_hash TEXT,                                -- of the page's own text as it is believed
    failures INTEGER NOT NULL DEFAULT 0,           -- in a row, faults of the answer included
    gone_since TEXT, refused_since TEXT,           -- since when 404 or 410; since when robots.txt says no
    suspect TEXT, suspect_since TEXT,              -- an answer that is not believed: the hash of its text, or what it is
    suspect_looks INTEGER NOT NULL DEFAULT 0,
    false_alarms INTEGER NOT NULL DEFAULT 0,       -- in a row: its listing said that it had changed, and it had not
    left_at TEXT,                                  -- since when its source does not list it
    until TEXT,                                    -- it asks not to be in an index after that
    withdrawn TEXT                                 -- why it has left the index
);
CREATE INDEX visits_by_due ON visits (source_id, due);
CREATE INDEX visits_by_text ON visits (source_id, text_hash);
CREATE INDEX visits_by_suspect ON visits (source_id, suspect);
INSERT INTO visits (page_id, source_id, due, looked_at, gone_since, withdrawn)
    SELECT p.id, p.source_id,
           CASE WHEN p.failure IS NULL THEN strftime('%Y-%m-%dT%H:%M:%SZ', p.fetched_at, '+7 days') END,
           CASE WHEN p.failure IS NULL THEN p.fetched_at END,
           CASE WHEN p.gone_count > 0 THEN p.fetched_at END,
           CASE WHEN p.gone_count > 1 AND p.response_id IS NOT NULL AND d.document IS NULL THEN p.failure END
    FROM pages p LEFT JOIN documents d ON d.id = p.document_id;
UPDATE visits SET due = '9999-12-31T00:00:00Z' WHERE withdrawn IS NOT NULL;
CREATE TABLE rhythms (                             -- the same of a source's listing
    source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
    looks REAL NOT NULL DEFAULT 0,
    changes REAL NOT NULL DEFAULT 0,
    days REAL NOT NULL DEFAULT 0,
    looked_at TEXT,
    listing_hash TEXT,
    question TEXT                                  -- what the operator is asked before documents are removed
);
