-- The champion of each tenant: the model file itself, so that serving outlives
-- training's absence.  What stands here has been loaded and checked once.
CREATE TABLE served_model (
	tenant_id text PRIMARY KEY,
	version   text NOT NULL,
	file      bytea NOT NULL,
	since     timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE served_model ALTER COLUMN file SET STORAGE EXTERNAL;

-- Every answer that was given, with what is needed to make it again.  The same
-- question with nothing new in between is the same prediction: the unique
-- index is the question.  `features` are the last step's 42 values and the 4
-- context inputs, f32, little-endian, NaN missing; `answer` is the prediction
-- message in the binary codec, with its reasons when `is_full`.
CREATE TABLE prediction (
	tenant_id         text NOT NULL,
	prediction_id     uuid NOT NULL,
	enrollment_id     bigint NOT NULL,
	reference_date    date NOT NULL,
	model_version     text NOT NULL,
	feature_version   integer NOT NULL,
	log_position      bigint NOT NULL,
	register_position bigint NOT NULL,
	rules_position    bigint NOT NULL,
	score             double precision NOT NULL,
	category          text NOT NULL,
	low               double precision NOT NULL,
	high              double precision NOT NULL,
	features          bytea NOT NULL,
	is_full           boolean NOT NULL,
	answer            bytea NOT NULL,
	created_at        timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, prediction_id)
);
CREATE UNIQUE INDEX prediction_by_question ON prediction (tenant_id,
	enrollment_id, reference_date, model_version, feature_version,
	log_position, register_position, rules_position);

-- The ranking of a day: `score` in ten-thousandths, as it is printed; null:
-- active, but with too little history.  A row counts while its model and
-- positions are those of now; what does not is scored anew when it is read.
CREATE TABLE score (
	tenant_id         text NOT NULL,
	reference_day     date NOT NULL,
	enrollment_id     bigint NOT NULL,
	model_version     text NOT NULL,
	log_position      bigint NOT NULL,
	register_position bigint NOT NULL,
	rules_position    bigint NOT NULL,
	score             integer,
	level             smallint,
	scored_at         timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, reference_day, enrollment_id)
) WITH (fillfactor = 80);

-- Which tenants have something new; names alone, nothing of theirs.  Readers
-- and jobs cross tenants, so this is not under row-level security.
CREATE TABLE tenant_change (
	tenant_id  text PRIMARY KEY,
	changed_at timestamptz NOT NULL,
	ranked_at  timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

-- Enrolled on the day, in a course that has not ended by then.
CREATE FUNCTION is_active(registered_on date, withdrawn_on date, end_date date,
	day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(registered_on <= day, true)
	AND coalesce(withdrawn_on > day, true) AND end_date >= day;

ALTER TABLE served_model ENABLE ROW LEVEL SECURITY;
ALTER TABLE prediction ENABLE ROW LEVEL SECURITY;
ALTER TABLE score ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON served_model USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON prediction USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON score USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON served_model, prediction, score,
	tenant_change TO edupulse_prediction;
