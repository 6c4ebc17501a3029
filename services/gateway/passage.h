/*
 * passage.h - one request on its way through the gateway.
 *
 * A passage is born when a request's head was good, and lives while its
 * request does (`request` is not NULL) or somebody holds it: a question on its
 * way, the guard, a timer.  So an answer that comes after its client has gone
 * finds a passage without request, and is dropped.
 *
 *	door.c	passage_new, guard_admit
 *	guard	passage_admit		then the manner's `admitted`
 *	door.c	the manner's `chunk`, `complete`, `drained`; passage_gone
 *	manner	passage_answer or passage_fail: the request is over
 *
 * What the manners of a body need beyond that they keep in a struct of their
 * own that begins with the passage.
 */
#ifndef GATEWAY_PASSAGE_H
#define GATEWAY_PASSAGE_H

#include "io/bus.h"
#include "io/http_server.h"
#include "services/gateway/head.h"
#include "services/gateway/key_cache.h"
#include "wire/route.h"

struct gateway;
struct passage;

/* How a kind of body crosses.  Called with a live request, except close. */
struct manner {
	size_t size; /* of the struct that begins with the passage */
	enum http_body body;
	/* Optional, all of them. */
	bool (*open)(struct passage *passage, struct err *err); /* on_head */
	void (*admitted)(struct passage *passage);
	void (*chunk)(struct passage *passage, struct slice chunk);
	void (*complete)(struct passage *passage); /* the body's end */
	void (*drained)(struct passage *passage);
	void (*over)(struct passage *passage);  /* the request is gone */
	void (*close)(struct passage *passage); /* free what is inside */
};

struct passage {
	struct gateway *gateway;      /* borrowed */
	struct http_request *request; /* NULL: answered or gone */
	const struct manner *manner;
	const struct route *route;    /* NULL: a page */
	const char *peer;             /* who answers the route */
	struct key_holder *holder;    /* owned; NULL until admitted */
	size_t holds;                 /* who would find it gone otherwise */
	bool is_complete;             /* the whole body has come */
	struct passage *next_waiting; /* the guard's or the page's */
	char traceparent[TRACEPARENT_SIZE];
};

extern const struct manner forward_manner, upload_manner, stream_manner;

struct passage *passage_new(struct gateway *gateway,
    struct http_request *request, const struct manner *manner);
void passage_hold(struct passage *passage);
void passage_release(struct passage *passage);
/* The client has gone. */
void passage_gone(struct passage *passage);

/* The holder is known: may its role?  Takes a reference of its own. */
void passage_admit(struct passage *passage, struct key_holder *holder);

/* The head of a question on behalf of the caller; texts are borrowed from
 * passage and request.  Needs an admitted passage with a live request. */
void passage_head(const struct passage *passage, struct bus_head *head);

/* Each ends the request, and does nothing when it is over already. */
void passage_answer(struct passage *passage, const struct answer *answer);
void passage_fail(struct passage *passage, const struct err *err);
/* The same where there is no passage. */
void request_fail(struct http_request *request, const struct err *err,
    const struct http_header *more);
/* For asks_send, behind passage_hold(): the one or the other, then
 * passage_release(). */
void passage_answered(void *passage, const struct answer *answer,
    const struct err *err);

/* For answers in parts: the request was ended by http_reply_end. */
void passage_over(struct passage *passage);

#endif
