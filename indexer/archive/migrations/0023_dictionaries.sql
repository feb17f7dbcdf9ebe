-- What the pages of one source have in common, for packing their answers (Zstandard): an answer names the one that it needs, so
-- none is ever deleted.
CREATE TABLE dictionaries (
    id INTEGER PRIMARY KEY,                        -- as Zstandard numbers it, in the dictionary and in what was packed with it
    source_id INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX dictionaries_by_source ON dictionaries (source_id);
