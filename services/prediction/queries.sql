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
SET position = greatest(progress.position, excluded.position),
	revision = nextval('facts_revision');

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

-- The tenants of a page have something new.
-- name: put_tenant_change :exec
INSERT INTO tenant_change (tenant_id, changed_at) VALUES ($1, now())
ON CONFLICT (tenant_id) DO UPDATE SET changed_at = excluded.changed_at;

-- What every answer rests on: how the tenant counts, its day (as_of, or today
-- where the tenant is), its champion, the experiment that runs,
-- and the shadow.
-- name: basis_of_tenant :one
SELECT r.position, coalesce((r.rules ->> 'as_of')::date,
	(now() AT TIME ZONE (r.rules ->> 'time_zone'))::date) AS today,
	m.version, x.name, x.revision, h.version AS shadow_version
FROM tenant_rules r
LEFT JOIN model_alias m ON m.tenant_id = r.tenant_id AND m.alias = 'champion'
LEFT JOIN experiment x ON x.tenant_id = r.tenant_id AND x.state = 'running'
LEFT JOIN model_alias h ON h.tenant_id = r.tenant_id AND h.alias = 'shadow'
	AND h.version <> m.version
WHERE r.tenant_id = $1;

-- The same with a student's enrollments, one a row, in one course or in all, of
-- those schools and sections that the caller may see (null: all); without any,
-- one row that has the rest.
-- name: basis_and_subjects :many
SELECT s.enrollment_id, s.student_id, s.course_id, s.registered_on,
	s.withdrawn_on, s.previous_attempts, s.credits, s.school, s.section,
	s.term, s.start_date, s.end_date, s.tracked_from, s.tracked_until,
	s.log_position, s.facts_revision, s.register_revision,
	r.position, coalesce((r.rules ->> 'as_of')::date,
	(now() AT TIME ZONE (r.rules ->> 'time_zone'))::date) AS today,
	m.version, x.name, x.revision, h.version AS shadow_version
FROM tenant_rules r
LEFT JOIN model_alias m ON m.tenant_id = r.tenant_id AND m.alias = 'champion'
LEFT JOIN experiment x ON x.tenant_id = r.tenant_id AND x.state = 'running'
LEFT JOIN model_alias h ON h.tenant_id = r.tenant_id AND h.alias = 'shadow'
	AND h.version <> m.version
LEFT JOIN LATERAL (SELECT * FROM subject
	WHERE tenant_id = $1 AND student_id = $2
		AND ($3::text IS NULL OR course_id = $3)
		AND ($4::text[] IS NULL OR school = ANY ($4))
		AND ($5::text[] IS NULL OR section = ANY ($5)) OFFSET 0) s ON true
WHERE r.tenant_id = $1
ORDER BY s.enrollment_id;

-- name: rules_of_tenant :one
SELECT rules, position, coalesce((rules ->> 'as_of')::date,
	(now() AT TIME ZONE (rules ->> 'time_zone'))::date) AS today
FROM tenant_rules WHERE tenant_id = $1;

-- Enrollments of some students, in one course or in all, of those schools and
-- sections that the caller may see (null: all).
-- name: subjects_of_students :many
SELECT enrollment_id, student_id, course_id, registered_on, withdrawn_on,
	previous_attempts, credits, school, section, term, start_date, end_date,
	tracked_from, tracked_until, log_position, facts_revision, register_revision
FROM subject
WHERE tenant_id = $1 AND student_id = ANY ($2::text[])
	AND ($3::text IS NULL OR course_id = $3)
	AND ($4::text[] IS NULL OR school = ANY ($4))
	AND ($5::text[] IS NULL OR section = ANY ($5))
ORDER BY student_id COLLATE "C", enrollment_id;

-- name: subjects_by_id :many
SELECT enrollment_id, student_id, course_id, registered_on, withdrawn_on,
	previous_attempts, credits, school, section, term, start_date, end_date,
	tracked_from, tracked_until, log_position, facts_revision, register_revision
FROM subject
WHERE tenant_id = $1 AND enrollment_id = ANY ($2::bigint[])
ORDER BY enrollment_id;

-- Enrollments behind one, by course and term.
-- name: subjects_after :many
SELECT enrollment_id, student_id, course_id, registered_on, withdrawn_on,
	previous_attempts, credits, school, section, term, start_date, end_date,
	tracked_from, tracked_until, log_position, facts_revision, register_revision
FROM subject
WHERE tenant_id = $1 AND enrollment_id > $2
	AND (cardinality($3::text[]) = 0 OR term = ANY ($3))
	AND (cardinality($4::text[]) = 0 OR course_id = ANY ($4))
ORDER BY enrollment_id LIMIT $5;

-- Active enrollments whose row in the ranking of a day, or in the look back to
-- it ($7), is missing or was made from something else than what holds now.  Here
-- and below versions and names of who serves are lists, and an enrollment has
-- the place in them that the experiment's owners and pads give (null: none
-- runs, the first).
-- OFFSET 0 here and below: one look-up by the whole key for each enrollment,
-- whatever the planner believes of tables that have just been filled.
-- name: stale_enrollments :many
SELECT s.enrollment_id
FROM subject s
CROSS JOIN LATERAL (SELECT serving_of($9, $10, $11, s.enrollment_id)
	OFFSET 0) v (place)
LEFT JOIN LATERAL (
	SELECT c.model_version, c.served_as, c.facts_revision,
		c.register_revision, c.rules_position
	FROM score c WHERE c.tenant_id = s.tenant_id AND c.reference_day = $2
		AND c.enrollment_id = s.enrollment_id
		AND c.is_look_back = $7 OFFSET 0) c ON true
WHERE s.tenant_id = $1
	AND is_active(s.registered_on, s.withdrawn_on, s.end_date, $2)
	AND ($3::text IS NULL OR s.course_id = $3)
	AND ($4::text IS NULL OR s.term = $4)
	AND (c.model_version, c.served_as, c.facts_revision,
		c.register_revision, c.rules_position) IS DISTINCT FROM
		(($5::text[])[v.place], ($8::text[])[v.place], s.facts_revision,
		s.register_revision, $6::bigint)
ORDER BY s.enrollment_id;

-- name: count_subjects :one
SELECT count(*) FROM subject
WHERE tenant_id = $1
	AND (cardinality($2::text[]) = 0 OR term = ANY ($2))
	AND (cardinality($3::text[]) = 0 OR course_id = ANY ($3));

-- With what they are by now: they may be newer than what was read of the
-- subject before.
-- name: facts_of_enrollments :many
SELECT p.enrollment_id, f.facts, p.position, p.revision
FROM progress p CROSS JOIN LATERAL (
	SELECT w.week, w.facts FROM week_facts w
	WHERE w.tenant_id = p.tenant_id
		AND w.enrollment_id = p.enrollment_id OFFSET 0) f
WHERE p.tenant_id = $1 AND p.enrollment_id = ANY ($2::bigint[])
ORDER BY p.enrollment_id, f.week;

-- Facts of some weeks of a student's enrollments, in one course or in all, of
-- those schools and sections that the caller may see (null: all); an enrollment
-- without any gives one row that has none.
-- name: facts_of_student :many
SELECT s.course_id, f.facts
FROM subject s LEFT JOIN LATERAL (
	SELECT w.week, w.facts FROM week_facts w
	WHERE w.tenant_id = s.tenant_id
		AND w.enrollment_id = s.enrollment_id
		AND w.week BETWEEN $6 AND $7 OFFSET 0) f ON true
WHERE s.tenant_id = $1 AND s.student_id = $2
	AND ($3::text IS NULL OR s.course_id = $3)
	AND ($4::text[] IS NULL OR s.school = ANY ($4))
	AND ($5::text[] IS NULL OR s.section = ANY ($5))
ORDER BY s.course_id COLLATE "C", s.enrollment_id, f.week;

-- Models

-- Which version each alias points to here, or the one alias ($2).  A file
-- without a signature is from before there were any: fetched anew.
-- name: aliased_versions :many
SELECT a.alias, a.version
FROM model_alias a JOIN model_file f USING (tenant_id, version)
WHERE a.tenant_id = $1 AND f.signature IS NOT NULL
	AND ($2::text IS NULL OR a.alias = $2);

-- name: model_file :many
SELECT file, signature FROM model_file WHERE tenant_id = $1 AND version = $2;

-- name: put_model_file :exec
INSERT INTO model_file (tenant_id, version, file, signature)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, version) DO UPDATE SET file = excluded.file,
	signature = excluded.signature, needed_at = excluded.needed_at;

-- The version that the alias leaves is needed a while longer: a call that found
-- it a moment ago has still to load it.
-- name: put_model_alias :exec
WITH left_behind AS (UPDATE model_file f SET needed_at = now()
	FROM model_alias a WHERE a.tenant_id = $1 AND a.alias = $2
		AND f.tenant_id = a.tenant_id AND f.version = a.version)
INSERT INTO model_alias (tenant_id, alias, version) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, alias) DO UPDATE SET version = excluded.version,
	since = excluded.since;

-- name: forget_model_files :exec
DELETE FROM model_file f
WHERE tenant_id = $1 AND needed_at < now() - interval '10 minutes'
	AND NOT EXISTS (SELECT FROM model_alias a
		WHERE a.tenant_id = f.tenant_id AND a.version = f.version)
	AND NOT EXISTS (SELECT FROM experiment_arm a
		JOIN experiment x ON x.tenant_id = a.tenant_id
			AND x.name = a.experiment
		WHERE a.tenant_id = f.tenant_id
			AND f.version IN (a.version, a.model)
			AND x.state <> 'ended');

-- Versions that arms of drafts name and whose files are not here yet.
-- name: versions_wanted :many
SELECT DISTINCT a.model
FROM experiment_arm a
JOIN experiment x ON x.tenant_id = a.tenant_id AND x.name = a.experiment
WHERE a.tenant_id = $1 AND x.state = 'draft' AND length(a.model) = 64
	AND NOT EXISTS (SELECT FROM model_file f
		WHERE f.tenant_id = a.tenant_id AND f.version = a.model
			AND f.signature IS NOT NULL);

-- Behind put_model_alias, whose row keeps two threads that heard of the same
-- promotion apart: the second finds the first's line.
-- name: add_served_since :exec
INSERT INTO served_since (tenant_id, version)
SELECT tenant_id, version FROM model_alias a
WHERE tenant_id = $1 AND alias = 'champion' AND version IS DISTINCT FROM (
	SELECT version FROM served_since WHERE tenant_id = $1
	ORDER BY since DESC LIMIT 1);

-- Versions that served at any time of a day where the tenant is: champions,
-- each until the next one, and the arms of experiments.
-- name: served_on :many
SELECT s.version AS model_version, s.since, s.until FROM (
	SELECT version, since, lead(since) OVER (ORDER BY since) AS until
	FROM served_since WHERE tenant_id = $1
	UNION ALL
	SELECT DISTINCT a.version, x.started_at, x.ended_at
	FROM experiment x JOIN experiment_arm a
		ON a.tenant_id = x.tenant_id AND a.experiment = x.name
	WHERE x.tenant_id = $1 AND x.started_at IS NOT NULL) s
JOIN tenant_rules r ON r.tenant_id = $1
WHERE s.since < ($2::date + 1)::timestamp AT TIME ZONE (r.rules ->> 'time_zone')
	AND coalesce(s.until > $2::date::timestamp AT TIME ZONE
		(r.rules ->> 'time_zone'), true)
ORDER BY s.since;

-- Predictions

-- The answers to the same questions, as they were given: enrollments and their
-- revisions in step.
-- name: stored_predictions :many
SELECT p.enrollment_id, p.prediction_id::text, p.is_full, p.answer,
	p.created_at
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])
	AS wanted (enrollment_id, facts_revision, register_revision)
CROSS JOIN LATERAL (
	SELECT * FROM prediction q WHERE q.tenant_id = $1
		AND q.enrollment_id = wanted.enrollment_id
		AND q.reference_date = $5 AND q.model_version = $6
		AND q.feature_version = $7
		AND q.facts_revision = wanted.facts_revision
		AND q.register_revision = wanted.register_revision
		AND q.rules_position = $8 AND q.served_as = $9 OFFSET 0) p;

-- Two calls may compute the same answer at once: the first keeps its id, and
-- reasons are added to an answer that had none.
-- name: put_prediction :one
INSERT INTO prediction (tenant_id, prediction_id, enrollment_id,
	reference_date, model_version, feature_version, log_position,
	facts_revision, register_revision, rules_position, score, category, low,
	high, features, is_full, answer, served_as)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
	$17, $18)
ON CONFLICT (tenant_id, enrollment_id, reference_date, model_version,
	feature_version, facts_revision, register_revision, rules_position,
	served_as)
DO UPDATE SET is_full = prediction.is_full OR excluded.is_full,
	answer = CASE WHEN prediction.is_full THEN prediction.answer
		ELSE excluded.answer END
RETURNING prediction_id::text, created_at;

-- name: prediction_by_id :one
SELECT p.answer, p.created_at
FROM prediction p JOIN enrollment e USING (tenant_id, enrollment_id)
WHERE p.tenant_id = $1 AND p.prediction_id = $2
	AND ($3::text[] IS NULL OR e.school = ANY ($3))
	AND ($4::text[] IS NULL OR e.section = ANY ($4));

-- The ranking

-- Gives back what each row says of the one before it: that of the newest
-- earlier day that was ranked while it was today, since nobody was told of a
-- look back.  The day's own row, if there is one, is read when it is locked:
-- two who score the same enrollment at once do not both find it new.
-- name: put_scores :many
INSERT INTO score AS c (tenant_id, reference_day, enrollment_id, model_version,
	facts_revision, register_revision, rules_position, score, level,
	level_before, is_look_back, served_as)
SELECT $1, $2, given.enrollment_id, $3, given.facts_revision,
	given.register_revision, $4, nullif(given.score, -1),
	nullif(given.level, -1), (
		SELECT e.level FROM score e
		WHERE e.tenant_id = $1 AND e.enrollment_id = given.enrollment_id
			AND e.reference_day < $2 AND e.level IS NOT NULL
			AND NOT e.is_look_back
		ORDER BY e.reference_day DESC LIMIT 1), $10, $11
FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
	$9::bigint[]) AS given (enrollment_id, facts_revision, register_revision,
	score, level)
ON CONFLICT (tenant_id, enrollment_id, reference_day, is_look_back) DO UPDATE
SET model_version = excluded.model_version,
	served_as = excluded.served_as,
	facts_revision = excluded.facts_revision,
	register_revision = excluded.register_revision,
	rules_position = excluded.rules_position, score = excluded.score,
	level = excluded.level, scored_at = excluded.scored_at,
	level_before = coalesce(c.level, c.level_before),
	is_another = (c.model_version, c.score) IS DISTINCT FROM
		(excluded.model_version, excluded.score)
RETURNING enrollment_id, level_before, is_another;

-- The same scores, to be kept by week; none stands for too little history.
-- name: keep_scores :exec
INSERT INTO kept_score AS k (tenant_id, enrollment_id, week, model_version,
	first_day, last_day, score, scored_at)
SELECT $1, given.enrollment_id, date_trunc('week', $2::date)::date, $3, $2, $2,
	given.score, now()
FROM unnest($4::bigint[], $5::bigint[]) AS given (enrollment_id, score)
WHERE given.score >= 0
ON CONFLICT (tenant_id, enrollment_id, week, model_version) DO UPDATE
SET first_day = least(k.first_day, excluded.first_day),
	last_day = greatest(k.last_day, excluded.last_day),
	score = CASE WHEN excluded.last_day >= k.last_day THEN excluded.score
		ELSE k.score END,
	scored_at = CASE WHEN excluded.last_day >= k.last_day
		THEN excluded.scored_at ELSE k.scored_at END;

-- The same scores, kept for the arm that said them.
-- name: keep_arm_scores :exec
INSERT INTO arm_score AS k (tenant_id, experiment, arm, enrollment_id, week,
	last_day, score, level)
SELECT $1, $3, $4, given.enrollment_id, date_trunc('week', $2::date)::date, $2,
	given.score, given.level
FROM unnest($5::bigint[], $6::bigint[], $7::bigint[])
	AS given (enrollment_id, score, level)
WHERE given.score >= 0
ON CONFLICT (tenant_id, experiment, enrollment_id, arm, week) DO UPDATE
SET last_day = excluded.last_day, score = excluded.score,
	level = excluded.level
WHERE excluded.last_day >= k.last_day;

-- Behind a place ($4, $5) in the order: score down, enrollment up.
-- name: ranked_scores :many
SELECT c.enrollment_id, c.score
FROM subject s
CROSS JOIN LATERAL (SELECT serving_of($14, $15, $16, s.enrollment_id)
	OFFSET 0) v (place)
CROSS JOIN LATERAL (
	SELECT q.enrollment_id, q.score, q.level FROM score q
	WHERE q.tenant_id = s.tenant_id AND q.reference_day = $2
		AND q.enrollment_id = s.enrollment_id
		AND q.model_version = ($3::text[])[v.place]
		AND q.served_as = ($13::text[])[v.place]
		AND q.is_look_back = $12 OFFSET 0) c
WHERE s.tenant_id = $1
	AND (c.score, -c.enrollment_id) < ($4::integer, -$5::bigint)
	AND is_active(s.registered_on, s.withdrawn_on, s.end_date, $2)
	AND ($6::text IS NULL OR s.course_id = $6)
	AND ($7::text IS NULL OR s.term = $7)
	AND ($8::integer IS NULL OR c.level = $8)
	AND ($9::text[] IS NULL OR s.school = ANY ($9))
	AND ($10::text[] IS NULL OR s.section = ANY ($10))
ORDER BY c.score DESC, c.enrollment_id LIMIT $11;

-- name: count_ranked :one
SELECT count(*), count(c.score)
FROM subject s
CROSS JOIN LATERAL (SELECT serving_of($10, $11, $12, s.enrollment_id)
	OFFSET 0) v (place)
LEFT JOIN LATERAL (
	SELECT q.score FROM score q WHERE q.tenant_id = s.tenant_id
		AND q.reference_day = $2
		AND q.enrollment_id = s.enrollment_id
		AND q.model_version = ($3::text[])[v.place]
		AND q.served_as = ($9::text[])[v.place]
		AND q.is_look_back = $8 OFFSET 0) c ON true
WHERE s.tenant_id = $1
	AND is_active(s.registered_on, s.withdrawn_on, s.end_date, $2)
	AND ($4::text IS NULL OR s.course_id = $4)
	AND ($5::text IS NULL OR s.term = $5)
	AND ($6::text[] IS NULL OR s.school = ANY ($6))
	AND ($7::text[] IS NULL OR s.section = ANY ($7));

-- The tenant whose ranking has waited longest for another look, because it has
-- been quiet for a moment after news, or news do not end, or the day may have
-- changed; and the news that the ranking begins from.
-- name: take_tenant_to_rank :many
UPDATE tenant_change SET tried_at = now()
WHERE tenant_id = (SELECT tenant_id FROM tenant_change
	WHERE (ranked_change IS DISTINCT FROM changed_at
			AND (changed_at < now() - interval '3 seconds'
				OR ranked_at < now() - interval '1 minute'))
		OR ranked_at < now() - interval '10 minutes'
	ORDER BY tried_at LIMIT 1)
RETURNING tenant_id, changed_at;

-- name: tenants_known :many
SELECT tenant_id FROM tenant_change ORDER BY tenant_id LIMIT 1000;

-- name: put_tenant_ranked :exec
UPDATE tenant_change SET ranked_at = now(), ranked_change = $2
WHERE tenant_id = $1;

-- Looks back, and rankings of other days than the tenant's, are kept for a day,
-- and beyond it an enrollment's newest score until there is a newer one.
-- name: forget_rankings :exec
DELETE FROM score c WHERE tenant_id = $1
	AND scored_at < now() - interval '1 day'
	AND (is_look_back OR reference_day <> $2
		AND (reference_day > $2 OR level IS NULL OR EXISTS (
			SELECT 1 FROM score n WHERE n.tenant_id = c.tenant_id
				AND n.enrollment_id = c.enrollment_id
				AND n.reference_day > c.reference_day
				AND n.reference_day <= $2
				AND n.level IS NOT NULL
				AND NOT n.is_look_back)));

-- Outcomes

-- name: prediction_began :many
SELECT coalesce(e.registered_on, c.start_date)
FROM prediction p JOIN enrollment e USING (tenant_id, enrollment_id)
	JOIN course c USING (tenant_id, course_id)
WHERE p.tenant_id = $1 AND p.prediction_id = $2::text::uuid
	AND ($3::text[] IS NULL OR e.school = ANY ($3))
	AND ($4::text[] IS NULL OR e.section = ANY ($4));

-- name: add_feedback :one
INSERT INTO feedback (tenant_id, prediction_id, enrollment_id, outcome,
	happened_on, known_on, note, told_by)
SELECT $1, p.prediction_id, p.enrollment_id, $3, $4::date, $5::date, $6, $7
FROM prediction p JOIN enrollment e USING (tenant_id, enrollment_id)
WHERE p.tenant_id = $1 AND p.prediction_id = $2::text::uuid
	AND ($8::text[] IS NULL OR e.school = ANY ($8))
	AND ($9::text[] IS NULL OR e.section = ANY ($9))
RETURNING feedback_id, prediction_id::text, outcome, happened_on, known_on,
	note, told_by, told_at;

-- Of each enrollment what was told last.
-- name: newest_feedback :many
SELECT DISTINCT ON (enrollment_id) enrollment_id, outcome, happened_on, known_on
FROM feedback WHERE tenant_id = $1 AND enrollment_id = ANY ($2::bigint[])
ORDER BY enrollment_id, feedback_id DESC;

-- How a version's scores turned out

-- What a version or the beginning of one means: two rows, nothing certain.
-- name: version_scored :many
SELECT version FROM served_since
WHERE tenant_id = $1 AND starts_with(version, $2)
UNION SELECT a.version FROM experiment_arm a
WHERE a.tenant_id = $1 AND starts_with(a.version, $2) LIMIT 2;

-- name: enrollments_scored_by :many
SELECT DISTINCT enrollment_id FROM kept_score
WHERE tenant_id = $1 AND model_version = $2 AND enrollment_id > $3
ORDER BY enrollment_id LIMIT $4;

-- name: scores_kept :many
SELECT enrollment_id, week, last_day, score FROM kept_score
WHERE tenant_id = $1 AND model_version = $2 AND enrollment_id = ANY ($3::bigint[])
ORDER BY enrollment_id, week;

-- Whatever scored a student for a day: the rankings of that day, and the
-- questions that were asked about it or on it.
-- name: scorings_of_day :many
SELECT e.course_id, k.model_version, k.last_day AS reference_date, k.scored_at,
	k.score / 10000.0::float8 AS risk_score, NULL::text AS prediction_id
FROM kept_score k JOIN enrollment e USING (tenant_id, enrollment_id)
WHERE k.tenant_id = $1 AND e.student_id = $2 AND $3::date BETWEEN k.first_day
	AND k.last_day AND k.week = date_trunc('week', $3::date)::date
	AND ($4::text IS NULL OR e.course_id = $4)
	AND ($5::text[] IS NULL OR e.school = ANY ($5))
	AND ($6::text[] IS NULL OR e.section = ANY ($6))
UNION ALL
SELECT e.course_id, p.model_version, p.reference_date, p.created_at, p.score,
	p.prediction_id::text
FROM prediction p JOIN enrollment e USING (tenant_id, enrollment_id)
JOIN tenant_rules r USING (tenant_id)
WHERE p.tenant_id = $1 AND e.student_id = $2 AND ($3::date = p.reference_date
	OR $3::date = (p.created_at AT TIME ZONE (r.rules ->> 'time_zone'))::date)
	AND ($4::text IS NULL OR e.course_id = $4)
	AND ($5::text[] IS NULL OR e.school = ANY ($5))
	AND ($6::text[] IS NULL OR e.section = ANY ($6))
ORDER BY 4 DESC LIMIT 1000;

-- Experiments

-- By name, or the newest.
-- name: experiments_read :many
SELECT x.name, x.state, x.revision, x.created_at, x.created_by, x.started_at,
	x.ended_at, (
	SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('arm', a.arm,
		'model', a.model, 'version', a.version, 'share', a.share))
		ORDER BY a.place)
	FROM experiment_arm a
	WHERE a.tenant_id = x.tenant_id AND a.experiment = x.name) AS arms
FROM experiment x WHERE x.tenant_id = $1 AND ($2::text IS NULL OR x.name = $2)
ORDER BY x.created_at DESC, x.name LIMIT 500;

-- Whoever changes an experiment holds its row.
-- name: experiment_lock :many
SELECT state, revision, salt, owners FROM experiment
WHERE tenant_id = $1 AND name = $2 FOR UPDATE;

-- A running one as answers need it, an arm a row; also when it has ended a
-- moment ago.
-- name: experiment_in_force :many
SELECT a.arm, a.version, x.revision, x.salt, x.owners
FROM experiment x JOIN experiment_arm a
	ON a.tenant_id = x.tenant_id AND a.experiment = x.name
WHERE x.tenant_id = $1 AND x.name = $2 ORDER BY a.place;

-- name: experiment_add :exec
INSERT INTO experiment (tenant_id, name, salt, owners, created_by)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, name) DO NOTHING;

-- name: experiment_arms_add :exec
INSERT INTO experiment_arm (tenant_id, experiment, place, arm, model, share)
SELECT $1, $2, given.place, given.arm, given.model, given.share
FROM unnest($3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY
	AS given (arm, model, share, place);

-- name: experiment_remove :exec
DELETE FROM experiment WHERE tenant_id = $1 AND name = $2;

-- Aliases become the versions that they point to at this moment.
-- name: experiment_resolve :exec
UPDATE experiment_arm e SET version = (
	SELECT l.version FROM model_alias l
	WHERE l.tenant_id = e.tenant_id AND l.alias = e.model
	UNION ALL SELECT f.version FROM model_file f
	WHERE f.tenant_id = e.tenant_id AND f.version = e.model LIMIT 1)
WHERE e.tenant_id = $1 AND e.experiment = $2;

-- name: experiment_running :many
SELECT name FROM experiment WHERE tenant_id = $1 AND state = 'running';

-- name: experiment_start :exec
UPDATE experiment SET state = 'running', started_at = now(), owners = $3,
	revision = revision + 1
WHERE tenant_id = $1 AND name = $2;

-- name: experiment_shares :exec
WITH given AS (
	SELECT unnest($4::text[]) AS arm, unnest($5::bigint[]) AS share),
changed AS (UPDATE experiment_arm a SET share = given.share FROM given
	WHERE a.tenant_id = $1 AND a.experiment = $2 AND a.arm = given.arm)
UPDATE experiment SET owners = $3, revision = revision + 1
WHERE tenant_id = $1 AND name = $2;

-- The models of its arms are needed a while longer, as those that an alias has
-- left are.
-- name: experiment_end :exec
WITH left_behind AS (UPDATE model_file f SET needed_at = now()
	FROM experiment_arm a WHERE a.tenant_id = $1 AND a.experiment = $2
		AND f.tenant_id = a.tenant_id AND f.version = a.version)
UPDATE experiment SET state = 'ended', ended_at = now(), revision = revision + 1
WHERE tenant_id = $1 AND name = $2;

-- name: experiment_change_add :exec
INSERT INTO experiment_change (tenant_id, experiment, change, changed_by, why,
	despite_gate, arms)
SELECT $1, $2, $3, $4, $5, $6, coalesce(jsonb_agg(jsonb_build_object('arm',
	arm, 'model', model, 'version', version, 'share', share)
	ORDER BY place), '[]'::jsonb)
FROM experiment_arm WHERE tenant_id = $1 AND experiment = $2;

-- name: experiment_changes_read :many
SELECT change_id, change, changed_at, changed_by, why, arms, despite_gate
FROM experiment_change WHERE tenant_id = $1 AND experiment = $2
ORDER BY change_id DESC LIMIT 500;

-- The shadow

-- Whoever adds for the first time makes the line.
-- name: add_shadow_counts :one
INSERT INTO shadow_comparison AS c (tenant_id, champion_version, shadow_version,
	scored, dropped_full, dropped_no_model, dropped_not_stored,
	dropped_stopped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, shadow_version, champion_version) DO UPDATE
SET scored = c.scored + excluded.scored,
	dropped_full = c.dropped_full + excluded.dropped_full,
	dropped_no_model = c.dropped_no_model + excluded.dropped_no_model,
	dropped_not_stored = c.dropped_not_stored + excluded.dropped_not_stored,
	dropped_stopped = c.dropped_stopped + excluded.dropped_stopped,
	latest_at = excluded.latest_at
RETURNING comparison_id;

-- An enrollment that is scored again on the same day has other inputs: both
-- scores are those of the latest.
-- name: put_shadow_pairs :exec
INSERT INTO shadow_pair (tenant_id, comparison_id, enrollment_id, reference_day,
	week, champion_score, champion_level, shadow_score, shadow_level,
	champion_us, shadow_us)
SELECT $1, $2, given.enrollment_id, $3, given.week, given.champion_score,
	given.champion_level, given.shadow_score, given.shadow_level,
	$4::bigint / 1000.0::float8, $5::bigint / 1000.0::float8
FROM unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
	$10::bigint[], $11::bigint[]) AS given (enrollment_id, week,
	champion_score, champion_level, shadow_score, shadow_level)
ON CONFLICT (tenant_id, comparison_id, enrollment_id, reference_day) DO UPDATE
SET week = excluded.week, champion_score = excluded.champion_score,
	champion_level = excluded.champion_level,
	shadow_score = excluded.shadow_score,
	shadow_level = excluded.shadow_level,
	champion_us = excluded.champion_us, shadow_us = excluded.shadow_us,
	scored_at = excluded.scored_at;

-- name: forget_shadow_pairs :exec
DELETE FROM shadow_pair WHERE tenant_id = $1 AND reference_day < $2::date - 400;

-- Comparisons of a shadow (the alias, or what a version begins with), beside
-- any champion or one ($3), the latest first.
-- name: shadow_comparisons :many
SELECT c.comparison_id, c.shadow_version, c.champion_version, c.since, c.scored,
	c.dropped_full, c.dropped_no_model, c.dropped_not_stored,
	c.dropped_stopped, (SELECT count(*) FROM shadow_pair p
		WHERE p.tenant_id = c.tenant_id
			AND p.comparison_id = c.comparison_id) AS pairs
FROM shadow_comparison c
WHERE c.tenant_id = $1
	AND CASE WHEN $2 = 'shadow' THEN c.shadow_version = (
			SELECT a.version FROM model_alias a
			WHERE a.tenant_id = $1 AND a.alias = 'shadow')
		ELSE starts_with(c.shadow_version, $2) END
	AND ($3::text IS NULL OR starts_with(c.champion_version, $3))
ORDER BY c.latest_at DESC LIMIT 100;

-- name: shadow_begins :many
SELECT version FROM model_alias
WHERE tenant_id = $1 AND alias = 'shadow'
	AND ($2 = 'shadow' OR starts_with(version, $2));

-- name: enrollments_shadowed :many
SELECT e.enrollment_id FROM enrollment e
WHERE e.tenant_id = $1 AND e.enrollment_id > $3
	AND ($5::text IS NULL OR e.course_id = $5)
	AND EXISTS (SELECT FROM shadow_pair p WHERE p.tenant_id = $1
		AND p.comparison_id = $2
		AND p.enrollment_id = e.enrollment_id)
ORDER BY e.enrollment_id LIMIT $4;

-- Of each enrollment and calendar week the last pair.
-- name: shadow_pairs :many
SELECT DISTINCT ON (enrollment_id, date_trunc('week', reference_day))
	enrollment_id, reference_day, week, champion_score, champion_level,
	shadow_score, shadow_level, champion_us, shadow_us
FROM shadow_pair
WHERE tenant_id = $1 AND comparison_id = $2 AND enrollment_id = ANY ($3::bigint[])
ORDER BY enrollment_id, date_trunc('week', reference_day), reference_day DESC;

-- How an experiment turned out

-- name: arm_score_count :one
SELECT count(*) FROM arm_score WHERE tenant_id = $1 AND experiment = $2;

-- name: enrollments_on_arms :many
SELECT DISTINCT enrollment_id FROM arm_score
WHERE tenant_id = $1 AND experiment = $2 AND enrollment_id > $3
ORDER BY enrollment_id LIMIT $4;

-- name: arm_scores :many
SELECT enrollment_id, arm, last_day, score, level FROM arm_score
WHERE tenant_id = $1 AND experiment = $2 AND enrollment_id = ANY ($3::bigint[])
ORDER BY enrollment_id, arm, week;

-- name: arm_answers :many
SELECT a.arm, count(*)
FROM experiment_arm a JOIN prediction p ON p.tenant_id = a.tenant_id
	AND p.served_as = a.experiment || '/' || a.arm
WHERE a.tenant_id = $1 AND a.experiment = $2 GROUP BY a.arm;

-- name: experiment_look :one
UPDATE experiment SET looks = looks + 1 WHERE tenant_id = $1 AND name = $2
RETURNING looks;
