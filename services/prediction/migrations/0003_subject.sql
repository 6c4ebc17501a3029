-- What the feature builder wants to know about an enrollment, in one row.
-- The view reads with the caller's rights, so row-level security holds.
CREATE VIEW subject WITH (security_invoker = true) AS
SELECT e.tenant_id, e.enrollment_id, e.student_id, e.course_id,
	e.registered_on, e.withdrawn_on, e.previous_attempts, e.credits,
	e.school, e.section, c.term, c.start_date, c.end_date, c.tracked_from,
	c.tracked_until, coalesce(p.position, 0) AS log_position,
	greatest(e.position, c.position) AS register_position
FROM enrollment e
JOIN course c USING (tenant_id, course_id)
LEFT JOIN progress p USING (tenant_id, enrollment_id);

GRANT SELECT ON subject TO edupulse_prediction;
