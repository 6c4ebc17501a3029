-- queries.sql - every query of ingestion.  Tenants stand explicitly in all of
-- them; row-level security is the second lock, not the first.

-- Staging: tables of the connection alone, emptied by each commit.

-- name: stage_records :command
CREATE TEMP TABLE IF NOT EXISTS staged_record (
	position bigint NOT NULL DEFAULT nextval('record_position'),
	id_hash bytea NOT NULL, content_hash bigint NOT NULL, replaces bytea,
	row_number bigint NOT NULL, kind smallint NOT NULL,
	enrollment_id bigint NOT NULL, occurred_on date NOT NULL,
	known_on date NOT NULL, body bytea NOT NULL) ON COMMIT DELETE ROWS;

-- name: stage_quarantine :command
CREATE TEMP TABLE IF NOT EXISTS staged_quarantine (
	id text NOT NULL, reason text NOT NULL, place text NOT NULL,
	row_number bigint NOT NULL, raw text NOT NULL) ON COMMIT DELETE ROWS;

-- name: stage_students :command
CREATE TEMP TABLE IF NOT EXISTS staged_student (
	n bigint NOT NULL, student_id text NOT NULL, name text,
	grade_level text, school text, has_protected boolean NOT NULL,
	gender text, ethnicity text, disability text, deprivation text,
	age text, region text, education text) ON COMMIT DELETE ROWS;

-- name: stage_enrollments :command
CREATE TEMP TABLE IF NOT EXISTS staged_enrollment (
	n bigint NOT NULL, student_id text NOT NULL, course_id text NOT NULL,
	registered_on date, withdrawn_on date, previous_attempts integer,
	credits float8, school text, section text) ON COMMIT DELETE ROWS;

-- Appending to the log.

-- name: copy_record_log :copy
COPY record_log (tenant_id, source, kind, enrollment_id, occurred_on,
	known_on, body) FROM STDIN (FORMAT binary);

-- name: copy_staged_record :copy
COPY staged_record (id_hash, content_hash, replaces, row_number, kind,
	enrollment_id, occurred_on, known_on, body) FROM STDIN (FORMAT binary);

-- name: append_staged :one
-- $1 tenant, $2 source.  Same content under a known id adds nothing; other
-- content supersedes what the id stood for.
WITH stored AS (
	INSERT INTO record_key AS k (id_hash, content_hash, position,
		enrollment_id, occurred_on, tenant_id)
	SELECT id_hash, content_hash, position, enrollment_id, occurred_on, $1
	FROM staged_record ORDER BY id_hash
	ON CONFLICT (id_hash) DO UPDATE SET
		content_hash = EXCLUDED.content_hash,
		position = EXCLUDED.position,
		enrollment_id = EXCLUDED.enrollment_id,
		occurred_on = EXCLUDED.occurred_on,
		previous = k.position,
		previous_enrollment_id = k.enrollment_id,
		previous_on = k.occurred_on
	WHERE k.content_hash <> EXCLUDED.content_hash
	RETURNING position, previous, previous_enrollment_id, previous_on
), logged AS (
	INSERT INTO record_log (position, tenant_id, source, kind,
		enrollment_id, occurred_on, known_on, body, supersedes,
		superseded_enrollment_id, superseded_on)
	SELECT s.position, $1, $2, s.kind, s.enrollment_id, s.occurred_on,
		s.known_on, s.body, coalesce(t.previous, r.position),
		coalesce(t.previous_enrollment_id, r.enrollment_id),
		coalesce(t.previous_on, r.occurred_on)
	FROM stored t JOIN staged_record s USING (position)
	LEFT JOIN record_key r ON r.id_hash = s.replaces
	ORDER BY s.position
	RETURNING supersedes
)
SELECT (SELECT count(*) FROM logged) AS stored,
	(SELECT count(supersedes) FROM logged) AS superseded,
	(SELECT count(DISTINCT s.row_number) FROM stored t
		JOIN staged_record s USING (position)) AS rows_stored;

-- name: claim_batch :exec
INSERT INTO batch (tenant_id, batch_key, content_hash, told_history)
VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING;

-- name: raise_batch :exec
-- Now it comes from one who may tell history.
UPDATE batch SET told_history = true
WHERE tenant_id = $1 AND batch_key = $2 AND NOT told_history;

-- name: find_batch :one
SELECT content_hash, answer FROM batch WHERE tenant_id = $1 AND batch_key = $2;

-- name: answer_batch :exec
UPDATE batch SET answer = $3 WHERE tenant_id = $1 AND batch_key = $2;

-- name: local_days :many
-- $1 time zone, $2 moments in microseconds.
SELECT ((timestamptz 'epoch' + m.moment * interval '1 microsecond')
	AT TIME ZONE $1::text)::date AS day
FROM unnest($2::bigint[]) WITH ORDINALITY AS m(moment, i) ORDER BY m.i;

-- name: tenant_clock :one
SELECT coalesce(r.time_zone, 'UTC') AS time_zone,
	(now() AT TIME ZONE coalesce(r.time_zone, 'UTC'))::date AS today
FROM (SELECT 1) AS one LEFT JOIN tenant_rule r ON r.tenant_id = $1;

-- name: resolve_enrollments :many
-- $1 tenant; students, courses ('' for the school year), days since 1970.
-- A course without a roster of its own is a subject of the school year: its
-- records belong to the student's school year, with the course's core flag.
SELECT w.i, s.student_id IS NOT NULL AS student_known, e.enrollment_id,
	coalesce(c.core, e.core) AS core, e.school_year, e.start_date, e.end_date
FROM unnest($2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY
	AS w(student_id, course_id, day, i)
LEFT JOIN student s ON s.tenant_id = $1 AND s.student_id = w.student_id
LEFT JOIN course c ON c.tenant_id = $1 AND c.course_id = w.course_id
LEFT JOIN LATERAL (
	SELECT n.enrollment_id, y.core, y.school_year, y.start_date, y.end_date
	FROM enrollment n JOIN course y ON y.tenant_id = n.tenant_id
		AND y.course_id = n.course_id
	WHERE n.tenant_id = $1 AND n.student_id = w.student_id
		AND (n.course_id = w.course_id
		OR ((w.course_id = '' OR c.course_id IS NOT NULL) AND y.school_year
			AND date '1970-01-01' + w.day::integer
			BETWEEN y.start_date AND y.end_date))
	ORDER BY n.course_id = w.course_id DESC, y.start_date DESC LIMIT 1
) e ON true
ORDER BY w.i;

-- Quarantine.

-- name: copy_staged_quarantine :copy
COPY staged_quarantine (id, reason, place, row_number, raw)
	FROM STDIN (FORMAT binary);

-- name: put_staged_quarantine :exec
INSERT INTO quarantine (id, tenant_id, reason, place, row_number, raw, source,
	batch_key, import_id)
SELECT id, $1, reason, place, row_number, raw, $2, $3, $4
FROM staged_quarantine;

-- name: list_quarantine :many
SELECT id, state, reason, place, row_number AS row, raw, source, batch_key, import_id,
	received_at, resolved_at
FROM quarantine
WHERE tenant_id = $1 AND state = $2
	AND ($3::text IS NULL OR import_id = $3)
	AND ($4::text IS NULL OR id < $4)
ORDER BY id DESC LIMIT $5;

-- name: resolve_quarantine :exec
UPDATE quarantine SET state = 1, resolved_at = now(), resolved_by = $3
WHERE tenant_id = $1 AND id = $2 AND state = 0;

-- name: find_quarantine :one
SELECT state, source FROM quarantine WHERE tenant_id = $1 AND id = $2;

-- name: import_faults :many
SELECT place AS pointer, reason AS message FROM quarantine
WHERE tenant_id = $1 AND import_id = $2
ORDER BY received_at, row_number LIMIT 100;

-- The feed.

-- name: feed_page :many
-- $1, $2 the cursor's transaction and position; $3 entries.
SELECT xid, position, tenant_id, kind, enrollment_id, occurred_on, known_on,
	received_at, supersedes, superseded_enrollment_id, superseded_on, body
FROM record_log
WHERE (xid, position) > ($1::text::xid8, $2::bigint)
	AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, position LIMIT $3::bigint;

-- name: feed_state :one
SELECT (SELECT value FROM epoch) AS epoch,
	(SELECT last_value FROM record_position) AS last_position;

-- name: feed_remaining :one
SELECT count(*) FROM (
	SELECT 1 FROM record_log
	WHERE (xid, position) > ($1::text::xid8, $2::bigint)
	LIMIT 10000) AS behind;

-- name: protected_page :many
SELECT student_id, gender, ethnicity, disability, deprivation, age, region,
	education
FROM protected_attribute WHERE tenant_id = $1 AND student_id > $2
ORDER BY student_id LIMIT $3::bigint;

-- name: count_log :many
SELECT kind, count(*) AS records, count(supersedes) AS superseding,
	max(received_at) AS last_received_at
FROM record_log WHERE tenant_id = $1 GROUP BY kind ORDER BY kind;

-- name: count_registers :one
SELECT (SELECT count(*) FROM course WHERE tenant_id = $1) AS courses,
	(SELECT count(*) FROM student WHERE tenant_id = $1) AS students,
	(SELECT count(*) FROM enrollment WHERE tenant_id = $1) AS enrollments,
	(SELECT count(*) FROM quarantine WHERE tenant_id = $1 AND state = 0)
		AS quarantine;

-- Registers.

-- name: get_tenant_rule :one
SELECT time_zone, attendance_from, pass_mark, full_load, school_days, as_of,
	holidays, set_by
FROM tenant_rule WHERE tenant_id = $1;

-- name: put_tenant_rule :exec
INSERT INTO tenant_rule AS r (tenant_id, time_zone, attendance_from, pass_mark,
	full_load, school_days, as_of, holidays, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (tenant_id) DO UPDATE SET time_zone = EXCLUDED.time_zone,
	attendance_from = EXCLUDED.attendance_from,
	pass_mark = EXCLUDED.pass_mark, full_load = EXCLUDED.full_load,
	school_days = EXCLUDED.school_days, as_of = EXCLUDED.as_of,
	holidays = EXCLUDED.holidays, set_by = EXCLUDED.set_by,
	changed_at = now()
WHERE (r.time_zone, r.attendance_from, r.pass_mark, r.full_load,
	r.school_days, r.as_of, r.holidays) IS DISTINCT FROM
	(EXCLUDED.time_zone, EXCLUDED.attendance_from, EXCLUDED.pass_mark,
	EXCLUDED.full_load, EXCLUDED.school_days, EXCLUDED.as_of,
	EXCLUDED.holidays);

-- name: is_time_zone :one
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS known;

-- name: get_course :one
SELECT course_id, title, start_date, end_date, school_year, core, credits, term,
	tracked_from, tracked_until
FROM course WHERE tenant_id = $1 AND course_id = $2;

-- name: list_courses :many
SELECT course_id, title, start_date, end_date, school_year, core, credits, term,
	tracked_from, tracked_until
FROM course WHERE tenant_id = $1 AND course_id > $2
ORDER BY course_id LIMIT $3::bigint;

-- name: put_course :many
-- $12: keep what is known of the activity feed.
INSERT INTO course AS c (tenant_id, course_id, title, start_date, end_date,
	school_year, core, credits, term, tracked_from, tracked_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (tenant_id, course_id) DO UPDATE SET title = EXCLUDED.title,
	start_date = EXCLUDED.start_date, end_date = EXCLUDED.end_date,
	school_year = EXCLUDED.school_year, core = EXCLUDED.core,
	credits = EXCLUDED.credits, term = EXCLUDED.term,
	tracked_from = CASE WHEN $12::boolean THEN c.tracked_from
		ELSE EXCLUDED.tracked_from END,
	tracked_until = CASE WHEN $12::boolean THEN c.tracked_until
		ELSE EXCLUDED.tracked_until END
WHERE (c.title, c.start_date, c.end_date, c.school_year, c.core, c.credits,
	c.term, CASE WHEN $12::boolean THEN NULL ELSE c.tracked_from END,
	CASE WHEN $12::boolean THEN NULL ELSE c.tracked_until END)
	IS DISTINCT FROM (EXCLUDED.title, EXCLUDED.start_date,
	EXCLUDED.end_date, EXCLUDED.school_year, EXCLUDED.core,
	EXCLUDED.credits, EXCLUDED.term,
	CASE WHEN $12::boolean THEN NULL ELSE EXCLUDED.tracked_from END,
	CASE WHEN $12::boolean THEN NULL ELSE EXCLUDED.tracked_until END)
RETURNING course_id, title, start_date, end_date, school_year, core, credits,
	term, tracked_from, tracked_until;

-- name: set_tracked :many
UPDATE course SET tracked_from = $3, tracked_until = $4
WHERE tenant_id = $1 AND course_id = $2
	AND (tracked_from, tracked_until) IS DISTINCT FROM ($3::date, $4::date)
RETURNING course_id, title, start_date, end_date, school_year, core, credits,
	term, tracked_from, tracked_until;

-- name: get_student :one
-- $3 schools, $4 sections: null for all.
SELECT student_id, name, grade_level, school FROM student s
WHERE tenant_id = $1 AND student_id = $2
	AND ($3::text[] IS NULL OR school = ANY ($3))
	AND ($4::text[] IS NULL OR EXISTS (SELECT FROM enrollment e
		WHERE e.tenant_id = $1 AND e.student_id = s.student_id
		AND e.section = ANY ($4)));

-- name: list_students :many
SELECT student_id, name, grade_level, school FROM student s
WHERE tenant_id = $1 AND student_id > $2
	AND ($3::text[] IS NULL OR school = ANY ($3))
	AND ($4::text[] IS NULL OR EXISTS (SELECT FROM enrollment e
		WHERE e.tenant_id = $1 AND e.student_id = s.student_id
		AND e.section = ANY ($4)))
ORDER BY student_id LIMIT $5::bigint;

-- name: list_enrollments :many
SELECT student_id, course_id, registered_on, withdrawn_on, previous_attempts,
	credits, enrollment_id, school, section
FROM enrollment
WHERE tenant_id = $1 AND course_id = $2 AND student_id > $3
	AND ($4::text[] IS NULL OR school = ANY ($4))
	AND ($5::text[] IS NULL OR section = ANY ($5))
ORDER BY student_id LIMIT $6::bigint;

-- name: copy_staged_student :copy
COPY staged_student (n, student_id, name, grade_level, school, has_protected,
	gender, ethnicity, disability, deprivation, age, region, education)
	FROM STDIN (FORMAT binary);

-- name: put_staged_students :exec
INSERT INTO student AS s (tenant_id, student_id, name, grade_level, school)
SELECT DISTINCT ON (student_id) $1, student_id, name, grade_level, school
FROM staged_student ORDER BY student_id, n DESC
ON CONFLICT (tenant_id, student_id) DO UPDATE SET name = EXCLUDED.name,
	grade_level = EXCLUDED.grade_level, school = EXCLUDED.school
WHERE (s.name, s.grade_level, s.school) IS DISTINCT FROM
	(EXCLUDED.name, EXCLUDED.grade_level, EXCLUDED.school);

-- name: put_staged_protected :exec
INSERT INTO protected_attribute AS p (tenant_id, student_id, gender, ethnicity,
	disability, deprivation, age, region, education)
SELECT DISTINCT ON (student_id) $1, student_id, gender, ethnicity, disability,
	deprivation, age, region, education
FROM staged_student WHERE has_protected ORDER BY student_id, n DESC
ON CONFLICT (tenant_id, student_id) DO UPDATE SET gender = EXCLUDED.gender,
	ethnicity = EXCLUDED.ethnicity, disability = EXCLUDED.disability,
	deprivation = EXCLUDED.deprivation, age = EXCLUDED.age,
	region = EXCLUDED.region, education = EXCLUDED.education
WHERE (p.gender, p.ethnicity, p.disability, p.deprivation, p.age, p.region,
	p.education) IS DISTINCT FROM (EXCLUDED.gender, EXCLUDED.ethnicity,
	EXCLUDED.disability, EXCLUDED.deprivation, EXCLUDED.age,
	EXCLUDED.region, EXCLUDED.education);

-- name: copy_staged_enrollment :copy
COPY staged_enrollment (n, student_id, course_id, registered_on, withdrawn_on,
	previous_attempts, credits, school, section)
	FROM STDIN (FORMAT binary);

-- name: find_unknown :many
-- Which staged enrollments name a student or a course that is not known?
SELECT t.n, s.student_id IS NULL AS student_unknown,
	c.course_id IS NULL AS course_unknown
FROM staged_enrollment t
LEFT JOIN student s ON s.tenant_id = $1 AND s.student_id = t.student_id
LEFT JOIN course c ON c.tenant_id = $1 AND c.course_id = t.course_id
WHERE s.student_id IS NULL OR c.course_id IS NULL ORDER BY t.n;

-- name: drop_unknown :exec
DELETE FROM staged_enrollment WHERE n = ANY ($1::bigint[]);

-- name: put_staged_enrollments :many
INSERT INTO enrollment AS e (tenant_id, student_id, course_id, registered_on,
	withdrawn_on, previous_attempts, credits, school, section)
SELECT DISTINCT ON (student_id, course_id) $1, student_id, course_id,
	registered_on, withdrawn_on, previous_attempts, credits, school, section
FROM staged_enrollment ORDER BY student_id, course_id, n DESC
ON CONFLICT (tenant_id, student_id, course_id) DO UPDATE SET
	registered_on = EXCLUDED.registered_on,
	withdrawn_on = EXCLUDED.withdrawn_on,
	previous_attempts = EXCLUDED.previous_attempts,
	credits = EXCLUDED.credits, school = EXCLUDED.school,
	section = EXCLUDED.section
WHERE (e.registered_on, e.withdrawn_on, e.previous_attempts, e.credits,
	e.school, e.section) IS DISTINCT FROM (EXCLUDED.registered_on,
	EXCLUDED.withdrawn_on, EXCLUDED.previous_attempts, EXCLUDED.credits,
	EXCLUDED.school, EXCLUDED.section)
RETURNING student_id, course_id, registered_on, withdrawn_on, previous_attempts,
	credits, enrollment_id, school, section;

-- name: get_enrollment :one
SELECT student_id, course_id, registered_on, withdrawn_on, previous_attempts,
	credits, enrollment_id, school, section
FROM enrollment WHERE tenant_id = $1 AND course_id = $2 AND student_id = $3;

-- name: enrollment_ids :many
-- All of a tenant in the order of their ids, a page at a time.
SELECT enrollment_id, student_id, course_id FROM enrollment
WHERE tenant_id = $1 AND enrollment_id > $2 ORDER BY enrollment_id
LIMIT $3::bigint;

-- Imports.

-- name: put_upload_part :exec
INSERT INTO upload_part AS p (upload_id, part, tenant_id, body)
VALUES ($1, $2::bigint, $3, $4)
ON CONFLICT (upload_id, part) DO UPDATE SET body = EXCLUDED.body,
	stored_at = now()
WHERE p.tenant_id = EXCLUDED.tenant_id;

-- name: upload_parts :many
SELECT part, length(body) AS size FROM upload_part
WHERE upload_id = $1 AND tenant_id = $2 ORDER BY part;

-- name: read_upload_part :one
SELECT body FROM upload_part WHERE upload_id = $1 AND part = $2::bigint;

-- name: is_uploaded :one
SELECT EXISTS (SELECT FROM import_task WHERE upload_id = $1) AS known;

-- name: create_import :exec
INSERT INTO import (id, tenant_id, file_name, created_by)
VALUES ($1, $2, $3, $4);

-- name: create_import_task :exec
INSERT INTO import_task (import_id, tenant_id, upload_id, parts, size)
VALUES ($1, $2, $3, $4::bigint, $5);

-- name: get_import :one
SELECT id, state, format, file_name, created_at, started_at, finished_at,
	created_by, progress, rows_done AS rows, refused, error
FROM import WHERE tenant_id = $1 AND id = $2;

-- name: list_imports :many
SELECT id, state, format, file_name, created_at, started_at, finished_at,
	created_by, progress, rows_done AS rows, refused, error
FROM import WHERE tenant_id = $1 AND ($2::text IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3::bigint;

-- name: import_files :many
SELECT name, rows_read AS rows, stored, merged, quarantined, records FROM import_file
WHERE tenant_id = $1 AND import_id = $2 ORDER BY name;

-- name: cancel_import :exec
UPDATE import SET cancel_asked = true
WHERE tenant_id = $1 AND id = $2 AND state IN (0, 1);

-- name: is_import_cancelled :one
SELECT cancel_asked FROM import WHERE tenant_id = $1 AND id = $2;

-- name: take_import_task :many
-- Counted before work begins: what ends the daemon has been counted.  $1 is
-- this run of the daemon: what it took up before has not ended it.
UPDATE import_task SET taken_by = $1::text, attempts = attempts +
	CASE WHEN taken_by = $1::text THEN 0 ELSE 1 END
WHERE import_id = (SELECT import_id FROM import_task
	ORDER BY import_id LIMIT 1)
RETURNING import_id, tenant_id, upload_id, parts, size, step, slice, place,
	attempts;

-- name: excuse_import_task :exec
-- Left in good order: this attempt did not end the daemon.
UPDATE import_task SET attempts = attempts - 1, taken_by = NULL
WHERE import_id = $1 AND attempts > 0;

-- name: start_import :exec
UPDATE import SET state = 1, started_at = coalesce(started_at, now()),
	format = $3::bigint
WHERE tenant_id = $1 AND id = $2 AND state IN (0, 1);

-- name: move_import_task :exec
-- Only from the place it was thought to be at: a second worker fails here.
UPDATE import_task SET step = $5::bigint, slice = $6::bigint, place = $7,
	attempts = 0
WHERE import_id = $1 AND step = $2::bigint AND slice = $3::bigint
	AND place = $4;

-- name: count_import_rows :exec
INSERT INTO import_file AS f (import_id, tenant_id, name, rows_read, stored,
	merged, quarantined, records)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (import_id, name) DO UPDATE SET
	rows_read = f.rows_read + EXCLUDED.rows_read,
	stored = f.stored + EXCLUDED.stored,
	merged = f.merged + EXCLUDED.merged,
	quarantined = f.quarantined + EXCLUDED.quarantined,
	records = f.records + EXCLUDED.records;

-- name: note_import_progress :one
UPDATE import SET progress = greatest(progress, $3), rows_done = rows_done + $4,
	refused = refused + $5
WHERE tenant_id = $1 AND id = $2 RETURNING cancel_asked, refused;

-- name: finish_import :exec
UPDATE import SET state = $3::bigint, error = $4, finished_at = now(),
	progress = CASE WHEN $3::bigint = 2 THEN 1 ELSE progress END
WHERE tenant_id = $1 AND id = $2;

-- name: end_import_task :exec
DELETE FROM import_task WHERE import_id = $1;

-- name: drop_upload :exec
DELETE FROM upload_part WHERE upload_id = $1;

-- Upkeep.

-- name: make_partitions :one
SELECT make_partitions(3) AS made;

-- name: drop_old_batches :exec
DELETE FROM batch WHERE received_at < now() - interval '90 days';

-- name: drop_stray_uploads :exec
DELETE FROM upload_part p WHERE stored_at < now() - interval '1 day'
	AND NOT EXISTS (SELECT FROM import_task t
		WHERE t.upload_id = p.upload_id);
