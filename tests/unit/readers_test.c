/*
 * readers_test.c - two copies of a service read one log: each page is applied
 * by one of them.  The second copy is played here, with its own connection,
 * while beta stands still.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/database.h"
#include "tests/support/example.h"
#include "tests/support/test.h"
#include "wire/json.h"

#define PATIENCE_US (30 * SECOND_US)

static struct example both;

static struct answer
ask_for(const char *service, const char *method, const char *target,
    const char *body)
{
	struct answer answer = example_ask(&both,
	    (struct example_call){ .service = service,
		.method = method,
		.target = target,
		.body = body });

	if (answer.head.status >= 300)
		fail_msg("%.*s", (int)answer.body.size, answer.body.data);
	return answer;
}

static void
tell(const char *text)
{
	char body[64];

	snprintf(body, sizeof(body), "{\"text\":\"%s\"}", text);
	ask_for("alpha", "POST", "/api/v1/notes", body);
}

static bool
has_heard(const char *text)
{
	struct answer answer = ask_for("beta", "GET", "/api/v1/heard", NULL);
	struct example_heard heard;
	struct err err = { 0 };

	assert_true(json_decode(&example_heard_message, answer.body,
	    JSON_STRICT, &both.arena, &heard, &err));
	return heard.texts != NULL && strstr(heard.texts, text) != NULL;
}

static void
wait_until_heard(const char *text)
{
	int64_t until = clock_ticks() + PATIENCE_US;

	while (!has_heard(text))
		if (clock_ticks() > until)
			fail_msg("%s was not heard", text);
}

/* The cursor behind everything that alpha has told. */
static const char *
last_cursor(void)
{
	struct answer answer =
	    ask_for("alpha", "GET", "/internal/events?after=&limit=1000", NULL);
	struct event_page page;
	struct err err = { 0 };

	assert_true(json_decode(&event_page_message, answer.body, JSON_STRICT,
	    &both.arena, &page, &err));
	assert_false(page.more);
	return page.next;
}

static void
what_another_copy_has_applied_is_not_applied_again(void **state)
{
	struct db *db = database_open("service_test", NULL);
	char statement[256];
	pid_t alpha, beta;

	(void)state;
	example_open(&both, getenv("EDUPULSE_TEST_DATABASE"));
	example_migrate(&both);
	alpha = example_start(&both, "alpha", NULL);
	beta = example_start(&both, "beta", NULL);
	example_wait_ready(&both, "alpha");
	example_wait_ready(&both, "beta");
	tell("<by both>");
	wait_until_heard("<by both>");
	kill(beta, SIGSTOP);
	tell("<elsewhere>");
	snprintf(statement, sizeof(statement),
	    "UPDATE beta.reader_cursor SET cursor = '%s'", last_cursor());
	database_run(db, statement);
	kill(beta, SIGCONT);
	tell("<behind>");
	wait_until_heard("<behind>");
	assert_false(has_heard("<elsewhere>"));
	assert_int_equal(example_stop(alpha), 0);
	assert_int_equal(example_stop(beta), 0);
	example_close(&both);
	db_free(db);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_another_copy_has_applied_is_not_applied_again),
	};
	int status;

	if (example_main(argc, argv, &status))
		return status;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
