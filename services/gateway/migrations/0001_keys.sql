-- API keys: a key itself is never stored, only its SHA-256.
CREATE TABLE api_key (
	tenant_id  text NOT NULL,
	key_id     text PRIMARY KEY,
	name       text NOT NULL,
	role       text NOT NULL CHECK (role <> 'internal'),
	schools    text[] NOT NULL DEFAULT '{}',
	sections   text[] NOT NULL DEFAULT '{}',
	hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz,
	revoked_at timestamptz
);
CREATE INDEX api_key_by_tenant ON api_key (tenant_id, key_id DESC);

ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_key USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
REVOKE DELETE ON api_key FROM edupulse_gateway;

-- Who shows a key is known by it alone, so these two see every tenant.  They
-- give away no more than the holder of a key has already.
CREATE FUNCTION find_key(wanted bytea) RETURNS TABLE (
	key_id text, tenant text, role text, schools text[], sections text[],
	expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gateway, pg_temp AS $$
	SELECT k.key_id, k.tenant_id, k.role, k.schools, k.sections, k.expires_at
	FROM api_key k
	WHERE k.hash = wanted AND k.revoked_at IS NULL
		AND (k.expires_at IS NULL OR k.expires_at > now());
$$;
CREATE FUNCTION has_keys() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gateway, pg_temp AS $$
	SELECT EXISTS (SELECT FROM api_key);
$$;
REVOKE ALL ON FUNCTION find_key(bytea), has_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key(bytea), has_keys() TO edupulse_gateway;
