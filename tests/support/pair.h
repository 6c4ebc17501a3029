/*
 * pair.h - alpha and beta (example.h), both running, for the tests of the
 * skeleton, and short ways to talk to them.
 */
#ifndef TESTS_PAIR_H
#define TESTS_PAIR_H

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
static pid_t alpha, beta;

static inline int
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

static inline int
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

static inline struct answer
post(const char *target, const char *body, const char *key)
{
	return example_ask(&both,
	    (struct example_call){ .service = "alpha",
		.method = "POST",
		.target = target,
		.body = body,
		.key = key });
}

static inline struct answer
get(const char *service, const char *target)
{
	return example_ask(&both,
	    (struct example_call){ .service = service,
		.method = "GET",
		.target = target });
}

static inline void
check_problem(struct answer answer, int status, const char *type)
{
	assert_int_equal(answer.head.status, status);
	assert_string_equal(example_problem(&both, &answer), type);
}

static inline struct example_stored
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

static inline struct example_heard
heard(void)
{
	struct answer answer = get("beta", "/api/v1/heard");
	struct example_heard heard;
	struct err err = { 0 };

	assert_true(json_decode(&example_heard_message, answer.body,
	    JSON_STRICT, &both.arena, &heard, &err));
	return heard;
}

static inline int
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

static inline void
wait_until_heard(const char *text)
{
	int64_t until = clock_ticks() + PATIENCE_US;

	while (times_heard(text) == 0)
		if (clock_ticks() > until)
			fail_msg("%s was not heard", text);
}

#endif
