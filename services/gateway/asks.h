/*
 * asks.h - asking services from the loop, without waiting.
 *
 *	asks_send -> the bus -> (a thread of nng's) arrived -> the loop: done
 *
 * `done` is called on the loop, once, never from within asks_send; also when
 * there are too many on their way already (503).
 */
#ifndef GATEWAY_ASKS_H
#define GATEWAY_ASKS_H

#include <pthread.h>
#include <uv.h>

#include "base/arena.h"
#include "io/bus.h"

enum { ASKS_MOST = 4096 }; /* on their way at the same time */

struct letter;

struct asks {
	struct bus *bus;    /* borrowed */
	uv_async_t wake;    /* there are letters */
	struct arena arena; /* of the answer in hand */
	size_t count;       /* on their way */
	pthread_mutex_t lock;
	struct letter *first, **last; /* guarded: arrived, not yet read */
};

/* An answer of any status, or NULL and why there is none.  All of it is gone
 * after the call. */
typedef void asks_done(void *user, const struct answer *answer,
    const struct err *err);

void asks_init(struct asks *asks, struct bus *bus);
void asks_open(struct asks *asks, uv_loop_t *loop);
/* After the loop and the bus have ended: reads what is left. */
void asks_close(struct asks *asks);

/* `head` and `body` are copied. */
void asks_send(struct asks *asks, const char *peer, const struct bus_head *head,
    struct slice body, asks_done *done, void *user);

#endif
