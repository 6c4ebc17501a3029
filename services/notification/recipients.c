/* recipients.c - who can be told: list, add, read, change, remove. */
#include <string.h>

#include "base/uuid.h"
#include "db/row.h"
#include "service/lists.h"
#include "services/notification/address.h"
#include "services/notification/notification.h"
#include "services/notification/queries.h"
#include "services/notification/resource.h"

/* The columns of recipient_add and recipient_change behind tenant, id and
 * revision. */
#define RECIPIENT_COLUMNS(recipient)                                      \
	db_text((recipient)->name), db_text((recipient)->email),          \
	    db_text(role_choice.names[(recipient)->role]),                \
	    db_texts((recipient)->schools, (recipient)->schools_count),   \
	    db_texts((recipient)->sections, (recipient)->sections_count), \
	    db_text((recipient)->principal),                              \
	    db_flag(!(recipient)->has_active || (recipient)->active)

bool
recipients_active(struct worker *w, const char *tenant, struct arena *arena,
    struct recipient **recipients, size_t *count, struct err *err)
{
	void *rows;

	if (!db_read_many(w->db, &query_recipients_read,
		DB_ARGS(db_text(tenant), db_null(), db_null(), db_flag(true),
		    db_integer(RECIPIENTS_MOST)),
		&recipient_message, arena, &rows, count, err))
		return false;
	*recipients = rows;
	return true;
}

bool
recipient_find(struct worker *w, const char *tenant, const char *recipient_id,
    struct recipient *recipient, struct err *err)
{
	void *rows;
	size_t count;

	if (!resource_id("recipient", recipient_id, err) ||
	    !db_read_many(w->db, &query_recipients_read,
		DB_ARGS(db_text(tenant), db_text(recipient_id), db_null(),
		    db_flag(false), db_integer(1)),
		&recipient_message, &w->arena, &rows, &count, err))
		return false;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no recipient %s",
		    recipient_id);
	*recipient = *(struct recipient *)rows;
	return true;
}

static bool
reply_recipient(struct worker *w, struct call *call, int status, const char *id,
    struct err *err)
{
	struct recipient recipient;

	return recipient_find(w, call->head->tenant, id, &recipient, err) &&
	    resource_reply_revision(call, status, recipient.revision,
		&recipient_message, &recipient);
}

/* What an empty list of schools or sections means nobody should guess. */
static bool
check_scope(const struct recipient *recipient, struct err *err)
{
	if (recipient->schools != NULL && recipient->schools_count == 0)
		return err_at(err, "schools",
		    "is empty: name at least one, or leave it out");
	if (recipient->sections != NULL && recipient->sections_count == 0)
		return err_at(err, "sections",
		    "is empty: name at least one, or leave it out");
	return true;
}

static bool
check_recipient(const struct recipient *recipient, struct err *err)
{
	if (recipient->role == ROLE_STUDENT ||
	    recipient->role == ROLE_SERVICE || recipient->role == ROLE_INTERNAL)
		return err_at(err, "role",
		    "%s is told nothing: it is admin, operator, educator, "
		    "counselor or analyst",
		    role_choice.names[recipient->role]);
	if (!name_is_plain(recipient->name))
		return err_at(err, "name", "holds a control character");
	if (recipient->email != NULL && !address_is_valid(recipient->email))
		return err_at(err, "email",
		    "is no mail address in ASCII, like NAME@SCHOOL.EXAMPLE");
	if (recipient->principal != NULL &&
	    strncmp(recipient->principal, "key:", 4) != 0)
		return err_at(err, "principal",
		    "is key: and the key's id, as GET auth/me says it");
	return check_scope(recipient, err);
}

static bool
read_recipient(struct call *call, struct recipient *recipient, struct err *err)
{
	return call_read(call, recipient, err) &&
	    check_recipient(recipient, err);
}

/* One inbox a key: what the database refuses, in words. */
static bool
explain_conflict(struct err *err)
{
	if (err->code == ERR_CONFLICT)
		(void)err_set(err, ERR_CONFLICT,
		    "this principal is another recipient's already");
	return false;
}

bool
list_recipients(struct worker *w, struct call *call, struct err *err)
{
	struct list_question question;
	struct recipient_list list = { 0 };
	int64_t limit;
	void *rows;

	if (!call_read(call, &question, err) ||
	    !resource_cursor(question.cursor, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_recipients_read,
		DB_ARGS(db_text(call->head->tenant), db_null(),
		    db_text(question.cursor), db_flag(false),
		    db_integer(limit + 1)),
		&recipient_message, call->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].recipient_id;
	return reply(call, 200, &recipient_list_message, &list);
}

static bool
check_room(struct worker *w, const char *tenant, struct err *err)
{
	struct db_result result = { 0 };
	bool is_full;

	if (!db_query(w->db, &query_recipient_count, DB_ARGS(db_text(tenant)),
		&result, err))
		return false;
	is_full = db_get_integer(&result, 0, 0) >= RECIPIENTS_MOST;
	db_result_close(&result);
	return !is_full ||
	    err_set(err, ERR_CONFLICT,
		"there are %d recipients already, and no more than that",
		RECIPIENTS_MOST);
}

bool
create_recipient(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct recipient recipient;
	char id[UUID_TEXT_SIZE];

	if (!read_recipient(call, &recipient, err) ||
	    !check_room(w, tenant, err))
		return false;
	uuid_make(id);
	if (!db_exec(w->db, &query_recipient_add,
		DB_ARGS(db_text(tenant), db_text(id),
		    RECIPIENT_COLUMNS(&recipient)),
		NULL, err))
		return explain_conflict(err);
	call->answer.location =
	    arena_printf(call->arena, "/api/v1/recipients/%s", id);
	return reply_recipient(w, call, 201, id, err);
}

bool
get_recipient(struct worker *w, struct call *call, struct err *err)
{
	return reply_recipient(w, call, 200, call_path(call, "recipient_id"),
	    err);
}

bool
put_recipient(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	const char *id = call_path(call, "recipient_id");
	struct recipient recipient, before;
	int64_t revision;
	size_t touched;

	if (!recipient_find(w, tenant, id, &before, err) ||
	    !resource_revision(call, &revision, err) ||
	    !read_recipient(call, &recipient, err))
		return false;
	if (!db_exec(w->db, &query_recipient_change,
		DB_ARGS(db_text(tenant), db_text(id), db_integer(revision),
		    RECIPIENT_COLUMNS(&recipient)),
		&touched, err))
		return explain_conflict(err);
	return resource_changed(touched, err) &&
	    reply_recipient(w, call, 200, id, err);
}

bool
delete_recipient(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	const char *id = call_path(call, "recipient_id");
	struct recipient recipient;
	int64_t revision;
	size_t touched;

	return recipient_find(w, tenant, id, &recipient, err) &&
	    resource_revision(call, &revision, err) &&
	    db_exec(w->db, &query_recipient_remove,
		DB_ARGS(db_text(tenant), db_text(id), db_integer(revision)),
		&touched, err) &&
	    resource_changed(touched, err) && reply_nothing(call, 204);
}
