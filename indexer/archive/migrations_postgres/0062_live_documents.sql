-- Documents are counted by this index alone. Without it, a count reads the rows, and with them a page of text each.
CREATE INDEX live_documents ON documents (source_id) WHERE document IS NOT NULL;
