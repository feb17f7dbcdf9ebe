-- What the pages of one source have in common, for packing their answers (Zstandard): an answer names the one that it needs, so
-- none is ever deleted.
CREATE TABLE dictionaries (
    source_id INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,                           -- as Zstandard numbers it, in the dictionary and in what was packed with it
    body BLOB NOT NULL
);
CREATE INDEX dictionaries_by_id ON dictionaries (id);
