-- queries.sql - every query of drift-monitor.

-- What was heard ------------------------------------------------------------

-- The features of all rows lie behind one another in $7: 184 bytes a row, of
-- which the last 16 are the context.
-- name: scored_put :exec
INSERT INTO scored (tenant_id, reference_date, enrollment_id, model_version,
	week, score, features)
SELECT $1::text, $2::date, given.enrollment_id, $3::text, given.week,
	given.score,
	substring($7::bytea FROM ((given.place - 1) * 184 + 1)::integer FOR 168)
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[]) WITH ORDINALITY
	AS given (enrollment_id, week, score, place)
ON CONFLICT (tenant_id, reference_date, enrollment_id) DO UPDATE
SET model_version = excluded.model_version, week = excluded.week,
	score = excluded.score, features = excluded.features;

-- name: watched_put :exec
INSERT INTO watched (tenant_id, as_of, heard_at)
VALUES ($1::text, $2::date, clock_timestamp())
ON CONFLICT (tenant_id) DO UPDATE
SET as_of = excluded.as_of, heard_at = excluded.heard_at,
	heard = watched.heard + 1;

-- name: scored_forget :exec
DELETE FROM scored WHERE tenant_id = $1::text AND reference_date NOT BETWEEN
	$2::date - $3::integer AND $2::date + $3::integer;

-- Checks --------------------------------------------------------------------

-- The newest score of each enrollment in the window, by the model in question.
-- name: scored_window :many
SELECT DISTINCT ON (enrollment_id) week, score, features
FROM scored
WHERE tenant_id = $1::text AND model_version = $2::text
	AND reference_date BETWEEN $3::date AND $4::date
ORDER BY enrollment_id, reference_date DESC;

-- name: watched_find :many
SELECT as_of, next_check_at FROM watched WHERE tenant_id = $1::text;

-- Two checks of one tenant do not both find the same news.
-- name: watched_lock :many
SELECT as_of FROM watched WHERE tenant_id = $1::text FOR UPDATE;

-- Whose turn it is: there is something new since the last check, and it has
-- been quiet for a while, or it does not get quiet.
-- name: watched_due :many
SELECT tenant_id, as_of, heard FROM watched
WHERE next_check_at <= now() AND heard > checked
	AND (heard_at < now() - interval '20 seconds'
		OR next_check_at < now() - interval '10 minutes')
ORDER BY next_check_at LIMIT 1;

-- name: watched_put_off :exec
UPDATE watched SET next_check_at = now() + interval '5 minutes'
WHERE tenant_id = $1::text;

-- $3: what had been heard before the check looked.
-- name: watched_checked :exec
UPDATE watched SET checked = $3::bigint,
	next_check_at = now() + $2::integer * interval '1 hour'
WHERE tenant_id = $1::text;

-- name: report_add :exec
INSERT INTO report (tenant_id, report_id, made_at, verdict, model_version,
	as_of, rows, judged, drifted, report)
VALUES ($1::text, $2::text::uuid, $3::timestamptz, $4::text, $5::text,
	$6::date, $7::bigint, $8::integer, $9::integer, $10::text::jsonb);

-- The features that drift now and did not before under this model ...
-- name: drifting_add :many
INSERT INTO drifting (tenant_id, model_version, feature)
SELECT $1::text, $2::text, unnest($3::text[])
ON CONFLICT DO NOTHING
RETURNING feature;

-- ... and those that came back, or whose model is no longer looked at.
-- name: drifting_forget :exec
DELETE FROM drifting WHERE tenant_id = $1::text
	AND (model_version <> $2::text OR feature <> ALL ($3::text[]));

-- Answers -------------------------------------------------------------------

-- name: report_find :many
SELECT report FROM report
WHERE tenant_id = $1::text AND report_id = $2::text::uuid;

-- name: report_page :many
SELECT report_id, made_at, verdict, model_version, as_of, rows, judged, drifted
FROM report
WHERE tenant_id = $1::text
	AND ($2::text IS NULL OR report_id < $2::text::uuid)
ORDER BY report_id DESC
LIMIT $3::bigint;

-- name: report_detail :many
SELECT report ->> 'detail' FROM report
WHERE tenant_id = $1::text AND report_id = $2::text::uuid;

-- name: drifting_now :many
SELECT feature FROM drifting WHERE tenant_id = $1::text
ORDER BY since, feature;

-- name: scored_count :one
SELECT count(*) FROM scored WHERE tenant_id = $1::text;
