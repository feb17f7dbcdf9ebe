-- A fixed interval between two visits of a source, in seconds. 0: it follows from how often the listing changes.
ALTER TABLE sources ADD COLUMN every_seconds INTEGER NOT NULL DEFAULT 0;
