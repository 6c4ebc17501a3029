/*
 * rig.h - training's handlers against a real database: a migrated schema
 * `training_test` with four models, its role under row-level security, and
 * calls as the skeleton makes them.
 */
#ifndef TESTS_TRAINING_RIG_H
#define TESTS_TRAINING_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/service/migrations.h"
#include "services/training/migrations.h"
#include "services/training/queries.h"
#include "services/training/training.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

#define FIRST      \
	"aaaaaaaa" \
	"00000000000000000000000000000000000000000000000000000001"
#define SECOND     \
	"aaaaaaaa" \
	"10000000000000000000000000000000000000000000000000000002"
#define THIRD      \
	"cccccccc" \
	"20000000000000000000000000000000000000000000000000000004"
#define FOURTH     \
	"dddddddd" \
	"00000000000000000000000000000000000000000000000000000005"
#define MISSING    \
	"bbbbbbbb" \
	"00000000000000000000000000000000000000000000000000000003"

static const struct route rows[] = {
#define PROTO_DEF "proto/training.def"
#include "proto/as_routes.h"
};
/* A tracking server is set, so what it is to be told waits in its table; nobody
 * tells it here. */
static const struct training_settings rig_settings = {
	.mlflow_tracking_uri = "http://tracking.example"
};
static const struct routes routes = { rows, ARRAY_SIZE(rows) };

static struct rig {
	struct worker w;
	struct db *owner;
	struct buf answer;
	struct bus_answer head;
	struct err err;
} rig;

/* A call as the skeleton makes it. */
struct asked {
	const char *method;
	const char *path;
	const char *body;
	const char *if_match;
	const char *tenant; /* NULL: "one" */
};

/* The status, also of a failure. */
static inline int
ask_rig(struct asked asked)
{
	const char *tenant = asked.tenant != NULL ? asked.tenant : "one";
	struct bus_head head = { .tenant = tenant,
		.principal = "user:head",
		.if_match = asked.if_match };
	struct call call = { .head = &head,
		.arena = &rig.w.arena,
		.answer_body = &rig.answer };
	struct slice path = slice_of(asked.path);
	const char *query = strchr(asked.path, '?');
	bool is_known, is_good;

	if (query != NULL) {
		path.size = (size_t)(query - asked.path);
		call.query = slice_of(query + 1);
	}
	if (asked.body != NULL)
		call.body = slice_of(asked.body);
	call.route = route_find(&routes, slice_of(asked.method), path,
	    &call.parameters, &is_known);
	assert_non_null(call.route);
	err_clear(&rig.err);
	rig.w.call = &call;
	is_good = db_begin(rig.w.db, tenant, &rig.err) &&
	    call.route->handle(&rig.w, &call, &rig.err) &&
	    db_commit(rig.w.db, &rig.err);
	db_rollback(rig.w.db);
	rig.w.call = NULL;
	rig.head = call.answer;
	return is_good ? (int)call.answer.status
		       : err_row(rig.err.code)->status;
}

static inline int
get(const char *path)
{
	return ask_rig((struct asked){ .method = "GET", .path = path });
}

static inline int
ask_for_champion(const char *version, const char *if_match,
    const char *despite_gate)
{
	char body[200];

	snprintf(body, sizeof(body),
	    "{\"version\":\"%s\",\"why\":\"it is better\","
	    "\"despite_gate\":%s}",
	    version, despite_gate);
	return ask_rig((struct asked){ .method = "PUT",
	    .path = "/api/v1/models/aliases/champion",
	    .body = body,
	    .if_match = if_match });
}

/* Whatever the gate said. */
static inline int
point_champion_to(const char *version, const char *if_match)
{
	return ask_for_champion(version, if_match, "true");
}

/* Only with the gate's leave. */
static inline int
propose_champion(const char *version, const char *if_match)
{
	return ask_for_champion(version, if_match, "false");
}

static inline void
add_model(const char *version)
{
	struct err err = { 0 };

	if (!work_begin(&rig.w, "one", &err) ||
	    !db_exec(rig.w.db, &query_model_add,
		DB_ARGS(db_text("one"), db_text(version), db_text("logistic"),
		    db_null(), db_real(.5), db_real(.8), db_text("{}"),
		    db_bytes(slice_of("bytes"))),
		NULL, &err) ||
	    !db_exec(rig.w.db, &query_report_add,
		DB_ARGS(db_text("one"), db_text(version),
		    db_text("{\"n\": 1}")),
		NULL, &err) ||
	    !work_commit(&rig.w, &err))
		fail_msg("%s", err.detail);
}

static inline int64_t
count_rows(const char *statement)
{
	return database_count(rig.owner, statement);
}

static inline int
open_rig(void **state)
{
	struct migrations sets[] = { service_migrations, training_migrations };
	struct err err = { 0 };
	size_t applied;

	(void)state;
	if (getenv("EDUPULSE_TEST_DATABASE") == NULL)
		return 0;
	rig.owner = database_open("training_test", NULL);
	database_run(rig.owner,
	    "DO $$ BEGIN CREATE ROLE edupulse_training LOGIN; "
	    "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
	database_run(rig.owner,
	    "GRANT CONNECT ON DATABASE edupulse TO edupulse_training");
	database_run(rig.owner,
	    "GRANT USAGE ON SCHEMA training_test TO edupulse_training");
	if (!migrate(rig.owner, sets, ARRAY_SIZE(sets), &applied, &err))
		fail_msg("%s", err.detail);
	database_run(rig.owner,
	    "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN "
	    "SCHEMA training_test TO edupulse_training");
	rig.w.settings = &rig_settings;
	rig.w.db = database_open("training_test", "edupulse_training");
	arena_init(&rig.w.arena, 65536);
	add_model(FIRST);
	add_model(SECOND);
	add_model(THIRD);
	add_model(FOURTH);
	return 0;
}

static inline int
close_rig(void **state)
{
	(void)state;
	if (rig.owner == NULL)
		return 0;
	buf_close(&rig.answer);
	arena_close(&rig.w.arena);
	db_free(rig.w.db);
	db_free(rig.owner);
	return 0;
}

/* Each test begins without a champion. */
static inline int
forget_champion(void **state)
{
	(void)state;
	if (rig.owner != NULL) {
		database_run(rig.owner, "DELETE FROM alias");
		database_run(rig.owner, "DELETE FROM outbox");
		database_run(rig.owner, "DELETE FROM tracking_task");
	}
	return 0;
}

#endif
