/*
 * idempotency.c - doing it once: a call with an Idempotency-Key leaves its
 * answer in the transaction of its effect, and the same call later is given
 * that answer.
 *
 * While a call is worked on, an advisory lock of the session stands for its key
 * with this service: the same key meanwhile is 409.  Not of the transaction: a
 * handler may work in several.  The same key with other content, or on another
 * condition (If-Match), is 422.  Answers of 400 and more are not kept: such a
 * call had no effect.
 */
#include <string.h>

#include "libcommon/service/queries.h"
#include "secure/digest.h"
#include "service/inside.h"

/* Columns of idempotency_find. */
enum { HASH, STATUS, CONTENT_TYPE, ETAG, LOCATION, BODY };

static void
hash_content(const struct call *call, unsigned char out[DIGEST_SIZE])
{
	struct digest_state *state = digest_start();

	digest_add(state, slice_of(call->head->method));
	digest_add(state, slice_of(" "));
	digest_add(state, slice_of(call->head->target));
	if (call->head->if_match != NULL) {
		digest_add(state, slice_of("\nIf-Match: "));
		digest_add(state, slice_of(call->head->if_match));
	}
	digest_add(state, slice_of("\n"));
	digest_add(state, call->body);
	digest_end(state, out);
}

static bool
lock_key(struct worker *w, struct call *call, struct once *once,
    struct err *err)
{
	const struct bus_head *head = call->head;

	once->lock = lock_number(
	    arena_printf(call->arena, "%s\n%s\n%s\n%s", w->service->schema,
		head->tenant, head->principal, head->idempotency_key));
	if (!lock_take(w, once->lock, &once->is_locked, err))
		return false;
	if (once->is_locked)
		return true;
	err_set(err, ERR_CONFLICT,
	    "a request with this idempotency key is still being worked on");
	err->retry_after = 1;
	return false;
}

static bool
replay(const struct db_result *rows, struct call *call, const struct once *once,
    struct err *err)
{
	struct slice hash = db_get_bytes(rows, 0, HASH);
	struct slice body = db_get_bytes(rows, 0, BODY);

	if (hash.size != DIGEST_SIZE ||
	    memcmp(hash.data, once->content_hash, DIGEST_SIZE) != 0)
		return err_set(err, ERR_IDEMPOTENCY_MISMATCH,
		    "this idempotency key was used for another request; "
		    "take a new key");
	call->answer = (struct bus_answer){
		.status = db_get_integer(rows, 0, STATUS),
		.content_type = db_get_text(rows, 0, CONTENT_TYPE, call->arena),
		.etag = db_get_text(rows, 0, ETAG, call->arena),
		.location = db_get_text(rows, 0, LOCATION, call->arena),
		.replayed = true,
		.has_replayed = true,
	};
	buf_clear(call->answer_body);
	buf_add(call->answer_body, body.data, body.size);
	return true;
}

bool
once_begin(struct worker *w, struct call *call, struct once *once,
    struct err *err)
{
	struct db_result rows = { 0 };
	bool is_good = true;

	*once = (struct once){ .is_wanted = w->db != NULL &&
		    call->head->idempotency_key != NULL &&
		    strcmp(call->head->method, "GET") != 0 };
	if (!once->is_wanted)
		return true;
	hash_content(call, once->content_hash);
	if (!lock_key(w, call, once, err) ||
	    !db_query(w->db, &query_idempotency_find,
		DB_ARGS(db_text(call->head->tenant),
		    db_text(call->head->principal),
		    db_text(call->head->idempotency_key)),
		&rows, err))
		return false;
	once->is_replay = rows.row_count > 0;
	if (once->is_replay)
		is_good = replay(&rows, call, once, err);
	db_result_close(&rows);
	return is_good;
}

bool
once_end(struct worker *w, struct call *call, const struct once *once,
    struct err *err)
{
	const struct bus_answer *answer = &call->answer;
	struct slice hash = { (const char *)once->content_hash, DIGEST_SIZE };

	if (!once->is_wanted || once->is_replay)
		return true;
	return db_exec(w->db, &query_idempotency_store,
	    DB_ARGS(db_text(call->head->tenant), db_text(call->head->principal),
		db_text(call->head->idempotency_key), db_bytes(hash),
		db_integer(answer->status), db_text(answer->content_type),
		db_text(answer->etag), db_text(answer->location),
		db_bytes(buf_slice(call->answer_body))),
	    NULL, err);
}

void
once_close(struct worker *w, const struct once *once)
{
	if (once->is_locked)
		lock_give(w, once->lock, "idempotency key");
}
