/*
 * feed.c - the record log for its readers (GET /internal/records), and what
 * else other services ask: protected attributes, courses, statistics.
 *
 * A page holds only entries of transactions below the snapshot's xmin: no
 * transaction that is still open can come in before a cursor that was handed
 * out.  `remaining` counts what such transactions hold back too, so a reader
 * that sees 0 has read everything that was acknowledged.
 */
#include <inttypes.h>
#include <stdio.h>

#include "db/row.h"
#include "service/cursor.h"
#include "service/lists.h"
#include "services/ingestion/entry.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/queries.h"
#include "wire/binary.h"

static void
take_correction(const struct db_result *result, size_t row,
    struct log_entry *entry)
{
	entry->has_supersedes = !db_is_null(result, row, 8);
	if (!entry->has_supersedes)
		return;
	entry->supersedes = db_get_integer(result, row, 8);
	entry->has_superseded_enrollment_id = !db_is_null(result, row, 9);
	if (entry->has_superseded_enrollment_id)
		entry->superseded_enrollment_id =
		    db_get_integer(result, row, 9);
	entry->has_superseded_on = !db_is_null(result, row, 10);
	if (entry->has_superseded_on)
		entry->superseded_on = db_get_day(result, row, 10);
}

static bool
take_entry(const struct db_result *result, size_t row, struct arena *arena,
    struct log_entry *entry, struct err *err)
{
	entry->position = db_get_integer(result, row, 1);
	entry->tenant = db_get_text(result, row, 2, arena);
	entry->kind = (enum record_kind)db_get_integer(result, row, 3);
	entry->has_enrollment_id = !db_is_null(result, row, 4);
	if (entry->has_enrollment_id)
		entry->enrollment_id = db_get_integer(result, row, 4);
	entry->has_occurred_on = !db_is_null(result, row, 5);
	if (entry->has_occurred_on)
		entry->occurred_on = db_get_day(result, row, 5);
	entry->has_known_on = !db_is_null(result, row, 6);
	if (entry->has_known_on)
		entry->known_on = db_get_day(result, row, 6);
	entry->received_at = db_get_time(result, row, 7);
	take_correction(result, row, entry);
	return entry_unpack(entry->kind, db_get_bytes(result, row, 11), arena,
	    entry, err);
}

struct feed_question {
	struct cursor after;
	int64_t limit;
	int64_t last_position;
};

static bool
read_question(struct worker *w, struct call *call, struct feed_question *q,
    struct err *err)
{
	struct page_question page = { 0 };
	struct db_result state = { 0 };
	int64_t epoch;

	if (!call_read(call, &page, err) ||
	    !cursor_parse(page.after, &q->after, err) ||
	    !db_query(w->db, &query_feed_state, DB_NO_ARGS, &state, err))
		return false;
	q->limit = page.has_limit ? page.limit : PAGE_USUAL;
	epoch = db_get_integer(&state, 0, 0);
	q->last_position = db_get_integer(&state, 0, 1);
	db_result_close(&state);
	/* Of another epoch: what it means is gone, begin anew. */
	if (q->after.epoch != epoch)
		q->after = (struct cursor){ .epoch = epoch };
	return true;
}

static bool
fill_page(const struct db_result *result, struct arena *arena,
    struct feed_question *q, struct log_page *page, struct err *err)
{
	size_t count = result->row_count;

	page->more = list_cut(&count, q->limit);
	page->entries = arena_array(arena, count, sizeof(*page->entries));
	page->entries_count = count;
	for (size_t i = 0; i < count; i++)
		if (!take_entry(result, i, arena, &page->entries[i], err))
			return false;
	if (count > 0) {
		q->after.xid = (uint64_t)db_get_integer(result, count - 1, 0);
		q->after.id = page->entries[count - 1].position;
	}
	return true;
}

/* Behind the page: positions, when there are further pages; otherwise the
 * entries that are there and could not be told yet. */
static bool
count_remaining(struct worker *w, const struct feed_question *q,
    const char *xid, struct log_page *page, struct err *err)
{
	struct db_result result = { 0 };

	if (page->more && q->last_position > q->after.id) {
		page->remaining = q->last_position - q->after.id;
		return true;
	}
	if (!db_query(w->db, &query_feed_remaining,
		DB_ARGS(db_text(xid), db_integer(q->after.id)), &result, err))
		return false;
	page->remaining = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return true;
}

bool
get_records(struct worker *w, struct call *call, struct err *err)
{
	struct feed_question q;
	struct log_page page = { 0 };
	struct db_result result = { 0 };
	char xid[24], next[CURSOR_TEXT_SIZE];
	struct buf body = { 0 };
	bool is_good;

	if (!read_question(w, call, &q, err))
		return false;
	snprintf(xid, sizeof(xid), "%" PRIu64, q.after.xid);
	if (!db_query(w->db, &query_feed_page,
		DB_ARGS(db_text(xid), db_integer(q.after.id),
		    db_integer(q.limit + 1)),
		&result, err))
		return false;
	is_good = fill_page(&result, call->arena, &q, &page, err);
	db_result_close(&result);
	snprintf(xid, sizeof(xid), "%" PRIu64, q.after.xid);
	if (!is_good || !count_remaining(w, &q, xid, &page, err))
		return false;
	cursor_print(&q.after, next);
	page.next = next;
	binary_encode(&log_page_message, &page, &body);
	is_good = reply_bytes(call, 200, "application/octet-stream",
	    buf_slice(&body));
	buf_close(&body);
	return is_good;
}

static bool
read_page(struct call *call, struct page_question *page, struct err *err)
{
	if (!call_read(call, page, err))
		return false;
	if (!page->has_limit)
		page->limit = PAGE_USUAL;
	if (page->after == NULL)
		page->after = "";
	return true;
}

bool
get_protected(struct worker *w, struct call *call, struct err *err)
{
	struct page_question question = { 0 };
	struct protected_page page = { 0 };
	struct protected_attributes *attributes;
	void *values, *ids;
	struct db_result result = { 0 };
	bool is_good;

	if (!read_page(call, &question, err) ||
	    !db_query(w->db, &query_protected_page,
		DB_ARGS(db_text(call->head->tenant), db_text(question.after),
		    db_integer(question.limit + 1)),
		&result, err))
		return false;
	is_good = rows_read(&result, &protected_attributes_message, call->arena,
		      &values, &page.items_count, err) &&
	    rows_read(&result, &student_message, call->arena, &ids,
		&page.items_count, err);
	db_result_close(&result);
	if (!is_good)
		return false;
	attributes = values;
	page.items =
	    arena_array(call->arena, page.items_count, sizeof(*page.items));
	for (size_t i = 0; i < page.items_count; i++)
		page.items[i] = (struct protected_item){
			((struct student *)ids)[i].student_id, &attributes[i]
		};
	if (list_cut(&page.items_count, question.limit))
		page.next = page.items[question.limit - 1].student_id;
	return reply(call, 200, &protected_page_message, &page);
}

bool
get_course_page(struct worker *w, struct call *call, struct err *err)
{
	struct page_question question = { 0 };
	struct course_page page = { 0 };
	void *items;

	if (!read_page(call, &question, err) ||
	    !db_read_many(w->db, &query_list_courses,
		DB_ARGS(db_text(call->head->tenant), db_text(question.after),
		    db_integer(question.limit + 1)),
		&course_message, call->arena, &items, &page.items_count, err))
		return false;
	page.items = items;
	if (list_cut(&page.items_count, question.limit))
		page.next = page.items[question.limit - 1].course_id;
	return reply(call, 200, &course_page_message, &page);
}

bool
get_ingest_stats(struct worker *w, struct call *call, struct err *err)
{
	struct ingest_totals totals = { 0 };
	struct ingest_stats stats = { .totals = &totals };
	struct db_value tenant = db_text(call->head->tenant);
	struct db_result counts = { 0 };
	void *kinds;
	bool is_good;

	if (!db_read_one(w->db, &query_count_registers, DB_ARGS(tenant),
		&ingest_totals_message, call->arena, &totals, err))
		return false;
	if (!db_query(w->db, &query_count_log, DB_ARGS(tenant), &counts, err))
		return false;
	is_good = rows_read(&counts, &kind_count_message, call->arena, &kinds,
	    &stats.kinds_count, err);
	db_result_close(&counts);
	if (!is_good)
		return false;
	stats.kinds = kinds;
	for (size_t i = 0; i < stats.kinds_count; i++) {
		const struct kind_count *kind = &stats.kinds[i];

		stats.records += kind->records;
		if (!stats.has_last_received_at ||
		    kind->last_received_at > stats.last_received_at)
			stats.last_received_at = kind->last_received_at;
		stats.has_last_received_at = true;
	}
	return reply(call, 200, &ingest_stats_message, &stats);
}
