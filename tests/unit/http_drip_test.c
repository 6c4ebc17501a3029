/*
 * http_drip_test.c - bodies that come byte by byte, to hold a connection.
 */
#include <string.h>

#include "tests/support/http_rig.h"

/* Patience enough for TCP, which gathers small writes for 40 ms. */
static const struct http_server_settings patient = { .body_timeout_ms = 300 };

static struct rig rig;

static int
open_patient(void **state)
{
	rig_open(&rig, &patient);
	*state = &rig;
	return 0;
}

/* A byte each 5 ms, 200 a second, while the server listens; how many? */
static size_t
drip(struct client *client, const char *head, size_t bytes)
{
	size_t i = 0;

	client_open(client, &rig);
	client_say(client, head);
	for (; i < bytes && !client->has_ended; i++) {
		uint64_t began = uv_now(&rig.loop);

		while (uv_now(&rig.loop) - began < 5 && !client->has_ended)
			client_turn(client);
		if (client_count(client, "HTTP/1.1 408 ") == 0)
			client_say(client, "x");
	}
	return i;
}

static void
a_collected_body_that_drips_is_408(void **state)
{
	struct client client;

	(void)state;
	(void)drip(&client,
	    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
	    1000);
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 408 "), 1);
	assert_int_equal(rig.aborts, 1);
	client_close(&client);
}

/* Whoever was refused does not hold the connection by what is dropped. */
static void
a_dropped_body_that_drips_ends_the_connection(void **state)
{
	struct client client;

	(void)state;
	assert_in_range(drip(&client,
			    "POST /early HTTP/1.1\r\nHost: a\r\n"
			    "Content-Length: 900\r\n\r\n",
			    800),
	    1, 799);
	assert_int_equal(client_count(&client, "HTTP/1.1 401 "), 1);
	client_close(&client);
}

/* Between records of a stream there may be long pauses. */
static void
a_streamed_body_may_drip(void **state)
{
	struct client client;

	(void)state;
	assert_int_equal(drip(&client,
			     "POST /stream HTTP/1.1\r\nHost: a\r\n"
			     "Content-Length: 100\r\n\r\n",
			     100),
	    100);
	client_await(&client, "100", 1);
	assert_int_equal(client_count(&client, "HTTP/1.1 200 "), 1);
	client_close(&client);
}

#define PATIENT(test) \
	cmocka_unit_test_setup_teardown(test, open_patient, rig_teardown)

RUN_TESTS(PATIENT(a_collected_body_that_drips_is_408),
    PATIENT(a_dropped_body_that_drips_ends_the_connection),
    PATIENT(a_streamed_body_may_drip))
