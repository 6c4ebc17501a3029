-- queries.sql - every query of training.

-- Jobs ----------------------------------------------------------------------

-- name: job_add :exec
INSERT INTO job (tenant_id, job_id, state, question, asked_by)
VALUES ($1::text, $2::text::uuid, 'queued', $3::text::jsonb, $4::text);

-- name: queue_add :exec
INSERT INTO job_queue (job_id, tenant_id) VALUES ($1::text::uuid, $2::text);

-- name: job_find :many
SELECT job_id, state, progress, phase, epoch, train_loss, validation_loss,
	model_version, baseline_version, trees_version, promoted_version, verdict,
	error, created_at, started_at, finished_at, winner_version
FROM job WHERE tenant_id = $1::text AND job_id = $2::text::uuid;

-- name: job_page :many
SELECT job_id, state, progress, phase, epoch, train_loss, validation_loss,
	model_version, baseline_version, trees_version, promoted_version, verdict,
	error, created_at, started_at, finished_at, winner_version
FROM job
WHERE tenant_id = $1::text AND ($2::text IS NULL OR job_id < $2::text::uuid)
ORDER BY job_id DESC
LIMIT $3::bigint;

-- name: job_cancel :exec
UPDATE job SET state = 'cancelled', finished_at = clock_timestamp()
WHERE tenant_id = $1::text AND job_id = $2::text::uuid
	AND state IN ('queued', 'running');

-- name: queue_remove :exec
DELETE FROM job_queue WHERE job_id = $1::text::uuid;

-- name: queue_find :many
SELECT job_id FROM job_queue WHERE job_id = $1::text::uuid;

-- name: queue_take :many
UPDATE job_queue SET owner = $1::text::uuid, attempts = attempts + 1,
	lease_until = clock_timestamp() + interval '20 seconds'
WHERE job_id = (
	SELECT job_id FROM job_queue WHERE lease_until <= clock_timestamp()
	ORDER BY created_at, job_id FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING job_id, tenant_id, attempts;

-- name: job_begin :many
UPDATE job SET state = 'running', started_at = coalesce(started_at, clock_timestamp()),
	progress = 0, phase = 'samples', epoch = NULL, train_loss = NULL,
	validation_loss = NULL
WHERE tenant_id = $1::text AND job_id = $2::text::uuid
RETURNING question, asked_by;

-- name: queue_keep :exec
UPDATE job_queue SET lease_until = clock_timestamp() + interval '20 seconds'
WHERE job_id = $1::text::uuid AND owner = $2::text::uuid;

-- An attempt that we broke off ourselves does not count.
-- name: queue_release :exec
UPDATE job_queue SET attempts = attempts - $4::bigint,
	lease_until = clock_timestamp() + $3::bigint * interval '1 second'
WHERE job_id = $1::text::uuid AND owner = $2::text::uuid;

-- name: queue_finish :exec
DELETE FROM job_queue WHERE job_id = $1::text::uuid AND owner = $2::text::uuid;

-- name: job_progress :exec
UPDATE job SET progress = $3::float8, phase = $4::text, epoch = $5::bigint,
	train_loss = $6::float8, validation_loss = $7::float8
WHERE tenant_id = $1::text AND job_id = $2::text::uuid;

-- Keep what a job is tested on; how many had been tested on any of it before.
-- name: job_test :one
WITH noted AS (UPDATE job SET test_courses = $3::text[]
	WHERE tenant_id = $1::text AND job_id = $2::text::uuid)
SELECT count(*) AS earlier_looks FROM job
WHERE tenant_id = $1::text AND job_id <> $2::text::uuid
	AND state = 'succeeded' AND test_courses && $3::text[];

-- name: job_fail :exec
UPDATE job SET state = 'failed', error = $3::text, phase = NULL,
	finished_at = clock_timestamp()
WHERE tenant_id = $1::text AND job_id = $2::text::uuid;

-- name: job_succeed :exec
UPDATE job SET state = 'succeeded', progress = 1, phase = NULL,
	model_version = $3::text, baseline_version = $4::text,
	promoted_version = $5::text, verdict = $6::text,
	trees_version = $7::text, winner_version = $8::text,
	finished_at = clock_timestamp()
WHERE tenant_id = $1::text AND job_id = $2::text::uuid;

-- Models --------------------------------------------------------------------

-- The same data and seed make the same model: then it is there already.
-- name: model_add :exec
INSERT INTO model (tenant_id, version, kind, job_id, log_loss, auroc, manifest,
	bytes)
VALUES ($1::text, $2::text, $3::text, $4::text::uuid, $5::float8, $6::float8,
	$7::text::jsonb, $8::bytea)
ON CONFLICT (tenant_id, version) DO NOTHING;

-- name: report_add :exec
INSERT INTO report (tenant_id, version, report)
VALUES ($1::text, $2::text, $3::text::jsonb)
ON CONFLICT (tenant_id, version) DO NOTHING;

-- With what the gate said of it last, unless that is only that it could follow
-- itself: a champion that was made once more shows what made it champion.
-- name: model_find :many
SELECT m.version, m.kind, m.job_id, m.created_at, m.log_loss, m.auroc,
	length(m.bytes)::bigint AS size_bytes,
	ARRAY(SELECT a.alias FROM alias a WHERE a.tenant_id = m.tenant_id
		AND a.version = m.version ORDER BY a.alias) AS aliases,
	j.outcome, j.verdict, j.refused_by, j.against AS judged_against,
	j.judged_at
FROM model m LEFT JOIN LATERAL (SELECT * FROM judgement n
	WHERE n.tenant_id = m.tenant_id AND n.version = m.version
		AND (n.against IS DISTINCT FROM n.version OR n.outcome = 'refused')
	ORDER BY n.judgement_id DESC LIMIT 1) j ON true
WHERE m.tenant_id = $1::text AND m.version = $2::text;

-- Newest first, behind the model the page before ended with.
-- name: model_page :many
SELECT m.version, m.kind, m.job_id, m.created_at, m.log_loss, m.auroc,
	length(m.bytes)::bigint AS size_bytes,
	ARRAY(SELECT a.alias FROM alias a WHERE a.tenant_id = m.tenant_id
		AND a.version = m.version ORDER BY a.alias) AS aliases,
	j.outcome, j.verdict, j.refused_by, j.against AS judged_against,
	j.judged_at
FROM model m LEFT JOIN LATERAL (SELECT * FROM judgement n
	WHERE n.tenant_id = m.tenant_id AND n.version = m.version
		AND (n.against IS DISTINCT FROM n.version OR n.outcome = 'refused')
	ORDER BY n.judgement_id DESC LIMIT 1) j ON true
WHERE m.tenant_id = $1::text AND ($2::text IS NULL
	OR (m.created_at, m.version) < (SELECT l.created_at, l.version
		FROM model l WHERE l.tenant_id = $1::text AND l.version = $2::text))
ORDER BY m.created_at DESC, m.version DESC
LIMIT $3::bigint;

-- What an alias, a version or the beginning of one means: two rows, it means
-- nothing certain.
-- name: model_named :many
SELECT version FROM alias WHERE tenant_id = $1::text AND alias = $2::text
UNION ALL
(SELECT version FROM model WHERE tenant_id = $1::text
	AND $2::text ~ '^[0-9a-f]{8,64}$' AND starts_with(version, $2::text)
ORDER BY version LIMIT 2);

-- Is it a network, and if not, which is the newest that is one?
-- name: model_as_network :one
SELECT m.kind = 'network' AS is_network,
	(SELECT n.version FROM model n WHERE n.tenant_id = m.tenant_id
		AND n.kind = 'network' ORDER BY n.created_at DESC, n.version DESC
		LIMIT 1) AS newest
FROM model m WHERE m.tenant_id = $1::text AND m.version = $2::text;

-- name: model_bytes :one
SELECT bytes FROM model WHERE tenant_id = $1::text AND version = $2::text;

-- name: report_find :one
SELECT report::text FROM report WHERE tenant_id = $1::text AND version = $2::text;

-- name: signature_add :exec
INSERT INTO model_signature (tenant_id, version, key_name, signature)
VALUES ($1::text, $2::text, $3::text, $4::bytea)
ON CONFLICT (tenant_id, version, key_name) DO NOTHING;

-- name: signature_page :many
SELECT key_name, signature FROM model_signature
WHERE tenant_id = $1::text AND version = $2::text
ORDER BY signed_at DESC, key_name;

-- name: backlog_next :many
SELECT tenant_id, version FROM signing_backlog ORDER BY tenant_id, version LIMIT 1;

-- name: backlog_done :exec
DELETE FROM signing_backlog WHERE tenant_id = $1::text AND version = $2::text;

-- name: judgement_add :exec
INSERT INTO judgement (tenant_id, version, job_id, outcome, against, refused_by,
	verdict)
VALUES ($1::text, $2::text, $3::text::uuid, $4::text, $5::text, $6::text[],
	$7::text);

-- name: judgement_newest :many
SELECT outcome, verdict, jsonb_strip_nulls(jsonb_build_object('job_id', job_id,
	'outcome', outcome, 'against', against, 'refused_by', refused_by,
	'verdict', verdict))::text AS evidence, against
FROM judgement WHERE tenant_id = $1::text AND version = $2::text
	AND (against IS DISTINCT FROM version OR outcome = 'refused')
ORDER BY judgement_id DESC LIMIT 1;

-- Aliases -------------------------------------------------------------------

-- name: alias_page :many
SELECT a.alias, a.version, m.kind, a.moved_at, a.moved_by, a.why
FROM alias a JOIN model m USING (tenant_id, version)
WHERE a.tenant_id = $1::text AND ($2::text IS NULL OR a.alias = $2::text)
ORDER BY a.alias;

-- One mover at a time, also where there is no row to lock yet.
-- name: alias_lock :one
SELECT pg_advisory_xact_lock(hashtextextended('alias ' || $1::text || ' ' || $2::text, 0)) IS NULL AS is_locked;

-- name: alias_set :exec
INSERT INTO alias (tenant_id, alias, version, moved_by, why)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text)
ON CONFLICT (tenant_id, alias) DO UPDATE
SET version = excluded.version, moved_by = excluded.moved_by,
	why = excluded.why, moved_at = clock_timestamp();

-- name: alias_audit_add :exec
INSERT INTO alias_audit (tenant_id, alias, from_version, to_version, moved_by,
	why, evidence, is_rollback)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text,
	$7::text::jsonb, $8::boolean);

-- Newest first, behind the move the page before ended with.
-- name: alias_moves :many
SELECT audit_id AS move_id, alias, from_version, to_version, moved_at, moved_by,
	why, evidence, is_rollback, evidence ->> 'outcome' AS outcome
FROM alias_audit
WHERE tenant_id = $1::text AND alias = $2::text
	AND ($3::bigint IS NULL OR audit_id < $3::bigint)
ORDER BY audit_id DESC LIMIT $4::bigint;

-- Oldest first; a line that says it moved to where it pointed moved nothing.
-- name: alias_story :many
SELECT from_version, to_version, is_rollback FROM alias_audit
WHERE tenant_id = $1::text AND alias = $2::text
	AND from_version IS DISTINCT FROM to_version
ORDER BY audit_id;

-- The tracking server -------------------------------------------------------

-- name: tracking_want :exec
INSERT INTO tracking_task (tenant_id, kind, name)
VALUES ($1::text, $2::text, $3::text)
ON CONFLICT (tenant_id, kind, name) DO UPDATE
SET wanted = tracking_task.wanted + 1, attempts = 0, is_refused = false,
	wanted_at = clock_timestamp(), next_try_at = clock_timestamp();

-- One after the other: what waits behind the first is not tried before it.
-- What was refused for good is out of the way, and tried when its day comes.
-- name: tracking_take :many
SELECT tenant_id, kind, name, wanted, attempts FROM tracking_task
WHERE next_try_at <= clock_timestamp() AND (is_refused
	OR task_id = (SELECT min(task_id) FROM tracking_task WHERE NOT is_refused))
ORDER BY is_refused, task_id LIMIT 1;

-- name: tracking_done :exec
DELETE FROM tracking_task WHERE tenant_id = $1::text AND kind = $2::text
	AND name = $3::text AND wanted = $4::bigint;

-- name: tracking_put_off :exec
UPDATE tracking_task SET attempts = attempts + 1, last_error = $5::text,
	is_refused = $6::boolean,
	next_try_at = clock_timestamp() + $7::bigint * interval '1 millisecond'
WHERE tenant_id = $1::text AND kind = $2::text AND name = $3::text
	AND wanted = $4::bigint;

-- name: tracking_waiting :one
SELECT count(*) FILTER (WHERE NOT is_refused) AS waiting,
	count(*) FILTER (WHERE is_refused) AS refused,
	(SELECT last_error FROM tracking_task WHERE last_error IS NOT NULL
		ORDER BY is_refused, task_id LIMIT 1) AS last_error
FROM tracking_task;

-- What is told of a job, in the tracking server's terms.
-- name: tracked_job :many
SELECT job_id, state,
	(extract(epoch FROM coalesce(started_at, created_at)) * 1000)::bigint
		AS start_time,
	(extract(epoch FROM finished_at) * 1000)::bigint AS end_time
FROM job WHERE tenant_id = $1::text AND job_id = $2::text::uuid
	AND finished_at IS NOT NULL;

-- The job's question, the data that its models name, and what each was learned
-- with; values of 6,000 characters at most.
-- name: tracked_params :many
SELECT key, left(value, 6000) AS value FROM (
	SELECT 'job.' || q.key AS key, q.value
	FROM job j, jsonb_each_text(j.question) q
	WHERE j.tenant_id = $1::text AND j.job_id = $2::text::uuid
	UNION ALL
	SELECT 'data.' || d.key, d.value
	FROM judgement g JOIN model m USING (tenant_id, version),
		jsonb_each_text(m.manifest -> 'data') d
	WHERE g.tenant_id = $1::text AND g.job_id = $2::text::uuid
		AND m.kind = 'logistic'
	UNION ALL
	SELECT m.kind || '.' || s.key, s.value
	FROM judgement g JOIN model m USING (tenant_id, version),
		jsonb_each_text(m.manifest -> 'settings') s
	WHERE g.tenant_id = $1::text AND g.job_id = $2::text::uuid
		AND s.key <> 'held_out_log_loss') params
WHERE value IS NOT NULL ORDER BY key;

-- Every figure of the job's models on the test, by week where it has one, and
-- how the network learned, by epoch; the same whenever it is asked.
-- name: tracked_metrics :many
WITH made AS (
	SELECT m.kind, m.manifest, m.log_loss, m.auroc, r.report
	FROM judgement g JOIN model m USING (tenant_id, version)
		JOIN report r USING (tenant_id, version)
	WHERE g.tenant_id = $1::text AND g.job_id = $2::text::uuid
), figures AS (
	SELECT kind || '.mean_log_loss' AS key, log_loss AS value, 0::bigint AS step
	FROM made
	UNION ALL
	SELECT kind || '.mean_auroc', auroc, 0 FROM made
	UNION ALL
	SELECT kind || '.held_out_log_loss',
		(manifest -> 'settings' ->> 'held_out_log_loss')::float8, 0 FROM made
	UNION ALL
	SELECT kind || '.' || n, (report ->> n)::float8, 0
	FROM made, unnest(ARRAY['train_samples', 'train_students',
		'dropped_students', 'gate_difference', 'gate_upper',
		'earlier_looks']) n
	UNION ALL
	SELECT concat_ws('.', kind, nullif(e ->> 'target', 'adverse'),
		CASE WHEN e ? 'week' THEN 'by_week' END, f.key),
		CASE jsonb_typeof(f.value) WHEN 'number' THEN f.value::text::float8
			WHEN 'object' THEN (f.value ->> 'value')::float8 END,
		coalesce((e ->> 'week')::bigint, 0)
	FROM made, jsonb_array_elements(report -> 'evaluations') e, jsonb_each(e) f
	WHERE e ->> 'model' = kind AND f.key <> 'week'
	UNION ALL
	SELECT kind || '.' || f.key, f.value::text::float8, (e ->> 'epoch')::bigint
	FROM made, jsonb_array_elements(report -> 'curve') e, jsonb_each(e) f
	WHERE f.key <> 'epoch'
)
SELECT key, value, $3::bigint AS timestamp, step FROM figures
WHERE value IS NOT NULL ORDER BY key, step;

-- How it ended, and what the gate said of each model: by which rules it was
-- refused, if it was.
-- name: tracked_tags :many
SELECT key, left(value, 1024) AS value FROM (
	SELECT t.key, t.value FROM job j, LATERAL (VALUES
		('edupulse.state', j.state), ('edupulse.verdict', j.verdict),
		('edupulse.error', j.error)) t (key, value)
	WHERE j.tenant_id = $1::text AND j.job_id = $2::text::uuid
	UNION ALL
	SELECT 'edupulse.' || m.kind || '.' || t.key, t.value
	FROM judgement g JOIN model m USING (tenant_id, version), LATERAL (VALUES
		('version', m.version), ('outcome', g.outcome),
		('refused_by', nullif(array_to_string(g.refused_by, ', '), '')))
		t (key, value)
	WHERE g.tenant_id = $1::text AND g.job_id = $2::text::uuid) tags
WHERE value IS NOT NULL ORDER BY key;

-- name: tracked_versions :many
SELECT version FROM judgement
WHERE tenant_id = $1::text AND job_id = $2::text::uuid ORDER BY judgement_id;

-- name: tracked_version :many
SELECT m.version, m.kind, m.job_id, m.created_at, length(m.bytes)::bigint
	AS size_bytes, j.outcome, nullif(array_to_string(j.refused_by, ', '), '')
	AS refused_by
FROM model m LEFT JOIN LATERAL (SELECT * FROM judgement n
	WHERE n.tenant_id = m.tenant_id AND n.version = m.version
	ORDER BY n.judgement_id DESC LIMIT 1) j ON true
WHERE m.tenant_id = $1::text AND m.version = $2::text;

-- name: manifest_find :one
SELECT manifest::text FROM model WHERE tenant_id = $1::text AND version = $2::text;
