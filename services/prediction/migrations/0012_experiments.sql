-- Experiments: several models serve one tenant side by side, each to its share
-- of the enrollments.  `owners` has a byte for each of 10,000 parts
-- (libcommon/ml/arms.h); an alias that an arm names becomes a version when the
-- experiment starts.
CREATE TABLE experiment (
	tenant_id  text NOT NULL,
	name       text NOT NULL,
	state      text NOT NULL DEFAULT 'draft',
	salt       bytea NOT NULL,
	owners     bytea NOT NULL,
	revision   integer NOT NULL DEFAULT 1,
	looks      integer NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL,
	started_at timestamptz,
	ended_at   timestamptz,
	PRIMARY KEY (tenant_id, name)
);
CREATE UNIQUE INDEX experiment_running ON experiment (tenant_id)
	WHERE state = 'running';

CREATE TABLE experiment_arm (
	tenant_id  text NOT NULL,
	experiment text NOT NULL,
	place      integer NOT NULL,
	arm        text NOT NULL,
	model      text NOT NULL,
	version    text,
	share      bigint NOT NULL,
	PRIMARY KEY (tenant_id, experiment, place),
	UNIQUE (tenant_id, experiment, arm),
	FOREIGN KEY (tenant_id, experiment) REFERENCES experiment
		ON DELETE CASCADE
);

-- Who changed what of an experiment, and why.  Lines are added, never changed.
CREATE TABLE experiment_change (
	tenant_id  text NOT NULL,
	change_id  bigint GENERATED ALWAYS AS IDENTITY,
	experiment text NOT NULL,
	change     text NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT now(),
	changed_by text NOT NULL,
	why        text NOT NULL,
	arms       jsonb NOT NULL,
	PRIMARY KEY (tenant_id, change_id)
);
CREATE INDEX experiment_change_of ON experiment_change
	(tenant_id, experiment, change_id);

-- What each arm said: of each enrollment and calendar week the ranking's score
-- of the last day, in ten-thousandths, and its category.
CREATE TABLE arm_score (
	tenant_id     text NOT NULL,
	experiment    text NOT NULL,
	arm           text NOT NULL,
	enrollment_id bigint NOT NULL,
	week          date NOT NULL,
	last_day      date NOT NULL,
	score         integer NOT NULL,
	level         smallint NOT NULL,
	PRIMARY KEY (tenant_id, experiment, enrollment_id, arm, week)
) WITH (fillfactor = 80);

-- Who answered is part of what an answer and a rank are: two arms with one
-- model are two.  `champion`, or EXPERIMENT/ARM.
ALTER TABLE prediction ADD served_as text NOT NULL DEFAULT 'champion';
DROP INDEX prediction_by_question;
CREATE UNIQUE INDEX prediction_by_question ON prediction (tenant_id,
	enrollment_id, reference_date, model_version, feature_version,
	facts_revision, register_revision, rules_position, served_as);
CREATE INDEX prediction_of_experiment ON prediction (tenant_id, served_as)
	WHERE served_as <> 'champion';
ALTER TABLE score ADD served_as text NOT NULL DEFAULT 'champion';
ALTER TABLE score ALTER COLUMN served_as DROP DEFAULT;

-- An enrollment's part of 10,000, as arm_part() of libcommon/ml/arms.h has it:
-- the pads are the blocks of the salt's HMAC-SHA-256.
CREATE FUNCTION arm_part(inner_pad bytea, outer_pad bytea,
	enrollment_id bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((('x' || left(encode(sha256(outer_pad || sha256(inner_pad ||
	int8send(enrollment_id))), 'hex'), 8))::bit(32)::bigint * 10000)
	>> 32)::integer;

-- Which of the servings (1: the champion, then the arms) an enrollment has.
CREATE FUNCTION serving_of(owners bytea, inner_pad bytea, outer_pad bytea,
	enrollment_id bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN owners IS NULL THEN 1
	ELSE get_byte(owners, arm_part(inner_pad, outer_pad, enrollment_id)) + 1
	END;

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['experiment', 'experiment_arm',
		'experiment_change', 'arm_score']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id ='
		    ' nullif(current_setting(''edupulse.tenant'', true), ''''))',
		    name);
	END LOOP;
END
$$;

REVOKE UPDATE, DELETE, TRUNCATE ON experiment_change FROM edupulse_prediction;
GRANT SELECT, INSERT ON experiment_change TO edupulse_prediction;
GRANT SELECT, INSERT, UPDATE, DELETE ON experiment, experiment_arm
	TO edupulse_prediction;
GRANT SELECT, INSERT, UPDATE ON arm_score TO edupulse_prediction;
