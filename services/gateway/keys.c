/*
 * keys.c - API keys: POST, GET /api/v1/api-keys, DELETE .../{key_id}; who am
 * I; and the check that the loop asks for (guard.h).
 */
#include <string.h>

#include "base/uuid.h"
#include "db/row.h"
#include "service/visible.h"
#include "services/gateway/gateway.h"
#include "services/gateway/keys.h"
#include "services/gateway/queries.h"

enum { LIST_MOST = 500, LIST_USUAL = 50 };

bool
key_insert(struct worker *w, const char *tenant, struct api_key *key,
    struct err *err)
{
	unsigned char hash[DIGEST_SIZE];
	char id[UUID_TEXT_SIZE], text[KEY_TEXT_SIZE];

	uuid_make(id);
	key_make(text, hash);
	key->key_id = arena_copy(&w->arena, id);
	key->key = arena_copy(&w->arena, text);
	key->created_at = clock_now();
	return work_tenant(w, tenant, err) &&
	    db_exec(w->db, &query_insert_key,
		DB_ARGS(db_text(tenant), db_text(id), db_text(key->name),
		    db_text(role_choice.names[key->role]),
		    db_texts(key->schools, key->schools_count),
		    db_texts(key->sections, key->sections_count),
		    db_bytes((struct slice){ (char *)hash, DIGEST_SIZE }),
		    db_time(key->created_at),
		    key->has_expires_at ? db_time(key->expires_at) : db_null()),
		NULL, err);
}

/* Whose data: only the platform's own tenant makes keys for others. */
static bool
choose_tenant(struct worker *w, const struct call *call,
    const struct key_question *question, const char **tenant, struct err *err)
{
	const char *own = call->head->tenant;

	*tenant = question->tenant != NULL ? question->tenant : own;
	if (strcmp(*tenant, own) == 0 ||
	    strcmp(own, service_tenant(w->service)) == 0)
		return true;
	return err_set(err, ERR_FORBIDDEN,
	    "a key for another tenant is made with a key of tenant %s",
	    service_tenant(w->service));
}

/* One of the lists that say which rows the key's holder sees. */
static bool
check_names(const char *field, enum role role, const char *const *names,
    size_t count, struct err *err)
{
	const char *wanted = visible_need(role);

	if (count == 0 && wanted != NULL && strcmp(field, wanted) == 0)
		return err_at(err, field,
		    "name at least one: the role %s sees nothing without",
		    role_choice.names[role]);
	/* Absent is all of them; an empty list would become the same. */
	if (count == 0 && names != NULL)
		return err_at(err, field,
		    "is empty: name at least one, or leave it out for all");
	return true;
}

static bool
check_question(const struct key_question *question, struct err *err)
{
	if (question->role == ROLE_INTERNAL)
		return err_at(err, "role",
		    "internal is for services among themselves");
	if (!check_names("schools", question->role, question->schools,
		question->schools_count, err) ||
	    !check_names("sections", question->role, question->sections,
		question->sections_count, err))
		return false;
	if (question->has_expires_at && question->expires_at <= clock_now())
		return err_at(err, "expires_at", "is over already");
	return true;
}

bool
create_key(struct worker *w, struct call *call, struct err *err)
{
	struct key_question question = { 0 };
	struct api_key key;
	const char *tenant;

	if (!call_read(call, &question, err) ||
	    !check_question(&question, err) ||
	    !choose_tenant(w, call, &question, &tenant, err))
		return false;
	key = (struct api_key){ .name = question.name,
		.role = question.role,
		.schools = question.schools,
		.schools_count = question.schools_count,
		.sections = question.sections,
		.sections_count = question.sections_count,
		.has_expires_at = question.has_expires_at,
		.expires_at = question.expires_at };
	if (!key_insert(w, tenant, &key, err))
		return false;
	call->answer.location =
	    arena_printf(call->arena, "/api/v1/api-keys/%s", key.key_id);
	return reply(call, 201, &api_key_message, &key);
}

bool
list_keys(struct worker *w, struct call *call, struct err *err)
{
	struct key_list_question question = { 0 };
	struct key_list list = { 0 };
	int64_t limit;
	void *items;

	if (!call_read(call, &question, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_list_keys,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    db_integer(limit + 1)),
		&api_key_message, call->arena, &items, &list.items_count, err))
		return false;
	list.items = items;
	if (list.items_count > (size_t)limit) {
		list.items_count = (size_t)limit;
		list.next = list.items[limit - 1].key_id;
	}
	return reply(call, 200, &key_list_message, &list);
}

static void
forget_cached(struct worker *w, struct call *call)
{
	struct gateway *gateway = w->state;

	(void)call;
	atomic_fetch_add(&gateway->revocations, 1);
}

bool
revoke_key(struct worker *w, struct call *call, struct err *err)
{
	const char *key_id = call_path(call, "key_id");
	const char *own = arena_printf(call->arena, "key:%s", key_id);
	struct db_result result = { 0 };

	if (strcmp(own, call->head->principal) == 0)
		return err_set(err, ERR_CONFLICT,
		    "a key does not revoke itself, so that one is always left; "
		    "use another admin's key");
	if (!db_query(w->db, &query_revoke_key,
		DB_ARGS(db_text(call->head->tenant), db_text(key_id)), &result,
		err)) {
		if (err->code == ERR_NOT_FOUND)
			(void)err_set(err, ERR_NOT_FOUND,
			    "there is no key %.40s", key_id);
		return false;
	}
	db_result_close(&result);
	call->after = forget_cached;
	return reply_nothing(call, 204);
}

/* Two lower-case hexadecimal digits a byte. */
static bool
read_hash(const char *hex, unsigned char hash[DIGEST_SIZE], struct err *err)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		const char *high = strchr(digits, hex[2 * i]);
		const char *low = strchr(digits, hex[2 * i + 1]);

		if (high == NULL || low == NULL)
			return err_at(err, "hash", "is not hexadecimal");
		hash[i] =
		    (unsigned char)((high - digits) << 4 | (low - digits));
	}
	return true;
}

bool
check_key(struct worker *w, struct call *call, struct err *err)
{
	struct key_check_question question = { 0 };
	unsigned char hash[DIGEST_SIZE];
	struct key_check who = { 0 };

	if (!call_read(call, &question, err) ||
	    !read_hash(question.hash, hash, err) ||
	    !db_read_one(w->db, &query_find_key,
		DB_ARGS(db_bytes((struct slice){ (char *)hash, DIGEST_SIZE })),
		&key_check_message, call->arena, &who, err))
		return false;
	return reply(call, 200, &key_check_message, &who);
}

bool
who_am_i(struct worker *w, struct call *call, struct err *err)
{
	struct who who = { .principal = call->head->principal,
		.tenant = call->head->tenant,
		.role = call->head->role };

	(void)w;
	(void)err;
	return reply(call, 200, &who_message, &who);
}
