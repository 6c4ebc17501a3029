-- What a shadow says beside a champion.  A comparison is a pair of versions, with
-- what became of the champion's scorings: `scored` by both, or left out, and
-- why.
CREATE TABLE shadow_comparison (
	tenant_id          text NOT NULL,
	comparison_id      bigint GENERATED ALWAYS AS IDENTITY,
	champion_version   text NOT NULL,
	shadow_version     text NOT NULL,
	since              timestamptz NOT NULL DEFAULT now(),
	latest_at          timestamptz NOT NULL DEFAULT now(),
	scored             bigint NOT NULL,
	dropped_full       bigint NOT NULL,
	dropped_no_model   bigint NOT NULL,
	dropped_not_stored bigint NOT NULL,
	dropped_stopped    bigint NOT NULL,
	PRIMARY KEY (tenant_id, comparison_id),
	UNIQUE (tenant_id, shadow_version, champion_version)
) WITH (fillfactor = 50);

-- Both outputs for the same input: scores in ten-thousandths, categories from 0
-- (low) to 3, microseconds of computing for one score.  `week` is that of the
-- course.  Kept for 400 days.
CREATE TABLE shadow_pair (
	tenant_id      text NOT NULL,
	comparison_id  bigint NOT NULL,
	enrollment_id  bigint NOT NULL,
	reference_day  date NOT NULL,
	week           smallint NOT NULL,
	champion_score smallint NOT NULL,
	champion_level smallint NOT NULL,
	shadow_score   smallint NOT NULL,
	shadow_level   smallint NOT NULL,
	champion_us    real NOT NULL,
	shadow_us      real NOT NULL,
	scored_at      timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, comparison_id, enrollment_id, reference_day)
) WITH (fillfactor = 80);
CREATE INDEX shadow_pair_by_day ON shadow_pair (tenant_id, reference_day);

ALTER TABLE shadow_comparison ENABLE ROW LEVEL SECURITY;
ALTER TABLE shadow_pair ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON shadow_comparison USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON shadow_pair USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));

GRANT SELECT, INSERT, UPDATE ON shadow_comparison TO edupulse_prediction;
GRANT SELECT, INSERT, UPDATE, DELETE ON shadow_pair TO edupulse_prediction;
