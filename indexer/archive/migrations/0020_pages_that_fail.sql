-- Which pages cannot be had, without reading the items of all the others.
CREATE INDEX pages_that_fail ON pages (source_id) WHERE failure IS NOT NULL;
