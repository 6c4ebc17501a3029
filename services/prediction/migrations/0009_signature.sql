-- Kept beside the file and verified whenever it is loaded.  A row from before
-- there were signatures is fetched anew.
ALTER TABLE served_model ADD signature bytea;
