/* guard.c - keys: reading, remembering and asking. */
#include "services/gateway/guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "services/gateway/gateway.h"
#include "services/gateway/passage.h"
#include "wire/json.h"

enum { KEY_TEXT = 3 + 43, CHECK_SECONDS = 5 };

/* One question on its way, and who waits for it. */
struct key_check_ask {
	struct key_check_ask *next;
	struct gateway *gateway; /* borrowed */
	unsigned char hash[DIGEST_SIZE];
	struct key_moment asked;
	struct passage *waiting; /* held; linked by next_waiting */
};

void
guard_init(struct guard *guard)
{
	guard->cache = mem_alloc(1, sizeof(*guard->cache));
}

void
guard_close(struct guard *guard)
{
	key_cache_close(guard->cache);
	free(guard->cache);
}

void
key_make(char text[KEY_TEXT_SIZE], unsigned char hash[DIGEST_SIZE])
{
	unsigned char bytes[KEY_BYTES];
	struct buf out = { 0 };

	random_bytes(bytes, sizeof(bytes));
	buf_text(&out, "ep_");
	base64_encode(&out, (struct slice){ (char *)bytes, sizeof(bytes) });
	must(out.size == KEY_TEXT + 1); /* with one = of padding */
	memcpy(text, out.data, KEY_TEXT);
	text[KEY_TEXT] = '\0';
	for (char *c = text; *c != '\0'; c++)
		*c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
	digest(slice_of(text), hash);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(out.data, out.size);
	buf_close(&out);
}

static const char *
key_of(const struct http_request *request)
{
	const char *given = http_header(request, "Authorization");

	if (given == NULL)
		return http_header(request, "X-Api-Key");
	if (strncasecmp(given, "Bearer ", 7) != 0)
		return NULL;
	return given + 7 + strspn(given + 7, " ");
}

bool
guard_read(const struct http_request *request, unsigned char hash[DIGEST_SIZE],
    struct err *err)
{
	const char *key = key_of(request);

	if (key == NULL)
		return err_set(err, ERR_UNAUTHENTICATED,
		    "send an API key: Authorization: Bearer ep_...");
	if (strlen(key) != KEY_TEXT || strncmp(key, "ep_", 3) != 0)
		return err_set(err, ERR_UNAUTHENTICATED,
		    "this is no API key; one begins with ep_ and has %d "
		    "characters",
		    KEY_TEXT);
	digest(slice_of(key), hash);
	return true;
}

static void
refuse_key(struct err *err)
{
	(void)err_set(err, ERR_UNAUTHENTICATED,
	    "this API key is not known, was revoked or has expired");
}

static struct key_moment
moment(struct gateway *gateway)
{
	return (struct key_moment){ clock_ticks(), clock_now(),
		atomic_load(&gateway->revocations) };
}

/* Tell all that wait: the holder, or why there is none. */
static void
tell(struct key_check_ask *check, struct key_holder *holder,
    const struct err *err)
{
	struct passage *passage = check->waiting;

	while (passage != NULL) {
		struct passage *next = passage->next_waiting;

		passage->next_waiting = NULL;
		if (holder != NULL)
			passage_admit(passage, holder);
		else
			passage_fail(passage, err);
		passage_release(passage);
		passage = next;
	}
}

/* Fill err when the answer names no holder. */
static struct key_holder *
read_holder(const struct answer *answer, struct err *err)
{
	struct key_holder *holder;

	if (answer->head.status == 404) {
		refuse_key(err);
		return NULL;
	}
	holder = key_holder_new();
	if (answer->head.status == 200 &&
	    json_decode(&key_check_message, answer->body, JSON_LENIENT,
		&holder->arena, &holder->who, err)) {
		holder->principal =
		    arena_printf(&holder->arena, "key:%s", holder->who.key_id);
		return holder;
	}
	key_holder_unref(holder);
	(void)err_set(err, ERR_UNAVAILABLE,
	    "keys cannot be checked at the moment");
	err->retry_after = 1;
	return NULL;
}

static void
forget(struct guard *guard, struct key_check_ask *check)
{
	struct key_check_ask **at = &guard->asking;

	while (*at != check)
		at = &(*at)->next;
	*at = check->next;
}

static void
checked(void *user, const struct answer *answer, const struct err *fault)
{
	struct key_check_ask *check = user;
	struct guard *guard = &check->gateway->guard;
	struct key_holder *holder = NULL;
	struct err err = *fault;

	forget(guard, check);
	if (answer != NULL)
		holder = read_holder(answer, &err);
	if (holder != NULL || err.code == ERR_UNAUTHENTICATED)
		key_cache_put(guard->cache, check->hash, &check->asked, holder);
	tell(check, holder, &err);
	key_holder_unref(holder);
	free(check);
}

static void
send_check(struct key_check_ask *check)
{
	struct gateway *gateway = check->gateway;
	struct bus_head head = { .method = "POST",
		.target = "/internal/keys/check",
		.tenant = service_tenant(gateway->service),
		.principal = "service:gateway",
		.role = ROLE_INTERNAL,
		.deadline = clock_now() + CHECK_SECONDS * SECOND_US,
		.content_type = "application/json" };
	char hex[DIGEST_TEXT_SIZE], id[UUID_TEXT_SIZE];
	struct key_check_question question = { .hash = hex };
	struct buf body = { 0 };

	uuid_make(id);
	head.request_id = id;
	digest_text(check->hash, hex);
	json_encode(&key_check_question_message, &question, &body);
	asks_send(&gateway->asks, "gateway", &head, buf_slice(&body), checked,
	    check);
	buf_close(&body);
}

static struct key_check_ask *
find_ask(const struct guard *guard, const unsigned char hash[DIGEST_SIZE],
    unsigned long generation)
{
	struct key_check_ask *check = guard->asking;

	while (check != NULL &&
	    (check->asked.generation != generation ||
		memcmp(check->hash, hash, DIGEST_SIZE) != 0))
		check = check->next;
	return check;
}

void
guard_admit(struct gateway *gateway, struct passage *passage,
    const unsigned char hash[DIGEST_SIZE])
{
	struct guard *guard = &gateway->guard;
	struct key_moment now = moment(gateway);
	struct key_holder *holder = NULL;
	struct key_check_ask *check;
	struct err err = { 0 };
	enum key_answer answer =
	    key_cache_find(guard->cache, hash, &now, &holder);

	if (answer == KEY_KNOWN) {
		passage_admit(passage, holder);
		return;
	}
	if (answer == KEY_UNKNOWN) {
		refuse_key(&err);
		passage_fail(passage, &err);
		return;
	}
	check = find_ask(guard, hash, now.generation);
	if (check == NULL) {
		check = mem_alloc(1, sizeof(*check));
		check->gateway = gateway;
		check->asked = now;
		memcpy(check->hash, hash, DIGEST_SIZE);
		check->next = guard->asking;
		guard->asking = check;
		send_check(check);
	}
	passage->next_waiting = check->waiting;
	check->waiting = passage;
	passage_hold(passage);
}
