/*
 * bus.h - questions and answers between services (nng req/rep), and the
 * doorbell (nng pub/sub without payload).
 *
 * A message on the wire, question and answer alike:
 *	4 bytes	"EPB2"
 *	4 bytes	size of the head, little-endian
 *	32 bytes HMAC-SHA-256 with the cluster key of: the HMAC of the question
 *		that is answered (in a question 32 zeros), that size, head, body
 *	head	JSON: bus_head in a question, bus_answer in an answer
 *	body	the rest
 * A question that does not verify, or is larger than BUS_MOST, is dropped and
 * counted: nothing is answered to a stranger.
 *
 * nng never re-sends (NNG_OPT_REQ_RESENDTIME is -1): when a peer goes away
 * the question fails with ERR_BAD_UPSTREAM and only GET is asked again, by
 * us, with growing pauses and jitter, until its deadline.  A peer that failed
 * several times in a row is not asked for a while (ERR_UNAVAILABLE at once).
 */
#ifndef IO_BUS_H
#define IO_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "proto/common.h"

enum {
	BUS_MOST = 64 * 1024 * 1024, /* bytes of one message */
	BUS_HEAD_MOST = 256 * 1024  /* of them for the head */
};

struct bus; /* one a process: key, peers, sockets; safe for all threads */

struct bus_settings {
	const char *service;	/* who we are */
	const char *run_folder; /* sockets: NAME.0.sock, NAME.bell.sock */
	const char *address;	/* where we answer; "": ipc in run_folder */
	const char *bell;	/* where our bell rings; "": ipc in run_folder */
	const char *peers;	/* name=address[|bell] ..., for the others */
	struct slice key;	/* the cluster key, copied */
};

struct bus *bus_new(const struct bus_settings *settings, struct err *err);
/* When no thread asks or takes questions any more; questions asked with
 * bus_ask_later may be on their way, and fail. */
void bus_free(struct bus *bus);

/* See that we are heard and that lost connections come back; call it every
 * second or so, on one thread that may wait for seconds. */
void bus_watch(struct bus *bus);

/* Answering ------------------------------------------------------------- */

/* Begin to listen.  Call once. */
MUST_CHECK bool bus_listen(struct bus *bus, struct err *err);

struct bus_seat; /* one a call thread: a REP context */

struct bus_seat *bus_seat_new(struct bus *bus);
void bus_seat_free(struct bus_seat *seat);

struct question {
	struct bus_head head; /* texts in the arena given to bus_take */
	struct slice body;    /* borrowed from the seat until bus_answer */
};

/* Wait for the next question that verifies.  False when the bus is closing
 * (err->code is ERR_NONE then). */
MUST_CHECK bool bus_take(struct bus_seat *seat, struct arena *arena,
    struct question *question, struct err *err);
/* Answer the question taken last; each is answered once or dropped. */
void bus_answer(struct bus_seat *seat, const struct bus_answer *head,
    struct slice body);
void bus_drop(struct bus_seat *seat);
/* Wakes all that wait in bus_take; they return false from now on. */
void bus_close(struct bus *bus);

/* Asking ---------------------------------------------------------------- */

struct answer {
	struct bus_answer head; /* texts in the arena */
	struct slice body;	/* in the arena */
};

/* Ask and wait until the head's deadline.  An answer of any status is
 * success; `err` is set when there was none. */
MUST_CHECK bool bus_ask(struct bus *bus, const char *peer,
    const struct bus_head *head, struct slice body, struct arena *arena,
    struct answer *answer, struct err *err);

/* Ask without waiting: `done` is called once, on a thread of nng's, with the
 * answer's bytes borrowed for the call, or with answer NULL and err filled.
 * It must only hand over and return. */
struct raw_answer {
	struct slice head; /* JSON of a bus_answer, verified */
	struct slice body;
};
void bus_ask_later(struct bus *bus, const char *peer,
    const struct bus_head *head, struct slice body,
    void (*done)(void *user, const struct raw_answer *answer,
	const struct err *err),
    void *user);

/* Bells ----------------------------------------------------------------- */

/* Tell whoever listens that there is something new; cheap, never waits. */
void bus_ring(struct bus *bus);
/* `heard` is called on a thread of nng's whenever the peer rings. */
MUST_CHECK bool bus_listen_bell(struct bus *bus, const char *peer,
    void (*heard)(void *user), void *user, struct err *err);

#endif
