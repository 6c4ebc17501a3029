/*
 * http_server.h - HTTP/1.1 on a libuv loop: requests come in, answers go out.
 *
 * Everything here runs on the loop's thread.  A request lives in four steps:
 *
 *	on_head     its head is known; the handler says what to do with a body
 *	on_chunk    a piece of a streamed body (only after HTTP_STREAM)
 *	on_request  all of it has come
 *	http_reply  whenever the handler likes, at once or much later; or
 *	            http_reply_start, http_reply_part ..., http_reply_end
 *
 * http_reply() may be called from on_head on.  Once http_reply(),
 * http_reply_error() or http_reply_end() was called, or on_abort() came, the
 * request is no longer the handler's: forget the pointer.  Each request that
 * was given to on_head ends in exactly one of these.
 *
 * The server keeps the order of pipelined requests, speaks keep-alive, 100
 * Continue, chunks and HEAD, and refuses what is wrong or ambiguous with a
 * problem (RFC 9457) before the handler hears of it.  RFC 9110 and 9112.
 *
 *	http_text.h     decoding, media types, what a header may hold
 *	http_conn.c     one connection and its states
 *	http_parse.c    bytes to requests, and everything that is refused
 *	http_hand.c     requests to the handler
 *	http_reply.c    answers to bytes
 */
#ifndef IO_HTTP_SERVER_H
#define IO_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { HTTP_ID_SIZE = 65, HTTP_HEADERS_MAX = 100 };

/* A zero takes the default in brackets. */
struct http_server_settings {
	size_t connections_max;  /* [4096] beyond, the longest idle is closed,
				   or new ones wait to be accepted */
	size_t in_flight_max;    /* [32] unanswered requests a connection */
	size_t head_max_bytes;   /* [16 KiB] else 431 */
	size_t target_max_bytes; /* [8 KiB] else 414 */
	size_t output_max_bytes; /* [256 KiB] unsent bytes a connection, before
				    it is read no further and parts wait */
	int head_timeout_ms;     /* [10 s] for the whole head, else 408 */
	int body_timeout_ms;     /* [30 s] without a byte of body, else 408;
				    behind 1 KiB/s, if it is not streamed */
	int idle_timeout_ms;     /* [75 s] between requests, then closed */
	int write_timeout_ms;    /* [30 s] the client takes no byte: gone */
	int linger_ms;           /* [2 s] reading on after a last answer */
};

/* A name and a value.  Requests: as sent, without blanks around. */
struct http_header {
	const char *name;
	const char *value;
};

struct http_exchange; /* http_conn.h: the connection's side of a request */

/* Texts end with NUL and live as long as the request. */
struct http_request {
	const char *method; /* GET */
	const char *target; /* as sent */
	const char *path;   /* as sent, not decoded; begins with / */
	const char *query;  /* behind the ?, not decoded; "" if there is none */
	const char *host;   /* of the target, else the Host header; may be "" */
	const char *remote; /* 192.0.2.7 or 2001:db8::1, "unix" for a pipe */
	char id[HTTP_ID_SIZE]; /* the X-Request-Id that came, or a new UUID */
	const struct http_header *headers; /* in order; use http_header() */
	size_t header_count;
	int64_t content_length; /* bytes; -1: chunked, known at the end only */
	int64_t began;          /* clock_ticks() of its first byte */
	size_t body_max;        /* bytes; on_head sets it, 0 takes no body */
	struct slice body;      /* HTTP_BUFFER: complete in on_request */
	struct arena arena;     /* the handler's too, until it forgets us */
	void *user;             /* the handler's */
	struct http_exchange *exchange; /* the server's */
};

/* What on_head wants done with the body. */
enum http_body {
	HTTP_BUFFER, /* collect up to body_max bytes, then on_request */
	HTTP_STREAM, /* on_chunk for each piece, then on_request */
	HTTP_DROP    /* none of it: was answered or will be, no on_request */
};

/* What the server calls; `user` is http_server_new's.  Those marked
 * optional may be NULL. */
struct http_handler {
	/* Set body_max and choose; a longer body is answered 413. */
	enum http_body (*on_head)(struct http_request *request, void *user);
	void (*on_request)(struct http_request *request, void *user);
	/* Optional without HTTP_STREAM.  `chunk` is gone after the call. */
	void (*on_chunk)(struct http_request *request, struct slice chunk,
	    void *user);
	/* The client has gone, or sent nonsense and the server answered.
	 * It is not called for requests that were answered by the handler. */
	void (*on_abort)(struct http_request *request, void *user);
	/* Optional: after http_reply_part() said false, there is room. */
	void (*on_drain)(struct http_request *request, void *user);
	/* Optional: an answer is complete; for logs and counters.  Also for
	 * requests that the server refused (method and path may be ""). */
	void (*on_answer)(const struct http_request *request, int status,
	    void *user);
	/* Optional: write the body that tells `err` and return its media
	 * type; NULL is http_problem() below. */
	const char *(*problem)(const struct http_request *request,
	    const struct err *err, struct buf *body);
};

struct http_server;

/* The server is one allocation; its memory is given back by
 * http_server_close() when the last connection is down.  Until then it keeps
 * the loop alive. */
struct http_server *http_server_new(uv_loop_t *loop,
    const struct http_server_settings *settings,
    const struct http_handler *handler, void *user);

/* Listen on "127.0.0.1:8080", "[::1]:8080", "*:8080" or "unix:/path"; port
 * 0 takes a free one.  May be called for several addresses.  A socket file
 * nobody listens on is replaced. */
bool http_server_listen(struct http_server *server, const char *address,
    struct err *err);

/* The port of the first TCP address. */
int http_server_port(const struct http_server *server);
size_t http_server_connections(const struct http_server *server);

/* Stop accepting, answer what is in hand, close; `done` (may be NULL) is
 * called when no connection is left, at the latest after `deadline_ms`, when
 * the rest was aborted.  Close the server in `done` or later. */
void http_server_drain(struct http_server *server, int deadline_ms,
    void (*done)(void *user));

/* Abort what is left and free everything as soon as the loop has run. */
void http_server_close(struct http_server *server);

/* Answer: `body` is copied.  Date, Content-Length or chunks, Connection and
 * X-Request-Id are added.  A header that HTTP cannot carry (a line break in
 * the value) makes the answer a 500. */
void http_reply(struct http_request *request, int status,
    const struct http_header *headers, size_t header_count, struct slice body);
/* The problem of `err`, with its status. */
void http_reply_error(struct http_request *request, const struct err *err);

/* An answer whose length is not known: start, parts, end.  A part returns
 * false when the client is slow: send more after on_drain(). */
void http_reply_start(struct http_request *request, int status,
    const struct http_header *headers, size_t header_count);
bool http_reply_part(struct http_request *request, struct slice part);
void http_reply_end(struct http_request *request);

/* A streamed body: take no more of it, go on with it. */
void http_body_pause(struct http_request *request);
void http_body_resume(struct http_request *request);

/* The value of a request header, whatever its case; NULL: not there. */
const char *http_header(const struct http_request *request, const char *name);

/* The first query parameter `name`, decoded into the request's arena; *value
 * is NULL when there is none.  Fails when it cannot be decoded. */
bool http_query(struct http_request *request, const char *name,
    const char **value, struct err *err);

/* type, title, status, detail, instance (the path), request_id, errors;
 * returns application/problem+json. */
const char *http_problem(const struct http_request *request,
    const struct err *err, struct buf *body);

#endif
