/*
 * link.h - inside the database layer: the connection and how it waits.
 *
 * libpq is driven without blocking: everything is sent, flushed and awaited
 * through poll, so a server that stopped (frozen, unplugged) holds a thread
 * no longer than its deadline and LINK_GRACE_US.  A connection on which that
 * happened is closed: nobody knows what it would say next.
 *
 * Connecting that failed is tried again after 50 ms at the earliest, growing
 * to 2 s; in between every use fails at once.
 */
#ifndef DB_LINK_H
#define DB_LINK_H

#include <libpq-fe.h>

#include "db/db.h"

/* After its deadline the server has this long to say that it gave up. */
#define LINK_GRACE_US INT64_C(1000000)

/* A transaction in which nothing is said for this long, in seconds, is ended by
 * the server: its client is frozen, and others wait for its rows.  Above the
 * longest that anyone works between two statements: a call has 60 s at the
 * most, a reader's page 30. */
enum { LINK_IDLE_S = 90 };

enum { DB_PARAMETERS = 64, SQLSTATE_SIZE = 6 };

/* One query that this connection knows as `NAME_NUMBER`. */
struct prepared {
	const struct query *query; /* NULL: free place */
	unsigned int number;
};

struct db {
	PGconn *conn; /* owned; NULL: not connected */

	char *conninfo, *role, *password_file, *schema; /* owned */

	const atomic_bool *is_away; /* borrowed; NULL: nobody tells */

	int64_t deadline; /* ticks; 0: none */
	/* Of the session; in a transaction, of the transaction; 0: none. */
	int64_t timeout_ms, timeout_local_ms;

	int64_t retry_at; /* ticks; not before this is connecting tried */
	int64_t backoff;  /* microseconds; 0: the last attempt succeeded */

	struct prepared *prepared; /* owned: open addressing by query */
	size_t prepared_count, prepared_room;
	unsigned int prepared_number; /* of the newest; never used twice */

	struct buf scratch; /* owned: texts of parameters, for one call */

	bool in_transaction; /* stays when the connection breaks inside one */
	bool is_begun;       /* and the server knows of it */
	char *tenant;        /* owned: of the transaction */
	char sqlstate[SQLSTATE_SIZE];
};

/* There is a connection on which the next statement can be sent. */
MUST_CHECK bool link_ready(struct db *db, struct err *err);

/* Send the BEGIN that db_begin left to the first statement, if it is due. */
MUST_CHECK bool begin_now(struct db *db, struct err *err);

/* Wait until the next result can be taken without blocking. */
MUST_CHECK bool link_await(struct db *db, struct err *err);

/* Send what is buffered; waits while the server does not take it. */
MUST_CHECK bool link_flush(struct db *db, struct err *err);

/* Give the connection up.  What was prepared on it is forgotten. */
void link_drop(struct db *db);

/* The connection broke: give it up and say so.  Returns false. */
bool link_lost(struct db *db, struct err *err);

/* Fill err from what the server answered.  Returns false. */
bool fault_set(struct db *db, const char *query, const PGresult *result,
    struct err *err);

/* Parameters in the form that libpq takes; point into the scratch buffer and
 * the caller's values. */
struct parameters {
	int count;
	const char *values[DB_PARAMETERS];
	int sizes[DB_PARAMETERS];
	int formats[DB_PARAMETERS];
};
MUST_CHECK bool parameters_fill(struct parameters *parameters,
    struct buf *scratch, struct db_args args, struct err *err);

#endif
