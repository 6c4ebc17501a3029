/* database.c - connections of tests to a PostgreSQL of their own. */
#include "tests/support/database.h"

#include <stdio.h>
#include <stdlib.h>

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
