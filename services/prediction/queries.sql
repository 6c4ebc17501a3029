-- queries.sql - every query of prediction.

-- Pages of the log cross tenants: the projection says whose rows come next.
-- name: set_tenant :one
SELECT set_config('edupulse.tenant', $1, true);

-- name: put_tenant_rules :exec
INSERT INTO tenant_rules (tenant_id, rules, position)
VALUES ($1, $2::jsonb, $3)
ON CONFLICT (tenant_id) DO UPDATE
SET rules = excluded.rules, position = excluded.position
WHERE tenant_rules.position < excluded.position;

-- name: put_course :exec
INSERT INTO course (tenant_id, course_id, title, start_date, end_date,
	school_year, core, credits, term, tracked_from, tracked_until, position)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (tenant_id, course_id) DO UPDATE
SET title = excluded.title, start_date = excluded.start_date,
	end_date = excluded.end_date, school_year = excluded.school_year,
	core = excluded.core, credits = excluded.credits,
	term = excluded.term, tracked_from = excluded.tracked_from,
	tracked_until = excluded.tracked_until, position = excluded.position
WHERE course.position < excluded.position;

-- name: put_enrollment :exec
INSERT INTO enrollment (tenant_id, enrollment_id, student_id, course_id,
	registered_on, withdrawn_on, previous_attempts, credits, school,
	section, position)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (tenant_id, enrollment_id) DO UPDATE
SET student_id = excluded.student_id, course_id = excluded.course_id,
	registered_on = excluded.registered_on,
	withdrawn_on = excluded.withdrawn_on,
	previous_attempts = excluded.previous_attempts,
	credits = excluded.credits, school = excluded.school,
	section = excluded.section, position = excluded.position
WHERE enrollment.position < excluded.position;

-- Blocks that a page touches, as they are: enrollments and weeks in step.
-- name: touched_blocks :many
SELECT f.enrollment_id, f.week, f.facts
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (enrollment_id, week)
JOIN week_facts f ON f.tenant_id = $3
	AND f.enrollment_id = wanted.enrollment_id AND f.week = wanted.week
ORDER BY f.enrollment_id, f.week;

-- name: make_staging :command
CREATE TEMPORARY TABLE IF NOT EXISTS staged_block (
	enrollment_id bigint, week integer, position bigint, facts bytea
) ON COMMIT DELETE ROWS;

-- name: copy_blocks :copy
COPY staged_block (enrollment_id, week, position, facts)
FROM STDIN (FORMAT binary);

-- name: put_staged_blocks :exec
INSERT INTO week_facts (tenant_id, enrollment_id, week, facts)
SELECT $1, enrollment_id, week, facts FROM staged_block
ON CONFLICT (tenant_id, enrollment_id, week) DO UPDATE
SET facts = excluded.facts;

-- name: put_staged_progress :exec
INSERT INTO progress (tenant_id, enrollment_id, position)
SELECT $1, enrollment_id, max(position) FROM staged_block
GROUP BY enrollment_id
ON CONFLICT (tenant_id, enrollment_id) DO UPDATE
SET position = greatest(progress.position, excluded.position);

-- Staging is emptied between two tenants of one page.
-- name: clear_staging :exec
DELETE FROM staged_block;

-- name: keep_early_correction :exec
INSERT INTO early_correction (tenant_id, corrected, known_on)
VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, corrected) DO UPDATE
SET known_on = least(early_correction.known_on, excluded.known_on);

-- name: take_early_corrections :many
DELETE FROM early_correction
WHERE tenant_id = $1 AND corrected = ANY ($2::bigint[])
RETURNING corrected, known_on;

-- A tenant's rules and its day: as_of, or today where the tenant is.
-- name: rules_of_tenant :one
SELECT rules, position, coalesce((rules ->> 'as_of')::date,
	(now() AT TIME ZONE (rules ->> 'time_zone'))::date) AS today
FROM tenant_rules WHERE tenant_id = $1;

-- Enrollments of one student, in one course or in all.
-- name: subjects_of_student :many
SELECT enrollment_id, student_id, course_id, registered_on, withdrawn_on,
	previous_attempts, credits, school, section, term, start_date, end_date,
	tracked_from, tracked_until, log_position, register_position
FROM subject
WHERE tenant_id = $1 AND student_id = $2
	AND ($3::text IS NULL OR course_id = $3)
ORDER BY enrollment_id LIMIT 100;

-- Enrollments behind one, by course and term.
-- name: subjects_after :many
SELECT enrollment_id, student_id, course_id, registered_on, withdrawn_on,
	previous_attempts, credits, school, section, term, start_date, end_date,
	tracked_from, tracked_until, log_position, register_position
FROM subject
WHERE tenant_id = $1 AND enrollment_id > $2
	AND (cardinality($3::text[]) = 0 OR term = ANY ($3))
	AND (cardinality($4::text[]) = 0 OR course_id = ANY ($4))
ORDER BY enrollment_id LIMIT $5;

-- name: count_subjects :one
SELECT count(*) FROM subject
WHERE tenant_id = $1
	AND (cardinality($2::text[]) = 0 OR term = ANY ($2))
	AND (cardinality($3::text[]) = 0 OR course_id = ANY ($3));

-- name: facts_of_enrollments :many
SELECT enrollment_id, facts FROM week_facts
WHERE tenant_id = $1 AND enrollment_id = ANY ($2::bigint[])
ORDER BY enrollment_id, week;
