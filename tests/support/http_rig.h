/*
 * http_rig.h - an HTTP server and plain sockets to it, on one thread.
 *
 * The loop is run by hand while the client waits, so a test sees every state.
 * What the rig's handler does is chosen by the path:
 *
 *	/hello   200 "hello"
 *	/echo    the body, of at most 1000 bytes
 *	/later   the request waits in `waiting` for the test to answer it
 *	/stream  the body is streamed: counted, and the count is the answer
 *	/echo-stream  each piece goes back as a part of a chunked answer
 *	/parts   `parts` parts of 1000 bytes, as fast as the client takes them
 *	/early   401 before the body
 *	/drop    dropped body, the request waits in `waiting`
 */
#ifndef TESTS_HTTP_RIG_H
#define TESTS_HTTP_RIG_H

#include "io/http_server.h"
#include "tests/support/test.h"

enum { RIG_WAITING = 64 };

struct rig {
	uv_loop_t loop;
	struct http_server *server;
	struct http_request *waiting[RIG_WAITING];
	size_t waiting_count;
	size_t heads, requests, aborts, answers, drains;
	int last_status; /* of on_answer */
	size_t streamed; /* bytes of /stream */
	size_t pause_at; /* pause the stream beyond so many; 0: never */
	struct http_request *paused;
	size_t parts, parts_sent;
	size_t largest_backlog; /* parts sent between two drains */
	size_t drained;         /* times that a drain was done */
};

void rig_open(struct rig *rig, const struct http_server_settings *settings);
void rig_close(struct rig *rig);
/* A test whose state is a rig of the usual settings. */
int rig_setup(void **state);
int rig_teardown(void **state);
#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

/* What clients say. */
#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST(path) \
	"GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define POST(path, headers) \
	"POST " path " HTTP/1.1\r\nHost: a\r\n" headers "\r\n\r\n"

/* A client; every step fails the test after ten seconds. */
struct client {
	struct rig *rig;
	int fd;
	struct buf got;
	bool has_ended; /* the server has shut its side */
};

void client_open(struct client *client, struct rig *rig);
void client_open_unix(struct client *client, struct rig *rig, const char *path);
void client_close(struct client *client);
void client_send(struct client *client, const char *data, size_t size);
void client_say(struct client *client, const char *text);
/* Run the loop until `text` has come `times` times. */
void client_await(struct client *client, const char *text, size_t times);
/* Run the loop until the server ends the connection. */
void client_await_end(struct client *client);
size_t client_count(const struct client *client, const char *text);
/* Run the loop until *value is at least `least`; reads nothing. */
void rig_await(struct rig *rig, const size_t *value, size_t least);
/* One round of the loop, and what the client can read. */
void client_turn(struct client *client);

/* Say it all, and have what came until the end, or until `until` came. */
void client_ask(struct rig *rig, struct buf *got, const char *text,
    const char *until);
/* Fails the test when `text` is not among what came. */
void check_in(const struct buf *got, const char *text);

#endif
