/* row_test.c - columns of a real answer as messages. */
#include "db/row.h"

#include <string.h>

#include "base/clock.h"
#include "proto/common.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

static const struct query query_needs = { "needs", QUERY_MANY,
	"SELECT 'n' || n AS name, n = 1 AS met, 'passed over' AS other,"
	" CASE WHEN n = 2 THEN 'why' END AS detail,"
	" to_timestamp(n) AS since FROM generate_series(1, $1::int4) n",
	1 };
static const struct query query_problem = { "problem_of_a_test", QUERY_ONE,
	"SELECT 't' AS type, 'T' AS title, 422::int2 AS status,"
	" $1::jsonb AS errors",
	1 };
static const struct query query_head = { "head", QUERY_ONE,
	"SELECT 'GET' AS method, '/' AS target, 'r' AS request_id,"
	" 'north' AS tenant, 'key:1' AS principal, $1::text AS role,"
	" $2::text[] AS schools, now() AS deadline",
	2 };
static const struct query query_event = { "event_of_a_test", QUERY_ONE,
	"SELECT '1.0' AS specversion, 'i' AS id, 's' AS source, 't' AS type,"
	" to_timestamp(0) AS time, 'north' AS tenant, $1::jsonb AS data",
	1 };

static void
rows_become_an_array_and_nulls_are_absent(void **state)
{
	struct db *db = database_open("test_row", NULL);
	struct arena arena;
	struct err err = { 0 };
	struct need_status *needs;
	void *rows;
	size_t count;

	(void)state;
	arena_init(&arena, 4096);
	assert_true(db_read_many(db, &query_needs, DB_ARGS(db_integer(2)),
	    &need_status_message, &arena, &rows, &count, &err));
	needs = rows;
	assert_int_equal(count, 2);
	assert_string_equal(needs[0].name, "n1");
	assert_true(needs[0].met);
	assert_null(needs[0].detail);
	assert_true(needs[0].since == SECOND_US);
	assert_string_equal(needs[1].name, "n2");
	assert_false(needs[1].met);
	assert_string_equal(needs[1].detail, "why");
	assert_true(db_read_many(db, &query_needs, DB_ARGS(db_integer(0)),
	    &need_status_message, &arena, &rows, &count, &err));
	assert_int_equal(count, 0);
	arena_close(&arena);
	db_free(db);
}

static void
a_json_array_becomes_the_messages_in_it(void **state)
{
	struct db *db = database_open("test_row", NULL);
	struct arena arena;
	struct err err = { 0 };
	struct problem problem;

	(void)state;
	arena_init(&arena, 4096);
	assert_true(db_read_one(db, &query_problem,
	    DB_ARGS(db_text("[{\"pointer\": \"a[0]\", \"message\": \"b,]\"},"
			    " {\"pointer\": \"c\", \"message\": \"\"}]")),
	    &problem_message, &arena, &problem, &err));
	assert_int_equal(problem.status, 422);
	assert_int_equal(problem.errors_count, 2);
	assert_string_equal(problem.errors[0].pointer, "a[0]");
	assert_string_equal(problem.errors[0].message, "b,]");
	assert_string_equal(problem.errors[1].pointer, "c");
	arena_close(&arena);
	db_free(db);
}

static void
json_that_does_not_fit_is_internal_and_not_quoted(void **state)
{
	static const char *const wrong[] = { "[{\"pointer\": \"secret\"}]",
		"{\"pointer\": \"secret\"}", "\"secret\"" };
	struct db *db = database_open("test_row", NULL);
	struct arena arena;
	struct err err = { 0 };
	struct problem problem;

	(void)state;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_false(
		    db_read_one(db, &query_problem, DB_ARGS(db_text(wrong[i])),
			&problem_message, &arena, &problem, &err));
		assert_int_equal(err.code, ERR_INTERNAL);
		assert_null(strstr(err.detail, "secret"));
	}
	arena_close(&arena);
	db_free(db);
}

static void
choices_and_text_arrays_are_read(void **state)
{
	const char *schools[] = { "a", "b\"c" };
	struct db *db = database_open("test_row", NULL);
	struct arena arena;
	struct err err = { 0 };
	struct bus_head head;

	(void)state;
	arena_init(&arena, 4096);
	assert_true(db_read_one(db, &query_head,
	    DB_ARGS(db_text("educator"), db_texts(schools, 2)),
	    &bus_head_message, &arena, &head, &err));
	assert_int_equal(head.role, ROLE_EDUCATOR);
	assert_int_equal(head.schools_count, 2);
	assert_string_equal(head.schools[1], "b\"c");
	assert_int_equal(head.sections_count, 0);
	assert_true(db_read_one(db, &query_head,
	    DB_ARGS(db_text("admin"), db_texts(schools, 0)), &bus_head_message,
	    &arena, &head, &err));
	assert_int_equal(head.schools_count, 0);
	assert_false(
	    db_read_one(db, &query_head, DB_ARGS(db_text("emperor"), db_null()),
		&bus_head_message, &arena, &head, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
	arena_close(&arena);
	db_free(db);
}

static void
json_is_passed_on_as_its_text(void **state)
{
	struct db *db = database_open("test_row", NULL);
	struct arena arena;
	struct err err = { 0 };
	struct event event;

	(void)state;
	arena_init(&arena, 4096);
	assert_true(
	    db_read_one(db, &query_event, DB_ARGS(db_text("{\"a\":[1]}")),
		&event_message, &arena, &event, &err));
	assert_true(slice_is(event.data, "{\"a\": [1]}"));
	assert_true(db_read_one(db, &query_event, DB_ARGS(db_null()),
	    &event_message, &arena, &event, &err));
	assert_int_equal(event.data.size, 0);
	arena_close(&arena);
	db_free(db);
}

static void
null_where_a_value_must_be_is_an_error(void **state)
{
	struct db *db = database_open("test_row", NULL);
	struct arena arena;
	struct err err = { 0 };
	struct bus_head head;

	(void)state;
	arena_init(&arena, 4096);
	assert_false(db_read_one(db, &query_head, DB_ARGS(db_null(), db_null()),
	    &bus_head_message, &arena, &head, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_non_null(strstr(err.detail, "role"));
	arena_close(&arena);
	db_free(db);
}

RUN_TESTS(cmocka_unit_test(rows_become_an_array_and_nulls_are_absent),
    cmocka_unit_test(a_json_array_becomes_the_messages_in_it),
    cmocka_unit_test(json_that_does_not_fit_is_internal_and_not_quoted),
    cmocka_unit_test(choices_and_text_arrays_are_read),
    cmocka_unit_test(json_is_passed_on_as_its_text),
    cmocka_unit_test(null_where_a_value_must_be_is_an_error))
