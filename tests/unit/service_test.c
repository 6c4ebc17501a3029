/*
 * service_test.c - the skeleton, with two small services as real processes on
 * the real database: routes, problems, doing it once, jobs, coming up without
 * a database, stopping.  Telling and hearing: readers_test.c.
 */
#include "service/service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/inside.h"
#include "tests/support/pair.h"

static void
what_was_posted_can_be_read(void **state)
{
	struct example_stored stored;
	char target[64];

	(void)state;
	database_or_skip();
	stored = read_stored(post("/api/v1/notes", "{\"text\":\"one\"}", NULL));
	snprintf(target, sizeof(target), "/api/v1/notes/%d", (int)stored.id);
	assert_string_equal(read_stored(get("alpha", target)).text, "one");
}

static void
what_is_not_answered_is_a_problem_of_its_own_kind(void **state)
{
	struct example_call forbidden = { .service = "alpha",
		.method = "GET",
		.target = "/api/v1/notes/1",
		.role = ROLE_STUDENT };
	struct example_call inside = { .service = "alpha",
		.method = "GET",
		.target = "/internal/status",
		.role = ROLE_EDUCATOR };
	char body[300];

	(void)state;
	database_or_skip();
	check_problem(get("alpha", "/api/v1/nowhere"), 404, "not-found");
	check_problem(get("alpha", "/api/v1/notes/999999"), 404, "not-found");
	check_problem(get("alpha", "/api/v1/fail"), 405, "method-not-allowed");
	check_problem(example_ask(&both, forbidden), 403, "forbidden");
	check_problem(example_ask(&both, inside), 403, "forbidden");
	check_problem(post("/api/v1/notes", "{\"text\":", NULL), 400,
	    "malformed");
	check_problem(post("/api/v1/notes", "{\"text\":\"\"}", NULL), 422,
	    "invalid");
	memset(body, ' ', sizeof(body));
	body[sizeof(body) - 1] = '\0';
	check_problem(post("/api/v1/notes", body, NULL), 413, "too-large");
}

/* It is answered at once, not left to its deadline. */
static void
a_question_whose_head_cannot_be_read_is_refused(void **state)
{
	struct example_call nothing = { .service = "alpha",
		.method = "",
		.target = "/api/v1/notes/1" };
	struct answer answer;

	(void)state;
	database_or_skip();
	answer = example_ask(&both, nothing);
	assert_int_equal(answer.head.status, 400);
	assert_string_equal(answer.head.content_type,
	    "application/problem+json");
}

static void
an_inner_failure_is_told_in_general_and_leaves_nothing(void **state)
{
	struct answer answer;
	struct db *db;
	struct db_result rows;
	struct err err = { 0 };
	static const struct query count = { "count_failed", QUERY_ONE,
		"SELECT count(*) FROM alpha.note WHERE text = 'failed'", 0 };

	(void)state;
	db = database_open("service_test", NULL);
	answer = post("/api/v1/fail", "{\"text\":\"failed\"}", NULL);
	check_problem(answer, 500, "internal");
	assert_null(memmem(answer.body.data, answer.body.size, "secret", 6));
	assert_true(db_query(db, &count, DB_NO_ARGS, &rows, &err));
	assert_int_equal(db_get_integer(&rows, 0, 0), 0);
	db_result_close(&rows);
	db_free(db);
}

static void
a_key_used_again_gives_the_first_answer(void **state)
{
	struct answer first, again;

	(void)state;
	database_or_skip();
	first = post("/api/v1/notes", "{\"text\":\"once\"}", "key-1");
	again = post("/api/v1/notes", "{\"text\":\"once\"}", "key-1");
	assert_int_equal(first.head.status, 201);
	assert_false(first.head.replayed);
	assert_int_equal(again.head.status, 201);
	assert_true(again.head.replayed);
	assert_string_equal(again.head.content_type, "application/json");
	assert_int_equal(read_stored(first).id, read_stored(again).id);
	check_problem(post("/api/v1/notes", "{\"text\":\"other\"}", "key-1"),
	    422, "idempotency-mismatch");
	check_problem(post("/api/v1/wait", "{\"text\":\"once\"}", "key-1"), 422,
	    "idempotency-mismatch");
	check_problem(example_ask(&both,
			  (struct example_call){ .service = "alpha",
			      .method = "POST",
			      .target = "/api/v1/notes",
			      .body = "{\"text\":\"once\"}",
			      .key = "key-1",
			      .if_match = "\"1\"" }),
	    422, "idempotency-mismatch");
	assert_int_not_equal(
	    read_stored(post("/api/v1/notes", "{\"text\":\"once\"}", "key-2"))
		.id,
	    read_stored(first).id);
}

static void
a_failed_call_may_use_its_key_again(void **state)
{
	(void)state;
	database_or_skip();
	check_problem(post("/api/v1/notes", "{\"text\":\"\"}", "key-3"), 422,
	    "invalid");
	assert_string_equal(
	    read_stored(post("/api/v1/notes", "{\"text\":\"good\"}", "key-3"))
		.text,
	    "good");
	/* On whatever thread the next call is worked on. */
	for (int i = 0; i < 8; i++)
		check_problem(
		    post("/api/v1/fail", "{\"text\":\"bad\"}", "key-6"), 500,
		    "internal");
}

struct held {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done, is_good;
};

static void
note_held(void *user, const struct raw_answer *answer, const struct err *err)
{
	struct held *held = user;

	(void)err;
	pthread_mutex_lock(&held->lock);
	held->is_done = true;
	held->is_good = answer != NULL &&
	    memmem(answer->body.data, answer->body.size, "held", 4) != NULL;
	pthread_cond_signal(&held->done);
	pthread_mutex_unlock(&held->lock);
}

/* Until some session waits for EXAMPLE_LOCK. */
static void
wait_until_blocked(struct db *db)
{
	static const struct query blocked = { "blocked", QUERY_ONE,
		"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
		" AND NOT granted",
		0 };
	int64_t until = clock_ticks() + PATIENCE_US, count = 0;
	struct db_result rows;
	struct err err = { 0 };

	while (count == 0 && clock_ticks() < until) {
		assert_true(db_query(db, &blocked, DB_NO_ARGS, &rows, &err));
		count = db_get_integer(&rows, 0, 0);
		db_result_close(&rows);
	}
	assert_int_equal(count, 1);
}

static void
check_key_in_hand(const char *target, const char *key)
{
	struct held held = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER };
	struct bus_head head = { .method = "POST",
		.target = target,
		.request_id = "held",
		.tenant = "default",
		.principal = "key:test",
		.role = ROLE_EDUCATOR,
		.idempotency_key = key,
		.deadline = clock_now() + 20 * SECOND_US };
	struct db *db = database_open("service_test", NULL);

	database_run(db, "SELECT pg_advisory_lock(4711)");
	bus_ask_later(both.bus, "alpha", &head, slice_of("{\"text\":\"held\"}"),
	    note_held, &held);
	wait_until_blocked(db);
	check_problem(post(target, "{\"text\":\"held\"}", key), 409,
	    "conflict");
	/* The same key with another service is another key. */
	assert_int_equal(example_ask(&both,
			     (struct example_call){ .service = "beta",
				 .method = "POST",
				 .target = "/api/v1/heard",
				 .body = "{\"text\":\"other\"}",
				 .key = key })
			     .head.status,
	    201);
	database_run(db, "SELECT pg_advisory_unlock(4711)");
	pthread_mutex_lock(&held.lock);
	while (!held.is_done)
		pthread_cond_wait(&held.done, &held.lock);
	pthread_mutex_unlock(&held.lock);
	assert_true(held.is_good);
	assert_true(post(target, "{\"text\":\"held\"}", key).head.replayed);
	db_free(db);
}

static void
a_key_whose_call_is_still_worked_on_is_a_conflict(void **state)
{
	(void)state;
	check_key_in_hand("/api/v1/wait", "key-4");
	/* Also when the call has committed a part of its work. */
	check_key_in_hand("/api/v1/twice", "key-5");
}

static void
a_job_runs_while_one_that_is_apart_waits(void **state)
{
	int64_t until = clock_ticks() + PATIENCE_US;

	(void)state;
	database_or_skip();
	while (heard().jobs == 0)
		assert_true(clock_ticks() < until);
}

static void
ops_pages_tell_that_it_is_ready(void **state)
{
	struct buf body = { 0 };

	(void)state;
	database_or_skip();
	assert_int_equal(example_ops(&both, "beta", "/healthz", &body), 200);
	assert_int_equal(example_ops(&both, "beta", "/readyz", &body), 200);
	assert_int_equal(example_ops(&both, "beta", "/version", &body), 200);
	assert_non_null(strstr(body.data, "\"service\":\"beta\""));
	assert_int_equal(example_ops(&both, "beta", "/metrics", &body), 200);
	assert_non_null(strstr(body.data, "edupulse_calls_total"));
	assert_int_equal(example_ops(&both, "beta", "/nowhere", &body), 404);
	buf_close(&body);
}

static void
without_a_database_it_is_up_and_says_what_is_missing(void **state)
{
	struct example alone;
	struct buf body = { 0 };
	struct answer answer;
	pid_t pid;

	(void)state;
	example_open(&alone, NULL);
	pid = example_start(&alone, "alpha", NULL);
	assert_int_equal(example_ops(&alone, "alpha", "/healthz", &body), 200);
	assert_int_equal(example_ops(&alone, "alpha", "/readyz", &body), 503);
	assert_non_null(strstr(body.data, "\"name\":\"database\""));
	assert_non_null(strstr(body.data, "\"ready\":false"));
	answer = example_ask(&alone,
	    (struct example_call){ .service = "alpha",
		.method = "GET",
		.target = "/internal/status" });
	assert_int_equal(answer.head.status, 200);
	answer = example_ask(&alone,
	    (struct example_call){ .service = "alpha",
		.method = "GET",
		.target = "/api/v1/notes/1" });
	assert_int_equal(answer.head.status, 503);
	assert_string_equal(example_problem(&alone, &answer), "unavailable");
	assert_int_equal(example_stop(pid), 0);
	buf_close(&body);
	example_close(&alone);
}

static void
asking_has_an_order(void **state)
{
	static const char *const order[] = { "gateway", "notification",
		"drift-monitor", "prediction", "training", "ingestion" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (size_t j = 0; j < ARRAY_SIZE(order); j++)
			assert_int_equal(may_ask(order[i], order[j]), i < j);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_posted_can_be_read),
		cmocka_unit_test(
		    what_is_not_answered_is_a_problem_of_its_own_kind),
		cmocka_unit_test(
		    a_question_whose_head_cannot_be_read_is_refused),
		cmocka_unit_test(
		    an_inner_failure_is_told_in_general_and_leaves_nothing),
		cmocka_unit_test(a_key_used_again_gives_the_first_answer),
		cmocka_unit_test(a_failed_call_may_use_its_key_again),
		cmocka_unit_test(
		    a_key_whose_call_is_still_worked_on_is_a_conflict),
		cmocka_unit_test(a_job_runs_while_one_that_is_apart_waits),
		cmocka_unit_test(ops_pages_tell_that_it_is_ready),
		cmocka_unit_test(
		    without_a_database_it_is_up_and_says_what_is_missing),
		cmocka_unit_test(asking_has_an_order),
	};
	int status;

	if (example_main(argc, argv, &status))
		return status;
	return cmocka_run_group_tests(tests, start_both, stop_both);
}
