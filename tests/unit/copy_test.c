/* copy_test.c - binary COPY into a real table, and ways for it to fail. */
#include "db/copy.h"

#include <math.h>

#include "base/clock.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

static const struct query query_copy = { "copy_items", QUERY_COPY,
	"COPY item (a, b, c, d, e, f, g, h, i) FROM STDIN (FORMAT binary)", 0 };
static const struct query query_copy_nowhere = { "copy_nowhere", QUERY_COPY,
	"COPY nowhere (a) FROM STDIN (FORMAT binary)", 0 };
static const struct query query_count = { "count_items", QUERY_ONE,
	"SELECT count(*), coalesce(sum(c), 0)::int8 FROM item", 0 };
static const struct query query_texts = { "texts_of_items", QUERY_MANY,
	"SELECT a::text || ' ' || b || ' ' || c || ' ' || d || ' ' || e"
	" || ' ' || to_char(f AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
	" || ' ' || g || ' ' || h || ' ' || encode(i, 'hex') FROM item",
	0 };
static const struct query query_nulls = { "nulls_of_items", QUERY_ONE,
	"SELECT num_nulls(a, b, d, e, f, g, h, i)::int4 FROM item", 0 };

static struct db *
open_table(void)
{
	struct db *db = database_open("test_copy", NULL);

	database_run(db,
	    "CREATE TABLE item (a int2, b int4, c int8 PRIMARY KEY, d float8,"
	    " e boolean, f timestamptz, g date, h text, i bytea)");
	return db;
}

static void
add_row(struct copy *copy, int64_t c, struct slice bytes)
{
	copy_row(copy);
	copy_int2(copy, -2);
	copy_int4(copy, -70000);
	copy_int8(copy, c);
	copy_float8(copy, 0.1);
	copy_flag(copy, true);
	copy_time(copy, DAY_US + 1);
	copy_day(copy, 0);
	copy_text(copy, "Zo\xc3\xab");
	copy_bytes(copy, bytes);
}

static int64_t
count(struct db *db, int64_t *sum)
{
	struct db_result r;
	struct err err = { 0 };
	int64_t rows;

	if (!db_query(db, &query_count, DB_NO_ARGS, &r, &err))
		fail_msg("%s", err.detail);
	rows = db_get_integer(&r, 0, 0);
	if (sum != NULL)
		*sum = db_get_integer(&r, 0, 1);
	db_result_close(&r);
	return rows;
}

static void
every_type_arrives(void **state)
{
	struct db *db = open_table();
	struct arena arena;
	struct copy copy;
	struct db_result r;
	struct err err = { 0 };
	size_t rows;

	(void)state;
	arena_init(&arena, 4096);
	assert_true(copy_start(&copy, db, &query_copy, 9, &err));
	add_row(&copy, INT64_C(5000000000), (struct slice){ "\0\xff", 2 });
	assert_true(copy_end(&copy, &rows, &err));
	assert_int_equal(rows, 1);
	assert_true(db_query(db, &query_texts, DB_NO_ARGS, &r, &err));
	assert_string_equal(db_get_text(&r, 0, 0, &arena),
	    "-2 -70000 5000000000 0.1 true 1970-01-02 00:00:00.000001"
	    " 1970-01-01 Zo\xc3\xab 00ff");
	db_result_close(&r);
	arena_close(&arena);
	db_free(db);
}

static void
nulls_arrive_as_nulls(void **state)
{
	struct db *db = open_table();
	struct copy copy;
	struct db_result r;
	struct err err = { 0 };
	size_t rows;

	(void)state;
	assert_true(copy_start(&copy, db, &query_copy, 9, &err));
	copy_row(&copy);
	copy_null(&copy);
	copy_null(&copy);
	copy_int8(&copy, 1);
	copy_float8(&copy, NAN);
	for (int i = 0; i < 3; i++)
		copy_null(&copy);
	copy_text(&copy, NULL);
	copy_null(&copy);
	assert_true(copy_end(&copy, &rows, &err));
	assert_true(db_query(db, &query_nulls, DB_NO_ARGS, &r, &err));
	assert_int_equal(db_get_integer(&r, 0, 0), 8);
	db_result_close(&r);
	db_free(db);
}

static void
rows_of_many_pieces_all_arrive(void **state)
{
	enum { ROWS = 20000 };
	static char body[200];
	struct db *db = open_table();
	struct copy copy;
	struct err err = { 0 };
	int64_t sum;
	size_t rows;

	(void)state;
	assert_true(db_begin(db, NULL, &err));
	assert_true(copy_start(&copy, db, &query_copy, 9, &err));
	for (int64_t i = 1; i <= ROWS; i++)
		add_row(&copy, i, (struct slice){ body, sizeof(body) });
	assert_true(copy_end(&copy, &rows, &err));
	assert_int_equal(rows, ROWS);
	assert_true(db_commit(db, &err));
	assert_int_equal(count(db, &sum), ROWS);
	assert_true(sum == (int64_t)ROWS * (ROWS + 1) / 2);
	db_free(db);
}

static void
a_conflict_shows_at_the_end_and_leaves_nothing(void **state)
{
	static char body[2000];
	struct db *db = open_table();
	struct copy copy;
	struct err err = { 0 };
	size_t rows;

	(void)state;
	assert_true(copy_start(&copy, db, &query_copy, 9, &err));
	for (int64_t i = 0; i < 2000; i++)
		add_row(&copy, i == 100 ? 99 : i,
		    (struct slice){ body, sizeof(body) });
	assert_false(copy_end(&copy, &rows, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	copy_abort(&copy);
	assert_int_equal(count(db, NULL), 0);
	db_free(db);
}

static void
an_aborted_copy_leaves_nothing_and_the_connection_goes_on(void **state)
{
	struct db *db = open_table();
	struct copy copy;
	struct err err = { 0 };

	(void)state;
	assert_true(copy_start(&copy, db, &query_copy, 9, &err));
	add_row(&copy, 1, (struct slice){ "", 0 });
	copy_abort(&copy);
	copy_abort(&copy);
	assert_true(db_is_connected(db));
	assert_int_equal(count(db, NULL), 0);
	db_free(db);
}

static void
a_copy_into_no_table_is_refused_at_once(void **state)
{
	struct db *db = open_table();
	struct copy copy;
	struct err err = { 0 };

	(void)state;
	assert_false(copy_start(&copy, db, &query_copy_nowhere, 1, &err));
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_string_equal(db_sqlstate(db), "42P01");
	assert_int_equal(count(db, NULL), 0);
	db_free(db);
}

RUN_TESTS(cmocka_unit_test(every_type_arrives),
    cmocka_unit_test(nulls_arrive_as_nulls),
    cmocka_unit_test(rows_of_many_pieces_all_arrive),
    cmocka_unit_test(a_conflict_shows_at_the_end_and_leaves_nothing),
    cmocka_unit_test(an_aborted_copy_leaves_nothing_and_the_connection_goes_on),
    cmocka_unit_test(a_copy_into_no_table_is_refused_at_once))
