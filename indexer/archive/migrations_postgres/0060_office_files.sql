-- Whether the docx, odt and pptx files that the pages of a source link become documents.
ALTER TABLE sources ADD COLUMN office BOOLEAN NOT NULL DEFAULT FALSE;
