-- What staff tell of how an enrollment ended; the newest line of an enrollment
-- is what holds.  Lines are added, never changed.
CREATE TABLE feedback (
	tenant_id     text NOT NULL,
	feedback_id   bigint GENERATED ALWAYS AS IDENTITY,
	prediction_id uuid NOT NULL,
	enrollment_id bigint NOT NULL,
	outcome       text NOT NULL,
	happened_on   date NOT NULL,
	known_on      date NOT NULL,
	note          text,
	told_by       text NOT NULL,
	told_at       timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, feedback_id)
);
CREATE INDEX feedback_of_enrollment ON feedback
	(tenant_id, enrollment_id, feedback_id);

-- The scores of the rankings, kept: of each enrollment, calendar week and
-- version the one of the last day, in ten-thousandths.  `score` forgets.
CREATE TABLE kept_score (
	tenant_id     text NOT NULL,
	enrollment_id bigint NOT NULL,
	week          date NOT NULL,
	model_version text NOT NULL,
	first_day     date NOT NULL,
	last_day      date NOT NULL,
	score         integer NOT NULL,
	scored_at     timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, enrollment_id, week, model_version)
) WITH (fillfactor = 80);
CREATE INDEX kept_score_of_version ON kept_score
	(tenant_id, model_version, enrollment_id);

-- Which version served since when.  Lines are added, never changed.
CREATE TABLE served_since (
	tenant_id text NOT NULL,
	since     timestamptz NOT NULL DEFAULT clock_timestamp(),
	version   text NOT NULL,
	PRIMARY KEY (tenant_id, since)
);
INSERT INTO served_since (tenant_id, since, version)
SELECT tenant_id, since, version FROM served_model;

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['feedback', 'kept_score', 'served_since']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id ='
		    ' nullif(current_setting(''edupulse.tenant'', true), ''''))',
		    name);
	END LOOP;
END
$$;

REVOKE UPDATE, DELETE, TRUNCATE ON feedback, served_since
	FROM edupulse_prediction;
GRANT SELECT, INSERT ON feedback, served_since TO edupulse_prediction;
GRANT SELECT, INSERT, UPDATE ON kept_score TO edupulse_prediction;
