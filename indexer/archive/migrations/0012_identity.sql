-- Which page gives which document: what a page reads as by itself, what made that, and which documents have the same text.
ALTER TABLE pages ADD COLUMN guid TEXT;            -- of the feed's item
ALTER TABLE pages ADD COLUMN reading TEXT;         -- the id that its document would have if no other page had the same text
ALTER TABLE pages ADD COLUMN address TEXT;         -- the address of that
ALTER TABLE pages ADD COLUMN made_by TEXT;         -- version of the extractor and hash of the source's settings
ALTER TABLE pages ADD COLUMN remark TEXT NOT NULL DEFAULT '';  -- why it is not at the address that it names
UPDATE pages SET reading = document_id, guid = json_extract(entry, '$.guid');
CREATE INDEX pages_by_guid ON pages (source_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX pages_by_shared_address ON pages (source_id, address) WHERE url = '';
CREATE INDEX pages_by_reading ON pages (reading);
CREATE INDEX pages_by_url ON pages (url);
CREATE INDEX pages_by_maker ON pages (source_id, made_by);
ALTER TABLE documents ADD COLUMN twin TEXT;        -- the key that its AMP, print, www and other twins share
CREATE INDEX documents_by_twin ON documents (twin) WHERE twin IS NOT NULL;
CREATE INDEX documents_by_url ON documents (url);
ALTER TABLE responses ADD COLUMN permanent_url TEXT;  -- where 301 and 308 alone have led
UPDATE responses SET permanent_url = url WHERE url != requested_url;
CREATE TABLE sketches (                            -- the smallest hashes of a document's text
    value INTEGER NOT NULL, document_id TEXT NOT NULL, PRIMARY KEY (value, document_id)
) WITHOUT ROWID;
CREATE INDEX sketches_by_document ON sketches (document_id);
CREATE TABLE aliases (                             -- other addresses that lead to a page
    key TEXT NOT NULL, page_id TEXT NOT NULL, PRIMARY KEY (key, page_id)
) WITHOUT ROWID;
CREATE INDEX aliases_by_page ON aliases (page_id);
CREATE TABLE disputed (                            -- addresses that several different pages claim: nobody is believed
    key TEXT PRIMARY KEY, url TEXT NOT NULL, why TEXT NOT NULL
);
