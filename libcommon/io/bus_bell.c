/*
 * bus_bell.c - doorbells: a message without payload says that there is
 * something new, never what.  A bell that is not heard costs only time:
 * readers look every few seconds anyway.
 */
#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/bus_inside.h"

void
bus_ring(struct bus *bus)
{
	nng_msg *message = NULL;

	if (!bus->pub.is_open)
		return;
	must(nng_msg_alloc(&message, 0) == 0);
	if (nng_sendmsg(bus->pub.socket, message, NNG_FLAG_NONBLOCK) != 0)
		nng_msg_free(message);
}

static void
heard(void *user)
{
	struct bell *bell = user;

	if (nng_aio_result(bell->aio) != 0)
		return; /* the socket was closed */
	nng_msg_free(nng_aio_get_msg(bell->aio));
	bell->heard(bell->user);
	nng_recv_aio(bell->lines.socket, bell->aio);
}

static bool
open_bell(struct bell *bell, const struct peer *peer, struct err *err)
{
	nng_socket socket;
	int code = nng_sub0_open(&socket);

	if (code != 0)
		return nng_failed(code, "open a socket to hear a bell", err);
	must(nng_socket_set(socket, NNG_OPT_SUB_SUBSCRIBE, "", 0) == 0);
	must(nng_aio_alloc(&bell->aio, heard, bell) == 0);
	lines_open(&bell->lines, socket, NULL, NULL);
	for (size_t i = 0; i < peer->address_count; i++)
		if (peer->addresses[i].bell[0] != '\0' &&
		    !lines_add(&bell->lines, peer->addresses[i].bell, err)) {
			bell_free(bell);
			return false;
		}
	return true;
}

void
bell_free(struct bell *bell)
{
	lines_close(&bell->lines);
	if (bell->aio != NULL)
		nng_aio_free(bell->aio);
	lines_free(&bell->lines);
	free(bell);
}

bool
bus_listen_bell(struct bus *bus, const char *peer_name,
    void (*hear)(void *user), void *user, struct err *err)
{
	struct peer *peer = bus_peer(bus, peer_name, err);
	struct bell *bell;

	if (peer == NULL)
		return false;
	must(bus->bell_count < PEERS_MOST);
	bell = mem_alloc(1, sizeof(*bell));
	bell->bus = bus;
	bell->heard = hear;
	bell->user = user;
	if (!open_bell(bell, peer, err))
		return false;
	pthread_mutex_lock(&bus->lock);
	bus->bells[bus->bell_count++] = bell;
	pthread_mutex_unlock(&bus->lock);
	nng_recv_aio(bell->lines.socket, bell->aio);
	return true;
}
