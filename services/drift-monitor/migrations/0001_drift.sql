-- What the model has seen: of each enrollment and reference day the newest
-- score and the last step's 42 features, f32, little-endian, NaN missing.
CREATE TABLE scored (
	tenant_id      text NOT NULL,
	reference_date date NOT NULL,
	enrollment_id  bigint NOT NULL,
	model_version  text NOT NULL,
	week           smallint NOT NULL,
	score          integer NOT NULL, -- in ten-thousandths
	features       bytea NOT NULL,
	PRIMARY KEY (tenant_id, reference_date, enrollment_id)
) WITH (fillfactor = 80);
ALTER TABLE scored ALTER COLUMN features SET STORAGE MAIN;

-- Reports as they were answered, and what their list shows.
CREATE TABLE report (
	tenant_id     text NOT NULL,
	report_id     uuid NOT NULL,
	made_at       timestamptz NOT NULL,
	verdict       text NOT NULL,
	model_version text,
	as_of         date,
	rows          bigint NOT NULL,
	judged        integer NOT NULL,
	drifted       integer NOT NULL,
	report        jsonb NOT NULL,
	PRIMARY KEY (tenant_id, report_id)
);

-- What has drifted under a model and not come back: told once.
CREATE TABLE drifting (
	tenant_id     text NOT NULL,
	model_version text NOT NULL,
	feature       text NOT NULL,
	since         timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, model_version, feature)
);

-- Which tenants are watched, and when next; names alone, nothing of theirs.
-- The job crosses tenants, so this is not under row-level security.
CREATE TABLE watched (
	tenant_id     text PRIMARY KEY,
	as_of         date NOT NULL,        -- day of the newest scores
	heard_at      timestamptz NOT NULL, -- when they came
	checked_at    timestamptz NOT NULL DEFAULT '-infinity',
	next_check_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

ALTER TABLE scored ENABLE ROW LEVEL SECURITY;
ALTER TABLE report ENABLE ROW LEVEL SECURITY;
ALTER TABLE drifting ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scored USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON report USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON drifting USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON scored, drifting, watched
	TO edupulse_drift;
-- A report stays as it was made.
REVOKE UPDATE, DELETE ON report FROM edupulse_drift;
GRANT SELECT, INSERT ON report TO edupulse_drift;
