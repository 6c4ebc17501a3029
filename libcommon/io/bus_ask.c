/*
 * bus_ask.c - one question on its way.
 *
 *	SENDING -> RECEIVING -> answered
 *	   |           |
 *	   +-----------+--> PAUSING -> SENDING    GET only, until the deadline
 *	   +-----------+--> failed
 *
 * Each step is one asynchronous operation of nng's; step() is called on a
 * thread of nng's when it has ended.  A question that no connection has taken
 * was never sent; one that was taken and whose connection ended may have been
 * worked on, so only GET is repeated.
 */
#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/bus_inside.h"
#include "wire/json.h"

enum { PAUSE_LEAST_MS = 20, PAUSE_MOST_MS = 500 };

typedef void done_call(void *user, const struct raw_answer *answer,
    const struct err *err);

struct asking {
	struct asking *next; /* in its peer's idle list */
	struct peer *peer;   /* borrowed */
	nng_ctx context;
	nng_aio *aio;      /* owned */
	nng_msg *question; /* owned: for the next try; NULL if there is none */
	struct frame_mark mark; /* the question's: its answer names it */
	enum { SENDING, RECEIVING, PAUSING } state;
	int64_t deadline; /* clock_ticks */
	bool is_repeatable;
	int pause_ms;
	done_call *done;
	void *user; /* borrowed */
};

static void step(void *user);

static struct asking *
asking_take(struct peer *peer)
{
	struct asking *asking;

	pthread_mutex_lock(&peer->lock);
	asking = peer->idle;
	if (asking != NULL)
		peer->idle = asking->next;
	peer->busy++;
	pthread_mutex_unlock(&peer->lock);
	if (asking != NULL)
		return asking;
	asking = mem_alloc(1, sizeof(*asking));
	asking->peer = peer;
	must(nng_aio_alloc(&asking->aio, step, asking) == 0);
	must(nng_ctx_open(&asking->context, peer->lines.socket) == 0);
	return asking;
}

static void
asking_give(struct asking *asking)
{
	struct peer *peer = asking->peer;

	if (asking->question != NULL)
		nng_msg_free(asking->question);
	asking->question = NULL;
	pthread_mutex_lock(&peer->lock);
	asking->next = peer->idle;
	peer->idle = asking;
	if (--peer->busy == 0)
		pthread_cond_signal(&peer->is_idle);
	pthread_mutex_unlock(&peer->lock);
}

void
asking_free(struct asking *asking)
{
	while (asking != NULL) {
		struct asking *next = asking->next;

		/* The context went with its socket. */
		nng_aio_free(asking->aio);
		free(asking);
		asking = next;
	}
}

static void
finish(struct asking *asking, const struct raw_answer *answer,
    const struct err *err)
{
	done_call *done = asking->done;
	void *user = asking->user;

	if (answer != NULL)
		peer_succeeded(asking->peer);
	else
		peer_failed(asking->peer);
	done(user, answer, err);
	asking_give(asking);
}

static void failed(struct asking *asking, int code);

/* Send or receive for `left` microseconds; step() hears how it ended.  It may
 * do so, and give the asking back, before the call returns. */
static void
begin(struct asking *asking, void (*call)(nng_ctx context, nng_aio *aio),
    int64_t left)
{
	struct peer *peer = asking->peer;

	nng_aio_set_timeout(asking->aio,
	    left > 0 ? (nng_duration)(left / 1000 + 1) : 1);
	if (!peer_enter(peer)) {
		failed(asking, NNG_ECLOSED);
		return;
	}
	call(asking->context, asking->aio);
	peer_leave(peer);
}

static void
send_question(struct asking *asking)
{
	int64_t left = asking->deadline - clock_ticks();
	nng_msg *message = asking->question;

	if (asking->is_repeatable)
		must(nng_msg_dup(&message, asking->question) == 0);
	else
		asking->question = NULL;
	if (!lines_are_up(&asking->peer->lines) && left > CONNECT_PATIENCE_US)
		left = CONNECT_PATIENCE_US;
	asking->state = SENDING;
	nng_aio_set_msg(asking->aio, message);
	begin(asking, nng_ctx_send, left);
}

static void
receive_answer(struct asking *asking)
{
	asking->state = RECEIVING;
	begin(asking, nng_ctx_recv, asking->deadline - clock_ticks());
}

static void
read_answer(struct asking *asking)
{
	nng_msg *message = nng_aio_get_msg(asking->aio);
	struct raw_answer answer;
	struct err err = { 0 };

	if (frame_open(asking->peer->bus, message, &asking->mark, &answer.head,
		&answer.body)) {
		finish(asking, &answer, NULL);
	} else {
		err_set(&err, ERR_BAD_UPSTREAM,
		    "the answer of %s does not verify", asking->peer->name);
		finish(asking, NULL, &err);
	}
	nng_msg_free(message);
}

/* What a failed operation means to who asked. */
static void
explain(const struct asking *asking, int code, struct err *err)
{
	const char *peer = asking->peer->name;
	bool is_late = clock_ticks() >= asking->deadline;

	if (code == NNG_ECLOSED || code == NNG_ECANCELED)
		err_set(err, ERR_UNAVAILABLE, "the bus is closing");
	else if (asking->state == SENDING &&
	    !(is_late && lines_are_up(&asking->peer->lines)))
		err_set(err, ERR_UNAVAILABLE, "%s cannot be reached", peer);
	else if (code == NNG_ETIMEDOUT)
		err_set(err, ERR_DEADLINE, "%s did not answer in time", peer);
	else
		err_set(err, ERR_BAD_UPSTREAM,
		    "the connection to %s ended before its answer", peer);
	if (err->code == ERR_UNAVAILABLE)
		err->retry_after = 1;
}

/* Wait between half and the whole of a pause that doubles. */
static void
pause_and_repeat(struct asking *asking)
{
	int half = asking->pause_ms / 2;
	int pause = half + (int)(nng_random() % (uint32_t)(half + 1));

	asking->state = PAUSING;
	asking->pause_ms = asking->pause_ms * 2 < PAUSE_MOST_MS
	    ? asking->pause_ms * 2
	    : PAUSE_MOST_MS;
	nng_sleep_aio(pause, asking->aio);
}

static void
failed(struct asking *asking, int code)
{
	struct err err = { 0 };
	bool was_cut = code != NNG_ECLOSED && code != NNG_ECANCELED &&
	    code != NNG_ETIMEDOUT;

	if (asking->state == SENDING && nng_aio_get_msg(asking->aio) != NULL) {
		nng_msg_free(nng_aio_get_msg(asking->aio));
		nng_aio_set_msg(asking->aio, NULL);
	}
	if (was_cut && asking->is_repeatable &&
	    asking->deadline - clock_ticks() > asking->pause_ms * 1000) {
		pause_and_repeat(asking);
		return;
	}
	explain(asking, code, &err);
	finish(asking, NULL, &err);
}

static void
step(void *user)
{
	struct asking *asking = user;
	int code = nng_aio_result(asking->aio);

	if (code != 0)
		failed(asking, code);
	else if (asking->state == SENDING)
		receive_answer(asking);
	else if (asking->state == PAUSING)
		send_question(asking);
	else
		read_answer(asking);
}

/* NULL with the reason why the peer is not asked. */
static struct asking *
admit(struct bus *bus, const char *name, struct err *err)
{
	struct peer *peer = bus_peer(bus, name, err);

	if (peer == NULL)
		return NULL;
	if (!peer_admits(peer)) {
		err_set(err, ERR_UNAVAILABLE,
		    "%s failed several times and is left alone for a moment",
		    name);
		err->retry_after = 1;
		return NULL;
	}
	return asking_take(peer);
}

void
bus_ask_later(struct bus *bus, const char *peer, const struct bus_head *head,
    struct slice body, done_call *done, void *user)
{
	struct err err = { 0 };
	struct buf text = { 0 };
	struct asking *asking;

	if (body.size > BUS_MOST - BUS_HEAD_MOST) {
		err_set(&err, ERR_TOO_LARGE,
		    "a message of %zu bytes is more "
		    "than the bus carries",
		    body.size);
		done(user, NULL, &err);
		return;
	}
	asking = admit(bus, peer, &err);
	if (asking == NULL) {
		done(user, NULL, &err);
		return;
	}
	json_encode(&bus_head_message, head, &text);
	asking->question = frame_make(bus, NULL, buf_slice(&text), body);
	asking->mark = frame_mark(asking->question);
	buf_close(&text);
	asking->deadline = clock_ticks() + (head->deadline - clock_now());
	asking->is_repeatable = strcmp(head->method, "GET") == 0;
	asking->pause_ms = PAUSE_LEAST_MS;
	asking->done = done;
	asking->user = user;
	send_question(asking);
}

/* Asking and waiting: the caller's thread sleeps until `answered`. */
struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool is_done, is_good;
	struct buf head, body;
	struct err *err; /* borrowed: the caller's */
};

static void
wake(void *user, const struct raw_answer *answer, const struct err *err)
{
	struct waiting *waiting = user;

	pthread_mutex_lock(&waiting->lock);
	waiting->is_good = answer != NULL;
	if (answer != NULL) {
		buf_add(&waiting->head, answer->head.data, answer->head.size);
		buf_add(&waiting->body, answer->body.data, answer->body.size);
	} else {
		*waiting->err = *err;
	}
	waiting->is_done = true;
	pthread_cond_signal(&waiting->answered);
	pthread_mutex_unlock(&waiting->lock);
}

static bool
take_answer(const struct waiting *waiting, struct arena *arena,
    struct answer *answer, struct err *err)
{
	if (!json_decode(&bus_answer_message, buf_slice(&waiting->head),
		JSON_LENIENT, arena, &answer->head, err)) {
		err->code = ERR_BAD_UPSTREAM;
		return false;
	}
	answer->body.size = waiting->body.size;
	answer->body.data =
	    arena_text(arena, waiting->body.data, waiting->body.size);
	return true;
}

bool
bus_ask(struct bus *bus, const char *peer, const struct bus_head *head,
    struct slice body, struct arena *arena, struct answer *answer,
    struct err *err)
{
	struct waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.answered = PTHREAD_COND_INITIALIZER,
		.err = err };
	bool is_good;

	bus_ask_later(bus, peer, head, body, wake, &waiting);
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.is_done)
		pthread_cond_wait(&waiting.answered, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	is_good = waiting.is_good && take_answer(&waiting, arena, answer, err);
	buf_close(&waiting.head);
	buf_close(&waiting.body);
	pthread_mutex_destroy(&waiting.lock);
	pthread_cond_destroy(&waiting.answered);
	return is_good;
}
