-- To forget an address with all the answers that it ever gave, without reading every row for each.
CREATE INDEX responses_by_address ON responses (requested_url);
CREATE INDEX pages_by_response ON pages (response_id);
