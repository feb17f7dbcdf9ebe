-- A CSS selector of what must stay in a source's pages, and whether the PDFs that they link become documents.
ALTER TABLE sources ADD COLUMN keep TEXT;
ALTER TABLE sources ADD COLUMN pdf INTEGER NOT NULL DEFAULT 0;
