-- What an answer was made of is named by numbers that grow with every change.
-- The newest position that was counted is none: transactions do not commit in
-- the order of the log, so a record that is read later may stand before it.
--
-- `revision` takes its next value while the row is locked; it never repeats,
-- not even when the projection is made anew.
CREATE SEQUENCE facts_revision;
ALTER TABLE progress ADD COLUMN revision bigint NOT NULL
	DEFAULT nextval('facts_revision');
GRANT USAGE ON SEQUENCE facts_revision TO edupulse_prediction;

-- A register row is replaced by entries of a higher position alone, so its own
-- position grows with every change; the sum of two grows with either.
DROP VIEW subject;
CREATE VIEW subject WITH (security_invoker = true) AS
SELECT e.tenant_id, e.enrollment_id, e.student_id, e.course_id,
	e.registered_on, e.withdrawn_on, e.previous_attempts, e.credits,
	e.school, e.section, c.term, c.start_date, c.end_date, c.tracked_from,
	c.tracked_until, coalesce(p.position, 0) AS log_position,
	coalesce(p.revision, 0) AS facts_revision,
	e.position + c.position AS register_revision
FROM enrollment e
JOIN course c USING (tenant_id, course_id)
LEFT JOIN progress p USING (tenant_id, enrollment_id);
GRANT SELECT ON subject TO edupulse_prediction;

-- facts_revision is null in answers that were given before it was kept: they
-- stay as they were given, and no question finds them again.  log_position
-- stays as a fact about the answer.
ALTER TABLE prediction ADD COLUMN facts_revision bigint;
ALTER TABLE prediction RENAME COLUMN register_position TO register_revision;
DROP INDEX prediction_by_question;
CREATE UNIQUE INDEX prediction_by_question ON prediction (tenant_id,
	enrollment_id, reference_date, model_version, feature_version,
	facts_revision, register_revision, rules_position);

-- No row is of revision -1 now: each is scored anew when it is next read.
ALTER TABLE score DROP COLUMN log_position;
ALTER TABLE score ADD COLUMN facts_revision bigint NOT NULL DEFAULT -1;
ALTER TABLE score ALTER COLUMN facts_revision DROP DEFAULT;
ALTER TABLE score RENAME COLUMN register_position TO register_revision;
