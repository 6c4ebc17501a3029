-- Whether a batch was stored by one who may tell history.  The same records
-- without a key have the same name whoever sends them; the records that were
-- refused for want of that right are taken when one who has it sends them.
ALTER TABLE batch ADD COLUMN told_history boolean NOT NULL DEFAULT false;
