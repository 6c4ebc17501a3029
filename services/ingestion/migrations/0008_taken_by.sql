-- Which run of the daemon took the import up last: one that is still there to
-- take it up again was not ended by the attempt.
ALTER TABLE import_task ADD COLUMN taken_by text;
