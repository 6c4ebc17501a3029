/*
 * readers_test.c - telling and hearing, with two small services as real
 * processes on the real database: each event once and in order, for one copy
 * of a service and for several, whoever is killed.
 */
#include "service/service.h"

#include <signal.h>
#include <sys/wait.h>

#include "tests/support/pair.h"

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
		snprintf(body, sizeof(body), "{\"text\":\"<%s-%d>\"}", name, i);
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

/* What another copy does meanwhile is known at the first question. */
static void
one_that_stands_back_looks_when_it_is_asked(void **state)
{
	struct db *db = database_open("service_test", NULL);

	(void)state;
	wait_until_read("beta");
	database_run(db, "BEGIN");
	database_run(db,
	    "SELECT 1 FROM beta.reader_cursor WHERE reader = 'alpha.events'"
	    " FOR UPDATE");
	tell_many("taken", 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(status_of("beta").readers[0].lag, 1);
	database_run(db,
	    "UPDATE beta.reader_cursor SET cursor = (SELECT epoch || '.' || xid"
	    " || '.' || id FROM alpha.outbox ORDER BY epoch DESC, xid DESC,"
	    " id DESC LIMIT 1)");
	database_run(db, "COMMIT");
	assert_int_equal(status_of("beta").readers[0].lag, 0);
	assert_int_equal(times_heard("<taken-0>"), 0);
	db_free(db);
}

static void
what_an_older_transaction_holds_back_is_lag(void **state)
{
	struct db *db = database_open("service_test", NULL);

	(void)state;
	wait_until_read("beta");
	database_run(db, "BEGIN");
	database_run(db, "CREATE TEMP TABLE older ()");
	tell_many("held back", 2);
	assert_int_equal(times_heard("<held back-0>"), 0);
	assert_true(status_of("beta").readers[0].lag > 0);
	database_run(db, "COMMIT");
	check_heard_once("held back", 2);
	wait_until_read("beta");
	db_free(db);
}

/* The other copy is played here, while beta stands still. */
static void
what_another_copy_has_applied_is_not_applied_again(void **state)
{
	struct db *db = database_open("service_test", NULL);
	char statement[256];

	(void)state;
	tell_many("both", 1);
	wait_until_heard("<both-0>");
	kill(beta, SIGSTOP);
	tell_many("elsewhere", 1);
	snprintf(statement, sizeof(statement),
	    "UPDATE beta.reader_cursor SET cursor = '%s'",
	    events_after("").next);
	database_run(db, statement);
	kill(beta, SIGCONT);
	tell_many("behind", 1);
	wait_until_heard("<behind-0>");
	assert_int_equal(times_heard("<elsewhere-0>"), 0);
	db_free(db);
}

static void
what_cannot_be_told_is_not_done(void **state)
{
	struct db *db = database_open("service_test", NULL);
	struct answer answer;

	(void)state;
	database_run(db, "CREATE TEMP TABLE kept AS SELECT * FROM alpha.epoch");
	database_run(db, "DELETE FROM alpha.epoch");
	answer = post("/api/v1/notes", "{\"text\":\"<untold>\"}", NULL);
	database_run(db, "INSERT INTO alpha.epoch SELECT * FROM kept");
	check_problem(answer, 500, "internal");
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

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_alpha_tells_beta_hears_once_even_when_killed),
		cmocka_unit_test(two_copies_hear_everything_once),
		cmocka_unit_test(of_two_copies_one_may_be_killed_at_any_time),
		cmocka_unit_test(a_copy_stands_back_while_another_is_at_it),
		cmocka_unit_test(
		    no_event_is_passed_over_while_an_older_transaction_is_open),
		cmocka_unit_test(one_that_stands_back_looks_when_it_is_asked),
		cmocka_unit_test(what_an_older_transaction_holds_back_is_lag),
		cmocka_unit_test(
		    what_another_copy_has_applied_is_not_applied_again),
		cmocka_unit_test(what_cannot_be_told_is_not_done),
		cmocka_unit_test(
		    events_of_a_new_epoch_come_after_all_of_the_old),
	};
	int status;

	if (example_main(argc, argv, &status))
		return status;
	return cmocka_run_group_tests(tests, start_both, stop_both);
}
