/*
 * gateway.h - what the files of the gateway share.
 *
 *	door.c		the public HTTP server: what a request is, who takes it
 *	paths.c		every public route of every service, in one table
 *	guard.c		whose key is it; key_cache.c remembers for a moment
 *	asks.c		asking services from the loop
 *	passage.c	one request on its way through: head, answer, end
 *	forward.c	bodies that cross whole
 *	uploads.c	long bodies, in parts
 *	streams.c	NDJSON without end, in parts; cutter.c cuts at lines
 *	fault.c		how errors are worded, and for whom
 *	page.c		the start page and the few others
 *	keys.c		API keys; first_key.c makes the first one
 *	status.c	how every daemon is doing
 *
 * Everything from door.c to page.c runs on the loop and never waits; the
 * rest runs on call and job threads and may.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdatomic.h>
#include <uv.h>

#include "io/http_server.h"
#include "proto/gateway.h"
#include "service/call.h"
#include "services/gateway/asks.h"
#include "services/gateway/guard.h"
#include "services/gateway/page.h"
#include "services/gateway/paths.h"

/* Handlers of gateway.def. */
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_handlers.h"

struct gateway {
	struct service *service;    /* borrowed */
	uv_loop_t *loop;            /* borrowed; NULL before on_loop */
	struct http_server *server; /* owned, until drained */
	struct asks asks;
	struct guard guard;
	struct paths paths;
	struct page page;
	atomic_ulong revocations;  /* raised by revoke_key, read by guard */
	atomic_bool has_first_key; /* set by make_first_key, once */
};

/* door.c: for the service_kind in main.c. */
bool gateway_start(struct worker *w, void **state, struct err *err);
void gateway_stop(void *state);
bool gateway_open(struct service *service, void *state, uv_loop_t *loop,
    struct err *err);
void gateway_drain(struct service *service, void *state);

/* first_key.c: a job; and the need that waits for it. */
void first_key_is_needed(struct gateway *gateway);
bool make_first_key(struct worker *w, bool *again, struct err *err);

#endif
