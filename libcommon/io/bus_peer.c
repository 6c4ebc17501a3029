/*
 * bus_peer.c - the services that may be asked: where they are, and whether it
 * is worth asking them at the moment.
 *
 * The setting `peers` gives addresses, `name=address[|bell]` parted by blanks;
 * a name may stand there several times, and questions then go to its copies
 * in turn.  A name that does not stand there is looked for in the run folder.
 */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/bus_inside.h"

enum { FAILURES_MOST = 5 };

/* A peer is left alone after FAILURES_MOST failures, twice as long each time
 * it fails again. */
#define CLOSED_LEAST_US (500 * INT64_C(1000))
#define CLOSED_MOST_US  (5 * SECOND_US)

/* One `name=address[|bell]`. */
static bool
read_address(struct peer *peer, struct slice text, struct err *err)
{
	size_t name_size = strlen(peer->name);
	struct slice url, bell = { "", 0 };
	const char *bar;

	if (text.size <= name_size || text.data[name_size] != '=' ||
	    memcmp(text.data, peer->name, name_size) != 0)
		return true;
	url.data = text.data + name_size + 1;
	url.size = text.size - name_size - 1;
	bar = memchr(url.data, '|', url.size);
	if (bar != NULL) {
		bell.data = bar + 1;
		bell.size = (size_t)(url.data + url.size - bell.data);
		url.size = (size_t)(bar - url.data);
	}
	if (url.size == 0 || url.size >= URL_SIZE || bell.size >= URL_SIZE ||
	    peer->address_count == LINES_MOST)
		return err_set(err, ERR_INVALID,
		    "setting peers: the addresses of %s are wrong or too many",
		    peer->name);
	snprintf(peer->addresses[peer->address_count].url, URL_SIZE, "%.*s",
	    (int)url.size, url.data);
	snprintf(peer->addresses[peer->address_count].bell, URL_SIZE, "%.*s",
	    (int)bell.size, bell.data);
	peer->address_count++;
	return true;
}

static bool
find_addresses(struct peer *peer, struct err *err)
{
	const char *at = peer->bus->peer_texts;

	while (*(at += strspn(at, " \t\n")) != '\0') {
		struct slice text = { at, strcspn(at, " \t\n") };

		if (!read_address(peer, text, err))
			return false;
		at += text.size;
	}
	if (peer->address_count > 0)
		return true;
	peer->address_count = 1;
	if (!bus_address("", peer->bus->run_folder, peer->name, "0.sock",
		peer->addresses[0].url) ||
	    !bus_address("", peer->bus->run_folder, peer->name, "bell.sock",
		peer->addresses[0].bell))
		return err_set(err, ERR_INVALID, "the run folder is too long");
	return true;
}

/* It is there again: ask at once. */
static void
came_back(void *user)
{
	struct peer *peer = user;

	pthread_mutex_lock(&peer->lock);
	peer->closed_until = 0;
	pthread_mutex_unlock(&peer->lock);
}

static bool
open_peer(struct peer *peer, struct err *err)
{
	nng_socket socket;
	int code = nng_req0_open(&socket);

	if (code != 0)
		return nng_failed(code, "open a socket for questions", err);
	/* nng must not repeat a question by itself: a POST would run twice. */
	must(nng_socket_set_ms(socket, NNG_OPT_REQ_RESENDTIME,
		 NNG_DURATION_INFINITE) == 0);
	must(nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, BUS_MOST) ==
	    0);
	lines_open(&peer->lines, socket, came_back, peer);
	for (size_t i = 0; i < peer->address_count; i++)
		if (!lines_add(&peer->lines, peer->addresses[i].url, err)) {
			lines_close(&peer->lines);
			lines_free(&peer->lines);
			return false;
		}
	return true;
}

static struct peer *
peer_new(struct bus *bus, const char *name, struct err *err)
{
	struct peer *peer = mem_alloc(1, sizeof(*peer));

	peer->bus = bus;
	snprintf(peer->name, NAME_SIZE, "%s", name);
	pthread_mutex_init(&peer->lock, NULL);
	pthread_cond_init(&peer->is_idle, NULL);
	if (find_addresses(peer, err) && open_peer(peer, err))
		return peer;
	pthread_mutex_destroy(&peer->lock);
	pthread_cond_destroy(&peer->is_idle);
	free(peer);
	return NULL;
}

void
peer_free(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	peer->is_closing = true;
	while (peer->calls > 0)
		pthread_cond_wait(&peer->is_idle, &peer->lock);
	pthread_mutex_unlock(&peer->lock);
	lines_close(&peer->lines);
	pthread_mutex_lock(&peer->lock);
	while (peer->busy > 0)
		pthread_cond_wait(&peer->is_idle, &peer->lock);
	pthread_mutex_unlock(&peer->lock);
	asking_free(peer->idle);
	lines_free(&peer->lines);
	pthread_mutex_destroy(&peer->lock);
	pthread_cond_destroy(&peer->is_idle);
	free(peer);
}

struct peer *
bus_peer(struct bus *bus, const char *name, struct err *err)
{
	struct peer *found = NULL;

	must(strlen(name) < NAME_SIZE);
	pthread_mutex_lock(&bus->lock);
	for (size_t i = 0; i < bus->peer_count; i++)
		if (strcmp(bus->peers[i]->name, name) == 0)
			found = bus->peers[i];
	if (found == NULL && bus->peer_count == PEERS_MOST)
		err_set(err, ERR_INTERNAL, "there are too many peers");
	else if (found == NULL && (found = peer_new(bus, name, err)) != NULL)
		bus->peers[bus->peer_count++] = found;
	pthread_mutex_unlock(&bus->lock);
	return found;
}

bool
peer_admits(struct peer *peer)
{
	int64_t now = clock_ticks();
	bool admits;

	pthread_mutex_lock(&peer->lock);
	admits = now >= peer->closed_until;
	if (admits && peer->closed_until != 0)
		/* This one tries; the others go on waiting for its result. */
		peer->closed_until = now + CLOSED_LEAST_US;
	pthread_mutex_unlock(&peer->lock);
	return admits;
}

bool
peer_enter(struct peer *peer)
{
	bool may_enter;

	pthread_mutex_lock(&peer->lock);
	may_enter = !peer->is_closing;
	peer->calls += may_enter;
	pthread_mutex_unlock(&peer->lock);
	return may_enter;
}

void
peer_leave(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	if (--peer->calls == 0)
		pthread_cond_signal(&peer->is_idle);
	pthread_mutex_unlock(&peer->lock);
}

void
peer_succeeded(struct peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	peer->failures = 0;
	peer->closed_until = 0;
	pthread_mutex_unlock(&peer->lock);
}

void
peer_failed(struct peer *peer)
{
	int64_t pause = CLOSED_LEAST_US;
	bool has_closed = false;

	pthread_mutex_lock(&peer->lock);
	peer->failures++;
	for (int i = FAILURES_MOST; i < peer->failures; i++)
		pause = pause < CLOSED_MOST_US ? 2 * pause : CLOSED_MOST_US;
	if (peer->failures >= FAILURES_MOST) {
		has_closed = peer->failures == FAILURES_MOST;
		peer->closed_until = clock_ticks() + pause;
	}
	pthread_mutex_unlock(&peer->lock);
	if (has_closed)
		log_warn("peer was left alone: peer=%s failures=%d", peer->name,
		    FAILURES_MOST);
}
