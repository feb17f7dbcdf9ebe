-- An opening is counted at the latest search for its query, and searches are never deleted.
CREATE INDEX queries_by_query ON queries (query);
