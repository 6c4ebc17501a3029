/*
 * guard.h - who is asking: the key of a request and its holder.
 *
 * A key is "ep_" and 32 random bytes in base64url; it comes as
 * `Authorization: Bearer KEY` or `X-Api-Key: KEY`.  Memory answers first;
 * what it does not know is asked of this very service over the bus (POST
 * /internal/keys/check), so the loop touches no database.  Passages with the
 * same key wait for one and the same answer.
 */
#ifndef GATEWAY_GUARD_H
#define GATEWAY_GUARD_H

#include "io/http_server.h"
#include "services/gateway/key_cache.h"

struct gateway;
struct passage;
struct key_check_ask;

enum { KEY_BYTES = 32, KEY_TEXT_SIZE = 48 };

struct guard {
	struct key_cache *cache;      /* owned */
	struct key_check_ask *asking; /* owned: what is not answered yet */
};

void guard_init(struct guard *guard);
void guard_close(struct guard *guard);

/* The SHA-256 of the request's key; UNAUTHENTICATED when it has none or what
 * it has is no key. */
MUST_CHECK bool guard_read(const struct http_request *request,
    unsigned char hash[DIGEST_SIZE], struct err *err);

/* Find the holder, then passage_admit() or passage_fail(), now or later. */
void guard_admit(struct gateway *gateway, struct passage *passage,
    const unsigned char hash[DIGEST_SIZE]);

/* A new key and its hash; keys.c stores the hash and shows the key once. */
void key_make(char text[KEY_TEXT_SIZE], unsigned char hash[DIGEST_SIZE]);

#endif
