/*
 * rig.h - notification's handlers and hearings against a real database: a
 * migrated schema `notification_test`, its role under row-level security, a
 * worker, calls and events as the skeleton makes them.
 */
#ifndef TESTS_NOTIFICATION_RIG_H
#define TESTS_NOTIFICATION_RIG_H

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "libcommon/service/migrations.h"
#include "service/inside.h"
#include "services/notification/migrations.h"
#include "services/notification/notification.h"
#include "tests/support/database.h"
#include "tests/support/test.h"
#include "wire/json.h"

static const struct route rig_rows[] = {
#define PROTO_DEF "proto/notification.def"
#include "proto/as_routes.h"
};

struct rig {
	struct worker w;
	struct service service;
	struct notification_settings settings; /* of the worker: mail is off */
	struct db *owner;
	struct buf body;        /* of the answer to the call made last */
	struct bus_answer head; /* of the same */
	struct err err;
};

static inline void
rig_open(struct rig *rig)
{
	struct migrations sets[] = { service_migrations,
		notification_migrations };
	static const char *const statements[] = {
		"DO $$ BEGIN CREATE ROLE edupulse_notification LOGIN; "
		"EXCEPTION WHEN duplicate_object THEN NULL; END $$",
		"GRANT CONNECT ON DATABASE edupulse TO edupulse_notification",
		"GRANT USAGE ON SCHEMA notification_test TO "
		"edupulse_notification"
	};
	struct err err = { 0 };
	size_t applied;

	memset(rig, 0, sizeof(*rig));
	rig->owner = database_open("notification_test", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		database_run(rig->owner, statements[i]);
	if (!migrate(rig->owner, sets, ARRAY_SIZE(sets), &applied, &err))
		fail_msg("%s", err.detail);
	database_run(rig->owner,
	    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "
	    "notification_test TO edupulse_notification");
	database_run(rig->owner,
	    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA notification_test TO "
	    "edupulse_notification");
	rig->w.db = database_open("notification_test", "edupulse_notification");
	rig->settings = (struct notification_settings){ .smtp_url = "",
		.smtp_from = "edupulse@north.example",
		.smtp_user = "",
		.smtp_password_file = "",
		.smtp_ca_file = "",
		.smtp_attempts = 3,
		.smtp_pause = 10,
		.public_url = "",
		.keep_days = 400 };
	rig->w.settings = &rig->settings;
	rig->w.service = &rig->service;
	pthread_mutex_init(&rig->service.lock, NULL);
	pthread_cond_init(&rig->service.job_wake, NULL);
	arena_init(&rig->w.arena, 65536);
}

static inline void
rig_close(struct rig *rig)
{
	buf_close(&rig->body);
	arena_close(&rig->w.arena);
	pthread_cond_destroy(&rig->service.job_wake);
	pthread_mutex_destroy(&rig->service.lock);
	db_free(rig->w.db);
	db_free(rig->owner);
}

/* A call; what is not named is an admin's of tenant "north". */
struct asked {
	const char *method;
	const char *path; /* with ?query for a GET */
	const char *body;
	const char *if_match;
	const char *if_none_match;
	const char *tenant;
	const char *principal;
	enum role role;
	const char *school, *section; /* the caller's scope */
};

/* The status, also of a failure. */
static inline int
rig_ask(struct rig *rig, struct asked asked)
{
	static const struct routes routes = { rig_rows, ARRAY_SIZE(rig_rows) };
	const char *schools[] = { asked.school },
		   *sections[] = { asked.section };
	size_t size = strcspn(asked.path, "?");
	struct bus_head head = {
		.tenant = asked.tenant != NULL ? asked.tenant : "north",
		.principal =
		    asked.principal != NULL ? asked.principal : "key:admin",
		.role = asked.role,
		.schools = schools,
		.schools_count = asked.school != NULL,
		.sections = sections,
		.sections_count = asked.section != NULL,
		.if_match = asked.if_match,
		.if_none_match = asked.if_none_match,
	};
	struct call call = { .head = &head,
		.arena = &rig->w.arena,
		.answer_body = &rig->body,
		.deadline = clock_ticks() + 60 * SECOND_US };
	bool is_known, is_good;

	call.query =
	    slice_of(asked.path[size] == '?' ? asked.path + size + 1 : "");
	call.body = slice_of(asked.body != NULL ? asked.body : "");
	call.route = route_find(&routes, slice_of(asked.method),
	    (struct slice){ asked.path, size }, &call.parameters, &is_known);
	assert_non_null(call.route);
	err_clear(&rig->err);
	rig->w.call = &call;
	is_good = work_begin(&rig->w, head.tenant, &rig->err) &&
	    call.route->handle(&rig->w, &call, &rig->err) &&
	    work_commit(&rig->w, &rig->err);
	db_rollback(rig->w.db);
	rig->w.call = NULL;
	rig->head = call.answer;
	return is_good ? (int)call.answer.status
		       : err_row(rig->err.code)->status;
}

/* The answer of the last call, decoded; until rig_close. */
static inline void
rig_read(struct rig *rig, const struct message *message, void *value)
{
	struct err err = { 0 };

	if (!json_decode(message, buf_slice(&rig->body), JSON_STRICT,
		&rig->w.arena, value, &err))
		fail_msg("%s: %s", err.detail, rig->body.data);
}

/* Hear an event as the event thread does; `data` is a message. */
static inline void
rig_hear(struct rig *rig, const char *topic, const char *id,
    const struct message *message, const void *data)
{
	static const struct hearing hearings[] = {
#define PROTO_DEF "proto/notification.def"
#include "proto/as_hearings.h"
	};
	struct buf json = { 0 };
	struct event event = { .id = id, .type = topic, .tenant = "north" };
	struct err err = { 0 };
	const struct hearing *hearing = NULL;

	json_encode(message, data, &json);
	event.data = buf_slice(&json);
	for (size_t i = 0; i < ARRAY_SIZE(hearings); i++)
		if (strcmp(hearings[i].topic, topic) == 0)
			hearing = &hearings[i];
	assert_non_null(hearing);
	event.source = hearing->publisher;
	if (!work_begin(&rig->w, event.tenant, &err) ||
	    !hearing->hear(&rig->w, &event, &err) ||
	    !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	buf_close(&json);
}

/* A number that the owner reads. */
static inline int64_t
rig_count(struct rig *rig, const char *name, const char *statement)
{
	struct query query = { name, QUERY_ONE, statement, 0 };
	struct db_result result = { 0 };
	struct err err = { 0 };
	int64_t count;

	if (!db_query(rig->owner, &query, DB_NO_ARGS, &result, &err))
		fail_msg("%s", err.detail);
	count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return count;
}

#endif
