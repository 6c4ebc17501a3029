/*
 * bus_inside.h - what the files of the bus share; nobody else includes it.
 *
 *	bus_frame.c	a message as bytes, signed and verified
 *	bus.c		the process's bus, listening, seats of call threads
 *	bus_ear.c	the address at which a socket listens
 *	bus_lines.c	the connections of a socket that dials
 *	bus_peer.c	peers: their addresses, the circuit breaker
 *	bus_ask.c	one question on its way, with its repeats
 *	bus_bell.c	doorbells
 */
#ifndef IO_BUS_INSIDE_H
#define IO_BUS_INSIDE_H

#include <nng/nng.h>
#include <pthread.h>
#include <stdatomic.h>

#include "io/bus.h"
#include "secure/digest.h"

enum {
	NAME_SIZE = 32,	    /* a service's name */
	URL_SIZE = 256,	    /* an address */
	PEERS_MOST = 16,    /* services one may talk to */
	LINES_MOST = 16,    /* addresses of one service */
	FRAME_PREFIX = 40,  /* magic, head's size, HMAC */
	REDIAL_LEAST_MS = 20,
	REDIAL_MOST_MS = 500
};

/* How long a question waits for a peer that is not connected. */
#define CONNECT_PATIENCE_US (500 * INT64_C(1000))

/* One question on its way: taken from its peer's idle list, given back when
 * it has been answered or has failed. */
struct asking;

/* Where a socket listens. */
struct ear {
	bool is_open;
	nng_socket socket; /* owned */
	nng_listener listener;
	char url[URL_SIZE];
	uint16_t peer;	     /* the protocol of who connects */
	atomic_int arrivals; /* of connections, ever */
	int misses;	     /* tries in a row that nobody heard */
};

/* The connection to one address. */
struct line {
	char url[URL_SIZE];
	nng_dialer dialer;
	int pipes;     /* connections of this dialler: 0 or 1 */
	int64_t since; /* clock_ticks: of that, or of its dialler */
};

struct lines {
	nng_socket socket; /* owned */
	void (*came)(void *user); /* one is up now; may be NULL */
	void *user;		  /* borrowed */

	pthread_mutex_t lock; /* guards all below */
	struct line all[LINES_MOST];
	size_t count;
	int up; /* connections of all diallers, also of those before */
};

struct peer {
	struct bus *bus; /* borrowed */
	char name[NAME_SIZE];
	struct {
		char url[URL_SIZE];
		char bell[URL_SIZE]; /* "" unless given */
	} addresses[LINES_MOST];
	size_t address_count;
	struct lines lines; /* of a REQ socket */

	pthread_mutex_t lock; /* guards all below */
	struct asking *idle;	/* owned: linked by `next` */
	int busy;		/* questions on their way */
	int calls;		/* threads in nng with a context */
	bool is_closing;
	pthread_cond_t is_idle; /* no more questions, or no more calls */
	int failures;		/* in a row */
	int64_t closed_until;	/* clock_ticks; asked again after it */
};

struct bell {
	struct bus *bus;    /* borrowed */
	struct lines lines; /* of a SUB socket */
	nng_aio *aio;	    /* owned */
	void (*heard)(void *user);
	void *user; /* borrowed */
};

struct bus {
	char service[NAME_SIZE];
	char run_folder[URL_SIZE];
	char address[URL_SIZE];
	char bell_address[URL_SIZE];
	char *peer_texts; /* owned: the setting `peers` */
	struct buf key;	  /* owned */

	pthread_mutex_t lock; /* guards all below */
	bool is_closing;
	struct ear rep, pub;
	struct bus_seat *seats; /* borrowed: linked by `next` */
	struct peer *peers[PEERS_MOST]; /* owned; only grows */
	size_t peer_count;
	struct bell *bells[PEERS_MOST]; /* owned; only grows */
	size_t bell_count;
};

/* What a message is signed with: no two questions have the same. */
struct frame_mark {
	unsigned char mac[DIGEST_SIZE];
};
/* That of a message that was made or opened here. */
struct frame_mark frame_mark(nng_msg *message);

/* A signed message.  `about`: the question that it answers; NULL: it is a
 * question.  `head` is JSON.  The caller owns the message. */
nng_msg *frame_make(const struct bus *bus, const struct frame_mark *about,
    struct slice head, struct slice body);
/* False when it does not verify.  Both are borrowed from the message. */
bool frame_open(const struct bus *bus, nng_msg *message,
    const struct frame_mark *about, struct slice *head, struct slice *body);

/* The peer of that name, dialled at its first mention; NULL when there are
 * too many or its address is wrong (`err` tells). */
struct peer *bus_peer(struct bus *bus, const char *name, struct err *err);
void peer_free(struct peer *peer);
/* May it be asked now?  After failures in a row it is left alone for a time;
 * then one question is let through. */
bool peer_admits(struct peer *peer);
/* Around each call of nng's with a context of the peer's: false, and no leave,
 * when the peer is closing.  nng 1.5.2 frees a socket while a call is still
 * giving back its context, so closing waits for calls. */
bool peer_enter(struct peer *peer);
void peer_leave(struct peer *peer);
void peer_succeeded(struct peer *peer);
void peer_failed(struct peer *peer);

void asking_free(struct asking *asking);

void bell_free(struct bell *bell);
/* The address given, or ipc://FOLDER/NAME.ENDING; false: is too long. */
bool bus_address(const char *given, const char *folder, const char *name,
    const char *ending, char out[URL_SIZE]);

/* `socket` becomes the ear's, also when this fails. */
bool ear_open(struct ear *ear, nng_socket socket, const char *url,
    uint16_t peer, struct err *err);
void ear_close(struct ear *ear);
/* Try it, for milliseconds if it hears; true: it did not, and listens anew. */
bool ear_watch(struct ear *ear);

/* The lines of a socket, which becomes theirs; none yet. */
void lines_open(struct lines *lines, nng_socket socket,
    void (*came)(void *user), void *user);
/* Fails what is on its way; when nobody asks any more, lines_free(). */
void lines_close(struct lines *lines);
void lines_free(struct lines *lines);
/* Dial without waiting, again and again with growing pauses. */
bool lines_add(struct lines *lines, const char *url, struct err *err);
bool lines_are_up(struct lines *lines);
/* New diallers for lines that have been down for seconds; how many.  By one
 * thread at a time. */
size_t lines_renew(struct lines *lines);
bool nng_failed(int code, const char *what, struct err *err);

#endif
