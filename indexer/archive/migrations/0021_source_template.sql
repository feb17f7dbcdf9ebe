-- What a source's pages have in common (JSON), as the crawl has learnt it; and how hosts have behaved.
ALTER TABLE sources ADD COLUMN template TEXT NOT NULL DEFAULT '';
CREATE TABLE hosts (host TEXT PRIMARY KEY, state TEXT NOT NULL);  -- JSON of fetch.hosts.HostState
