-- Searches are counted by day. The text of a query is stored only if it was searched on several days or by several clients.
CREATE TABLE search_days (                         -- all searches of a day
    day TEXT NOT NULL, channel TEXT NOT NULL, searches INTEGER NOT NULL, without_result INTEGER NOT NULL,
    opened INTEGER NOT NULL, PRIMARY KEY (day, channel)
) WITHOUT ROWID;
CREATE TABLE search_queries (                      -- a query on a day
    query TEXT NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, total INTEGER NOT NULL, opened INTEGER NOT NULL,
    clickable INTEGER NOT NULL, PRIMARY KEY (query, day)
) WITHOUT ROWID;
CREATE INDEX search_queries_by_day ON search_queries (day);
CREATE TABLE search_candidates (                   -- a query of one client on one day, without its text
    digest INTEGER PRIMARY KEY, day TEXT NOT NULL, count INTEGER NOT NULL, opened INTEGER NOT NULL
);
CREATE INDEX search_candidates_by_day ON search_candidates (day);
CREATE TABLE search_key (value BLOB NOT NULL);     -- the key of the digests
INSERT INTO search_key VALUES (randomblob(16));
INSERT INTO search_days SELECT substr(at, 1, 10), channel, COUNT(*), SUM(total = 0), SUM(opened) FROM queries GROUP BY 1, 2;
INSERT INTO search_queries
    SELECT query, substr(at, 1, 10), COUNT(*), MAX(total), SUM(opened), SUM(channel IN ('page', 'api')) FROM queries
    WHERE query IN (SELECT query FROM queries GROUP BY query HAVING COUNT(DISTINCT substr(at, 1, 10)) > 1 OR MAX(channel = 'cli'))
    GROUP BY 1, 2;
DROP TABLE queries;
