-- Other feeds with the same items as a source, one URL a line. They are not crawled.
ALTER TABLE sources ADD COLUMN alternates TEXT NOT NULL DEFAULT '';
