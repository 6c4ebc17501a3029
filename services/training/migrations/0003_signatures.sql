-- Who vouches for a model: Ed25519 over the SHA-256 that is its version
-- (libcommon/secure/signature.h).  Written when the model is made, and never
-- changed.
CREATE TABLE model_signature (
	tenant_id text NOT NULL,
	version   text NOT NULL,
	key_name  text NOT NULL CHECK (key_name ~ '^[0-9a-f]{64}$'),
	signature bytea NOT NULL,
	signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (tenant_id, version, key_name),
	FOREIGN KEY (tenant_id, version) REFERENCES model
);
CREATE TRIGGER model_signature_stays
	BEFORE UPDATE OR DELETE OR TRUNCATE ON model_signature
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE model_signature ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON model_signature USING (tenant_id =
	nullif(current_setting('edupulse.tenant', true), ''));
REVOKE UPDATE, DELETE, TRUNCATE ON model_signature FROM edupulse_training;

-- Models from before there were signatures: signed once, by a job, and no
-- others.  Nobody who serves can add one.
CREATE TABLE signing_backlog (
	tenant_id text NOT NULL,
	version   text NOT NULL,
	PRIMARY KEY (tenant_id, version)
);
INSERT INTO signing_backlog (tenant_id, version)
SELECT tenant_id, version FROM model;
REVOKE INSERT, UPDATE, TRUNCATE ON signing_backlog FROM edupulse_training;
