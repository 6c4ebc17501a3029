/*
 * batch.c - POST /api/v1/ingest/batch and /api/v1/ingest/stream.
 *
 * A stream's part is a batch whose key is made of the stream's key and the
 * part's number: the client may send the stream again.  Without a key it is
 * the stream's id, which no other has.
 *
 * What is acknowledged is committed: the answer leaves after the commit.  A
 * batch's key is claimed first, so that the same batch, sent twice at the same
 * time, is stored once and answered twice.  One without a key has its content's
 * name, whoever sends it; when it comes again from one who may tell history,
 * the records that want this right are stored then.
 */
#include "services/ingestion/batch.h"

#include <stdio.h>
#include <string.h>

#include "services/ingestion/queries.h"
#include "services/ingestion/sources.h"
#include "wire/json.h"

enum {
	ERRORS_MOST = 100,
	STREAM_KEY_MOST = 240 /* leaves room for the part's number */
};

/* The key by which this batch is known. */
static void
name_batch(struct batch *batch)
{
	const struct bus_head *head = batch->call->head;
	struct digest_state *state = digest_start();
	char hex[DIGEST_TEXT_SIZE];

	digest_add(state, slice_of(batch->in.source));
	digest_add(state, slice_of(batch->options.atomic ? "\n1\n" : "\n0\n"));
	digest_add(state, batch->call->body);
	digest_end(state, batch->content_hash);
	digest_text(batch->content_hash, hex);
	if (head->upload_id != NULL)
		snprintf(batch->key, sizeof(batch->key), "%s#%lld",
		    head->stream_key != NULL ? head->stream_key
					     : head->upload_id,
		    (long long)head->part);
	else if (batch->options.batch_key != NULL)
		snprintf(batch->key, sizeof(batch->key), "%s",
		    batch->options.batch_key);
	else if (head->idempotency_key != NULL)
		snprintf(batch->key, sizeof(batch->key), "%s",
		    head->idempotency_key);
	else {
		batch->is_named_by_content = true;
		snprintf(batch->key, sizeof(batch->key), "sha256:%s", hex);
	}
}

/* The answer that the batch got when it came first. */
static bool
replay(struct worker *w, struct batch *batch, struct err *err)
{
	struct batch_answer answer = { 0 };
	struct db_result result = { 0 };
	struct slice hash;
	const char *text;
	bool is_same;

	if (!db_query(w->db, &query_find_batch,
		DB_ARGS(db_text(batch->in.tenant), db_text(batch->key)),
		&result, err))
		return false;
	hash = db_get_bytes(&result, 0, 0);
	is_same = hash.size == DIGEST_SIZE &&
	    memcmp(hash.data, batch->content_hash, DIGEST_SIZE) == 0;
	text = db_get_text(&result, 0, 1, batch->call->arena);
	db_result_close(&result);
	if (!is_same)
		return err_set(err, ERR_IDEMPOTENCY_MISMATCH,
		    "the batch key was used for other records; "
		    "give this batch a key of its own");
	if (text == NULL ||
	    !json_decode(&batch_answer_message, slice_of(text), JSON_LENIENT,
		batch->call->arena, &answer, err))
		return err_set(err, ERR_INTERNAL, "a batch has no answer");
	answer.has_replayed = answer.replayed = true;
	return reply(batch->call, 200, &batch_answer_message, &answer);
}

/* All or nothing was asked for, and it is nothing. */
static bool
refuse_all(const struct intake *in, struct err *err)
{
	(void)err_set(err, ERR_INVALID,
	    "%zu of %zu records are refused, and with atomic none is stored",
	    in->refused, in->count);
	for (size_t i = 0; i < in->count; i++)
		if (in->items[i].fault != NULL)
			(void)err_at(err, intake_place(in, &in->items[i]), "%s",
			    in->items[i].fault);
	return false;
}

static void
fill_answer(const struct batch *batch, struct batch_answer *answer)
{
	const struct intake *in = &batch->in;
	const struct bus_head *head = batch->call->head;

	*answer = (struct batch_answer){ .received = (int64_t)in->count,
		.stored = in->appended.stored,
		.duplicates = (int64_t)in->duplicates,
		.superseded = in->appended.superseded,
		.refused = (int64_t)in->refused,
		.batch_key = batch->key,
		.has_part = head->upload_id != NULL,
		.part = head->part };
	answer->errors =
	    arena_array(in->arena, ERRORS_MOST, sizeof(*answer->errors));
	for (size_t i = 0; i < in->count; i++) {
		if (in->items[i].fault == NULL ||
		    answer->errors_count == ERRORS_MOST)
			continue;
		answer->errors[answer->errors_count++] = (struct problem_place){
			.pointer = intake_place(in, &in->items[i]),
			.message = in->items[i].fault,
		};
	}
}

static bool
store_batch(struct worker *w, struct batch *batch, struct err *err)
{
	struct intake *in = &batch->in;
	struct batch_answer answer;
	struct buf text = { 0 };
	bool is_kept;

	if (batch->options.atomic && in->refused > 0)
		return refuse_all(in, err);
	if (!intake_store(in, err))
		return false;
	fill_answer(batch, &answer);
	json_encode(&batch_answer_message, &answer, &text);
	is_kept = db_exec(w->db, &query_answer_batch,
	    DB_ARGS(db_text(in->tenant), db_text(batch->key),
		db_slice(buf_slice(&text))),
	    NULL, err);
	buf_close(&text);
	w->said = true;
	return is_kept &&
	    reply(batch->call, 200, &batch_answer_message, &answer);
}

/* Of what is good, only records that nobody else may tell are new: the others
 * were told when the batch came first.  How many there are. */
static size_t
keep_history(struct intake *in)
{
	struct check_rules rules = in->rules;
	size_t kept = 0;

	rules.may_tell_history = false;
	for (size_t i = 0; i < in->count; i++) {
		struct intake_item *item = &in->items[i];
		struct err fault;

		if (item->fault != NULL || item->is_duplicate ||
		    item->is_left_out)
			continue;
		item->is_duplicate = record_check(item->record,
		    item->entry.occurred_on, &rules, &fault);
		in->duplicates += item->is_duplicate;
		kept += !item->is_duplicate;
	}
	return kept;
}

/* It was there before: answered again, unless its sender has a right that
 * makes a difference. */
static bool
come_again(struct worker *w, struct batch *batch, struct err *err)
{
	struct intake *in = &batch->in;
	size_t raised = 0;

	if (batch->is_named_by_content && in->rules.may_tell_history &&
	    !db_exec(w->db, &query_raise_batch,
		DB_ARGS(db_text(in->tenant), db_text(batch->key)), &raised,
		err))
		return false;
	if (raised > 0 && !intake_settle(in, err))
		return false;
	return raised > 0 && keep_history(in) > 0 ? store_batch(w, batch, err)
						  : replay(w, batch, err);
}

/* Whose name it goes by, and what a part of a stream cannot be. */
static bool
check_options(const struct batch *batch, struct err *err)
{
	const struct bus_head *head = batch->call->head;
	const struct batch_options *options = &batch->options;

	if (options->source != NULL && source_is_ours(options->source))
		return err_at(err, "source",
		    "%s is the name of an importer; take another",
		    options->source);
	if (head->upload_id == NULL)
		return true;
	if (options->atomic)
		return err_at(err, "atomic",
		    "a stream is stored part by part; send a batch");
	if (head->stream_key != NULL &&
	    strlen(head->stream_key) > STREAM_KEY_MOST)
		return err_at(err, "batch_key",
		    "the key of a stream has at most %d bytes",
		    STREAM_KEY_MOST);
	return true;
}

static bool
run_batch(struct worker *w, struct call *call, bool is_ndjson, struct err *err)
{
	struct batch batch = { .call = call, .is_ndjson = is_ndjson };
	struct intake *in = &batch.in;
	size_t claimed;

	*in = (struct intake){ .db = w->db,
		.cache = w->scratch,
		.arena = call->arena,
		.tenant = call->head->tenant };
	if (!batch_read(&batch, err) || !check_options(&batch, err))
		return false;
	in->source =
	    batch.options.source != NULL ? batch.options.source : "api";
	in->batch_key = batch.key;
	name_batch(&batch);
	if (!intake_begin(in, may_tell_history(call->head), err) ||
	    !db_exec(w->db, &query_claim_batch,
		DB_ARGS(db_text(in->tenant), db_text(batch.key),
		    db_bytes((struct slice){ (char *)batch.content_hash,
			DIGEST_SIZE }),
		    db_flag(in->rules.may_tell_history)),
		&claimed, err))
		return false;
	if (claimed == 0)
		return come_again(w, &batch, err);
	return intake_settle(in, err) && store_batch(w, &batch, err);
}

bool
ingest_batch(struct worker *w, struct call *call, struct err *err)
{
	return run_batch(w, call, false, err);
}

/* One record as JSON, or lines. */
bool
ingest_stream(struct worker *w, struct call *call, struct err *err)
{
	if (call->head->upload_id == NULL && call->body.size == 0)
		return err_set(err, ERR_MALFORMED, "there is no record");
	return run_batch(w, call, true, err);
}
