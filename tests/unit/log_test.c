/* log_test.c - a line is one event and the facts of its format, no others. */
#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { LINE = 4096 };

/* What log_info writes to standard error, here a pipe. */
static void
catch_line(char line[LINE], const char *first, const char *second)
{
	int ends[2], kept = dup(STDERR_FILENO);
	ssize_t size;

	assert_true(kept >= 0 && pipe(ends) == 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_init("log_test", LOG_INFO);
	log_info("something was tried: first=%s second=%s", first, second);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	size = read(ends[0], line, LINE - 1);
	assert_true(size > 0);
	line[size] = '\0';
	close(kept);
	close(ends[0]);
	close(ends[1]);
}

static void
facts_are_told_apart_whatever_they_hold(void **state)
{
	char line[LINE];

	(void)state;
	catch_line(line, "a \"b\" c=d", "line\nend");
	assert_non_null(strstr(line, "\"event\":\"something was tried\""));
	assert_non_null(strstr(line, "\"first\":\"a \\\"b\\\" c=d\""));
	assert_non_null(strstr(line, "\"second\":\"line\\u000aend\""));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void
a_value_makes_no_facts_of_its_own(void **state)
{
	char line[LINE];

	(void)state;
	catch_line(line, "a\x1flevel=error", "b");
	assert_null(strstr(line, "\"level\":\"error\""));
	assert_non_null(strstr(line, "\"first\":\"a?level=error?second=b\""));
	catch_line(line, "a", "b\x1flevel=error");
	assert_null(strstr(line, "\"level\":\"error\""));
}

static void
a_long_line_is_cut_and_still_whole(void **state)
{
	char line[LINE], text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	catch_line(line, text, "b");
	assert_null(strstr(line, "\"second\""));
	assert_string_equal(line + strlen(line) - 4, "x\"}\n");
}

RUN_TESTS(cmocka_unit_test(facts_are_told_apart_whatever_they_hold),
    cmocka_unit_test(a_value_makes_no_facts_of_its_own),
    cmocka_unit_test(a_long_line_is_cut_and_still_whole))
