-- The files of the versions that are needed here, so that serving outlives
-- training's absence.  What stands here has been loaded and checked once.
-- `needed_at` is when a need for it came or went last: a file that nothing
-- needs is kept for a while.
CREATE TABLE model_file (
	tenant_id text NOT NULL,
	version   text NOT NULL,
	file      bytea NOT NULL,
	signature bytea,
	needed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, version)
);
ALTER TABLE model_file ALTER COLUMN file SET STORAGE EXTERNAL;

-- Where the aliases of training point to, as far as their files are here: the
-- champion is what is served.
CREATE TABLE model_alias (
	tenant_id text NOT NULL,
	alias     text NOT NULL,
	version   text NOT NULL,
	since     timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, alias),
	FOREIGN KEY (tenant_id, version) REFERENCES model_file
);

INSERT INTO model_file (tenant_id, version, file, signature)
SELECT tenant_id, version, file, signature FROM served_model;
INSERT INTO model_alias (tenant_id, alias, version, since)
SELECT tenant_id, 'champion', version, since FROM served_model;
DROP TABLE served_model;

ALTER TABLE model_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_alias ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON model_file USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON model_alias USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON model_file, model_alias
	TO edupulse_prediction;
