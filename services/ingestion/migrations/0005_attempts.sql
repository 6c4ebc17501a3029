-- How often an import was taken up since its place moved last: one that ends
-- the daemon each time is given up instead of ending it again and again.
ALTER TABLE import_task ADD COLUMN attempts integer NOT NULL DEFAULT 0;
