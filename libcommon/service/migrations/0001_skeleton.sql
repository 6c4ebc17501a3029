-- What every service's schema has: its outbox, the cursors of its readers,
-- answers kept for idempotency keys, and the epoch of its transaction ids.
-- Rights come from the schema's default privileges (deploy/local/roles.sh);
-- here they are only taken away.

-- xid8 starts anew when a dump is restored into another cluster.  A restore
-- adds 1 to the epoch, which stands before the transaction id in every cursor,
-- so what is written afterwards comes after everything restored.
CREATE TABLE epoch (
	value bigint NOT NULL,
	one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO epoch (value) VALUES (1);

CREATE TABLE outbox (
	epoch bigint NOT NULL,
	xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
	id bigint GENERATED ALWAYS AS IDENTITY,
	said_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	tenant_id text NOT NULL,
	topic text NOT NULL,
	subject text,
	data text NOT NULL,
	PRIMARY KEY (epoch, xid, id)
);
CREATE INDEX outbox_said_at ON outbox USING brin (said_at);

CREATE TABLE reader_cursor (
	reader text PRIMARY KEY,
	cursor text NOT NULL,
	moved_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency (
	tenant_id text NOT NULL,
	principal text NOT NULL,
	key text NOT NULL,
	content_hash bytea NOT NULL,
	status integer NOT NULL,
	content_type text,
	etag text,
	location text,
	body bytea NOT NULL,
	expires_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, principal, key)
);
CREATE INDEX idempotency_expires_at ON idempotency (expires_at);

DO $$
BEGIN
	EXECUTE format(
	    'REVOKE INSERT, UPDATE, DELETE ON epoch, schema_migration FROM %I',
	    'edupulse_' || current_schema());
EXCEPTION WHEN undefined_object THEN
	NULL; -- a schema without a role of its own, as in tests
END
$$;
