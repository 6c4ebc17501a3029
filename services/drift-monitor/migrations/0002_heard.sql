-- Whether there is something new since the last check is a matter of counting,
-- not of clocks: what a transaction that was open during a check has told of
-- would else be older than the check that did not see it.
ALTER TABLE watched ADD COLUMN heard bigint NOT NULL DEFAULT 1;
ALTER TABLE watched ADD COLUMN checked bigint NOT NULL DEFAULT 0;
UPDATE watched SET checked = heard WHERE checked_at >= heard_at;
ALTER TABLE watched DROP COLUMN checked_at;
