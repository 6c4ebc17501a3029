/*
 * locks.c - advisory locks of a session: held over any number of transactions,
 * and gone with the connection when that breaks.
 *
 * Locks are the whole database's, so a name begins with the service's schema.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "libcommon/service/queries.h"
#include "secure/digest.h"
#include "service/inside.h"

#define GIVE_US (5 * SECOND_US)

int64_t
lock_number(const char *name)
{
	unsigned char hash[DIGEST_SIZE];
	int64_t number;

	digest(slice_of(name), hash);
	memcpy(&number, hash, sizeof(number));
	return number;
}

static bool
run_query(struct worker *w, const struct query *query, int64_t number,
    bool *answer, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, query, DB_ARGS(db_integer(number)), &result, err))
		return false;
	*answer = db_get_flag(&result, 0, 0);
	db_result_close(&result);
	return true;
}

bool
lock_take(struct worker *w, int64_t number, bool *is_ours, struct err *err)
{
	return run_query(w, &query_lock_take, number, is_ours, err);
}

void
lock_give(struct worker *w, int64_t number, const char *what)
{
	struct err err = { 0 };
	bool was_ours = false;

	must(!db_in_transaction(w->db));
	if (!db_is_connected(w->db)) {
		log_warn("lock was lost with the connection: lock=%s", what);
		return;
	}
	db_deadline(w->db, clock_ticks() + GIVE_US);
	if (!run_query(w, &query_lock_give, number, &was_ours, &err)) {
		/* Nobody else may have it until this session ends. */
		db_drop(w->db);
		log_warn("lock went with its connection: lock=%s error=%s",
		    what, err.detail);
	} else if (!was_ours) {
		log_warn("lock had been lost: lock=%s", what);
	}
	db_deadline(w->db, 0);
}
