-- Imports: what people see of them, and the machinery that works them off.

CREATE TABLE import (
	id text PRIMARY KEY,
	tenant_id text NOT NULL,
	state smallint NOT NULL DEFAULT 0,
	format smallint,
	file_name text,
	created_at timestamptz NOT NULL DEFAULT now(),
	started_at timestamptz,
	finished_at timestamptz,
	created_by text NOT NULL,
	progress float8 NOT NULL DEFAULT 0,
	rows_done bigint NOT NULL DEFAULT 0,
	refused bigint NOT NULL DEFAULT 0,
	cancel_asked boolean NOT NULL DEFAULT false,
	error text
);
CREATE INDEX import_list ON import (tenant_id, id);

CREATE TABLE import_file (
	import_id text NOT NULL REFERENCES import ON DELETE CASCADE,
	tenant_id text NOT NULL,
	name text NOT NULL,
	rows_read bigint NOT NULL DEFAULT 0,
	stored bigint NOT NULL DEFAULT 0,
	merged bigint NOT NULL DEFAULT 0,
	quarantined bigint NOT NULL DEFAULT 0,
	records bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (import_id, name)
);

-- An import that is not finished, and the place behind its last commit.
CREATE TABLE import_task (
	import_id text PRIMARY KEY,
	tenant_id text NOT NULL,
	upload_id text NOT NULL,
	parts integer NOT NULL,
	size bigint NOT NULL,
	step integer NOT NULL DEFAULT 0,
	slice integer NOT NULL DEFAULT 0,
	place bigint NOT NULL DEFAULT 0
);

CREATE TABLE upload_part (
	upload_id text NOT NULL,
	part integer NOT NULL,
	tenant_id text NOT NULL,
	body bytea NOT NULL,
	stored_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (upload_id, part)
);
ALTER TABLE upload_part ALTER COLUMN body SET STORAGE EXTERNAL;
