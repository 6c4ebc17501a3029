/* http_server_test.c - requests in, answers out: RFC 9110 and 9112. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/http_rig.h"

static void
an_answer_has_status_date_length_id_and_body(void **state)
{
	struct buf got;

	client_ask(*state, &got,
	    "GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-1\r\n\r\n",
	    "hello");
	assert_memory_equal(got.data, "HTTP/1.1 200 OK\r\nDate: ", 23);
	check_in(&got, " GMT\r\n");
	check_in(&got, "X-Request-Id: abc-1\r\n");
	check_in(&got, "Content-Length: 5\r\n");
	check_in(&got, "Content-Type: text/plain\r\n");
	check_in(&got, "\r\n\r\nhello");
	assert_null(strstr(got.data, "Connection:"));
	buf_close(&got);
}

static void
an_id_unfit_for_logs_is_replaced(void **state)
{
	struct buf got;

	client_ask(*state, &got,
	    "GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\"b\r\n\r\n",
	    "hello");
	assert_null(strstr(got.data, "a\"b"));
	check_in(&got, "X-Request-Id: 0");
	buf_close(&got);
}

static void
a_connection_serves_one_request_after_another(void **state)
{
	struct rig *rig = *state;
	struct client client;

	client_open(&client, rig);
	for (size_t i = 1; i <= 3; i++) {
		client_say(&client, GET("/hello"));
		client_await(&client, "hello", i);
	}
	client_say(&client, "\r\n" LAST("/hello"));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "hello"), 4);
	assert_int_equal(client_count(&client, "Connection: close\r\n"), 1);
	client_close(&client);
}

static void
http_1_0_is_answered_and_closed(void **state)
{
	struct buf got;

	client_ask(*state, &got, "GET /hello HTTP/1.0\r\n\r\n", NULL);
	check_in(&got, "Connection: close\r\n");
	check_in(&got, "hello");
	buf_close(&got);
}

static void
head_has_the_length_but_no_body(void **state)
{
	struct buf got;

	client_ask(*state, &got,
	    "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" LAST("/none"), NULL);
	check_in(&got, "Content-Length: 5\r\n");
	assert_null(strstr(got.data, "hello"));
	check_in(&got, "\r\n\r\nHTTP/1.1 404 Not Found\r\n");
	buf_close(&got);
}

static void
targets_may_be_absolute_and_options_a_star(void **state)
{
	struct buf got;

	client_ask(*state, &got,
	    "GET http://b:80/hello?x HTTP/1.1\r\nHost: a\r\n\r\n", "hello");
	buf_close(&got);
	client_ask(*state, &got,
	    "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", NULL);
	assert_memory_equal(got.data, "HTTP/1.1 204 ", 13);
	assert_null(strstr(got.data, "Content-Length"));
	buf_close(&got);
}

static void
an_offered_upgrade_is_not_taken(void **state)
{
	struct buf got;

	client_ask(*state, &got,
	    "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
	    "Upgrade: h2c\r\n\r\n" LAST("/hello"),
	    NULL);
	assert_non_null(strstr(strstr(got.data, "hello") + 5, "hello"));
	buf_close(&got);
}

static void
every_byte_may_come_alone(void **state)
{
	static const char text[] = POST("/echo",
	    "Content-Length: 3") "abc" POST("/echo",
	    "Transfer-Encoding: chunked") "1\r\nd\r\n2;x=\"y\"\r\nef\r\n0\r\nA: b\r\n\r\n" LAST("/hello");
	struct client client;

	client_open(&client, *state);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		client_send(&client, text + i, 1);
		uv_run(&client.rig->loop, UV_RUN_NOWAIT);
		uv_run(&client.rig->loop, UV_RUN_NOWAIT);
	}
	client_await_end(&client);
	assert_int_equal(client_count(&client, "\r\n\r\nabc"), 1);
	assert_int_equal(client_count(&client, "\r\n\r\ndef"), 1);
	assert_int_equal(client_count(&client, "\r\n\r\nhello"), 1);
	client_close(&client);
}

static void
a_hundred_pipelined_requests_get_a_hundred_answers(void **state)
{
	struct client client;
	struct buf text = { 0 };

	for (size_t i = 0; i < 99; i++)
		buf_text(&text, GET("/hello"));
	buf_text(&text, LAST("/hello"));
	client_open(&client, *state);
	client_send(&client, text.data, text.size);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 200 OK\r\n"), 100);
	assert_int_equal(client_count(&client, "\r\n\r\nhello"), 100);
	buf_close(&text);
	client_close(&client);
}

static void
answers_keep_the_order_of_the_requests(void **state)
{
	struct rig *rig = *state;
	struct client client;
	const char *at;

	client_open(&client, rig);
	client_say(&client, GET("/later") GET("/later") GET("/hello"));
	rig_await(rig, &rig->requests, 3);
	http_reply(rig->waiting[1], 200, NULL, 0, slice_of("second"));
	for (int i = 0; i < 5; i++)
		client_turn(&client);
	assert_int_equal(client.got.size, 0);
	http_reply(rig->waiting[0], 200, NULL, 0, slice_of("first"));
	client_await(&client, "hello", 1);
	at = strstr(client.got.data, "first");
	assert_non_null(at);
	at = strstr(at, "second");
	assert_non_null(at);
	assert_non_null(strstr(at, "hello"));
	client_close(&client);
}

static void
no_more_than_in_flight_max_are_in_hand(void **state)
{
	static struct rig rig;
	struct http_server_settings settings = { .in_flight_max = 4 };
	struct client client;

	(void)state;
	rig_open(&rig, &settings);
	client_open(&client, &rig);
	for (int i = 0; i < 10; i++)
		client_say(&client, GET("/later"));
	rig_await(&rig, &rig.requests, 4);
	for (int i = 0; i < 10; i++)
		client_turn(&client);
	assert_int_equal(rig.requests, 4);
	for (size_t i = 0; i < 10; i++) {
		rig_await(&rig, &rig.waiting_count, i + 1);
		http_reply(rig.waiting[i], 200, NULL, 0, slice_of("done"));
	}
	client_await(&client, "\r\n\r\ndone", 10);
	client_close(&client);
	rig_close(&rig);
}

static void
a_client_that_shut_its_side_is_still_answered(void **state)
{
	struct rig *rig = *state;
	struct client client;

	client_open(&client, rig);
	client_say(&client, GET("/later"));
	shutdown(client.fd, SHUT_WR);
	rig_await(rig, &rig->waiting_count, 1);
	client_turn(&client);
	http_reply(rig->waiting[0], 200, NULL, 0, slice_of("late"));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "late"), 1);
	client_close(&client);
}

static void
a_header_that_would_split_the_answer_makes_it_500(void **state)
{
	struct rig *rig = *state;
	struct http_header bad = { "Location", "/a\r\nSet-Cookie: b" };
	struct client client;

	client_open(&client, rig);
	client_say(&client, LAST("/later"));
	rig_await(rig, &rig->waiting_count, 1);
	http_reply(rig->waiting[0], 303, &bad, 1, slice_of(""));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 500 "), 1);
	assert_int_equal(client_count(&client, "Set-Cookie"), 0);
	assert_int_equal(rig->last_status, 500);
	client_close(&client);
}

static void
a_unix_socket_serves_and_a_stale_one_is_replaced(void **state)
{
	static struct rig rig, other;
	char folder[] = "/tmp/http_test_XXXXXX", path[64], address[80];
	struct client client;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(address, sizeof(address), "unix:%s", path);
	rig_open(&rig, NULL);
	assert_true(http_server_listen(rig.server, address, &err));
	client_open_unix(&client, &rig, path);
	client_say(&client, LAST("/hello"));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "\r\n\r\nhello"), 1);
	client_close(&client);
	rig_open(&other, NULL);
	assert_false(http_server_listen(other.server, address, &err));
	rig_close(&rig);
	assert_true(http_server_listen(other.server, address, &err));
	rig_close(&other);
	unlink(path);
	rmdir(folder);
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const wrong[] = { "", "8080",
		"127.0.0.1:", "127.0.0.1:x", "[::1:1", "unix:/nowhere/at/all" };
	struct rig *rig = *state;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		err_clear(&err);
		assert_false(http_server_listen(rig->server, wrong[i], &err));
		assert_true(err.detail[0] != '\0');
	}
}

RUN_TESTS(WITH_RIG(an_answer_has_status_date_length_id_and_body),
    WITH_RIG(an_id_unfit_for_logs_is_replaced),
    WITH_RIG(a_connection_serves_one_request_after_another),
    WITH_RIG(http_1_0_is_answered_and_closed),
    WITH_RIG(head_has_the_length_but_no_body),
    WITH_RIG(targets_may_be_absolute_and_options_a_star),
    WITH_RIG(an_offered_upgrade_is_not_taken),
    WITH_RIG(every_byte_may_come_alone),
    WITH_RIG(a_hundred_pipelined_requests_get_a_hundred_answers),
    WITH_RIG(answers_keep_the_order_of_the_requests),
    cmocka_unit_test(no_more_than_in_flight_max_are_in_hand),
    WITH_RIG(a_client_that_shut_its_side_is_still_answered),
    WITH_RIG(a_header_that_would_split_the_answer_makes_it_500),
    cmocka_unit_test(a_unix_socket_serves_and_a_stale_one_is_replaced),
    WITH_RIG(what_is_no_address_is_refused))
