/*
 * metrics_test.c - what is counted is printed; the page is read back by a
 * parser written from the text format's description alone.
 */
#include "observe/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/common.h"
#include "tests/support/sample.h"
#include "tests/support/test.h"

enum { THREADS = 4, ROUNDS = 10000 };

/* A sample of the page: name, label value (unescaped) and number. */
struct line {
	char name[64];
	char label[64];
	double value;
};

static const char *
read_label(const char *at, char *label)
{
	at = strchr(at, '"');
	assert_non_null(at);
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		assert_true(*at != '\0' && *at != '\n');
		*label++ = *at;
	}
	*label = '\0';
	assert_int_equal(at[1], '}');
	return at + 2;
}

static const char *
read_line(const char *at, struct line *line)
{
	size_t size = strcspn(at, "{ \n");
	char *end;

	memset(line, 0, sizeof(*line));
	memcpy(line->name, at, size);
	at += size;
	if (*at == '{')
		at = read_label(at, line->label);
	assert_int_equal(*at, ' ');
	line->value = strtod(at + 1, &end);
	assert_int_equal(*end, '\n');
	return end + 1;
}

/* The value of one sample on the page; every line is checked on the way. */
static double
value_on(const char *page, const char *name, const char *label)
{
	double value = -1;
	struct line line;

	while (*page != '\0') {
		if (*page == '#') {
			page = strchr(page, '\n') + 1;
			continue;
		}
		page = read_line(page, &line);
		if (strcmp(line.name, name) == 0 &&
		    strcmp(line.label, label) == 0) {
			assert_true(value == -1);
			value = line.value;
		}
	}
	return value;
}

static void *
count_up(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		metric_add(&METRIC_SAMPLE_CALLS, 1, 2);
		metric_move(&METRIC_SAMPLE_LEVEL, 0, 0.5);
		metric_observe(&METRIC_SAMPLE_SECONDS, 0.0625);
	}
	return unused;
}

static void
nothing_is_lost_between_threads(void **state)
{
	pthread_t threads[THREADS];
	struct buf page = { 0 };

	(void)state;
	metric_set(&METRIC_SAMPLE_LEVEL, 0, -100);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	metric_observe(&METRIC_SAMPLE_SECONDS, 0.001);
	metric_observe(&METRIC_SAMPLE_SECONDS, 11);
	metrics_print(&sample_metric_table, &page);
	assert_near(value_on(page.data, "sample_calls_total", "a"), 0, 0);
	assert_near(value_on(page.data, "sample_calls_total", "b\\c"), 80000,
	    0);
	assert_near(value_on(page.data, "sample_calls_total", "d\"e"), 0, 0);
	assert_near(value_on(page.data, "sample_level", ""), 19900, 0);
	assert_near(value_on(page.data, "sample_seconds_bucket", "0.001"), 1,
	    0);
	assert_near(value_on(page.data, "sample_seconds_bucket", "0.05"), 1, 0);
	assert_near(value_on(page.data, "sample_seconds_bucket", "0.1"), 40001,
	    0);
	assert_near(value_on(page.data, "sample_seconds_bucket", "10"), 40001,
	    0);
	assert_near(value_on(page.data, "sample_seconds_bucket", "+Inf"), 40002,
	    0);
	assert_near(value_on(page.data, "sample_seconds_count", ""), 40002, 0);
	assert_near(value_on(page.data, "sample_seconds_sum", ""), 2511.001,
	    1e-6);
	buf_close(&page);
}

static void
help_is_escaped_and_type_is_told(void **state)
{
	struct buf page = { 0 };

	(void)state;
	metrics_print(&sample_metric_table, &page);
	assert_non_null(strstr(page.data,
	    "# HELP sample_calls_total Calls, with a \\\\ and\\na line end\n"
	    "# TYPE sample_calls_total counter\n"));
	assert_non_null(strstr(page.data, "# TYPE sample_level gauge\n"));
	assert_non_null(strstr(page.data, "# TYPE sample_seconds histogram\n"));
	buf_close(&page);
}

static void
tables_of_two_owners_stand_on_one_page(void **state)
{
	struct buf page = { 0 };

	(void)state;
	metric_add(&METRIC_CACHE, 1, 3);
	metrics_print(&common_metric_table, &page);
	metrics_print(&sample_metric_table, &page);
	assert_near(value_on(page.data, "edupulse_cache_total", "miss"), 3, 0);
	assert_near(value_on(page.data, "edupulse_call_seconds_count", ""), 0,
	    0);
	assert_true(value_on(page.data, "sample_seconds_count", "") >= 0);
	buf_close(&page);
}

RUN_TESTS(cmocka_unit_test(nothing_is_lost_between_threads),
    cmocka_unit_test(help_is_escaped_and_type_is_told),
    cmocka_unit_test(tables_of_two_owners_stand_on_one_page))
