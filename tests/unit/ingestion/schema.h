/*
 * schema.h - ingestion's tables, new and empty, in a real database.
 */
#ifndef TESTS_INGESTION_SCHEMA_H
#define TESTS_INGESTION_SCHEMA_H

#include "services/ingestion/migrations.h"
#include "tests/support/database.h"
#include "tests/support/test.h"

/* The superuser; the service's own role is there as well. */
static inline struct db *
open_ingestion(void)
{
	struct db *owner = database_open("ingestion", NULL);
	struct err err = { 0 };
	size_t applied;

	database_run(owner,
	    "DO $$ BEGIN CREATE ROLE edupulse_ingestion LOGIN; "
	    "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
	/* Other tests of the run may have taken the right from everyone. */
	database_run(owner,
	    "GRANT CONNECT, TEMPORARY ON DATABASE edupulse "
	    "TO edupulse_ingestion");
	database_run(owner,
	    "GRANT USAGE ON SCHEMA ingestion TO edupulse_ingestion");
	database_run(owner,
	    "CREATE TABLE epoch (value bigint NOT NULL)"); /* the skeleton's */
	if (!migrate(owner, &ingestion_migrations, 1, &applied, &err))
		fail_msg("%s", err.detail);
	return owner;
}

#endif
