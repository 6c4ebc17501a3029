/*
 * bus_lines_test.c - a line that nng has given up is dialled anew.
 */
#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "io/bus_inside.h"
#include "tests/support/open_bus.h"
#include "tests/support/test.h"

static const char KEY[] = "0123456789abcdef0123456789abcdef";

/* Answers each question with its body. */
struct server {
	struct bus *bus;
	pthread_t thread;
	int calls;
};

static void *
serve(void *user)
{
	struct server *server = user;
	struct bus_seat *seat = bus_seat_new(server->bus);
	struct question question;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena, 4096);
	while (bus_take(seat, &arena, &question, &err)) {
		struct bus_answer head = { .status = 200 };

		server->calls++;
		bus_answer(seat, &head, question.body);
		arena_reset(&arena);
	}
	arena_close(&arena);
	bus_seat_free(seat);
	return NULL;
}

static bool
ask_server(struct bus *bus, int64_t microseconds, struct err *err)
{
	struct bus_head head = { .method = "GET",
		.target = "/echo",
		.request_id = "test",
		.tenant = "default",
		.principal = "service:test",
		.role = ROLE_INTERNAL,
		.deadline = clock_now() + microseconds };
	struct answer answer;
	struct arena arena;
	bool is_good;

	arena_init(&arena, 4096);
	err_clear(err);
	is_good = bus_ask(bus, "server", &head, slice_of("hello"), &arena,
	    &answer, err);
	arena_close(&arena);
	return is_good;
}

/* What nng does by itself once in a long while: it dials no more. */
static void
give_up(struct lines *lines)
{
	struct line *line = &lines->all[0];

	assert_int_equal(nng_dialer_close(line->dialer), 0);
	while (lines_are_up(lines))
		nng_msleep(1);
	pthread_mutex_lock(&lines->lock);
	line->since -= 60 * SECOND_US;
	pthread_mutex_unlock(&lines->lock);
}

static void
a_line_that_was_given_up_is_dialled_anew(void **state)
{
	char folder[] = "/tmp/epbus.XXXXXX", command[64];
	struct server server = { 0 };
	struct bus *bus;
	struct lines *lines;
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	server.bus = open_bus(folder, "server", KEY);
	if (!bus_listen(server.bus, &err))
		fail_msg("%s", err.detail);
	assert_int_equal(pthread_create(&server.thread, NULL, serve, &server),
	    0);
	bus = open_bus(folder, "client", KEY);
	assert_true(ask_server(bus, 20 * SECOND_US, &err));
	lines = &bus->peers[0]->lines;
	/* One that is up is left alone. */
	assert_int_equal(lines_renew(lines), 0);
	give_up(lines);
	assert_false(ask_server(bus, SECOND_US, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	bus_watch(bus);
	assert_true(ask_server(bus, 20 * SECOND_US, &err));
	bus_free(bus);
	bus_close(server.bus);
	pthread_join(server.thread, NULL);
	bus_free(server.bus);
	assert_int_equal(server.calls, 2);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

RUN_TESTS(cmocka_unit_test(a_line_that_was_given_up_is_dialled_anew))
