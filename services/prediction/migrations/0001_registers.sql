-- What ingestion's log says about tenants, courses and enrollments.  `position`
-- is the place in the log of the newest entry that was applied.
CREATE TABLE tenant_rules (
	tenant_id text PRIMARY KEY,
	rules     jsonb NOT NULL,
	position  bigint NOT NULL
);

CREATE TABLE course (
	tenant_id     text NOT NULL,
	course_id     text NOT NULL,
	title         text,
	start_date    date NOT NULL,
	end_date      date NOT NULL,
	school_year   boolean NOT NULL,
	core          boolean,
	credits       double precision,
	term          text,
	tracked_from  date,
	tracked_until date,
	position      bigint NOT NULL,
	PRIMARY KEY (tenant_id, course_id)
);

CREATE TABLE enrollment (
	tenant_id         text NOT NULL,
	enrollment_id     bigint NOT NULL,
	student_id        text NOT NULL,
	course_id         text NOT NULL,
	registered_on     date,
	withdrawn_on      date,
	previous_attempts integer,
	credits           double precision,
	school            text,
	section           text,
	position          bigint NOT NULL,
	PRIMARY KEY (tenant_id, enrollment_id)
);
CREATE INDEX enrollment_by_student ON enrollment (tenant_id, student_id, course_id);
-- Without enrollment_id: a planner that knows nothing of the table yet would
-- take this index for look-ups by the primary key.
CREATE INDEX enrollment_by_course ON enrollment (tenant_id, course_id);

ALTER TABLE tenant_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE course ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrollment ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenant_rules USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON course USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));
CREATE POLICY tenant ON enrollment USING
	(tenant_id = nullif(current_setting('edupulse.tenant', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_rules, course, enrollment
	TO edupulse_prediction;
