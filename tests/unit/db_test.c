/* db_test.c - queries, values and failures against a real PostgreSQL. */
#include "db/db.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

static const struct query query_values = { "values", QUERY_ONE,
	"SELECT $1::int2, $2::int4, $3::int8, $4::float4, $5::float8,"
	" $6::boolean, $7::timestamptz, $8::date, $9::text, $10::bytea,"
	" $11::jsonb, $12::uuid, $13::xid8",
	13 };
static const struct query query_nulls = { "nulls", QUERY_ONE,
	"SELECT $1::int8, $2::float8, $3::text, $4::bytea, $5::text[]", 5 };
static const struct query query_arrays = { "arrays", QUERY_ONE,
	"SELECT array_length($1::text[], 1), ($1::text[])[1],"
	" ($1::text[])[2], ($1::text[])[3] IS NULL, ($1::text[])[4],"
	" (SELECT sum(n)::int8 FROM unnest($2::int8[]) n)",
	2 };
static const struct query query_some = { "some", QUERY_MANY,
	"SELECT n::int4 FROM generate_series(1, $1) n", 1 };
static const struct query query_none = { "none_of_it", QUERY_ONE,
	"SELECT 1 WHERE $1", 1 };
static const struct query query_insert = { "insert", QUERY_EXEC,
	"INSERT INTO item (id, name) VALUES ($1, $2)", 2 };
static const struct query query_rename = { "rename", QUERY_EXEC,
	"UPDATE item SET name = $1", 1 };
static const struct query query_wrong = { "wrong", QUERY_MANY,
	"SELECT no_such_column FROM item", 0 };
static const struct query query_divide = { "divide", QUERY_MANY,
	"SELECT 'secret' || ($1 / 0)::text, $1::int4", 1 };
static const struct query query_parse = { "parse", QUERY_MANY,
	"SELECT $1::int4", 1 };
static const struct query query_full = { "full", QUERY_EXEC,
	"DO $$ BEGIN RAISE 'secret' USING ERRCODE = 'disk_full'; END $$", 0 };
static const struct query query_session = { "session", QUERY_ONE,
	"SELECT current_setting('search_path'), current_setting('TimeZone'),"
	" current_setting('client_encoding'), current_setting('jit'),"
	" current_setting('synchronous_commit'),"
	" current_setting('application_name')",
	0 };

static void
table_of_items(struct db *db)
{
	database_run(db,
	    "CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL)");
}

static void
every_type_survives_the_round_trip(void **state)
{
	static const char bytes[] = "\0\1\xff'\\";
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct arena arena;
	struct err err = { 0 };
	int64_t time;

	(void)state;
	arena_init(&arena, 4096);
	assert_true(clock_parse("2026-01-31T08:00:00.123456Z", &time));
	assert_true(db_query(db, &query_values,
	    DB_ARGS(db_integer(-32768), db_integer(-2147483647),
		db_integer(INT64_MIN), db_real(0.5), db_real(0.1),
		db_flag(true), db_time(time), db_day(-3),
		db_text("Zo\xc3\xab \"\\'"),
		db_bytes((struct slice){ bytes, sizeof(bytes) - 1 }),
		db_text("{\"a\": 1}"),
		db_text("018f5e7a-0000-7abc-8def-0123456789ab"),
		db_integer(INT64_C(5000000000))),
	    &r, &err));
	assert_int_equal(db_get_integer(&r, 0, 0), -32768);
	assert_int_equal(db_get_integer(&r, 0, 1), -2147483647);
	assert_true(db_get_integer(&r, 0, 2) == INT64_MIN);
	assert_near(db_get_real(&r, 0, 3), 0.5, 0);
	assert_near(db_get_real(&r, 0, 4), 0.1, 0);
	assert_true(db_get_flag(&r, 0, 5));
	assert_true(db_get_time(&r, 0, 6) == time);
	assert_int_equal(db_get_day(&r, 0, 7), -3);
	assert_string_equal(db_get_text(&r, 0, 8, &arena), "Zo\xc3\xab \"\\'");
	assert_int_equal(db_get_bytes(&r, 0, 9).size, sizeof(bytes) - 1);
	assert_memory_equal(db_get_bytes(&r, 0, 9).data, bytes,
	    sizeof(bytes) - 1);
	assert_string_equal(db_get_text(&r, 0, 10, &arena), "{\"a\": 1}");
	assert_string_equal(db_get_text(&r, 0, 11, &arena),
	    "018f5e7a-0000-7abc-8def-0123456789ab");
	assert_true(db_get_integer(&r, 0, 12) == INT64_C(5000000000));
	db_result_close(&r);
	db_result_close(&r);
	arena_close(&arena);
	db_free(db);
}

static void
null_is_null_in_every_type(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 4096);
	assert_true(db_query(db, &query_nulls,
	    DB_ARGS(db_null(), db_real(NAN), db_text(NULL), db_null(),
		db_null()),
	    &r, &err));
	for (int column = 0; column < 5; column++)
		assert_true(db_is_null(&r, 0, column));
	assert_true(isnan(db_get_real(&r, 0, 1)));
	assert_null(db_get_text(&r, 0, 2, &arena));
	assert_int_equal(db_get_bytes(&r, 0, 3).size, 0);
	db_result_close(&r);
	arena_close(&arena);
	db_free(db);
}

static void
arrays_keep_quotes_commas_and_nulls(void **state)
{
	const char *texts[] = { "a,\"b\"", "c\\{}", NULL, "NULL" };
	const int64_t numbers[] = { 1, -5, INT64_C(10000000000) };
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 4096);
	assert_true(db_query(db, &query_arrays,
	    DB_ARGS(db_texts(texts, 4), db_integers(numbers, 3)), &r, &err));
	assert_int_equal(db_get_integer(&r, 0, 0), 4);
	assert_string_equal(db_get_text(&r, 0, 1, &arena), "a,\"b\"");
	assert_string_equal(db_get_text(&r, 0, 2, &arena), "c\\{}");
	assert_true(db_get_flag(&r, 0, 3));
	assert_string_equal(db_get_text(&r, 0, 4, &arena), "NULL");
	assert_true(db_get_integer(&r, 0, 5) == INT64_C(9999999996));
	db_result_close(&r);
	arena_close(&arena);
	db_free(db);
}

static void
a_text_with_a_zero_byte_is_refused(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	assert_false(db_query(db, &query_nulls,
	    DB_ARGS(db_null(), db_null(), db_slice((struct slice){ "a\0b", 3 }),
		db_null(), db_null()),
	    &r, &err));
	assert_int_equal(err.code, ERR_INVALID);
	db_free(db);
}

static void
many_rows_come_and_no_row_is_not_found(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	assert_true(
	    db_query(db, &query_some, DB_ARGS(db_integer(50000)), &r, &err));
	assert_int_equal(r.row_count, 50000);
	assert_int_equal(db_get_integer(&r, 49999, 0), 50000);
	db_result_close(&r);
	assert_true(
	    db_query(db, &query_some, DB_ARGS(db_integer(0)), &r, &err));
	assert_int_equal(r.row_count, 0);
	db_result_close(&r);
	assert_false(
	    db_query(db, &query_none, DB_ARGS(db_flag(false)), &r, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	db_free(db);
}

static void
what_was_touched_is_counted(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct err err = { 0 };
	size_t affected;

	(void)state;
	table_of_items(db);
	for (int i = 0; i < 3; i++) {
		assert_true(db_exec(db, &query_insert,
		    DB_ARGS(db_integer(i), db_text("x")), &affected, &err));
		assert_int_equal(affected, 1);
	}
	assert_true(
	    db_exec(db, &query_rename, DB_ARGS(db_text("y")), &affected, &err));
	assert_int_equal(affected, 3);
	db_free(db);
}

static void
a_key_given_twice_is_a_conflict_that_shows_no_value(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct err err = { 0 };

	(void)state;
	table_of_items(db);
	assert_true(db_exec(db, &query_insert,
	    DB_ARGS(db_integer(4711), db_text("x")), NULL, &err));
	assert_false(db_exec(db, &query_insert,
	    DB_ARGS(db_integer(4711), db_text("x")), NULL, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(db_sqlstate(db), "23505");
	assert_null(strstr(err.detail, "4711"));
	db_free(db);
}

static void
other_failures_are_internal_and_show_no_value(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct err err = { 0 };

	(void)state;
	table_of_items(db);
	assert_false(db_query(db, &query_wrong, DB_NO_ARGS, &r, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_non_null(strstr(err.detail, "no_such_column"));
	assert_false(
	    db_query(db, &query_divide, DB_ARGS(db_integer(9)), &r, &err));
	assert_string_equal(db_sqlstate(db), "22012");
	assert_false(
	    db_query(db, &query_parse, DB_ARGS(db_text("secret")), &r, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_null(strstr(err.detail, "secret"));
	/* and the connection goes on */
	assert_true(
	    db_query(db, &query_parse, DB_ARGS(db_integer(9)), &r, &err));
	db_result_close(&r);
	assert_string_equal(db_sqlstate(db), "");
	db_free(db);
}

static void
a_full_disk_is_want_of_room_that_may_end(void **state)
{
	struct db *db = database_open("test_db", NULL);
	struct err err = { 0 };

	(void)state;
	assert_false(db_exec(db, &query_full, DB_NO_ARGS, NULL, &err));
	assert_int_equal(err.code, ERR_NO_ROOM);
	assert_int_equal(err_row(err.code)->status, 507);
	assert_true(err.retry_after > 0);
	assert_string_equal(err.detail, "the database's disk is full");
	db_free(db);
}

static void
the_session_is_set_up_as_promised(void **state)
{
	static const char *const wanted[] = { "test_db", "UTC", "UTF8", "off",
		"on", "test_db" };
	struct db *db = database_open("test_db", NULL);
	struct db_result r;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 4096);
	assert_true(db_query(db, &query_session, DB_NO_ARGS, &r, &err));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_string_equal(db_get_text(&r, 0, (int)i, &arena),
		    wanted[i]);
	db_result_close(&r);
	arena_close(&arena);
	db_free(db);
}

RUN_TESTS(cmocka_unit_test(every_type_survives_the_round_trip),
    cmocka_unit_test(null_is_null_in_every_type),
    cmocka_unit_test(arrays_keep_quotes_commas_and_nulls),
    cmocka_unit_test(a_text_with_a_zero_byte_is_refused),
    cmocka_unit_test(many_rows_come_and_no_row_is_not_found),
    cmocka_unit_test(what_was_touched_is_counted),
    cmocka_unit_test(a_key_given_twice_is_a_conflict_that_shows_no_value),
    cmocka_unit_test(other_failures_are_internal_and_show_no_value),
    cmocka_unit_test(a_full_disk_is_want_of_room_that_may_end),
    cmocka_unit_test(the_session_is_set_up_as_promised))
