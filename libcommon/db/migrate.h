/*
 * migrate.h - bring a schema to the version that the program was built with.
 *
 * A migration is a file migrations/0001_what.sql.  Each runs once, in order,
 * in a transaction of its own, as the schema's owner; the table
 * `schema_migration` of the schema remembers name and SHA-256.  A file that
 * has changed after it ran is ERR_CONFLICT, and so is a schema newer than the
 * program.  An advisory lock lets several copies start at once.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/db.h"

struct migration {
	const char *name; /* 0001_records */
	const char *text;
	size_t size;
};

struct migrations {
	const char *name; /* of the folder: ingestion */
	const struct migration *rows;
	size_t count;
};

/* Applies what is missing of `sets`, the first set first.  The connection
 * must be the owner's. */
MUST_CHECK bool migrate(struct db *owner, const struct migrations *sets,
    size_t set_count, size_t *applied, struct err *err);

/* Has every one of them been applied?  Any role of the service may ask.
 * False with ERR_UNAVAILABLE and the name of the first one missing. */
MUST_CHECK bool migrate_check(struct db *db, const struct migrations *sets,
    size_t set_count, struct err *err);

#endif
