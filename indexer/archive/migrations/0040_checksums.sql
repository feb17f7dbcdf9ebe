-- Documents and entries have checksums (CRC-32 of their UTF-8), as responses have. checksum() computes them.
ALTER TABLE documents ADD COLUMN checksum INTEGER;
UPDATE documents SET checksum = checksum(document) WHERE document IS NOT NULL;
ALTER TABLE pages ADD COLUMN entry_checksum INTEGER;
UPDATE pages SET entry_checksum = checksum(entry);
