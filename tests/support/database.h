/*
 * database.h - the real PostgreSQL that tests/run-units.sh has started.
 *
 * EDUPULSE_TEST_DATABASE holds its connection string (a superuser's).  A test
 * that needs it begins with database_or_skip(); without the variable it is
 * skipped and says so.
 */
#ifndef TESTS_DATABASE_H
#define TESTS_DATABASE_H

#include "db/db.h"

const char *database_or_skip(void);

/* The superuser with a schema that is new and empty, or (`role`) another user
 * of a schema that is there. */
struct db *database_open(const char *schema, const char *role);

/* Run one statement, or fail the test. */
void database_run(struct db *db, const char *statement);

/* The one whole number that a statement gives, or fail the test. */
int64_t database_count(struct db *db, const char *statement);

#endif
