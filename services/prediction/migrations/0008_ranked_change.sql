-- What a ranking has seen is named by the news it began from, not by the clock:
-- a page of the log is news of the time it began, and may be committed when a
-- ranking that has seen nothing of it began later.  It is set when the whole
-- ranking is made, so one that was broken off is still due; `tried_at` gives
-- the other tenants their turn before it.
ALTER TABLE tenant_change
	ADD ranked_change timestamptz,
	ADD tried_at timestamptz NOT NULL DEFAULT '-infinity';
