/*
 * bus_lines_test.c - what nng has given up, a line or a listener, is made anew.
 */
#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/bus_inside.h"
#include "tests/support/open_bus.h"
#include "tests/support/test.h"

enum { HANG_UPS = 300 };

static const char KEY[] = "0123456789abcdef0123456789abcdef";

/* Answers each question with its body. */
struct server {
	char folder[32];
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
start_server(struct server *server)
{
	struct err err = { 0 };

	server->calls = 0;
	snprintf(server->folder, sizeof(server->folder), "/tmp/epbus.XXXXXX");
	assert_non_null(mkdtemp(server->folder));
	server->bus = open_bus(server->folder, "server", KEY);
	if (!bus_listen(server->bus, &err))
		fail_msg("%s", err.detail);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server),
	    0);
}

static void
stop_server(struct server *server)
{
	char command[64];

	bus_close(server->bus);
	pthread_join(server->thread, NULL);
	bus_free(server->bus);
	snprintf(command, sizeof(command), "rm -rf %s", server->folder);
	assert_int_equal(system(command), 0);
}

/* Connects and goes away without a word, as who is killed may do. */
static void
hang_up(const char *url)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    url + strlen("ipc://"));
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void
a_listener_that_was_hung_up_on_hears_again(void **state)
{
	struct server server;
	struct bus *bus;
	struct err err = { 0 };

	(void)state;
	start_server(&server);
	/* One that hears is left alone. */
	assert_false(ear_watch(&server.bus->rep));
	for (int i = 0; i < HANG_UPS; i++)
		hang_up(server.bus->rep.url);
	/* Two misses are none too many; where nng bears it there are none. */
	bus_watch(server.bus);
	bus_watch(server.bus);
	assert_false(ear_watch(&server.bus->rep));
	bus = open_bus(server.folder, "client", KEY);
	assert_true(ask_server(bus, 20 * SECOND_US, &err));
	assert_int_equal(server.calls, 1);
	bus_free(bus);
	stop_server(&server);
}

static void
a_line_that_was_given_up_is_dialled_anew(void **state)
{
	struct server server;
	struct bus *bus;
	struct lines *lines;
	struct err err = { 0 };

	(void)state;
	start_server(&server);
	bus = open_bus(server.folder, "client", KEY);
	assert_true(ask_server(bus, 20 * SECOND_US, &err));
	lines = &bus->peers[0]->lines;
	/* One that is up is left alone. */
	assert_int_equal(lines_renew(lines), 0);
	give_up(lines);
	assert_false(ask_server(bus, SECOND_US, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	bus_watch(bus);
	assert_true(ask_server(bus, 20 * SECOND_US, &err));
	assert_int_equal(server.calls, 2);
	bus_free(bus);
	stop_server(&server);
}

RUN_TESTS(cmocka_unit_test(a_listener_that_was_hung_up_on_hears_again),
    cmocka_unit_test(a_line_that_was_given_up_is_dialled_anew))
