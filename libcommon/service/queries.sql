-- queries.sql - what the skeleton asks of every service's schema.

-- name: work_tenant :one
SELECT set_config('edupulse.tenant', $1::text, true);

-- name: work_alive :one
SELECT 1;

-- With so little memory the numbers go to a temporary file of the database.
-- name: room_memory :one
SELECT set_config('work_mem', '64kB', true);

-- name: room_probe :one
SELECT count(*) FROM generate_series(1, 100000);

-- name: outbox_add :exec
INSERT INTO outbox (epoch, tenant_id, topic, subject, data)
SELECT value, $1::text, $2::text, $3::text, $4::text FROM epoch;

-- Only rows of transactions that are older than every open one: a reader that
-- has gone by would never see what an open one commits later.
-- name: outbox_page :many
SELECT o.epoch, o.xid::text, o.id, o.said_at, o.tenant_id, o.topic, o.subject,
	o.data
FROM outbox o
WHERE (o.epoch, o.xid, o.id) > ($1::bigint, $2::text::xid8, $3::bigint)
	AND (o.epoch < (SELECT value FROM epoch)
		OR o.xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY o.epoch, o.xid, o.id
LIMIT $4::bigint;

-- name: outbox_remaining :one
SELECT count(*) FROM (
	SELECT 1 FROM outbox
	WHERE (epoch, xid, id) > ($1::bigint, $2::text::xid8, $3::bigint)
	LIMIT 10000) AS behind;

-- name: outbox_forget :exec
DELETE FROM outbox WHERE said_at < now() - interval '90 days';

-- name: reader_cursor_load :many
SELECT cursor FROM reader_cursor WHERE reader = $1::text;

-- name: reader_cursor_begin :exec
INSERT INTO reader_cursor (reader, cursor) VALUES ($1::text, '0.0.0')
ON CONFLICT (reader) DO NOTHING;

-- No row: another copy of the service holds it.
-- name: reader_cursor_hold :many
SELECT cursor FROM reader_cursor WHERE reader = $1::text
FOR UPDATE SKIP LOCKED;

-- name: reader_cursor_move :exec
UPDATE reader_cursor SET cursor = $2::text, moved_at = now()
WHERE reader = $1::text;

-- name: idempotency_find :many
SELECT content_hash, status, content_type, etag, location, body
FROM idempotency
WHERE tenant_id = $1::text AND principal = $2::text AND key = $3::text
	AND expires_at > now();

-- name: idempotency_store :exec
INSERT INTO idempotency (tenant_id, principal, key, content_hash, status,
	content_type, etag, location, body, expires_at)
VALUES ($1::text, $2::text, $3::text, $4::bytea, $5::bigint, $6::text,
	$7::text, $8::text, $9::bytea, now() + interval '24 hours')
ON CONFLICT (tenant_id, principal, key) DO UPDATE
SET content_hash = excluded.content_hash, status = excluded.status,
	content_type = excluded.content_type, etag = excluded.etag,
	location = excluded.location, body = excluded.body,
	expires_at = excluded.expires_at;

-- name: idempotency_forget :exec
DELETE FROM idempotency WHERE expires_at < now();

-- name: lock_take :one
SELECT pg_try_advisory_lock($1::bigint);

-- name: lock_give :one
SELECT pg_advisory_unlock($1::bigint);
