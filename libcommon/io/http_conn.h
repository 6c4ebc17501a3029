/*
 * http_conn.h - inside the HTTP server: server, connections, exchanges.
 *
 * Only the http_*.c files (and the fuzzer) include this.  An exchange is one
 * request and its answer; a connection holds its exchanges in the order in
 * which they began.  Handlers never see a connection end under them: a reply
 * only marks the connection as changed, and http_conn_turn() moves it on when
 * the loop comes to its prepare phase, once for all that was replied.  That
 * is also what corks the answers of pipelined requests into one write.
 */
#ifndef IO_HTTP_CONN_H
#define IO_HTTP_CONN_H

#include <llhttp.h>
#include <sys/queue.h>

#include "io/http_server.h"
#include "io/http_text.h"

enum {
	HTTP_INPUT_BYTES = 65536, /* most that one read takes */
	HTTP_KEEP_BYTES = 65536,  /* larger buffers are not kept for reuse */
	HTTP_DROP_BYTES = 65536,  /* unwanted body read to stay alive */
	HTTP_SLOWEST = 1024,      /* bytes a second of a body not streamed */
	HTTP_SPARE_MAX = 256      /* exchanges kept for reuse */
};

/* What a connection is at; http_conn_set() is the only door. */
enum conn_state {
	CONN_IDLE,   /* nothing of a next request has come */
	CONN_HEAD,   /* `current` lacks part of its head */
	CONN_BODY,   /* `current` lacks part of its body */
	CONN_LAST,   /* no further request: input is dropped, answers go out */
	CONN_LINGER, /* all answered, our side is shut; input is dropped */
	CONN_CLOSED  /* waiting for libuv to let go */
};

/* How far the answer is. */
enum http_answer { ANSWER_OPEN, ANSWER_STARTED, ANSWER_DONE };

/* A piece of the head, by place: the head moves while it grows. */
struct http_span {
	uint32_t at;
	uint32_t size;
};

struct http_exchange {
	struct http_request request;     /* what the handler sees */
	struct http_conn *conn;          /* borrowed */
	TAILQ_ENTRY(http_exchange) link; /* conn's exchanges, server's spare */
	struct buf head;                 /* the head's bytes */
	size_t line_at;                  /* where its unfinished line begins */
	size_t parsed;                   /* bytes of it that llhttp has seen */
	struct http_span target, version;
	struct http_span names[HTTP_HEADERS_MAX], values[HTTP_HEADERS_MAX];
	size_t header_count;  /* complete ones */
	struct buf body;      /* HTTP_BUFFER */
	struct buf out;       /* what it answers while others are before it */
	uint64_t body_bytes;  /* that have come */
	uint64_t frame_bytes; /* chunk sizes, extensions, trailers */
	char frame_last;      /* the last byte of those; NUL: none came */
	enum http_body wanted;
	enum http_answer answer;
	int status;
	bool is_handed;    /* the handler knows it */
	bool is_received;  /* all of it has come */
	bool is_last;      /* the connection ends after it */
	bool is_chunked;   /* the answer is */
	bool is_paused;    /* the handler takes no more body now */
	bool is_full;      /* a part was told to wait: on_drain is due */
	bool has_expected; /* 100-continue, and was not told to */
	bool is_old;       /* HTTP/1.0: knows no chunks */
};

TAILQ_HEAD(http_exchanges, http_exchange);

/* A socket, by the name that libuv wants just then. */
union http_io {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
	uv_idle_t none; /* of a connection without one */
};

struct http_conn {
	struct http_server *server; /* borrowed */
	union http_io io;
	bool is_detached; /* no socket, but io.none: the fuzzer's */
	enum conn_state state;
	uint64_t since; /* loop time that a state's patience runs from */
	TAILQ_ENTRY(http_conn) link;     /* server's conns */
	TAILQ_ENTRY(http_conn) changed;  /* server's changed, if is_changed */
	struct http_exchanges exchanges; /* owned, oldest first */
	size_t in_flight;                /* how many those are */
	size_t answered;                 /* exchanges that are over */
	struct http_exchange *current;   /* the last one, while it comes in */
	llhttp_t parser;
	char *piece; /* body found by the parser in this read */
	size_t piece_size;
	const char *frame; /* in this read: what is behind the last piece */
	struct buf rest;   /* read, but not yet parsed */
	struct buf out;    /* answers to be sent */
	struct buf sending;
	uv_write_t write; /* of `sending`, if is_sending */
	uv_shutdown_t shutdown;
	uint64_t write_since; /* loop time when a byte was last taken */
	size_t write_left;    /* bytes left then */
	bool is_sending;
	bool is_reading;
	bool is_changed; /* linked in server's changed */
	bool is_turning; /* being looked at right now */
	bool is_ended;   /* the client has shut its side */
	bool is_doomed;  /* to be closed in its next turn, unanswered */
	char remote[48];
};

TAILQ_HEAD(http_conns, http_conn);

struct http_listener {
	SLIST_ENTRY(http_listener) link;
	struct http_server *server; /* borrowed */
	union http_io io;
	bool is_waiting; /* a client is, for there are connections_max */
};

struct http_server {
	uv_loop_t *loop; /* borrowed */
	struct http_server_settings settings;
	struct http_handler handler;
	void *user;
	SLIST_HEAD(, http_listener) listeners; /* owned */
	struct http_conns conns;               /* owned */
	size_t conn_count;
	size_t changed_count;
	struct http_conns changed;   /* those that http_conn_turn() waits for */
	struct http_exchanges spare; /* owned */
	size_t spare_count;
	uv_prepare_t prepare; /* turns the changed connections */
	uv_idle_t again;      /* runs while some are left: no waiting */
	uv_timer_t sweep;     /* looks for what took too long */
	uv_timer_t deadline;  /* of a drain */
	size_t handles;       /* libuv's hold on us; 0: free */
	bool is_draining;
	bool is_closing;
	void (*drained)(void *user);
	int port;
	time_t date_of;
	char date[HTTP_DATE_SIZE];
	char input[HTTP_INPUT_BYTES];
};

/* http_conn.c */
/* In the server's list; the caller sets up its libuv handle, without which
 * it cannot be closed. */
struct http_conn *http_conn_new(struct http_server *server);
void http_conn_close(struct http_conn *conn);
void http_conn_set(struct http_conn *conn, enum conn_state state);
/* To be looked at before the loop waits again. */
void http_conn_changed(struct http_conn *conn);
void http_conn_turn(struct http_conn *conn);
/* Take what came; all of it is parsed, dropped or kept. */
void http_conn_input(struct http_conn *conn, char *data, size_t size);
/* Close or refuse what took too long. */
void http_conn_sweep(struct http_conn *conn);
void http_conn_start(struct http_conn *conn);

/* Called back by libuv's uv_close of a connection. */
void http_server_lost(struct http_conn *conn);

/* http_send.c */
size_t http_conn_unsent(const struct http_conn *conn);
/* Send what is to be sent; false: the client is gone. */
bool http_send(struct http_conn *conn);
/* Tell the handler whose part was too much that there is room again. */
void http_send_wake(struct http_conn *conn);
/* Has the client taken no byte for too long? */
bool http_send_is_stuck(struct http_conn *conn);

/* Libuv has let go of one of the server's handles. */
void http_server_let_go(struct http_server *server);

/* http_listen.c */
void http_listen_again(struct http_server *server);
void http_listen_stop(struct http_server *server);

/* http_exchange.c */
struct http_exchange *http_exchange_take(struct http_conn *conn);
/* Back to the server, for reuse. */
void http_exchange_give(struct http_exchange *exchange);
void http_exchange_free(struct http_exchange *exchange);

/* http_parse.c: take bytes for `current`, return how many were used. */
void http_parse_begin(struct http_conn *conn);
size_t http_parse_head(struct http_conn *conn, const char *data, size_t size);
size_t http_parse_body(struct http_conn *conn, char *data, size_t size);

/* http_hand.c: tell the handler of `current`: its head, the piece of its body
 * that was read, its end.  False: refused. */
void http_hand_head(struct http_conn *conn, struct http_exchange *exchange);
bool http_hand_piece(struct http_conn *conn, struct http_exchange *exchange);
void http_hand_end(struct http_conn *conn, struct http_exchange *exchange);

/* http_head.c: what the complete head of `current` means; false: refused. */
bool http_head_finish(struct http_conn *conn);

/* http_reply.c: bytes in the order of exchanges. */
void http_emit(struct http_exchange *exchange, struct slice bytes);
/* Answer `current` with a problem, whatever its state; nothing is read any
 * more. */
void http_refuse(struct http_conn *conn, const struct err *err);
/* May unwanted body be read to keep the connection alive? */
bool http_may_drop(const struct http_exchange *exchange);

#endif
