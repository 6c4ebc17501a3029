/*
 * outbox.c - telling: an event is a row, written in the transaction that
 * caused it.  GET /internal/events gives pages of rows behind a cursor.
 */
#include <inttypes.h>

#include "libcommon/service/queries.h"
#include "service/cursor.h"
#include "service/inside.h"
#include "wire/json.h"

/* A page ends where it would grow beyond PAGE_SIZE; one event alone may. */
enum { PAGE_ROWS = 200, PAGE_SIZE = 8 * 1024 * 1024 };

bool
say(struct worker *w, const char *topic, const char *tenant,
    const char *subject, const struct message *message, const void *data,
    struct err *err)
{
	struct buf json = { 0 };
	size_t told = 0;
	bool is_good;

	must(db_in_transaction(w->db));
	json_encode(message, data, &json);
	is_good = db_exec(w->db, &query_outbox_add,
	    DB_ARGS(db_text(tenant), db_text(topic), db_text(subject),
		db_slice(buf_slice(&json))),
	    &told, err);
	buf_close(&json);
	if (is_good && told != 1)
		is_good = err_set(err, ERR_INTERNAL,
		    "the table epoch has not one row: nothing can be told");
	w->said = w->said || is_good;
	return is_good;
}

bool
work_begin(struct worker *w, const char *tenant, struct err *err)
{
	w->said = false;
	return db_begin(w->db, tenant, err);
}

bool
work_commit(struct worker *w, struct err *err)
{
	bool has_said = w->said;

	w->said = false;
	if (!db_commit(w->db, err))
		return false;
	if (has_said)
		bus_ring(w->bus);
	return true;
}

bool
work_tenant(struct worker *w, const char *tenant, struct err *err)
{
	struct db_result result = { 0 };

	must(db_in_transaction(w->db));
	if (!db_query(w->db, &query_work_tenant, DB_ARGS(db_text(tenant)),
		&result, err))
		return false;
	db_result_close(&result);
	return true;
}

/* Columns of outbox_page. */
enum { EPOCH, XID, ID, SAID_AT, TENANT, TOPIC, SUBJECT, DATA };

static void
read_event(const struct db_result *rows, size_t row, const char *source,
    struct arena *arena, struct event *event)
{
	const char *xid = db_get_text(rows, row, XID, arena);
	const char *data = db_get_text(rows, row, DATA, arena);

	*event = (struct event){
		.specversion = "1.0",
		.id = arena_printf(arena, "%" PRId64 ".%s.%" PRId64,
		    db_get_integer(rows, row, EPOCH), xid,
		    db_get_integer(rows, row, ID)),
		.source = source,
		.type = db_get_text(rows, row, TOPIC, arena),
		.time = db_get_time(rows, row, SAID_AT),
		.tenant = db_get_text(rows, row, TENANT, arena),
		.subject = db_get_text(rows, row, SUBJECT, arena),
		.data = slice_of(data),
	};
}

static bool
count_behind(struct worker *w, const char *next, int64_t *count,
    struct err *err)
{
	struct db_result result = { 0 };
	struct cursor cursor;

	if (!cursor_parse(next, &cursor, err) ||
	    !db_query(w->db, &query_outbox_remaining,
		DB_ARGS(db_integer(cursor.epoch),
		    db_text(arena_printf(&w->arena, "%" PRIu64, cursor.xid)),
		    db_integer(cursor.id)),
		&result, err))
		return false;
	*count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return true;
}

/* How many of the rows make a page. */
static size_t
count_fitting(const struct db_result *rows, size_t limit)
{
	size_t count = 0, size = 0;

	while (count < rows->row_count && count < limit) {
		size += db_get_bytes(rows, count, DATA).size;
		if (count > 0 && size > PAGE_SIZE)
			break;
		count++;
	}
	return count;
}

static bool
read_page(struct worker *w, const struct cursor *after, int64_t limit,
    struct event_page *page, struct err *err)
{
	char *xid = arena_printf(&w->arena, "%" PRIu64, after->xid);
	struct db_result rows = { 0 };

	if (!db_query(w->db, &query_outbox_page,
		DB_ARGS(db_integer(after->epoch), db_text(xid),
		    db_integer(after->id), db_integer(limit + 1)),
		&rows, err))
		return false;
	page->items_count = count_fitting(&rows, (size_t)limit);
	page->more = page->items_count < rows.row_count;
	page->items =
	    arena_array(&w->arena, page->items_count, sizeof(*page->items));
	for (size_t i = 0; i < page->items_count; i++)
		read_event(&rows, i, w->service->kind->name, &w->arena,
		    &page->items[i]);
	db_result_close(&rows);
	if (page->items_count > 0)
		page->next = page->items[page->items_count - 1].id;
	/* What open transactions hold back is still to come, too. */
	page->has_remaining = true;
	return count_behind(w, page->next, &page->remaining, err);
}

bool
service_events(struct worker *w, struct call *call, struct err *err)
{
	struct event_query query;
	struct event_page page = { 0 };
	struct cursor after;

	if (w->db == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no outbox here");
	if (!call_read(call, &query, err) ||
	    !cursor_parse(query.after, &after, err))
		return false;
	page.next = query.after != NULL ? query.after : "0.0.0";
	if (!read_page(w, &after, query.has_limit ? query.limit : PAGE_ROWS,
		&page, err))
		return false;
	return reply(call, 200, &event_page_message, &page);
}
