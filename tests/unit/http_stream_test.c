/*
 * http_stream_test.c - long bodies, long answers, slow clients, endings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/http_rig.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define CHUNKED(path)                           \
	"POST " path " HTTP/1.1\r\nHost: a\r\n" \
	"Transfer-Encoding: chunked\r\n\r\n"

enum { MIB = 1048576, CHUNK = 65536 };

/* Timeouts so short that a test need not wait, and limits soon reached. */
static const struct http_server_settings brisk = { .head_timeout_ms = 40,
	.body_timeout_ms = 40,
	.idle_timeout_ms = 40,
	.write_timeout_ms = 40,
	.linger_ms = 40 };

static struct rig rig;

static int
open_brisk(void **state)
{
	(void)state;
	rig_open(&rig, &brisk);
	return 0;
}

static int
open_usual(void **state)
{
	(void)state;
	rig_open(&rig, NULL);
	return 0;
}

static int
close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static void
say_chunk(struct client *client)
{
	static char bytes[CHUNK];

	client_say(client, "10000\r\n");
	client_send(client, bytes, sizeof(bytes));
	client_say(client, "\r\n");
}

static void
ten_megabytes_of_chunks_stream_through_a_pause(void **state)
{
	struct client client;
	size_t held;

	(void)state;
	rig.pause_at = MIB;
	client_open(&client, &rig);
	client_say(&client, CHUNKED("/stream"));
	for (int i = 0; i < 17; i++)
		say_chunk(&client);
	rig_await(&rig, &rig.streamed, MIB + 1);
	assert_non_null(rig.paused);
	held = rig.streamed;
	for (int i = 0; i < 20; i++)
		client_turn(&client);
	assert_int_equal(rig.streamed, held);
	rig.pause_at = 0;
	http_body_resume(rig.paused);
	for (int i = 17; i < 160; i++)
		say_chunk(&client);
	client_say(&client, "0\r\n\r\n");
	client_await(&client, "streamed 10485760", 1);
	client_close(&client);
}

static void
a_paused_body_stops_the_client(void **state)
{
	struct client client;
	char bytes[CHUNK] = { 0 };
	int refused = 0;

	(void)state;
	rig.pause_at = 1;
	client_open(&client, &rig);
	client_say(&client,
	    "POST /stream HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 1073741824\r\n\r\n");
	for (int i = 0; i < 4096 && refused < 10; i++) {
		refused += send(client.fd, bytes, CHUNK, MSG_NOSIGNAL) == -1;
		client_turn(&client);
	}
	assert_int_equal(refused, 10);
	assert_true(rig.streamed <= 2 * CHUNK);
	client_close(&client);
	rig.paused = NULL;
}

static void
a_body_may_be_answered_while_it_comes(void **state)
{
	struct client client;

	(void)state;
	client_open(&client, &rig);
	client_say(&client, CHUNKED("/echo-stream") "5\r\nfirst\r\n");
	client_await(&client, "5\r\nfirst\r\n", 1);
	client_say(&client, "6\r\nsecond\r\n0\r\n\r\n" GET("/hello"));
	client_await(&client, "6\r\nsecond\r\n0\r\n\r\nHTTP/1.1 200 OK", 1);
	client_close(&client);
}

static void
a_long_answer_waits_for_a_slow_client(void **state)
{
	struct client client;
	const char *head;

	(void)state;
	rig.parts = 20000;
	client_open(&client, &rig);
	client_say(&client, GET("/parts"));
	rig_await(&rig, &rig.parts_sent, 1);
	for (int i = 0; i < 50; i++)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	assert_true(rig.parts_sent < rig.parts);
	assert_true(rig.largest_backlog <= 262144 + 1000);
	client_await(&client, "\r\n0\r\n\r\n", 1);
	assert_int_equal(rig.parts_sent, rig.parts);
	head = strstr(client.got.data, "\r\n\r\n") + 4;
	assert_int_equal(client.got.size - (size_t)(head - client.got.data),
	    rig.parts * (strlen("3e8\r\n\r\n") + 1000) + 5);
	assert_true(rig.drains > 0);
	client_close(&client);
}

static void
http_1_0_gets_a_long_answer_without_chunks(void **state)
{
	struct client client;

	(void)state;
	rig.parts = 3;
	client_open(&client, &rig);
	client_say(&client, "GET /parts HTTP/1.0\r\n\r\n");
	client_await_end(&client);
	assert_int_equal(client_count(&client, "chunked"), 0);
	assert_int_equal(client_count(&client, "\r\n3e8\r\n"), 0);
	assert_memory_equal(client.got.data + client.got.size - 3001, "\np", 2);
	client_close(&client);
}

static void
a_client_that_reads_nothing_is_given_up(void **state)
{
	struct client client;

	(void)state;
	rig.parts = 20000;
	client_open(&client, &rig);
	client_say(&client, GET("/parts"));
	rig_await(&rig, &rig.aborts, 1);
	assert_int_equal(http_server_connections(rig.server), 0);
	client_close(&client);
}

static void
a_lost_client_aborts_what_it_asked(void **state)
{
	struct linger reset = { .l_onoff = 1 };
	struct client client;

	(void)state;
	client_open(&client, &rig);
	client_say(&client, GET("/later") GET("/later"));
	rig_await(&rig, &rig.waiting_count, 2);
	setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	client_close(&client);
	rig_await(&rig, &rig.aborts, 2);
	assert_null(rig.waiting[0]);
	assert_null(rig.waiting[1]);
	assert_int_equal(rig.answers, 0);
}

static void
a_slow_head_is_408(void **state)
{
	struct client client;

	(void)state;
	client_open(&client, &rig);
	client_say(&client, "GET /hello HTTP/1.1\r\nHo");
	for (int i = 0; i < 3; i++) {
		client_turn(&client);
		client_say(&client, "s"); /* bytes buy no time */
	}
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 408 "), 1);
	client_close(&client);
}

static void
a_body_that_stops_coming_is_408(void **state)
{
	struct client client;

	(void)state;
	client_open(&client, &rig);
	client_say(&client, CHUNKED("/stream") "5\r\nab");
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 408 "), 1);
	assert_int_equal(rig.aborts, 1);
	client_close(&client);
}

static void
an_idle_connection_ends_without_a_word(void **state)
{
	struct client client, silent;

	(void)state;
	client_open(&silent, &rig);
	client_open(&client, &rig);
	client_say(&client, GET("/hello"));
	client_await(&client, "hello", 1);
	client.got.size = 0;
	client_await_end(&client);
	client_await_end(&silent);
	assert_int_equal(client.got.size + silent.got.size, 0);
	client_close(&client);
	client_close(&silent);
}

/* An answer that takes longer than every timeout is nobody's fault. */
static void
a_request_in_hand_is_not_timed_out(void **state)
{
	struct client client;
	uint64_t began;

	(void)state;
	client_open(&client, &rig);
	client_say(&client, GET("/later"));
	rig_await(&rig, &rig.waiting_count, 1);
	began = uv_now(&rig.loop);
	while (uv_now(&rig.loop) - began < 100)
		client_turn(&client);
	assert_false(client.has_ended);
	http_reply(rig.waiting[0], 200, NULL, 0, slice_of("late"));
	client_await(&client, "late", 1);
	client_close(&client);
}

static void
too_long_a_head_is_431_and_too_long_an_address_414(void **state)
{
	char *long_text = calloc(1, 20001);
	struct client client;

	(void)state;
	memset(long_text, 'a', 20000);
	client_open(&client, &rig);
	client_say(&client, "GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
	client_say(&client, long_text);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 431 "), 1);
	client_close(&client);
	client_open(&client, &rig);
	client_say(&client, "GET /");
	client_say(&client, long_text);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 414 "), 1);
	client_close(&client);
	client_open(&client, &rig);
	client_say(&client, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		client_say(&client, "a: b\r\n");
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 431 "), 1);
	client_close(&client);
	free(long_text);
}

/* Each chunk may carry an extension, none of them counts as body. */
static void
endless_chunk_extensions_are_refused(void **state)
{
	char *extension = calloc(1, 20001);
	struct client client;

	(void)state;
	memset(extension, 'a', 20000);
	client_open(&client, &rig);
	client_say(&client, CHUNKED("/stream") "1;");
	client_say(&client, extension);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 400 "), 1);
	client_close(&client);
	free(extension);
}

static void
beyond_connections_max_the_idlest_makes_room(void **state)
{
	struct http_server_settings settings = { .connections_max = 2 };
	struct client idle, busy, third;

	(void)state;
	rig_open(&rig, &settings);
	client_open(&busy, &rig);
	client_say(&busy, GET("/later"));
	rig_await(&rig, &rig.waiting_count, 1);
	client_open(&idle, &rig);
	client_say(&idle, GET("/hello"));
	client_await(&idle, "hello", 1);
	client_open(&third, &rig);
	client_say(&third, GET("/hello"));
	client_await(&third, "hello", 1);
	client_await_end(&idle);
	assert_true(http_server_connections(rig.server) <= 2);
	http_reply(rig.waiting[0], 200, NULL, 0, slice_of("done"));
	client_await(&busy, "done", 1);
	client_close(&idle);
	client_close(&busy);
	client_close(&third);
	rig_close(&rig);
}

static void
note_drained(void *user)
{
	struct rig *drained = user;

	drained->drained++;
}

static void
draining_finishes_what_is_in_hand(void **state)
{
	struct client idle, busy, late;

	(void)state;
	client_open(&idle, &rig);
	client_say(&idle, GET("/hello"));
	client_await(&idle, "hello", 1);
	client_open(&busy, &rig);
	client_say(&busy, GET("/later"));
	rig_await(&rig, &rig.waiting_count, 1);
	http_server_drain(rig.server, 10000, note_drained);
	client_await_end(&idle);
	assert_int_equal(rig.drained, 0);
	client_open(&late, &rig);
	client_await_end(&late);
	http_reply(rig.waiting[0], 200, NULL, 0, slice_of("done"));
	client_await_end(&busy);
	assert_int_equal(client_count(&busy, "done"), 1);
	assert_int_equal(client_count(&busy, "Connection: close\r\n"), 1);
	client_close(&busy);
	rig_await(&rig, &rig.drained, 1);
	assert_int_equal(http_server_connections(rig.server), 0);
	client_close(&idle);
	client_close(&late);
}

static void
draining_ends_at_the_deadline(void **state)
{
	struct client client;

	(void)state;
	client_open(&client, &rig);
	client_say(&client, GET("/later"));
	rig_await(&rig, &rig.waiting_count, 1);
	http_server_drain(rig.server, 20, note_drained);
	rig_await(&rig, &rig.drained, 1);
	assert_int_equal(rig.aborts, 1);
	client_await_end(&client);
	client_close(&client);
}

static void
draining_nothing_is_done_at_once(void **state)
{
	(void)state;
	http_server_drain(rig.server, 10000, note_drained);
	assert_int_equal(rig.drained, 0);
	uv_run(&rig.loop, UV_RUN_ONCE);
	assert_int_equal(rig.drained, 1);
}

#define USUAL(test) cmocka_unit_test_setup_teardown(test, open_usual, close_rig)
#define BRISK(test) cmocka_unit_test_setup_teardown(test, open_brisk, close_rig)

RUN_TESTS(USUAL(ten_megabytes_of_chunks_stream_through_a_pause),
    USUAL(a_paused_body_stops_the_client),
    USUAL(a_body_may_be_answered_while_it_comes),
    USUAL(a_long_answer_waits_for_a_slow_client),
    USUAL(http_1_0_gets_a_long_answer_without_chunks),
    BRISK(a_client_that_reads_nothing_is_given_up),
    USUAL(a_lost_client_aborts_what_it_asked), BRISK(a_slow_head_is_408),
    BRISK(a_body_that_stops_coming_is_408),
    BRISK(an_idle_connection_ends_without_a_word),
    BRISK(a_request_in_hand_is_not_timed_out),
    USUAL(too_long_a_head_is_431_and_too_long_an_address_414),
    USUAL(endless_chunk_extensions_are_refused),
    cmocka_unit_test(beyond_connections_max_the_idlest_makes_room),
    BRISK(draining_finishes_what_is_in_hand),
    BRISK(draining_ends_at_the_deadline),
    USUAL(draining_nothing_is_done_at_once))
