/* queries_test.c - queries.sql as C: what queries.awk makes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/db/queries.h"
#include "tests/support/test.h"

/* What the generator prints for `sql`, and whether it was content. */
static bool
generate(const char *sql, char out[4096])
{
	char command[256], path[] = "/tmp/queries-XXXXXX";
	int fd = mkstemp(path);
	size_t size;
	FILE *pipe;
	int status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, sql, strlen(sql)), (ssize_t)strlen(sql));
	close(fd);
	snprintf(command, sizeof(command),
	    "awk -v folder=services/x -v kind=c"
	    " -f libcommon/db/queries.awk %s 2>/dev/null",
	    path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(out, 1, 4095, pipe);
	out[size] = '\0';
	status = pclose(pipe);
	unlink(path);
	return status == 0;
}

static void
quotes_and_backslashes_reach_the_server_as_they_are_written(void **state)
{
	char out[4096];

	(void)state;
	assert_true(generate("-- name: a :many\nSELECT E'\\\\d', \"x\"\n"
			     "-- a comment\n\nWHERE a = $10 AND b = $2;\n\n",
	    out));
	assert_non_null(strstr(out,
	    "query_a = { \"a\", QUERY_MANY,\n"
	    "\t\"SELECT E'\\\\\\\\d', \\\"x\\\"\\n\"\n"
	    "\t\"WHERE a = $10 AND b = $2\"\n"
	    "\t, 10 };\n"));
}

static void
a_name_line_that_is_wrong_stops_the_build(void **state)
{
	static const char *const wrong[] = { "-- name: a\nSELECT 1;\n",
		"-- name: A :one\nSELECT 1;\n",
		"-- name: a :some\nSELECT 1;\n" };
	char out[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(generate(wrong[i], out));
}

static void
every_query_of_a_file_is_in_its_list(void **state)
{
	size_t count = 0;

	(void)state;
	while (db_queries[count] != NULL)
		count++;
	assert_int_equal(count, 8);
	assert_ptr_equal(db_queries[0], &query_migration_lock);
	assert_int_equal(query_migration_find.parameter_count, 3);
	assert_int_equal(query_migration_table_make.kind, QUERY_COMMAND);
}

RUN_TESTS(cmocka_unit_test(
	      quotes_and_backslashes_reach_the_server_as_they_are_written),
    cmocka_unit_test(a_name_line_that_is_wrong_stops_the_build),
    cmocka_unit_test(every_query_of_a_file_is_in_its_list))
