/*
 * bus_lines.c - the lines of one dialling socket: to each address one
 * connection, dialled again and again by nng.
 *
 * nng 1.5.2 gives an ipc line up for good when the peer goes away while the two
 * shake hands (bus_ear.c), as one that is killed does now and then.  So a line
 * that has been down for a while gets a new dialler.
 */
#include <nng/nng.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/bus_inside.h"

/* Longer than nng's longest pause and the exchange of greetings take. */
#define LINE_PATIENCE_US (3 * SECOND_US)

/* Counted from before a connection is used until it is gone: only those two
 * come in that order and in pairs. */
static void
note_pipe(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	struct lines *lines = user;
	int dialer = nng_dialer_id(nng_pipe_dialer(pipe));
	int change = event == NNG_PIPE_EV_REM_POST ? -1 : 1;

	if (event == NNG_PIPE_EV_ADD_POST) {
		if (lines->came != NULL)
			lines->came(lines->user);
		return;
	}
	pthread_mutex_lock(&lines->lock);
	lines->up += change;
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->all[i];

		if (nng_dialer_id(line->dialer) != dialer)
			continue;
		line->pipes += change;
		line->since = clock_ticks();
	}
	pthread_mutex_unlock(&lines->lock);
}

void
lines_open(struct lines *lines, nng_socket socket, void (*came)(void *user),
    void *user)
{
	static const nng_pipe_ev events[] = { NNG_PIPE_EV_ADD_PRE,
		NNG_PIPE_EV_ADD_POST, NNG_PIPE_EV_REM_POST };

	lines->socket = socket;
	lines->came = came;
	lines->user = user;
	pthread_mutex_init(&lines->lock, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		must(nng_pipe_notify(socket, events[i], note_pipe, lines) == 0);
}

void
lines_close(struct lines *lines)
{
	nng_close(lines->socket);
}

void
lines_free(struct lines *lines)
{
	pthread_mutex_destroy(&lines->lock);
}

/* The dialler is known before it can have a connection. */
static bool
dial(struct lines *lines, struct line *line, struct err *err)
{
	nng_dialer dialer;
	int code = nng_dialer_create(&dialer, lines->socket, line->url);

	if (code != 0)
		return nng_failed(code, line->url, err);
	pthread_mutex_lock(&lines->lock);
	line->dialer = dialer;
	line->pipes = 0;
	line->since = clock_ticks();
	pthread_mutex_unlock(&lines->lock);
	must(nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, REDIAL_LEAST_MS) ==
	    0);
	must(
	    nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, REDIAL_MOST_MS) == 0);
	code = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
	return code == 0 || nng_failed(code, line->url, err);
}

bool
lines_add(struct lines *lines, const char *url, struct err *err)
{
	struct line *line;

	must(lines->count < LINES_MOST);
	pthread_mutex_lock(&lines->lock);
	line = &lines->all[lines->count++];
	snprintf(line->url, URL_SIZE, "%s", url);
	pthread_mutex_unlock(&lines->lock);
	return dial(lines, line, err);
}

bool
lines_are_up(struct lines *lines)
{
	bool are_up;

	pthread_mutex_lock(&lines->lock);
	are_up = lines->up > 0;
	pthread_mutex_unlock(&lines->lock);
	return are_up;
}

size_t
lines_renew(struct lines *lines)
{
	size_t renewed = 0;

	/* Lines are added before the first look and are never taken away. */
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->all[i];
		struct err err = { 0 };
		bool is_given_up, is_good;

		pthread_mutex_lock(&lines->lock);
		is_given_up = line->pipes == 0 &&
		    clock_ticks() - line->since > LINE_PATIENCE_US;
		pthread_mutex_unlock(&lines->lock);
		if (!is_given_up)
			continue;
		(void)nng_dialer_close(line->dialer);
		is_good = dial(lines, line, &err);
		renewed += is_good;
		if (!is_good)
			log_error("peer cannot be dialled: error=%s",
			    err.detail);
	}
	return renewed;
}
