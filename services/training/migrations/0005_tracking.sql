-- What is still to be told to a tracking server (MLflow): the end of a job,
-- and where an alias points.  A row names the thing, not the words: told is
-- how it stands when its turn comes.  `wanted` grows with every wish, so that
-- one that comes while the thing is being told is not lost.  Machinery: the
-- job that tells reads it across tenants.
CREATE TABLE tracking_task (
	task_id     bigint GENERATED ALWAYS AS IDENTITY,
	tenant_id   text NOT NULL,
	kind        text NOT NULL CHECK (kind IN ('job', 'alias')),
	name        text NOT NULL,
	wanted      bigint NOT NULL DEFAULT 1,
	attempts    bigint NOT NULL DEFAULT 0,
	is_refused  boolean NOT NULL DEFAULT false,
	last_error  text,
	wanted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
	next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (tenant_id, kind, name)
);
CREATE INDEX tracking_task_order ON tracking_task (is_refused, task_id);

-- What a job judged is told with it.
CREATE INDEX judgement_of_job ON judgement (tenant_id, job_id);
