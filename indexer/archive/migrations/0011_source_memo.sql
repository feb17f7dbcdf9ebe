-- Where the walk through a source's past goes on; and which pages it listed that nobody has asked for since (entry_hash '').
CREATE TABLE source_memo (source_id INTEGER PRIMARY KEY REFERENCES sources (id), memo TEXT NOT NULL);
CREATE INDEX pages_waiting ON pages (source_id) WHERE fetched_at IS NULL OR entry_hash = '';
