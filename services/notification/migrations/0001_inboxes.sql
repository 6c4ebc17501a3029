-- Rules, recipients and their inboxes; what goes out by mail.  All that people
-- reach is under row-level security; mail_task is machinery, which the job
-- thread reads across tenants.

-- Tenants that were given the rules to begin with: who removes them all has
-- none.
CREATE TABLE tenant_start (
	tenant_id  text PRIMARY KEY,
	started_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE rule (
	tenant_id  text NOT NULL,
	rule_id    uuid NOT NULL,
	name       text NOT NULL,
	kind       text NOT NULL,
	category   text,
	quiet_days bigint NOT NULL DEFAULT 14,
	courses    text[] NOT NULL DEFAULT '{}',
	schools    text[] NOT NULL DEFAULT '{}',
	sections   text[] NOT NULL DEFAULT '{}',
	recipients text[] NOT NULL DEFAULT '{}',
	roles      text[] NOT NULL DEFAULT '{}',
	active     boolean NOT NULL DEFAULT true,
	revision   bigint NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT now(),
	changed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, rule_id)
);

CREATE TABLE recipient (
	tenant_id    text NOT NULL,
	recipient_id uuid NOT NULL,
	name         text NOT NULL,
	email        text,
	role         text NOT NULL,
	schools      text[] NOT NULL DEFAULT '{}',
	sections     text[] NOT NULL DEFAULT '{}',
	principal    text,
	active       boolean NOT NULL DEFAULT true,
	revision     bigint NOT NULL DEFAULT 1,
	created_at   timestamptz NOT NULL DEFAULT now(),
	changed_at   timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, recipient_id),
	UNIQUE (tenant_id, principal)
);

-- One message of an inbox.  `event` is the event's source and id, `subject`
-- what of it the message is about: the unique key makes a repeat impossible.
-- level, day, school and section are there when it is about a student.
CREATE TABLE message (
	tenant_id    text NOT NULL,
	message_id   uuid NOT NULL,
	recipient_id uuid NOT NULL,
	subject      text NOT NULL,
	event        text NOT NULL,
	kind         text NOT NULL,
	title        text NOT NULL,
	body         text NOT NULL,
	link         text,
	level        smallint,
	day          date,
	school       text,
	section      text,
	created_at   timestamptz NOT NULL DEFAULT now(),
	read_at      timestamptz,
	PRIMARY KEY (tenant_id, message_id),
	UNIQUE (tenant_id, recipient_id, subject, event),
	FOREIGN KEY (tenant_id, recipient_id) REFERENCES recipient
		ON DELETE CASCADE
);
CREATE INDEX message_newest ON message (tenant_id, recipient_id, message_id);
CREATE INDEX message_created_at ON message USING brin (created_at);

-- A message that goes out.  Those that wait together for one recipient go out
-- as one mail: they get its id before the first attempt and keep it, so that
-- every attempt sends the same mail.
CREATE TABLE delivery (
	tenant_id    text NOT NULL,
	delivery_id  uuid NOT NULL,
	message_id   uuid NOT NULL,
	recipient_id uuid NOT NULL,
	channel      text NOT NULL,
	state        text NOT NULL DEFAULT 'waiting',
	attempts     bigint NOT NULL DEFAULT 0,
	next_try_at  timestamptz,
	last_error   text,
	mail_id      uuid,
	created_at   timestamptz NOT NULL DEFAULT now(),
	ended_at     timestamptz,
	PRIMARY KEY (tenant_id, delivery_id),
	UNIQUE (tenant_id, message_id, channel),
	FOREIGN KEY (tenant_id, message_id) REFERENCES message
		ON DELETE CASCADE
);
CREATE INDEX delivery_waiting ON delivery (tenant_id, recipient_id)
	WHERE state = 'waiting';
CREATE INDEX delivery_by_mail ON delivery (tenant_id, mail_id);

-- A recipient for whom deliveries wait, and the mail on its way to them.
CREATE TABLE mail_task (
	tenant_id    text NOT NULL,
	recipient_id uuid NOT NULL,
	mail_id      uuid,
	mail_at      timestamptz,
	attempts     bigint NOT NULL DEFAULT 0,
	next_try_at  timestamptz NOT NULL DEFAULT now(),
	wanted_at    timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, recipient_id)
);
CREATE INDEX mail_task_due ON mail_task (next_try_at);

-- Old messages go, whosever they are, with their deliveries.
DO $$
BEGIN
	EXECUTE format($text$
		CREATE FUNCTION forget_messages(days bigint) RETURNS void
		LANGUAGE sql SECURITY DEFINER SET search_path = %I, pg_temp
		AS 'DELETE FROM message WHERE created_at
			< now() - days * interval ''1 day'''
	$text$, current_schema());
END
$$;
REVOKE ALL ON FUNCTION forget_messages(bigint) FROM PUBLIC;

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['tenant_start', 'rule', 'recipient',
		'message', 'delivery']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id ='
		    ' nullif(current_setting(''edupulse.tenant'', true), ''''))',
		    name);
	END LOOP;
END
$$;
