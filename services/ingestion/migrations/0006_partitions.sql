-- A partition is reached through the log alone.  The schema's default
-- privileges would let the serving role change and delete the rows of each
-- one, which the log itself forbids.
CREATE OR REPLACE FUNCTION make_partitions(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ingestion, pg_temp
SET timezone = 'UTC' AS $$
DECLARE
	month timestamptz := date_trunc('month', now());
	made integer := 0;
	name text;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('ingestion.make_partitions'));
	FOR i IN 0 .. least(months, 24) LOOP
		name := 'record_log_' || to_char(month, 'YYYY_MM');
		IF to_regclass(format('ingestion.%I', name)) IS NULL THEN
			EXECUTE format('CREATE TABLE %I PARTITION OF record_log'
			    ' FOR VALUES FROM (%L) TO (%L)', name,
			    month, month + interval '1 month');
			EXECUTE format('REVOKE ALL ON %I FROM edupulse_ingestion',
			    name);
			made := made + 1;
		END IF;
		month := month + interval '1 month';
	END LOOP;
	RETURN made;
END $$;

DO $$
DECLARE
	part regclass;
BEGIN
	FOR part IN SELECT inhrelid FROM pg_inherits
	    WHERE inhparent = 'record_log'::regclass LOOP
		EXECUTE format('REVOKE ALL ON %s FROM edupulse_ingestion', part);
	END LOOP;
END $$;
