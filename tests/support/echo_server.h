/*
 * echo_server.h - a bus named "server" whose call threads answer each question
 * with its body.
 */
#ifndef TESTS_ECHO_SERVER_H
#define TESTS_ECHO_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/support/open_bus.h"

/* A server that answers with the body it got, behind its count of calls.
 * Targets say what else: /drop does not answer. */
struct server {
	struct bus *bus;
	pthread_t threads[4];
	atomic_int calls;
};

static inline void *
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

		atomic_fetch_add(&server->calls, 1);
		if (strcmp(question.head.target, "/drop") == 0)
			bus_drop(seat);
		else
			bus_answer(seat, &head, question.body);
		arena_reset(&arena);
	}
	arena_close(&arena);
	bus_seat_free(seat);
	return NULL;
}

static inline void
start_server(struct server *server, const char *folder, const char *key)
{
	struct err err = { 0 };

	server->bus = open_bus(folder, "server", key);
	atomic_init(&server->calls, 0);
	if (!bus_listen(server->bus, &err))
		fail_msg("%s", err.detail);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&server->threads[i], NULL, serve, server),
		    0);
}

static inline void
stop_server(struct server *server)
{
	bus_close(server->bus);
	for (size_t i = 0; i < 4; i++)
		pthread_join(server->threads[i], NULL);
	bus_free(server->bus);
}

#endif
