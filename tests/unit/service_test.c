/*
 * service_test.c - the skeleton, with two small services as real processes on
 * the real database: routes, problems, doing it once, telling and hearing, by
 * one copy and by two, coming up without a database, stopping.
 */
#include "service/service.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "service/inside.h"
#include "tests/support/database.h"
#include "tests/support/example.h"
#include "tests/support/test.h"
#include "wire/json.h"

#define PATIENCE_US (30 * SECOND_US)

static struct example both;
static pid_t alpha, beta;

static int
start_both(void **state)
{
	(void)state;
	if (getenv("EDUPULSE_TEST_DATABASE") == NULL)
		return 0;
	example_open(&both, getenv("EDUPULSE_TEST_DATABASE"));
	example_migrate(&both);
	alpha = example_start(&both, "alpha", NULL);
	beta = example_start(&both, "beta", NULL);
	example_wait_ready(&both, "alpha");
	example_wait_ready(&both, "beta");
	return 0;
}

static int
stop_both(void **state)
{
	(void)state;
	if (getenv("EDUPULSE_TEST_DATABASE") == NULL)
		return 0;
	assert_int_equal(example_stop(alpha), 0);
	assert_int_equal(example_stop(beta), 0);
	example_close(&both);
	return 0;
}

static struct answer
post(const char *target, const char *body, const char *key)
{
	return example_ask(&both,
	    (struct example_call){ .service = "alpha",
		.method = "POST",
		.target = target,
		.body = body,
		.key = key });
}

static struct answer
get(const char *service, const char *target)
{
	return example_ask(&both,
	    (struct example_call){ .service = service,
		.method = "GET",
		.target = target });
}

static void
check_problem(struct answer answer, int status, const char *type)
{
	assert_int_equal(answer.head.status, status);
	assert_string_equal(example_problem(&both, &answer), type);
}

static struct example_stored
read_stored(struct answer answer)
{
	struct example_stored stored;
	struct err err = { 0 };

	if (answer.head.status != 200 && answer.head.status != 201)
		fail_msg("%.*s", (int)answer.body.size, answer.body.data);
	assert_true(json_decode(&example_stored_message, answer.body,
	    JSON_STRICT, &both.arena, &stored, &err));
	return stored;
}

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
a_key_whose_call_is_still_worked_on_is_a_conflict(void **state)
{
	struct held held = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER };
	struct bus_head head = { .method = "POST",
		.target = "/api/v1/wait",
		.request_id = "held",
		.tenant = "default",
		.principal = "key:test",
		.role = ROLE_EDUCATOR,
		.idempotency_key = "key-4",
		.deadline = clock_now() + 20 * SECOND_US };
	struct db *db = database_open("service_test", NULL);

	(void)state;
	database_run(db, "SELECT pg_advisory_lock(4711)");
	bus_ask_later(both.bus, "alpha", &head, slice_of("{\"text\":\"held\"}"),
	    note_held, &held);
	wait_until_blocked(db);
	check_problem(post("/api/v1/wait", "{\"text\":\"held\"}", "key-4"), 409,
	    "conflict");
	database_run(db, "SELECT pg_advisory_unlock(4711)");
	pthread_mutex_lock(&held.lock);
	while (!held.is_done)
		pthread_cond_wait(&held.done, &held.lock);
	pthread_mutex_unlock(&held.lock);
	assert_true(held.is_good);
	db_free(db);
}

static struct example_heard
heard(void)
{
	struct answer answer = get("beta", "/api/v1/heard");
	struct example_heard heard;
	struct err err = { 0 };

	assert_true(json_decode(&example_heard_message, answer.body,
	    JSON_STRICT, &both.arena, &heard, &err));
	return heard;
}

static int
times_heard(const char *text)
{
	const char *texts = heard().texts, *at = texts;
	int count = 0;

	while (at != NULL && (at = strstr(at, text)) != NULL) {
		count++;
		at += strlen(text);
	}
	return count;
}

static void
wait_until_heard(const char *text)
{
	int64_t until = clock_ticks() + PATIENCE_US;

	while (times_heard(text) == 0)
		if (clock_ticks() > until)
			fail_msg("%s was not heard", text);
}

static void
what_alpha_tells_beta_hears_once_even_when_killed(void **state)
{
	char body[64], name[32];

	(void)state;
	database_or_skip();
	for (int i = 0; i < 30; i++) {
		snprintf(body, sizeof(body), "{\"text\":\"<tell-%d>\"}", i);
		read_stored(post("/api/v1/notes", body, NULL));
		if (i != 10)
			continue;
		kill(beta, SIGKILL);
		waitpid(beta, NULL, 0);
	}
	beta = example_start(&both, "beta", NULL);
	example_wait_ready(&both, "beta");
	wait_until_heard("<tell-29>");
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "<tell-%d>", i);
		assert_int_equal(times_heard(name), 1);
	}
}

/* What a copy of beta says of itself; its reader has no error. */
static struct service_status
status_of(const char *copy)
{
	struct answer answer = get(copy, "/internal/status");
	struct service_status status;
	struct err err = { 0 };

	assert_true(json_decode(&service_status_message, answer.body,
	    JSON_STRICT, &both.arena, &status, &err));
	assert_int_equal(status.readers_count, 1);
	assert_null(status.readers[0].error);
	return status;
}

static void
tell_many(const char *name, int count)
{
	char body[64];

	for (int i = 0; i < count; i++) {
		snprintf(body, sizeof(body), "{\"text\":\"<%s-%d>\"}", name,
		    i);
		read_stored(post("/api/v1/notes", body, NULL));
	}
}

static void
check_heard_once(const char *name, int count)
{
	char text[32];

	snprintf(text, sizeof(text), "<%s-%d>", name, count - 1);
	wait_until_heard(text);
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "<%s-%d>", name, i);
		assert_int_equal(times_heard(text), 1);
	}
}

/* All that is told is read by a copy: it lags by nothing. */
static void
wait_until_read(const char *copy)
{
	int64_t until = clock_ticks() + PATIENCE_US;

	while (status_of(copy).readers[0].lag != 0)
		if (clock_ticks() > until)
			fail_msg("%s goes on lagging", copy);
}

static void
two_copies_hear_everything_once(void **state)
{
	pid_t other;

	(void)state;
	database_or_skip();
	other = example_start_copy(&both, "beta", "beta-2");
	example_wait_ready(&both, "beta-2");
	tell_many("two", 40);
	check_heard_once("two", 40);
	wait_until_read("beta");
	wait_until_read("beta-2");
	assert_int_equal(times_heard("<two-39>"), 1);
	assert_int_equal(example_stop(other), 0);
}

static void
of_two_copies_one_may_be_killed_at_any_time(void **state)
{
	pid_t copies[2];

	(void)state;
	database_or_skip();
	copies[0] = example_start_copy(&both, "beta", "beta-2");
	copies[1] = example_start_copy(&both, "beta", "beta-3");
	example_wait_ready(&both, "beta-2");
	example_wait_ready(&both, "beta-3");
	tell_many("first", 20);
	kill(copies[0], SIGKILL);
	waitpid(copies[0], NULL, 0);
	tell_many("second", 20);
	kill(beta, SIGKILL);
	waitpid(beta, NULL, 0);
	tell_many("third", 20);
	wait_until_read("beta-3");
	beta = example_start(&both, "beta", NULL);
	example_wait_ready(&both, "beta");
	check_heard_once("first", 20);
	check_heard_once("second", 20);
	check_heard_once("third", 20);
	assert_int_equal(example_stop(copies[1]), 0);
}

static int64_t
calls_of_alpha(void)
{
	struct buf body = { 0 };
	const char *line;
	long long calls;

	assert_int_equal(example_ops(&both, "alpha", "/metrics", &body), 200);
	line = strstr(body.data, "edupulse_calls_total{status_class=\"2xx\"} ");
	if (line == NULL)
		fail_msg("%s", body.data);
	assert_int_equal(sscanf(strchr(line, ' '), "%lld", &calls), 1);
	buf_close(&body);
	return calls;
}

static void
a_copy_stands_back_while_another_is_at_it(void **state)
{
	struct db *db = database_open("service_test", NULL);
	int64_t before, asked;

	(void)state;
	wait_until_read("beta");
	database_run(db, "BEGIN");
	database_run(db,
	    "SELECT 1 FROM beta.reader_cursor WHERE reader = 'alpha.events'"
	    " FOR UPDATE");
	before = calls_of_alpha();
	tell_many("held", 5);
	/* Each look waits a while for the reader. */
	for (int i = 0; i < 3; i++)
		status_of("beta");
	asked = calls_of_alpha() - before - 5;
	assert_in_range(asked, 1, 5);
	assert_int_equal(times_heard("<held-0>"), 0);
	database_run(db, "COMMIT");
	check_heard_once("held", 5);
	db_free(db);
}

static struct event_page
events_after(const char *cursor)
{
	struct event_page page;
	struct answer answer;
	struct err err = { 0 };
	char target[128];

	snprintf(target, sizeof(target), "/internal/events?after=%s&limit=1000",
	    cursor);
	answer = get("alpha", target);
	assert_int_equal(answer.head.status, 200);
	assert_true(json_decode(&event_page_message, answer.body, JSON_STRICT,
	    &both.arena, &page, &err));
	return page;
}

static void
no_event_is_passed_over_while_an_older_transaction_is_open(void **state)
{
	struct db *db = database_open("service_test", NULL);
	const char *before;

	(void)state;
	read_stored(post("/api/v1/notes", "{\"text\":\"<before>\"}", NULL));
	wait_until_heard("<before>");
	before = events_after("").next;
	database_run(db, "BEGIN");
	database_run(db,
	    "INSERT INTO alpha.outbox (epoch, tenant_id, topic, data) VALUES "
	    "(1, 'default', 'note.added', '{\"id\":1,\"text\":\"<older>\"}')");
	read_stored(post("/api/v1/notes", "{\"text\":\"<younger>\"}", NULL));
	/* The younger one is committed, yet not told: the older may come. */
	assert_int_equal(events_after(before).items_count, 0);
	assert_string_equal(events_after(before).next, before);
	database_run(db, "COMMIT");
	assert_int_equal(events_after(before).items_count, 2);
	wait_until_heard("<younger>");
	assert_int_equal(times_heard("<older>"), 1);
	assert_true(strstr(heard().texts, "<older>") <
	    strstr(heard().texts, "<younger>"));
	db_free(db);
}

static void
events_of_a_new_epoch_come_after_all_of_the_old(void **state)
{
	struct db *db = database_open("service_test", NULL);
	const char *before;
	struct event_page page;

	(void)state;
	before = events_after("").next;
	database_run(db, "UPDATE alpha.epoch SET value = 2");
	read_stored(post("/api/v1/notes", "{\"text\":\"<epoch>\"}", NULL));
	page = events_after(before);
	assert_int_equal(page.items_count, 1);
	assert_int_equal(strncmp(page.next, "2.", 2), 0);
	wait_until_heard("<epoch>");
	check_problem(get("alpha", "/internal/events?after=1.x"), 422,
	    "invalid");
	db_free(db);
}

static void
a_job_has_run(void **state)
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
		"drift-monitor", "training", "prediction", "ingestion" };

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
		    an_inner_failure_is_told_in_general_and_leaves_nothing),
		cmocka_unit_test(a_key_used_again_gives_the_first_answer),
		cmocka_unit_test(a_failed_call_may_use_its_key_again),
		cmocka_unit_test(
		    a_key_whose_call_is_still_worked_on_is_a_conflict),
		cmocka_unit_test(
		    what_alpha_tells_beta_hears_once_even_when_killed),
		cmocka_unit_test(two_copies_hear_everything_once),
		cmocka_unit_test(of_two_copies_one_may_be_killed_at_any_time),
		cmocka_unit_test(a_copy_stands_back_while_another_is_at_it),
		cmocka_unit_test(
		    no_event_is_passed_over_while_an_older_transaction_is_open),
		cmocka_unit_test(
		    events_of_a_new_epoch_come_after_all_of_the_old),
		cmocka_unit_test(a_job_has_run),
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
