-- Which worker fetches a page for which source. A claim counts while the worker has the source.
CREATE TABLE claims (
    page_id TEXT COLLATE "C" PRIMARY KEY, worker TEXT COLLATE "C" NOT NULL, source_id BIGINT NOT NULL
);
