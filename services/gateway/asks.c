/* asks.c - letters between nng's threads and the loop. */
#include "services/gateway/asks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "wire/json.h"

enum { ARENA_BLOCK = 16 * 1024 };

/* One ask: filled by asks_send, then by whichever thread has the answer, then
 * read and freed by the loop. */
struct letter {
	struct letter *next;
	struct asks *asks; /* borrowed */
	asks_done *done;
	void *user; /* borrowed */
	bool is_answer;
	struct buf head, body; /* owned: copies of the answer's */
	struct err err;
};

void
asks_init(struct asks *asks, struct bus *bus)
{
	asks->bus = bus;
	asks->last = &asks->first;
	arena_init(&asks->arena, ARENA_BLOCK);
	pthread_mutex_init(&asks->lock, NULL);
}

static void
read_letter(struct asks *asks, struct letter *letter)
{
	struct answer answer = { .body = buf_slice(&letter->body) };

	if (letter->is_answer &&
	    !json_decode(&bus_answer_message, buf_slice(&letter->head),
		JSON_LENIENT, &asks->arena, &answer.head, &letter->err)) {
		letter->is_answer = false;
		letter->err.code = ERR_BAD_UPSTREAM;
	}
	asks->count--;
	letter->done(letter->user, letter->is_answer ? &answer : NULL,
	    &letter->err);
	arena_reset(&asks->arena);
	buf_close(&letter->head);
	buf_close(&letter->body);
	free(letter);
}

static void
read_letters(struct asks *asks)
{
	struct letter *letter;

	pthread_mutex_lock(&asks->lock);
	letter = asks->first;
	asks->first = NULL;
	asks->last = &asks->first;
	pthread_mutex_unlock(&asks->lock);
	while (letter != NULL) {
		struct letter *next = letter->next;

		read_letter(asks, letter);
		letter = next;
	}
}

static void
woken(uv_async_t *wake)
{
	read_letters(wake->data);
}

void
asks_open(struct asks *asks, uv_loop_t *loop)
{
	must(uv_async_init(loop, &asks->wake, woken) == 0);
	asks->wake.data = asks;
}

void
asks_close(struct asks *asks)
{
	read_letters(asks);
	arena_close(&asks->arena);
	pthread_mutex_destroy(&asks->lock);
}

/* On a thread of nng's, or within asks_send when nobody was asked. */
static void
arrived(void *user, const struct raw_answer *answer, const struct err *err)
{
	struct letter *letter = user;
	struct asks *asks = letter->asks;

	letter->is_answer = answer != NULL;
	if (answer != NULL) {
		buf_add(&letter->head, answer->head.data, answer->head.size);
		buf_add(&letter->body, answer->body.data, answer->body.size);
	} else {
		letter->err = *err;
	}
	pthread_mutex_lock(&asks->lock);
	*asks->last = letter;
	asks->last = &letter->next;
	/* Under the lock: the loop may be about to end. */
	uv_async_send(&asks->wake);
	pthread_mutex_unlock(&asks->lock);
}

void
asks_send(struct asks *asks, const char *peer, const struct bus_head *head,
    struct slice body, asks_done *done, void *user)
{
	struct letter *letter = mem_alloc(1, sizeof(*letter));
	struct err err = { 0 };

	letter->asks = asks;
	letter->done = done;
	letter->user = user;
	if (asks->count++ < ASKS_MOST) {
		bus_ask_later(asks->bus, peer, head, body, arrived, letter);
		return;
	}
	(void)err_set(&err, ERR_UNAVAILABLE,
	    "too many requests are being worked on; try again in a moment");
	err.retry_after = 1;
	arrived(letter, NULL, &err);
}
