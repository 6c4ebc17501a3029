/* migrate_test.c - a schema brought up to date, once. */
#include "db/migrate.h"

#include <string.h>

#include "base/clock.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

#define MIGRATION(name, text)                \
	{                                    \
		name, text, sizeof(text) - 1 \
	}

static const struct migration first_rows[] = {
	MIGRATION("0001_items",
	    "CREATE TABLE item (id int);\nINSERT INTO item VALUES (1);\n"),
	MIGRATION("0002_more", "ALTER TABLE item ADD name text;"),
};
static const struct migration changed_rows[] = {
	MIGRATION("0001_items", "CREATE TABLE item (id bigint);"),
	MIGRATION("0002_more", "ALTER TABLE item ADD name text;"),
};
static const struct migration broken_rows[] = {
	MIGRATION("0001_items", "CREATE TABLE item (id int);"),
	MIGRATION("0002_more",
	    "CREATE TABLE other (id int); SELECT 1 FROM no_such_table;"),
};
static const struct migrations both = { "one", first_rows, 2 };
static const struct migrations older = { "one", first_rows, 1 };
static const struct migrations changed = { "one", changed_rows, 2 };
static const struct migrations broken = { "one", broken_rows, 2 };

static const struct query query_count = { "count_items", QUERY_ONE,
	"SELECT count(*) FROM item", 0 };
static const struct query query_other = { "find_other", QUERY_ONE,
	"SELECT to_regclass('other') IS NULL", 0 };

static void
what_is_missing_is_applied_once(void **state)
{
	struct db *db = database_open("test_migrate", NULL);
	struct migrations sets[] = { both, { "two", first_rows + 1, 0 } };
	struct db_result r;
	struct err err = { 0 };
	size_t applied;

	(void)state;
	assert_false(migrate_check(db, sets, 2, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "0001_items"));
	assert_true(migrate(db, &older, 1, &applied, &err));
	assert_int_equal(applied, 1);
	assert_false(migrate_check(db, sets, 2, &err));
	assert_non_null(strstr(err.detail, "0002_more"));
	assert_true(migrate(db, sets, 2, &applied, &err));
	assert_int_equal(applied, 1);
	assert_true(migrate(db, sets, 2, &applied, &err));
	assert_int_equal(applied, 0);
	assert_true(migrate_check(db, sets, 2, &err));
	assert_true(db_query(db, &query_count, DB_NO_ARGS, &r, &err));
	assert_int_equal(db_get_integer(&r, 0, 0), 1);
	db_result_close(&r);
	db_free(db);
}

static void
a_file_changed_after_it_ran_is_refused(void **state)
{
	struct db *db = database_open("test_migrate", NULL);
	struct err err = { 0 };
	size_t applied;

	(void)state;
	assert_true(migrate(db, &both, 1, &applied, &err));
	assert_false(migrate(db, &changed, 1, &applied, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.detail, "0001_items"));
	/* the lock was given back */
	assert_true(migrate(db, &both, 1, &applied, &err));
	db_free(db);
}

static void
a_schema_newer_than_the_program_is_refused(void **state)
{
	struct db *db = database_open("test_migrate", NULL);
	struct err err = { 0 };
	size_t applied;

	(void)state;
	assert_true(migrate(db, &both, 1, &applied, &err));
	assert_false(migrate(db, &older, 1, &applied, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.detail, "0002_more"));
	db_free(db);
}

static void
a_migration_that_fails_leaves_nothing_of_itself(void **state)
{
	struct db *db = database_open("test_migrate", NULL);
	struct db_result r;
	struct err err = { 0 };
	size_t applied;

	(void)state;
	assert_false(migrate(db, &broken, 1, &applied, &err));
	assert_int_equal(applied, 1);
	assert_non_null(strstr(err.detail, "0002_more"));
	assert_non_null(strstr(err.detail, "no_such_table"));
	assert_true(db_query(db, &query_other, DB_NO_ARGS, &r, &err));
	assert_true(db_get_flag(&r, 0, 0));
	db_result_close(&r);
	db_free(db);
}

static void
two_copies_at_once_wait_for_each_other(void **state)
{
	static const struct query hold = { "hold", QUERY_ONE,
		"SELECT pg_advisory_lock(hashtextextended("
		"'migrate ' || current_schema(), 0)) IS NULL",
		0 };
	struct db *db = database_open("test_migrate", NULL);
	struct db_settings settings = { .conninfo = database_or_skip(),
		.schema = "test_migrate" };
	struct db *other = db_new(&settings);
	struct db_result r;
	struct err err = { 0 };
	size_t applied;

	(void)state;
	assert_true(db_query(other, &hold, DB_NO_ARGS, &r, &err));
	db_result_close(&r);
	db_deadline(db, clock_ticks() + 50000);
	assert_false(migrate(db, &both, 1, &applied, &err));
	assert_int_equal(err.code, ERR_DEADLINE);
	db_free(other);
	db_deadline(db, 0);
	assert_true(migrate(db, &both, 1, &applied, &err));
	assert_int_equal(applied, 2);
	db_free(db);
}

RUN_TESTS(cmocka_unit_test(what_is_missing_is_applied_once),
    cmocka_unit_test(a_file_changed_after_it_ran_is_refused),
    cmocka_unit_test(a_schema_newer_than_the_program_is_refused),
    cmocka_unit_test(a_migration_that_fails_leaves_nothing_of_itself),
    cmocka_unit_test(two_copies_at_once_wait_for_each_other))
