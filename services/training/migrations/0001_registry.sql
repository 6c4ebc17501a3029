-- Jobs, models and their reports, aliases and the audit of their moves.  What
-- people reach is under row-level security; job_queue is machinery, which the
-- job thread reads across tenants.
CREATE TABLE job (
	tenant_id        text NOT NULL,
	job_id           uuid NOT NULL,
	state            text NOT NULL,
	question         jsonb NOT NULL,
	asked_by         text NOT NULL,
	progress         double precision NOT NULL DEFAULT 0,
	phase            text,
	epoch            bigint,
	train_loss       double precision,
	validation_loss  double precision,
	model_version    text,
	baseline_version text,
	promoted_version text,
	verdict          text,
	error            text,
	created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
	started_at       timestamptz,
	finished_at      timestamptz,
	PRIMARY KEY (tenant_id, job_id)
);

-- A job that waits or runs.  Whoever works on it moves lease_until on; when it
-- has gone by, another takes the job up again.
CREATE TABLE job_queue (
	job_id      uuid PRIMARY KEY,
	tenant_id   text NOT NULL,
	owner       uuid,
	attempts    integer NOT NULL DEFAULT 0,
	created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
	lease_until timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE model (
	tenant_id  text NOT NULL,
	version    text NOT NULL CHECK (version ~ '^[0-9a-f]{64}$'),
	kind       text NOT NULL,
	job_id     uuid,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	log_loss   double precision,
	auroc      double precision,
	manifest   jsonb NOT NULL,
	bytes      bytea NOT NULL,
	PRIMARY KEY (tenant_id, version)
);
ALTER TABLE model ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX model_newest ON model (tenant_id, created_at, version);

CREATE TABLE report (
	tenant_id text NOT NULL,
	version   text NOT NULL,
	report    jsonb NOT NULL,
	PRIMARY KEY (tenant_id, version),
	FOREIGN KEY (tenant_id, version) REFERENCES model
);

CREATE TABLE alias (
	tenant_id text NOT NULL,
	alias     text NOT NULL,
	version   text NOT NULL,
	moved_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
	moved_by  text NOT NULL,
	why       text NOT NULL,
	PRIMARY KEY (tenant_id, alias),
	FOREIGN KEY (tenant_id, version) REFERENCES model
);

CREATE TABLE alias_audit (
	tenant_id    text NOT NULL,
	audit_id     bigint GENERATED ALWAYS AS IDENTITY,
	alias        text NOT NULL,
	from_version text,
	to_version   text NOT NULL,
	moved_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
	moved_by     text NOT NULL,
	why          text NOT NULL,
	evidence     jsonb,
	PRIMARY KEY (tenant_id, audit_id)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is never changed', TG_TABLE_NAME
		USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER model_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON model
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER report_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON report
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alias_audit_stays
	BEFORE UPDATE OR DELETE OR TRUNCATE ON alias_audit
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY
		ARRAY['job', 'model', 'report', 'alias', 'alias_audit']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id ='
		    ' nullif(current_setting(''edupulse.tenant'', true), ''''))',
		    name);
	END LOOP;
END
$$;
