-- Who may what.  Tenant data that people reach is under row-level security;
-- machinery (log, keys, batches, tasks, parts) is not: its readers cross
-- tenants, COPY is refused under it, and each of its queries names the tenant.
DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['quarantine', 'tenant_rule', 'course',
	    'student', 'protected_attribute', 'enrollment', 'import',
	    'import_file'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id ='
		    ' nullif(current_setting(''edupulse.tenant'', true), ''''))',
		    name);
	END LOOP;
END $$;

GRANT SELECT, INSERT ON record_log TO edupulse_ingestion;
REVOKE UPDATE, DELETE, TRUNCATE ON record_log FROM edupulse_ingestion;
GRANT SELECT, INSERT, UPDATE, DELETE ON record_key, batch, quarantine,
    tenant_rule, course, student, protected_attribute, enrollment, import,
    import_file, import_task, upload_part TO edupulse_ingestion;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ingestion TO edupulse_ingestion;
REVOKE ALL ON FUNCTION make_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_partitions(integer) TO edupulse_ingestion;
