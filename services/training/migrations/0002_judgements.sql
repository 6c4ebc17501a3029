-- What the gate said of each model that a job made: kept, whatever it was.  A
-- model may be judged again, by a later job that made the same file; the
-- newest line is what holds.
CREATE TABLE judgement (
	tenant_id    text NOT NULL,
	judgement_id bigint GENERATED ALWAYS AS IDENTITY,
	version      text NOT NULL,
	job_id       uuid NOT NULL,
	outcome      text NOT NULL,
	against      text,
	refused_by   text[] NOT NULL,
	verdict      text NOT NULL,
	judged_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (tenant_id, judgement_id),
	FOREIGN KEY (tenant_id, version) REFERENCES model
);
CREATE INDEX judgement_newest ON judgement (tenant_id, version, judgement_id);

-- A roll-back goes to where the last move that was none came from.
ALTER TABLE alias_audit ADD is_rollback boolean NOT NULL DEFAULT false;

CREATE TRIGGER judgement_stays
	BEFORE UPDATE OR DELETE OR TRUNCATE ON judgement
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE judgement ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON judgement USING (tenant_id =
	nullif(current_setting('edupulse.tenant', true), ''));

-- Beside the triggers, which hold for everyone: the serving role may not even
-- ask.
REVOKE UPDATE, DELETE, TRUNCATE ON model, report, alias_audit, judgement
	FROM edupulse_training;
