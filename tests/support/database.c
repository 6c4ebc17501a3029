/* database.c - connections of tests to a PostgreSQL of their own. */
#include "tests/support/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/support/test.h"

const char *
database_or_skip(void)
{
	const char *conninfo = getenv("EDUPULSE_TEST_DATABASE");

	if (conninfo == NULL) {
		print_message("EDUPULSE_TEST_DATABASE is not set: "
			      "tests/run-units.sh PROGRAM sets it\n");
		skip();
	}
	return conninfo;
}

void
database_run(struct db *db, const char *statement)
{
	struct query query = { "of_a_test", QUERY_COMMAND, statement, 0 };
	struct err err = { 0 };

	if (!db_exec(db, &query, DB_NO_ARGS, NULL, &err))
		fail_msg("%s: %s", statement, err.detail);
}

/* A query is prepared once, and known by where it stands. */
int64_t
database_count(struct db *db, const char *statement)
{
	static struct query known[64];
	size_t i = 0;
	struct db_result result = { 0 };
	struct err err = { 0 };
	int64_t count;

	while (known[i].name != NULL && strcmp(known[i].text, statement) != 0)
		i++;
	must(i + 1 < ARRAY_SIZE(known));
	if (known[i].name == NULL)
		known[i] = (struct query){ "count_of_a_test", QUERY_ONE,
			mem_text(statement), 0 };
	if (!db_query(db, &known[i], DB_NO_ARGS, &result, &err))
		fail_msg("%s: %s", statement, err.detail);
	count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return count;
}

struct db *
database_open(const char *schema, const char *role)
{
	struct db_settings settings = { .conninfo = database_or_skip(),
		.role = role,
		.schema = schema };
	struct db *db = db_new(&settings);
	char statement[128];

	if (role != NULL)
		return db;
	snprintf(statement, sizeof(statement),
	    "DROP SCHEMA IF EXISTS %s CASCADE", schema);
	database_run(db, statement);
	snprintf(statement, sizeof(statement), "CREATE SCHEMA %s", schema);
	database_run(db, statement);
	return db;
}
