/*
 * registry_test.c - versions, aliases and jobs over a real database, as a role
 * under row-level security.
 */
#include <pthread.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "services/training/looks.h"
#include "tests/unit/training/rig.h"
#include "wire/json.h"

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
	return count_rows(
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
	all = count_rows(every);
	moves = count_moves();
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 200);
	assert_int_equal(point_champion_to(SECOND, "\"" FIRST "\""), 200);
	assert_int_equal(point_champion_to(FIRST, "\"none\""), 412);
	assert_int_equal(count_rows(every), all + 2);
	assert_int_equal(count_moves(), moves + 1);
	assert_int_equal(
	    count_rows(
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
an_alias_is_moved_to_what_names_one_model(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(point_champion_to("aaaaaaaa", "\"none\""), 409);
	assert_int_equal(point_champion_to("aaaaaaa1", "\"none\""), 422);
	assert_int_equal(point_champion_to("aaaaaaaa1000", "\"none\""), 200);
	assert_string_equal(rig.head.etag, "\"" SECOND "\"");
	assert_int_equal(
	    ask_rig((struct asked){ .method = "PUT",
		.path = "/api/v1/models/aliases/shadow",
		.body = "{\"version\":\"champion\",\"why\":\"beside\"}",
		.if_match = "\"none\"" }),
	    200);
	assert_string_equal(rig.head.etag, "\"" SECOND "\"");
}

static void
who_wants_another_kind_as_onnx_is_told_of_a_network(void **state)
{
	(void)state;
	database_or_skip();
	assert_int_equal(get("/api/v1/models/" FIRST "/onnx"), 422);
	assert_non_null(strstr(rig.err.detail, "there is none yet"));
	database_run(rig.owner,
	    "INSERT INTO model (tenant_id, version, kind, manifest, bytes) "
	    "VALUES ('one', repeat('e', 64), 'network', '{}', 'bytes')");
	assert_int_equal(get("/api/v1/models/" FIRST "/onnx"), 422);
	assert_non_null(strstr(rig.err.detail, "the newest is eeeeeeeeeeee"));
}

static void
models_reports_and_audit_lines_are_never_changed(void **state)
{
	static const char *const statements[] = {
		"UPDATE model SET kind = 'network'", "DELETE FROM model",
		"TRUNCATE model CASCADE", "UPDATE report SET report = '{}'",
		"DELETE FROM report",
		"UPDATE judgement SET outcome = 'allowed'",
		"DELETE FROM judgement", "UPDATE alias_audit SET why = 'no'",
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
	return count_rows("SELECT count(*) FROM job_queue");
}

static int64_t
count_ends(void)
{
	return count_rows(
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

	while (
	    count_rows("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
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

/* A job of the rig's tenant, or of another, that is tested on these. */
static int64_t
look(const char *tenant, const char **courses, size_t count, const char *end)
{
	struct plan_side test = { .courses = courses, .course_count = count };
	struct err err = { 0 };
	char job_id[UUID_TEXT_SIZE];
	int64_t earlier = -1;

	uuid_make(job_id);
	if (!work_begin(&rig.w, tenant, &err) ||
	    !db_exec(rig.w.db, &query_job_add,
		DB_ARGS(db_text(tenant), db_text(job_id), db_text("{}"),
		    db_text("user:head")),
		NULL, &err) ||
	    !looks_note(&rig.w, tenant, job_id, &test, &earlier, &err) ||
	    !work_commit(&rig.w, &err))
		fail_msg("%s", err.detail);
	database_run(rig.owner, end);
	return earlier;
}

/* What failed has shown nobody a figure. */
static void
a_look_at_a_test_counts_for_all_its_courses(void **state)
{
	static const char succeed[] =
	    "UPDATE job SET state = 'succeeded' WHERE state = 'queued'";
	static const char fail[] =
	    "UPDATE job SET state = 'failed' WHERE state = 'queued'";
	const char *courses[] = { "maths/2014", "art/2014", "maths/2015" };

	(void)state;
	database_or_skip();
	assert_int_equal(look("one", courses, 2, succeed), 0);
	assert_int_equal(look("one", courses, 1, fail), 1);
	assert_int_equal(look("one", courses + 1, 2, succeed), 1);
	assert_int_equal(look("one", courses, 2, succeed), 2);
	assert_int_equal(look("one", courses + 2, 1, succeed), 1);
	assert_int_equal(look("two", courses, 3, succeed), 0);
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
		cmocka_unit_test_setup(
		    an_alias_is_moved_to_what_names_one_model, forget_champion),
		cmocka_unit_test(
		    who_wants_another_kind_as_onnx_is_told_of_a_network),
		cmocka_unit_test(
		    models_reports_and_audit_lines_are_never_changed),
		cmocka_unit_test_setup(another_tenant_sees_nothing,
		    forget_champion),
		cmocka_unit_test(
		    a_job_that_waits_can_be_cancelled_once_and_is_not_taken_up),
		cmocka_unit_test(cancelling_waits_for_who_works_on_the_job),
		cmocka_unit_test(a_look_at_a_test_counts_for_all_its_courses),
		cmocka_unit_test(a_question_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
