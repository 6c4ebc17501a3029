/*
 * bus.c - the process's bus: listening, and the seats from which call threads
 * take questions.
 *
 * A seat is a REP context of nng's with an asynchronous operation that its
 * thread waits for; closing the bus cancels those operations, so that threads
 * return while the socket stays open for answers still to be given.
 */
#include "io/bus.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/supplemental/util/platform.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/bus_inside.h"
#include "secure/digest.h"
#include "wire/json.h"

enum { LEAST_KEY = 32, FLUSH_MS = 20 };

/* Numbers of the scalability protocols (SP). */
enum { SP_SUB = 0x21, SP_REQ = 0x30 };

struct bus_seat {
	struct bus *bus; /* borrowed */
	struct bus_seat *next;
	nng_ctx context;
	nng_aio *taking;    /* owned: may be cancelled by bus_close */
	nng_aio *answering; /* owned: never cancelled */
	nng_msg *message;   /* owned: the question in hand */
	bool may_answer;
};

bool
nng_failed(int code, const char *what, struct err *err)
{
	return err_set(err,
	    code == NNG_EADDRINUSE || code == NNG_EADDRINVAL ? ERR_CONFLICT
							     : ERR_INTERNAL,
	    "%s: %s", what, nng_strerror(code));
}

bool
bus_address(const char *given, const char *folder, const char *name,
    const char *ending, char out[URL_SIZE])
{
	int size = given[0] != '\0'
	    ? snprintf(out, URL_SIZE, "%s", given)
	    : snprintf(out, URL_SIZE, "ipc://%s/%s.%s", folder, name, ending);

	return size > 0 && size < URL_SIZE;
}

/* nng starts itself at its first use; two threads at once would race there. */
static void
start_nng(void)
{
	nng_aio *aio = NULL;

	must(nng_aio_alloc(&aio, NULL, NULL) == 0);
	nng_aio_free(aio);
}

struct bus *
bus_new(const struct bus_settings *settings, struct err *err)
{
	struct bus *bus;

	if (settings->key.size < LEAST_KEY) {
		err_set(err, ERR_INVALID,
		    "the cluster key has %zu bytes; it needs %d or more",
		    settings->key.size, LEAST_KEY);
		return NULL;
	}
	start_nng();
	bus = mem_alloc(1, sizeof(*bus));
	if (!bus_address(settings->address, settings->run_folder,
		settings->service, "0.sock", bus->address) ||
	    !bus_address(settings->bell, settings->run_folder,
		settings->service, "bell.sock", bus->bell_address)) {
		err_set(err, ERR_INVALID, "an address of the bus is too long");
		free(bus);
		return NULL;
	}
	snprintf(bus->service, NAME_SIZE, "%s", settings->service);
	snprintf(bus->run_folder, URL_SIZE, "%s", settings->run_folder);
	bus->peer_texts = mem_text(settings->peers);
	buf_add(&bus->key, settings->key.data, settings->key.size);
	pthread_mutex_init(&bus->lock, NULL);
	return bus;
}

void
bus_free(struct bus *bus)
{
	if (bus == NULL)
		return;
	must(bus->seats == NULL);
	/* nng has no linger: an answer handed over a moment ago is lost when
	 * its socket is closed at once. */
	if (bus->rep.is_open)
		nng_msleep(FLUSH_MS);
	ear_close(&bus->rep);
	ear_close(&bus->pub);
	for (size_t i = 0; i < bus->bell_count; i++)
		bell_free(bus->bells[i]);
	for (size_t i = 0; i < bus->peer_count; i++)
		peer_free(bus->peers[i]);
	buf_close(&bus->key);
	free(bus->peer_texts);
	pthread_mutex_destroy(&bus->lock);
	free(bus);
}

void
bus_watch(struct bus *bus)
{
	struct lines *all[2 * PEERS_MOST];
	size_t count = 0;

	pthread_mutex_lock(&bus->lock);
	for (size_t i = 0; i < bus->peer_count; i++)
		all[count++] = &bus->peers[i]->lines;
	for (size_t i = 0; i < bus->bell_count; i++)
		all[count++] = &bus->bells[i]->lines;
	pthread_mutex_unlock(&bus->lock);
	for (size_t i = 0; i < count; i++)
		(void)lines_renew(all[i]);
	(void)ear_watch(&bus->rep);
	(void)ear_watch(&bus->pub);
}

bool
bus_listen(struct bus *bus, struct err *err)
{
	nng_socket rep, pub;
	int code = nng_rep0_open(&rep);

	if (code != 0)
		return nng_failed(code, "open a socket for answers", err);
	must(nng_socket_set_size(rep, NNG_OPT_RECVMAXSZ, BUS_MOST) == 0);
	if (!ear_open(&bus->rep, rep, bus->address, SP_REQ, err))
		return false;
	code = nng_pub0_open(&pub);
	if (code != 0)
		return nng_failed(code, "open a socket for the bell", err);
	return ear_open(&bus->pub, pub, bus->bell_address, SP_SUB, err);
}

struct bus_seat *
bus_seat_new(struct bus *bus)
{
	struct bus_seat *seat = mem_alloc(1, sizeof(*seat));

	must(bus->rep.is_open);
	seat->bus = bus;
	must(nng_ctx_open(&seat->context, bus->rep.socket) == 0);
	must(nng_aio_alloc(&seat->taking, NULL, NULL) == 0);
	must(nng_aio_alloc(&seat->answering, NULL, NULL) == 0);
	pthread_mutex_lock(&bus->lock);
	seat->next = bus->seats;
	bus->seats = seat;
	pthread_mutex_unlock(&bus->lock);
	return seat;
}

void
bus_seat_free(struct bus_seat *seat)
{
	struct bus_seat **link = &seat->bus->seats;

	pthread_mutex_lock(&seat->bus->lock);
	while (*link != seat)
		link = &(*link)->next;
	*link = seat->next;
	pthread_mutex_unlock(&seat->bus->lock);
	bus_drop(seat);
	nng_aio_free(seat->taking);
	nng_aio_free(seat->answering);
	nng_ctx_close(seat->context);
	free(seat);
}

/* The next message of whatever kind; NULL when the bus is closing. */
static nng_msg *
receive(struct bus_seat *seat, struct err *err)
{
	bool is_closing;
	int code;

	pthread_mutex_lock(&seat->bus->lock);
	is_closing = seat->bus->is_closing;
	if (!is_closing)
		nng_ctx_recv(seat->context, seat->taking);
	pthread_mutex_unlock(&seat->bus->lock);
	err_clear(err);
	if (is_closing)
		return NULL;
	nng_aio_wait(seat->taking);
	code = nng_aio_result(seat->taking);
	if (code == 0)
		return nng_aio_get_msg(seat->taking);
	if (code != NNG_ECANCELED && code != NNG_ECLOSED)
		nng_failed(code, "take a question", err);
	return NULL;
}

/* Who asked has the key: it is told what is wrong. */
static void
refuse_head(struct bus_seat *seat, const struct err *fault)
{
	const struct err_row *row = err_row(ERR_MALFORMED);
	char type[64];
	struct problem problem = { .type = type,
		.title = row->title,
		.status = row->status,
		.detail = fault->detail };
	struct buf text = { 0 };

	snprintf(type, sizeof(type), "/problems/%s", row->slug);
	json_encode(&problem_message, &problem, &text);
	bus_answer(seat,
	    &(struct bus_answer){ .status = row->status,
		.content_type = "application/problem+json" },
	    buf_slice(&text));
	buf_close(&text);
}

static bool
read_question(struct bus_seat *seat, struct arena *arena,
    struct question *question)
{
	struct err err = { 0 };
	struct slice head;

	if (!frame_open(seat->bus, seat->message, NULL, &head,
		&question->body)) {
		log_warn("question was dropped: reason=unsigned size=%zu",
		    nng_msg_len(seat->message));
		return false;
	}
	seat->may_answer = true;
	if (!json_decode(&bus_head_message, head, JSON_LENIENT, arena,
		&question->head, &err)) {
		log_warn("question was refused: reason=head error=%s",
		    err.detail);
		refuse_head(seat, &err);
		return false;
	}
	return true;
}

bool
bus_take(struct bus_seat *seat, struct arena *arena, struct question *question,
    struct err *err)
{
	for (;;) {
		seat->message = receive(seat, err);
		if (seat->message == NULL)
			return false;
		if (read_question(seat, arena, question))
			return true;
		bus_drop(seat);
	}
}

void
bus_answer(struct bus_seat *seat, const struct bus_answer *head,
    struct slice body)
{
	struct buf text = { 0 };
	struct frame_mark about;

	must(seat->may_answer);
	about = frame_mark(seat->message);
	json_encode(&bus_answer_message, head, &text);
	nng_aio_set_msg(seat->answering,
	    frame_make(seat->bus, &about, buf_slice(&text), body));
	nng_ctx_send(seat->context, seat->answering);
	nng_aio_wait(seat->answering);
	if (nng_aio_result(seat->answering) != 0)
		nng_msg_free(nng_aio_get_msg(seat->answering));
	buf_close(&text);
	bus_drop(seat);
}

void
bus_drop(struct bus_seat *seat)
{
	if (seat->message != NULL)
		nng_msg_free(seat->message);
	seat->message = NULL;
	seat->may_answer = false;
}

void
bus_close(struct bus *bus)
{
	pthread_mutex_lock(&bus->lock);
	bus->is_closing = true;
	for (struct bus_seat *seat = bus->seats; seat != NULL;
	     seat = seat->next)
		nng_aio_cancel(seat->taking);
	pthread_mutex_unlock(&bus->lock);
}
