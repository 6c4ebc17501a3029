/* keys.h - making an API key, for keys.c and first_key.c. */
#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include "proto/gateway.h"
#include "service/service.h"

/* Makes key, id and time (in the worker's arena), and a row of them in the
 * transaction in hand.  The rest of `key` is the caller's. */
MUST_CHECK bool key_insert(struct worker *w, const char *tenant,
    struct api_key *key, struct err *err);

#endif
