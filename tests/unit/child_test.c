/* child_test.c - work in a process of its own: reports, results, ends. */
#include "service/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { RESULT_SIZE = 3000000, PATIENCE_MS = 20000 };

static void
add_result_bytes(struct buf *out)
{
	for (size_t i = 0; i < RESULT_SIZE; i++)
		buf_byte(out, (char)(i * 7 % 251));
}

/* What the child does, by the name of its work. */
static int
work(const char *name)
{
	struct slice input = child_input(CHILD_INPUT);
	struct buf result = { 0 };
	struct err err = { 0 };
	bool is_good = true;

	if (strcmp(name, "hang") == 0)
		is_good = child_report(CHILD_REPORT, slice_of("{}"), &err) &&
		    pause() == 0;
	else if (strcmp(name, "fail") == 0)
		return 3;
	else if (strcmp(name, "echo") == 0) {
		add_result_bytes(&result);
		is_good = child_report(CHILD_REPORT, input, &err) &&
		    child_report(CHILD_REPORT, slice_of("{\"n\":2}"), &err) &&
		    child_result(CHILD_REPORT, buf_slice(&result), &err);
	}
	buf_close(&result);
	return is_good ? 0 : 1;
}

static void
lines_and_a_large_result_come_in_order(void **state)
{
	struct buf want = { 0 };
	struct child child;
	struct slice text;
	struct err err = { 0 };

	(void)state;
	assert_true(child_start(&child, "echo", slice_of("{\"n\":1}"), &err));
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_LINE);
	assert_true(slice_is(text, "{\"n\":1}"));
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_LINE);
	assert_true(slice_is(text, "{\"n\":2}"));
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_RESULT);
	add_result_bytes(&want);
	assert_int_equal(text.size, RESULT_SIZE);
	assert_memory_equal(text.data, want.data, RESULT_SIZE);
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_ENDED);
	assert_true(child_end(&child, &err));
	buf_close(&want);
}

static void
a_cancelled_child_ends_by_its_signal(void **state)
{
	struct child child;
	struct slice text;
	struct err err = { 0 };

	(void)state;
	assert_true(child_start(&child, "hang", slice_of(""), &err));
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_LINE);
	assert_int_equal(child_next(&child, 10, &text), CHILD_NOTHING);
	child_cancel(&child);
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_ENDED);
	assert_false(child_end(&child, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_string_equal(err.detail, "the child was ended by signal 9");
	assert_int_equal(kill(child.pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void
the_exit_status_of_a_child_is_told(void **state)
{
	struct child child;
	struct slice text;
	struct err err = { 0 };

	(void)state;
	assert_true(child_start(&child, "fail", slice_of("x"), &err));
	assert_int_equal(child_next(&child, PATIENCE_MS, &text), CHILD_ENDED);
	assert_false(child_end(&child, &err));
	assert_string_equal(err.detail, "the child ended with status 3");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_a_large_result_come_in_order),
		cmocka_unit_test(a_cancelled_child_ends_by_its_signal),
		cmocka_unit_test(the_exit_status_of_a_child_is_told),
	};

	if (argc == 3 && strcmp(argv[1], "--work") == 0)
		return work(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
