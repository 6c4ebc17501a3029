-- queries.sql - every query of the gateway.

-- name: insert_key :exec
INSERT INTO api_key (tenant_id, key_id, name, role, schools, sections, hash,
	created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- Newest first; the id of a key begins with its time.
-- name: list_keys :many
SELECT key_id, name, role, nullif(schools, '{}') AS schools,
	nullif(sections, '{}') AS sections, created_at, expires_at, revoked_at
FROM api_key
WHERE tenant_id = $1 AND ($2::text IS NULL OR key_id < $2)
ORDER BY key_id DESC LIMIT $3::bigint;

-- Revoking twice leaves the first moment.
-- name: revoke_key :one
UPDATE api_key SET revoked_at = coalesce(revoked_at, now())
WHERE tenant_id = $1 AND key_id = $2
RETURNING key_id;

-- name: find_key :one
SELECT key_id, tenant, role, nullif(schools, '{}') AS schools,
	nullif(sections, '{}') AS sections, expires_at
FROM find_key($1);

-- name: has_keys :one
SELECT has_keys();
