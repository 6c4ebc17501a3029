/*
 * http_hand_test.c - bodies: what of them the handler is given, and what
 * becomes of those that nobody wants.
 */
#include <string.h>
#include <sys/socket.h>

#include "tests/support/http_rig.h"

static void
bodies_come_by_length_and_by_chunks(void **state)
{
	struct buf got;

	client_ask(*state, &got, POST("/echo", "Content-Length: 3") "abc",
	    "\r\n\r\nabc");
	buf_close(&got);
	client_ask(*state, &got,
	    POST("/echo", "Transfer-Encoding: chunked") "3;name=value\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: x\r\n\r\n" LAST(
		"/hello"),
	    NULL);
	check_in(&got, "Content-Length: 5\r\n");
	check_in(&got, "\r\n\r\nabcdeHTTP/1.1 200 OK");
	check_in(&got, "hello");
	buf_close(&got);
}

static void
a_body_of_the_limit_is_taken_and_one_byte_more_is_not(void **state)
{
	char body[1001];
	struct client client;

	memset(body, 'x', sizeof(body));
	client_open(&client, *state);
	client_say(&client, POST("/echo", "Transfer-Encoding: chunked"));
	client_say(&client, "3e8\r\n");
	client_send(&client, body, 1000);
	client_say(&client, "\r\n0\r\n\r\n");
	client_await(&client, "Content-Length: 1000\r\n", 1);
	client_say(&client, POST("/echo", "Transfer-Encoding: chunked"));
	client_say(&client, "3e9\r\n");
	client_send(&client, body, 1001);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 413 "), 1);
	client_close(&client);
}

static void
the_body_is_called_for_only_when_it_is_wanted(void **state)
{
	struct client client;

	client_open(&client, *state);
	client_say(&client,
	    POST("/echo", "Content-Length: 3\r\nExpect: 100-continue"));
	client_await(&client, "HTTP/1.1 100 Continue\r\n\r\n", 1);
	client_say(&client, "abc");
	client_await(&client, "\r\n\r\nabc", 1);
	client_say(&client,
	    POST("/early", "Content-Length: 3\r\nExpect: 100-continue"));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "100 Continue"), 1);
	assert_int_equal(client_count(&client, "401 Unauthorized"), 1);
	client_close(&client);
}

static void
an_early_answer_keeps_the_connection_when_little_is_left(void **state)
{
	struct client client;

	client_open(&client, *state);
	client_say(&client, POST("/early", "Content-Length: 5") "ab");
	client_await(&client, "401 Unauthorized", 1);
	client_say(&client, "cde" GET("/hello"));
	client_await(&client, "\r\n\r\nhello", 1);
	client_say(&client, POST("/early", "Content-Length: 100000"));
	client_await(&client, "401 Unauthorized", 2);
	client_await(&client, "Connection: close\r\n", 1);
	client_close(&client);
}

/* A reset would destroy the answer on its way: RFC 9112, 9.6. */
static void
what_comes_after_413_is_drained_not_reset(void **state)
{
	static char body[300000];
	struct client client;

	client_open(&client, *state);
	client_say(&client, POST("/echo", "Content-Length: 300000"));
	client_send(&client, body, sizeof(body));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 413 "), 1);
	assert_int_equal(client_count(&client, "request_id\":\""), 1);
	client_close(&client);
}

static void
a_dropped_body_does_not_reach_the_handler(void **state)
{
	struct rig *rig = *state;
	struct client client;

	client_open(&client, rig);
	client_say(&client, POST("/drop", "Content-Length: 3") "abc");
	rig_await(rig, &rig->waiting_count, 1);
	client_turn(&client);
	http_reply(rig->waiting[0], 202, NULL, 0, slice_of(""));
	client_say(&client, GET("/hello"));
	client_await(&client, "\r\n\r\nhello", 1);
	assert_int_equal(client_count(&client, "HTTP/1.1 202 Accepted"), 1);
	assert_int_equal(rig->requests, 1);
	client_close(&client);
}

static void
half_a_body_and_the_end_is_400_and_no_request(void **state)
{
	struct rig *rig = *state;
	struct client client;

	client_open(&client, rig);
	client_say(&client, POST("/echo", "Content-Length: 9") "abc");
	shutdown(client.fd, SHUT_WR);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 400 "), 1);
	assert_int_equal(rig->requests, 0);
	assert_int_equal(rig->aborts, 1);
	client_close(&client);
}

RUN_TESTS(WITH_RIG(bodies_come_by_length_and_by_chunks),
    WITH_RIG(a_body_of_the_limit_is_taken_and_one_byte_more_is_not),
    WITH_RIG(the_body_is_called_for_only_when_it_is_wanted),
    WITH_RIG(an_early_answer_keeps_the_connection_when_little_is_left),
    WITH_RIG(what_comes_after_413_is_drained_not_reset),
    WITH_RIG(a_dropped_body_does_not_reach_the_handler),
    WITH_RIG(half_a_body_and_the_end_is_400_and_no_request))
