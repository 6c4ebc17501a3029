/*
 * registry_test.c - versions, aliases and jobs over a real database, as a role
 * under row-level security.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "libcommon/service/migrations.h"
#include "services/training/migrations.h"
#include "services/training/queries.h"
#include "services/training/training.h"
#include "tests/support/database.h"
#include "tests/support/test.h"
#include "wire/json.h"

#define FIRST      \
	"aaaaaaaa" \
	"00000000000000000000000000000000000000000000000000000001"
#define SECOND     \
	"aaaaaaaa" \
	"10000000000000000000000000000000000000000000000000000002"
#define MISSING    \
	"bbbbbbbb" \
	"00000000000000000000000000000000000000000000000000000003"

static const struct route rows[] = {
#define PROTO_DEF "proto/training.def"
#include "proto/as_routes.h"
};
static const struct routes routes = { rows, ARRAY_SIZE(rows) };

static struct {
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
static int
ask_rig(struct asked asked)
{
	const char *tenant = asked.tenant != NULL ? asked.tenant : "one";
	struct bus_head head = { .tenant = tenant,
		.principal = "user:head",
		.if_match = asked.if_match };
	struct call call = { .head = &head,
		.arena = &rig.w.arena,
		.answer_body = &rig.answer };
	bool is_known, is_good;

	if (asked.body != NULL)
		call.body = slice_of(asked.body);
	call.route = route_find(&routes, slice_of(asked.method),
	    slice_of(asked.path), &call.parameters, &is_known);
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

static int
get(const char *path)
{
	return ask_rig((struct asked){ .method = "GET", .path = path });
}

static int
point_champion_to(const char *version, const char *if_match)
{
	char body[200];

	snprintf(body, sizeof(body),
	    "{\"version\":\"%s\",\"why\":\"it is better\"}", version);
	return ask_rig((struct asked){ .method = "PUT",
	    .path = "/api/v1/models/aliases/champion",
	    .body = body,
	    .if_match = if_match });
}

static void
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

/* A query is prepared once by its name. */
static int64_t
count_rows(const char *name, const char *statement)
{
	struct query query = { name, QUERY_ONE, statement, 0 };
	struct db_result result = { 0 };
	struct err err = { 0 };
	int64_t count;

	if (!db_query(rig.owner, &query, DB_NO_ARGS, &result, &err))
		fail_msg("%s", err.detail);
	count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return count;
}

static int
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
	rig.w.db = database_open("training_test", "edupulse_training");
	arena_init(&rig.w.arena, 65536);
	add_model(FIRST);
	add_model(SECOND);
	return 0;
}

static int
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
static int
forget_champion(void **state)
{
	(void)state;
	if (rig.owner != NULL) {
		database_run(rig.owner, "DELETE FROM alias");
		database_run(rig.owner, "DELETE FROM outbox");
	}
	return 0;
}

static void
moving_an_alias_needs_its_entity_tag(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, NULL), 428);
	assert_int_equal(point_champion_to(FIRST, "\"" SECOND "\""), 412);
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_string_equal(rig.head.etag, "\"" FIRST "\"");
	assert_int_equal(point_champion_to(SECOND, "\"none\""), 412);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	assert_int_equal(get("/api/v1/models/aliases/champion"), 200);
	assert_string_equal(rig.head.etag, "\"" SECOND "\"");
}

static int64_t
count_moves(void)
{
	return count_rows("count_moves",
	    "SELECT count(*) FROM alias_audit WHERE from_version = '" FIRST
	    "' AND to_version = '" SECOND
	    "' AND moved_by = 'user:head' AND why = 'it is better'");
}

static void
each_move_leaves_an_audit_line_and_an_event(void **state)
{
	static const char every[] = "SELECT count(*) FROM alias_audit";
	int64_t all, moves;

	(void)state;
	database_or_skip();
	all = count_rows("all", every);
	moves = count_moves();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 412);
	assert_int_equal(count_rows("all", every), all + 2);
	assert_int_equal(count_moves(), moves + 1);
	assert_int_equal(
	    count_rows("events",
		"SELECT count(*) FROM outbox WHERE topic = 'model.promoted' "
		"AND tenant_id = 'one'"),
	    2);
}

static void
an_alias_points_to_no_model_that_is_not_there(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(MISSING, "\"none\""), 422);
	assert_int_equal(get("/api/v1/models/aliases/champion"), 404);
	assert_int_equal(get("/api/v1/models/aliases/winner"), 404);
}

static void
a_version_is_known_by_its_alias_or_a_clear_beginning(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(SECOND, "\"none\""), 200);
	assert_int_equal(get("/api/v1/models/champion"), 200);
	assert_non_null(strstr(rig.answer.data, SECOND));
	assert_non_null(strstr(rig.answer.data, "[\"champion\"]"));
	assert_int_equal(get("/api/v1/models/aaaaaaaa1"), 200);
	assert_non_null(strstr(rig.answer.data, SECOND));
	assert_int_equal(get("/api/v1/models/" FIRST), 200);
	assert_int_equal(get("/api/v1/models/aaaaaaaa"), 409);
	assert_int_equal(get("/api/v1/models/aaaaaaa"), 404);
	assert_int_equal(get("/api/v1/models/bbbbbbbb"), 404);
	assert_int_equal(get("/internal/models/champion/file"), 200);
	assert_string_equal(rig.answer.data, "bytes");
	assert_int_equal(get("/api/v1/models/champion/report"), 200);
	assert_string_equal(rig.answer.data, "{\"n\": 1}");
}

static void
models_reports_and_audit_lines_are_never_changed(void **state)
{
	static const char *const statements[] = {
		"UPDATE model SET kind = 'network'", "DELETE FROM model",
		"TRUNCATE model CASCADE", "UPDATE report SET report = '{}'",
		"DELETE FROM report", "UPDATE alias_audit SET why = 'no'",
		"DELETE FROM alias_audit"
	};

	(void)state;
	database_or_skip();
	for (size_t i = 0; i < ARRAY_SIZE(statements); i++) {
		struct query query = { "change", QUERY_COMMAND, statements[i],
			0 };
		struct err err = { 0 };

		assert_true(db_begin(rig.w.db, "one", &err));
		assert_false(db_exec(rig.w.db, &query, DB_NO_ARGS, NULL, &err));
		assert_int_equal(err.code, ERR_FORBIDDEN);
		db_rollback(rig.w.db);
	}
}

static void
another_tenant_sees_nothing(void **state)
{
	static const char *const paths[] = { "/api/v1/models/" FIRST,
		"/api/v1/models/champion", "/api/v1/models/aliases/champion" };

	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(ask_rig((struct asked){ .method = "GET",
				     .path = paths[i],
				     .tenant = "two" }),
		    404);
	assert_int_equal(ask_rig((struct asked){ .method = "GET",
			     .path = "/api/v1/models",
			     .tenant = "two" }),
	    200);
	assert_string_equal(rig.answer.data, "{\"items\":[]}");
}

static struct train_job
read_job(void)
{
	struct train_job job;
	struct err err = { 0 };

	if (!json_decode(&train_job_message, buf_slice(&rig.answer),
		JSON_STRICT, &rig.w.arena, &job, &err))
		fail_msg("%s", err.detail);
	return job;
}

static int64_t
count_queue(void)
{
	return count_rows("count_queue", "SELECT count(*) FROM job_queue");
}

static int64_t
count_ends(void)
{
	return count_rows("count_ends",
	    "SELECT count(*) FROM outbox WHERE topic = 'training.finished' "
	    "AND data::jsonb ->> 'state' = 'cancelled'");
}

static int
start_job(const char *body)
{
	return ask_rig((struct asked){ .method = "POST",
	    .path = "/api/v1/train/update",
	    .body = body });
}

static void
a_job_that_waits_can_be_cancelled_once_and_is_not_taken_up(void **state)
{
	struct train_job job;
	char path[100];

	(void)state;
	database_or_skip();
	assert_int_equal(start_job("{\"seed\":7}"), 202);
	job = read_job();
	assert_int_equal(job.state, JOB_QUEUED);
	assert_int_equal(count_queue(), 1);
	snprintf(path, sizeof(path), "/api/v1/train/jobs/%s/cancel",
	    job.job_id);
	assert_int_equal(
	    ask_rig((struct asked){ .method = "POST", .path = path }), 200);
	assert_int_equal(read_job().state, JOB_CANCELLED);
	assert_int_equal(count_queue(), 0);
	assert_int_equal(count_ends(), 1);
	assert_int_equal(
	    ask_rig((struct asked){ .method = "POST", .path = path }), 200);
	assert_int_equal(read_job().state, JOB_CANCELLED);
	assert_int_equal(count_ends(), 1);
}

/* Cancels the job whose path it is given. */
static void *
cancel(void *path)
{
	static int status;

	status = ask_rig((struct asked){ .method = "POST", .path = path });
	return &status;
}

static void
wait_until_blocked(void)
{
	int64_t until = clock_ticks() + 30 * SECOND_US;

	while (count_rows("blocked",
		   "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
		assert_true(clock_ticks() < until);
}

/* Who works on a job touches the queue first and then the job. */
static void
cancelling_waits_for_who_works_on_the_job(void **state)
{
	pthread_t thread;
	char path[100];
	void *status;

	(void)state;
	database_or_skip();
	assert_int_equal(start_job("{\"seed\":8}"), 202);
	snprintf(path, sizeof(path), "/api/v1/train/jobs/%s/cancel",
	    read_job().job_id);
	database_run(rig.owner, "BEGIN");
	database_run(rig.owner, "UPDATE job_queue SET attempts = attempts");
	assert_int_equal(pthread_create(&thread, NULL, cancel, path), 0);
	wait_until_blocked();
	database_run(rig.owner, "UPDATE job SET progress = 0.5");
	database_run(rig.owner, "COMMIT");
	pthread_join(thread, &status);
	assert_int_equal(*(int *)status, 200);
	assert_int_equal(read_job().state, JOB_CANCELLED);
	assert_int_equal(count_queue(), 0);
}

static void
a_question_that_makes_no_sense_is_refused(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(start_job("{\"hidden\":20}"), 422);
	assert_int_equal(start_job("{\"test_weeks\":[8,4]}"), 422);
	assert_int_equal(start_job("{\"train_weeks\":[2.5]}"), 422);
	assert_int_equal(start_job("{\"train_weeks\":[0]}"), 422);
	assert_int_equal(get("/api/v1/train/jobs/no-such-job"), 404);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(moving_an_alias_needs_its_entity_tag,
		    forget_champion),
		cmocka_unit_test_setup(
		    each_move_leaves_an_audit_line_and_an_event,
		    forget_champion),
		cmocka_unit_test_setup(
		    an_alias_points_to_no_model_that_is_not_there,
		    forget_champion),
		cmocka_unit_test_setup(
		    a_version_is_known_by_its_alias_or_a_clear_beginning,
		    forget_champion),
		cmocka_unit_test(
		    models_reports_and_audit_lines_are_never_changed),
		cmocka_unit_test_setup(another_tenant_sees_nothing,
		    forget_champion),
		cmocka_unit_test(
		    a_job_that_waits_can_be_cancelled_once_and_is_not_taken_up),
		cmocka_unit_test(cancelling_waits_for_who_works_on_the_job),
		cmocka_unit_test(a_question_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
