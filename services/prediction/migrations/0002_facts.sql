-- The projection: one row an enrollment and 7-day block, holding packed facts
-- (libcommon/ml/facts.h).  `week` is the day since 1970 divided by 7, down.
CREATE TABLE week_facts (
	tenant_id     text NOT NULL,
	enrollment_id bigint NOT NULL,
	week          integer NOT NULL,
	facts         bytea NOT NULL,
	PRIMARY KEY (tenant_id, enrollment_id, week)
) WITH (fillfactor = 80);
ALTER TABLE week_facts ALTER COLUMN facts SET STORAGE MAIN;

-- The newest entry of the log that was counted for an enrollment: part of the
-- key under which answers are cached.
CREATE TABLE progress (
	tenant_id     text NOT NULL,
	enrollment_id bigint NOT NULL,
	position      bigint NOT NULL,
	PRIMARY KEY (tenant_id, enrollment_id)
) WITH (fillfactor = 60);

-- Corrections that were read before what they correct: two transactions may
-- commit in the other order than the log reads them.
CREATE TABLE early_correction (
	tenant_id text NOT NULL,
	corrected bigint NOT NULL,
	known_on  date NOT NULL,
	PRIMARY KEY (tenant_id, corrected)
);

ALTER TABLE week_facts ENABLE ROW LEVEL SECURITY;
ALTER TABLE progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE early_correction ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON week_facts USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON progress USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON early_correction USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON week_facts, progress, early_correction
	TO edupulse_prediction;
