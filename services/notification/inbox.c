/*
 * inbox.c - GET inbox, one message of it, and noting that it was read.
 *
 * An inbox belongs to the recipient whose principal asks.  A message about a
 * student is given only while the caller's own key may see the student's
 * school and section: a recipient may have been given more than the key has.
 */
#include "db/row.h"
#include "service/lists.h"
#include "service/visible.h"
#include "services/notification/notification.h"
#include "services/notification/queries.h"
#include "services/notification/resource.h"

static bool
find_own(struct worker *w, const struct call *call, const char **recipient_id,
    struct err *err)
{
	const struct bus_head *head = call->head;
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_recipient_of_principal,
		DB_ARGS(db_text(head->tenant), db_text(head->principal)),
		&result, err))
		return false;
	if (result.row_count > 0)
		*recipient_id = db_get_text(&result, 0, 0, &w->arena);
	else
		(void)err_set(err, ERR_NOT_FOUND,
		    "nobody is told anything at %s: an admin says `edupulse "
		    "recipients add --name NAME --role ROLE --key %s`",
		    head->principal, head->principal);
	db_result_close(&result);
	return err->code == ERR_NONE;
}

/* What of an inbox is wanted. */
struct wanted {
	const char *recipient_id; /* whose */
	const char *message_id;   /* this one; NULL: a part of the list */
	const char *cursor;       /* behind this one; NULL: from the newest */
	bool unread;              /* only what was not read yet */
	int64_t limit;
};

static bool
read_items(struct worker *w, const struct call *call,
    const struct wanted *wanted, struct inbox_list *list, struct err *err)
{
	const struct bus_head *head = call->head;
	void *rows;

	if (!db_read_many(w->db, &query_inbox_read,
		DB_ARGS(db_text(head->tenant), db_text(wanted->recipient_id),
		    db_text(wanted->message_id), db_text(wanted->cursor),
		    db_flag(wanted->unread), visible_schools(head),
		    visible_sections(head), db_integer(wanted->limit)),
		&inbox_item_message, call->arena, &rows, &list->items_count,
		err))
		return false;
	list->items = rows;
	return true;
}

static bool
count_unread(struct worker *w, const struct call *call,
    const char *recipient_id, int64_t *unread, struct err *err)
{
	const struct bus_head *head = call->head;
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_inbox_unread,
		DB_ARGS(db_text(head->tenant), db_text(recipient_id),
		    visible_schools(head), visible_sections(head)),
		&result, err))
		return false;
	*unread = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return true;
}

bool
list_inbox(struct worker *w, struct call *call, struct err *err)
{
	struct inbox_question question;
	struct inbox_list list = { 0 };
	struct wanted wanted = { 0 };
	int64_t limit;

	if (!call_read(call, &question, err) ||
	    !resource_cursor(question.cursor, err) ||
	    !find_own(w, call, &wanted.recipient_id, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	wanted.cursor = question.cursor;
	wanted.unread = question.has_unread && question.unread;
	wanted.limit = limit + 1;
	if (!read_items(w, call, &wanted, &list, err) ||
	    !count_unread(w, call, wanted.recipient_id, &list.unread, err))
		return false;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].message_id;
	return reply(call, 200, &inbox_list_message, &list);
}

static bool
find_item(struct worker *w, const struct call *call, struct inbox_item *item,
    struct err *err)
{
	struct wanted wanted = { .message_id = call_path(call, "message_id"),
		.limit = 1 };
	struct inbox_list list = { 0 };

	if (!resource_id("message", wanted.message_id, err) ||
	    !find_own(w, call, &wanted.recipient_id, err) ||
	    !read_items(w, call, &wanted, &list, err))
		return false;
	if (list.items_count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no message %s",
		    wanted.message_id);
	*item = list.items[0];
	return true;
}

static bool
reply_item(struct call *call, const struct inbox_item *item)
{
	return resource_reply(call, 200, item->has_read_at ? "read" : "unread",
	    &inbox_item_message, item);
}

bool
get_inbox_item(struct worker *w, struct call *call, struct err *err)
{
	struct inbox_item item;

	return find_item(w, call, &item, err) && reply_item(call, &item);
}

bool
read_inbox_item(struct worker *w, struct call *call, struct err *err)
{
	struct inbox_item item;

	return find_item(w, call, &item, err) &&
	    db_exec(w->db, &query_message_was_read,
		DB_ARGS(db_text(call->head->tenant), db_text(item.message_id)),
		NULL, err) &&
	    find_item(w, call, &item, err) && reply_item(call, &item);
}

bool
forget_old_messages(struct worker *w, bool *again, struct err *err)
{
	const struct notification_settings *settings = w->settings;
	struct db_result result = { 0 };

	*again = false;
	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_forget_messages,
		DB_ARGS(db_integer(settings->keep_days)), &result, err))
		return false;
	db_result_close(&result);
	return work_commit(w, err);
}
