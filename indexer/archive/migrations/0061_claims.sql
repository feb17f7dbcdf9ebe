-- One crawler at a time writes this archive, so it needs no claims on pages.
SELECT 1;
