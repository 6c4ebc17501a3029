-- The record log and what belongs to it: keys, batches, quarantine.
-- Runs as edupulse_ingestion_owner; the service is edupulse_ingestion.

-- Every entry has a place that is never used twice.  Places do not order
-- across transactions: the feed's order is (xid, position).
CREATE SEQUENCE record_position AS bigint;

CREATE TABLE record_log (
	xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
	position bigint NOT NULL DEFAULT nextval('record_position'),
	received_at timestamptz NOT NULL DEFAULT now(),
	enrollment_id bigint,
	supersedes bigint,
	superseded_enrollment_id bigint,
	occurred_on date,
	known_on date,
	superseded_on date,
	kind smallint NOT NULL,
	tenant_id text NOT NULL,
	source text NOT NULL,
	body bytea NOT NULL
) PARTITION BY RANGE (received_at);

CREATE INDEX record_log_feed ON record_log (xid, position);

-- Makes the partitions of this month and the next ones.
CREATE FUNCTION make_partitions(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ingestion, pg_temp
SET timezone = 'UTC' AS $$
DECLARE
	month timestamptz := date_trunc('month', now());
	made integer := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('ingestion.make_partitions'));
	FOR i IN 0 .. least(months, 24) LOOP
		IF to_regclass(format('ingestion.%I',
		    'record_log_' || to_char(month, 'YYYY_MM'))) IS NULL THEN
			EXECUTE format('CREATE TABLE %I PARTITION OF record_log'
			    ' FOR VALUES FROM (%L) TO (%L)',
			    'record_log_' || to_char(month, 'YYYY_MM'),
			    month, month + interval '1 month');
			made := made + 1;
		END IF;
		month := month + interval '1 month';
	END LOOP;
	RETURN made;
END $$;
SELECT make_partitions(3);

-- To be called after a restore from a dump, where transaction ids begin anew:
-- all entries get an id older than any to come, and cursors a new epoch, so
-- that readers read the log again from its start.  They pass over what they
-- have already: an entry keeps its position.
CREATE FUNCTION log_restart() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = ingestion, pg_temp AS $$
	UPDATE record_log SET xid = '3';
	UPDATE epoch SET value = value + 1 RETURNING value;
$$;
REVOKE ALL ON FUNCTION log_restart() FROM PUBLIC, edupulse_ingestion;

-- What a record's own id stands for now.  id_hash: the first 16 bytes of
-- SHA-256 over tenant, source and id.  previous*: what it stood for before the
-- latest correction.
CREATE TABLE record_key (
	id_hash bytea PRIMARY KEY,
	content_hash bigint NOT NULL,
	position bigint NOT NULL,
	enrollment_id bigint,
	occurred_on date,
	tenant_id text NOT NULL,
	previous bigint,
	previous_enrollment_id bigint,
	previous_on date
);

-- Batches by their key, with the answer that was given.
CREATE TABLE batch (
	tenant_id text NOT NULL,
	batch_key text NOT NULL,
	content_hash bytea NOT NULL,
	answer text,
	received_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, batch_key)
);
CREATE INDEX batch_received ON batch (received_at);

-- What was refused.  `raw` is what was sent, cut at 8 KiB, with what is no
-- UTF-8 replaced.
CREATE TABLE quarantine (
	id text PRIMARY KEY,
	tenant_id text NOT NULL,
	state smallint NOT NULL DEFAULT 0,
	reason text NOT NULL,
	place text NOT NULL,
	row_number bigint NOT NULL,
	raw text NOT NULL,
	source text NOT NULL,
	batch_key text,
	import_id text,
	received_at timestamptz NOT NULL DEFAULT now(),
	resolved_at timestamptz,
	resolved_by text
);
CREATE INDEX quarantine_list ON quarantine (tenant_id, state, id);
CREATE INDEX quarantine_import ON quarantine (import_id, id)
    WHERE import_id IS NOT NULL;
