-- queries.sql - every query of notification.

-- Rules and recipients ------------------------------------------------------

-- One row touched: the tenant is new and gets the rules to begin with.
-- name: tenant_start :exec
INSERT INTO tenant_start (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING;

-- One rule ($2), or those behind one ($3); only those that count ($4).
-- name: rules_read :many
SELECT rule_id, name, kind, category,
	CASE WHEN kind = 'risk' THEN quiet_days END AS quiet_days,
	nullif(courses, '{}') AS courses, nullif(schools, '{}') AS schools,
	nullif(sections, '{}') AS sections,
	nullif(recipients, '{}') AS recipients, nullif(roles, '{}') AS roles,
	active, revision, created_at, changed_at
FROM rule
WHERE tenant_id = $1 AND ($2::text IS NULL OR rule_id = $2::uuid)
	AND ($3::text IS NULL OR rule_id > $3::uuid) AND (active OR NOT $4)
ORDER BY rule_id LIMIT $5::bigint;

-- name: rule_count :one
SELECT count(*) FROM rule WHERE tenant_id = $1;

-- name: rule_add :exec
INSERT INTO rule (tenant_id, rule_id, name, kind, category, quiet_days,
	courses, schools, sections, recipients, roles, active)
VALUES ($1, $2::text::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: rule_change :exec
UPDATE rule SET name = $4, kind = $5, category = $6, quiet_days = $7,
	courses = $8, schools = $9, sections = $10, recipients = $11,
	roles = $12, active = $13, revision = revision + 1, changed_at = now()
WHERE tenant_id = $1 AND rule_id = $2::text::uuid AND revision = $3;

-- name: rule_remove :exec
DELETE FROM rule
WHERE tenant_id = $1 AND rule_id = $2::text::uuid AND revision = $3;

-- name: recipients_read :many
SELECT recipient_id, name, email, role, nullif(schools, '{}') AS schools,
	nullif(sections, '{}') AS sections, principal, active, revision,
	created_at, changed_at
FROM recipient
WHERE tenant_id = $1 AND ($2::text IS NULL OR recipient_id = $2::uuid)
	AND ($3::text IS NULL OR recipient_id > $3::uuid)
	AND (active OR NOT $4)
ORDER BY recipient_id LIMIT $5::bigint;

-- name: recipient_count :one
SELECT count(*) FROM recipient WHERE tenant_id = $1;

-- Of some ids, those that are nobody's.
-- name: recipients_missing :many
SELECT given.id FROM unnest($2::text[]) AS given (id)
WHERE NOT EXISTS (SELECT FROM recipient r
	WHERE r.tenant_id = $1 AND r.recipient_id::text = given.id);

-- name: recipient_add :exec
INSERT INTO recipient (tenant_id, recipient_id, name, email, role, schools,
	sections, principal, active)
VALUES ($1, $2::text::uuid, $3, $4, $5, $6, $7, $8, $9);

-- name: recipient_change :exec
UPDATE recipient SET name = $4, email = $5, role = $6, schools = $7,
	sections = $8, principal = $9, active = $10, revision = revision + 1,
	changed_at = now()
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid AND revision = $3;

-- name: recipient_remove :exec
DELETE FROM recipient
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid AND revision = $3;

-- Telling --------------------------------------------------------------------

-- Messages of one event into inboxes, and those that go out by mail ($16) to
-- whoever has an address.  A student's level reached again within the quiet
-- days is passed over; level -1: not about a student.
-- name: tell :one
WITH given AS (
	SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[],
		$8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
		$13::bigint[], $14::bigint[], $15::bigint[])
		AS g (message_id, delivery_id, recipient_id, subject, title,
		body, link, school, section, level, day, quiet_days)
), told AS (
	INSERT INTO message (tenant_id, message_id, recipient_id, subject,
		event, kind, title, body, link, level, day, school, section)
	SELECT $1, g.message_id::uuid, g.recipient_id::uuid, g.subject, $2, $3,
		g.title, g.body, nullif(g.link, ''), nullif(g.level, -1),
		CASE WHEN g.level >= 0
			THEN date '1970-01-01' + g.day::integer END,
		nullif(g.school, ''), nullif(g.section, '')
	FROM given g
	WHERE NOT EXISTS (SELECT FROM message m WHERE m.tenant_id = $1
		AND m.recipient_id = g.recipient_id::uuid
		AND m.subject = g.subject AND m.level = g.level
		AND abs(m.day - (date '1970-01-01' + g.day::integer))
			< g.quiet_days)
	ON CONFLICT (tenant_id, recipient_id, subject, event) DO NOTHING
	RETURNING message_id, recipient_id
), mailed AS (
	INSERT INTO delivery (tenant_id, delivery_id, message_id, recipient_id,
		channel)
	SELECT $1, g.delivery_id::uuid, t.message_id, t.recipient_id, 'smtp'
	FROM told t
	JOIN given g ON g.message_id::uuid = t.message_id
	JOIN recipient r ON r.tenant_id = $1
		AND r.recipient_id = t.recipient_id
	WHERE $16::boolean AND r.email IS NOT NULL
	RETURNING recipient_id
), wanted AS (
	INSERT INTO mail_task (tenant_id, recipient_id)
	SELECT DISTINCT $1, recipient_id FROM mailed ORDER BY recipient_id
	ON CONFLICT (tenant_id, recipient_id) DO UPDATE
	SET wanted_at = now()
)
SELECT count(*) FROM told;

-- Inboxes --------------------------------------------------------------------

-- name: recipient_of_principal :many
SELECT recipient_id::text FROM recipient
WHERE tenant_id = $1 AND principal = $2;

-- One message ($3), or those behind one ($4); only unread ones ($5).  What is
-- about a student is for who may see the school and section in which the
-- student was when it was told ($6 schools, $7 sections; null: all).
-- name: inbox_read :many
SELECT message_id, kind, title, body, link, created_at, read_at FROM message
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid
	AND ($3::text IS NULL OR message_id = $3::uuid)
	AND ($4::text IS NULL OR message_id < $4::uuid)
	AND (read_at IS NULL OR NOT $5)
	AND (level IS NULL OR (($6::text[] IS NULL OR school = ANY ($6))
		AND ($7::text[] IS NULL OR section = ANY ($7))))
ORDER BY message_id DESC LIMIT $8::bigint;

-- name: inbox_unread :one
SELECT count(*) FROM message
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid AND read_at IS NULL
	AND (level IS NULL OR (($3::text[] IS NULL OR school = ANY ($3))
		AND ($4::text[] IS NULL OR section = ANY ($4))));

-- Reading twice leaves the first moment.
-- name: message_was_read :exec
UPDATE message SET read_at = coalesce(read_at, now())
WHERE tenant_id = $1 AND message_id = $2::text::uuid;

-- name: forget_messages :one
SELECT forget_messages($1::bigint) IS NULL AS is_done;

-- Deliveries -----------------------------------------------------------------

-- name: deliveries_read :many
SELECT delivery_id, message_id, recipient_id, channel, state, attempts,
	next_try_at, last_error, mail_id, created_at, ended_at
FROM delivery
WHERE tenant_id = $1 AND ($2::text IS NULL OR state = $2)
	AND ($3::text IS NULL OR delivery_id < $3::uuid)
ORDER BY delivery_id DESC LIMIT $4::bigint;

-- The recipient whose mail is due first.
-- name: mail_task_take :many
SELECT tenant_id, recipient_id::text, mail_id::text, mail_at, attempts
FROM mail_task WHERE next_try_at <= clock_timestamp()
ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED;

-- What waits for the recipient becomes one mail.
-- name: mail_make :exec
UPDATE delivery SET mail_id = $3::text::uuid
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid AND state = 'waiting';

-- name: mail_task_make :one
UPDATE mail_task SET mail_id = $3::text::uuid, mail_at = now(), attempts = 0
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid RETURNING mail_at;

-- To whom, and how many messages of each kind.
-- name: mail_content :many
SELECT m.kind, count(*)
FROM delivery d JOIN message m USING (tenant_id, message_id)
WHERE d.tenant_id = $1 AND d.mail_id = $2::text::uuid
	AND d.state = 'waiting'
GROUP BY m.kind ORDER BY m.kind;

-- name: mail_put_off :exec
UPDATE delivery SET attempts = $3::bigint, last_error = $4::text,
	next_try_at = clock_timestamp() + $5::bigint * interval '1 millisecond'
WHERE tenant_id = $1 AND mail_id = $2::text::uuid AND state = 'waiting';

-- name: mail_task_put_off :exec
UPDATE mail_task SET attempts = $3::bigint,
	next_try_at = clock_timestamp() + $4::bigint * interval '1 millisecond'
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid;

-- name: mail_end :exec
UPDATE delivery SET state = $3::text, attempts = $4::bigint,
	last_error = $5::text, next_try_at = NULL, ended_at = clock_timestamp()
WHERE tenant_id = $1 AND mail_id = $2::text::uuid AND state = 'waiting';

-- The task is locked before it is asked whether more waits: who adds a
-- delivery locks it too, so none is overlooked.
-- name: mail_task_lock :many
SELECT 1 FROM mail_task
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid FOR UPDATE;

-- name: mail_task_go_on :exec
UPDATE mail_task SET mail_id = NULL, mail_at = NULL, attempts = 0,
	next_try_at = clock_timestamp()
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid
	AND EXISTS (SELECT FROM delivery d WHERE d.tenant_id = $1
		AND d.recipient_id = $2::text::uuid AND d.state = 'waiting');

-- name: mail_task_end :exec
DELETE FROM mail_task
WHERE tenant_id = $1 AND recipient_id = $2::text::uuid;
