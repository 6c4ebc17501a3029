-- What migrate.c asks.  The schema is the first of the search path.

-- name: migration_lock :one
SELECT pg_advisory_lock(hashtextextended('migrate ' || current_schema(), 0)) IS NULL AS is_locked;

-- name: migration_unlock :one
SELECT pg_advisory_unlock(hashtextextended('migrate ' || current_schema(), 0)) AS was_locked;

-- name: migration_table_exists :one
SELECT to_regclass('schema_migration') IS NOT NULL AS exists;

-- name: migration_table_make :command
CREATE TABLE schema_migration (
	set_name text NOT NULL,
	name text NOT NULL,
	sha256 bytea NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (set_name, name)
);

-- The service's own role asks whether it may start.
-- name: migration_table_show :command
GRANT SELECT ON schema_migration TO PUBLIC;

-- name: migrations_applied :many
SELECT set_name, name FROM schema_migration ORDER BY set_name, name;

-- name: migration_find :many
SELECT sha256 = sha256($3) AS is_same FROM schema_migration WHERE set_name = $1 AND name = $2;

-- name: migration_add :exec
INSERT INTO schema_migration (set_name, name, sha256) VALUES ($1, $2, sha256($3));
