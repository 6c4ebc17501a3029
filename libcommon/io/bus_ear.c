/*
 * bus_ear.c - an address at which a socket listens, and its cure.
 *
 * nng 1.5.2 stops accepting on an ipc address for good when a peer goes away
 * while the two shake hands: the kernel still takes connections, and the other
 * side believes that it is heard.  A peer that is killed does that now and
 * then, so every listener is tried like a peer would: a connection that shakes
 * hands must arrive.  When two in a row do not, the listener is made anew;
 * what was on its way through it fails, as it does when a service is killed.
 * A tcp address has no such trouble and is not tried.
 */
#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/bus_inside.h"

#define IPC "ipc://"

enum { GREETING_SIZE = 8, MISSES_MOST = 2, NAP_MS = 1 };

/* How long a connection may take to arrive. */
#define PATIENCE_US (2 * SECOND_US)

static void
note_arrival(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	struct ear *ear = user;

	(void)pipe;
	(void)event;
	atomic_fetch_add(&ear->arrivals, 1);
}

static bool
listen_there(struct ear *ear, struct err *err)
{
	int code = nng_listen(ear->socket, ear->url, &ear->listener, 0);

	return code == 0 || nng_failed(code, ear->url, err);
}

bool
ear_open(struct ear *ear, nng_socket socket, const char *url, uint16_t peer,
    struct err *err)
{
	ear->socket = socket;
	ear->peer = peer;
	ear->misses = 0;
	snprintf(ear->url, URL_SIZE, "%s", url);
	atomic_init(&ear->arrivals, 0);
	must(nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, note_arrival, ear) ==
	    0);
	ear->is_open = true;
	return listen_there(ear, err);
}

/* A connection to the address; -1 when there is none, with errno. */
static int
knock(const struct ear *ear)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = ear->url + strlen(IPC);
	size_t size = strlen(path) + 1;
	int fd;

	if (size > sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* SP's greeting (RFC of the IPC mapping): zero, "SP", version 0, the protocol's
 * number, two reserved bytes; each side sends its own. */
static bool
shake_hands(const struct ear *ear, int fd)
{
	const unsigned char greeting[GREETING_SIZE] = { 0, 'S', 'P', 0,
		(unsigned char)(ear->peer >> 8), (unsigned char)ear->peer };
	unsigned char theirs[GREETING_SIZE];
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) ==
	    GREETING_SIZE &&
	    poll(&poll_fd, 1, (int)(PATIENCE_US / 1000)) == 1 &&
	    recv(fd, theirs, sizeof(theirs), MSG_WAITALL) == GREETING_SIZE;
}

static bool
is_heard(struct ear *ear, int fd)
{
	int before = atomic_load(&ear->arrivals);
	int64_t until = clock_ticks() + PATIENCE_US;

	if (!shake_hands(ear, fd))
		return false;
	while (atomic_load(&ear->arrivals) == before) {
		if (clock_ticks() > until)
			return false;
		nng_msleep(NAP_MS);
	}
	return true;
}

/* Out of sockets or memory is not the listener's fault. */
static bool
hears(struct ear *ear)
{
	int fd = knock(ear);
	bool is_so;

	if (fd < 0)
		return errno != ECONNREFUSED && errno != ENOENT;
	is_so = is_heard(ear, fd);
	close(fd);
	return is_so;
}

bool
ear_watch(struct ear *ear)
{
	struct err err = { 0 };

	if (!ear->is_open || strncmp(ear->url, IPC, strlen(IPC)) != 0)
		return false;
	if (hears(ear)) {
		ear->misses = 0;
		return false;
	}
	if (++ear->misses < MISSES_MOST)
		return false;
	ear->misses = 0;
	(void)nng_listener_close(ear->listener);
	if (listen_there(ear, &err))
		log_warn("listener was made anew: address=%s", ear->url);
	else
		log_error("nobody is heard: address=%s error=%s", ear->url,
		    err.detail);
	return true;
}

void
ear_close(struct ear *ear)
{
	if (ear->is_open)
		nng_close(ear->socket);
	ear->is_open = false;
}
