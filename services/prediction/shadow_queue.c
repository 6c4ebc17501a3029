/* shadow_queue.c - a list of batches and a list of counts under one lock. */
#include "services/prediction/shadow_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "proto/prediction.h"

struct shadow_queue {
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t is_news;
	struct shadow_batch *first; /* owned, with those behind it */
	struct shadow_batch **end;  /* where the next one is hung up */
	size_t bytes;               /* taken */
	bool is_woken;
	struct shadow_tally *tallies; /* owned; each pairing once */
};

struct shadow_batch *
shadow_batch_new(const struct shadow_pairing *pairing)
{
	struct shadow_batch *batch;
	struct arena arena;

	arena_init(&arena, SHADOW_BATCH_BLOCK);
	batch = arena_alloc(&arena, sizeof(*batch));
	batch->pairing = (struct shadow_pairing){
		arena_copy(&arena, pairing->tenant),
		arena_copy(&arena, pairing->champion),
		arena_copy(&arena, pairing->shadow),
	};
	batch->arena = arena;
	return batch;
}

void
shadow_batch_free(struct shadow_batch *batch)
{
	struct arena arena = batch->arena;

	arena_close(&arena);
}

struct shadow_queue *
shadow_queue_new(void)
{
	struct shadow_queue *queue = mem_alloc(1, sizeof(*queue));
	pthread_condattr_t monotonic;

	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->is_news, &monotonic);
	pthread_condattr_destroy(&monotonic);
	queue->end = &queue->first;
	return queue;
}

void
shadow_queue_free(struct shadow_queue *queue)
{
	struct shadow_batch *batch = queue->first;
	struct shadow_tally *tally;

	while (batch != NULL) {
		struct shadow_batch *next = batch->next;

		shadow_batch_free(batch);
		batch = next;
	}
	while ((tally = shadow_tally_take(queue, NULL)) != NULL)
		shadow_tally_free(tally);
	pthread_cond_destroy(&queue->is_news);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

bool
shadow_queue_reserve(struct shadow_queue *queue, size_t bytes, size_t most)
{
	bool has_room;

	pthread_mutex_lock(&queue->lock);
	has_room = bytes <= most && queue->bytes <= most - bytes;
	if (has_room)
		queue->bytes += bytes;
	pthread_mutex_unlock(&queue->lock);
	return has_room;
}

void
shadow_queue_put(struct shadow_queue *queue, struct shadow_batch *batch)
{
	if (batch->bytes == 0) {
		shadow_queue_count(queue, &batch->pairing, SHADOW_FULL,
		    batch->row_count);
		shadow_batch_free(batch);
		return;
	}
	pthread_mutex_lock(&queue->lock);
	batch->next = NULL;
	*queue->end = batch;
	queue->end = &batch->next;
	pthread_cond_signal(&queue->is_news);
	pthread_mutex_unlock(&queue->lock);
}

/* Under the lock. */
static struct shadow_batch *
unhook(struct shadow_queue *queue)
{
	struct shadow_batch *batch = queue->first;

	if (batch == NULL)
		return NULL;
	queue->first = batch->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	return batch;
}

struct shadow_batch *
shadow_queue_take(struct shadow_queue *queue, int64_t quiet_until,
    bool *is_woken)
{
	struct timespec until = { .tv_sec = quiet_until / SECOND_US,
		.tv_nsec = quiet_until % SECOND_US * 1000 };
	struct shadow_batch *batch;

	pthread_mutex_lock(&queue->lock);
	while (queue->first == NULL && !queue->is_woken) {
		if (queue->tallies == NULL)
			pthread_cond_wait(&queue->is_news, &queue->lock);
		else if (pthread_cond_timedwait(&queue->is_news, &queue->lock,
			     &until) == ETIMEDOUT)
			break;
	}
	batch = unhook(queue);
	*is_woken = queue->is_woken;
	pthread_mutex_unlock(&queue->lock);
	return batch;
}

void
shadow_queue_finish(struct shadow_queue *queue, struct shadow_batch *batch)
{
	pthread_mutex_lock(&queue->lock);
	queue->bytes -= batch->bytes;
	pthread_mutex_unlock(&queue->lock);
	shadow_batch_free(batch);
}

void
shadow_queue_wake(struct shadow_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->is_woken = true;
	pthread_cond_broadcast(&queue->is_news);
	pthread_mutex_unlock(&queue->lock);
}

size_t
shadow_queue_bytes(struct shadow_queue *queue)
{
	size_t bytes;

	pthread_mutex_lock(&queue->lock);
	bytes = queue->bytes;
	pthread_mutex_unlock(&queue->lock);
	return bytes;
}

/* Where the pairing's counts hang, or where they would; under the lock. */
static struct shadow_tally **
find(struct shadow_queue *queue, const struct shadow_pairing *pairing)
{
	struct shadow_tally **at = &queue->tallies;

	while (*at != NULL &&
	    (strcmp((*at)->tenant, pairing->tenant) != 0 ||
		strcmp((*at)->champion, pairing->champion) != 0 ||
		strcmp((*at)->shadow, pairing->shadow) != 0))
		at = &(*at)->next;
	return at;
}

void
shadow_queue_count(struct shadow_queue *queue,
    const struct shadow_pairing *pairing, enum shadow_fate fate, size_t count)
{
	struct shadow_tally **at;

	metric_add(&METRIC_SHADOW_SCORINGS, (size_t)fate, count);
	pthread_mutex_lock(&queue->lock);
	at = find(queue, pairing);
	if (*at == NULL) {
		*at = mem_alloc(1, sizeof(**at));
		(*at)->tenant = mem_text(pairing->tenant);
		(*at)->champion = mem_text(pairing->champion);
		(*at)->shadow = mem_text(pairing->shadow);
	}
	(*at)->count[fate] += (int64_t)count;
	pthread_cond_signal(&queue->is_news);
	pthread_mutex_unlock(&queue->lock);
}

struct shadow_tally *
shadow_tally_take(struct shadow_queue *queue,
    const struct shadow_pairing *pairing)
{
	struct shadow_tally **at, *tally;

	pthread_mutex_lock(&queue->lock);
	at = pairing != NULL ? find(queue, pairing) : &queue->tallies;
	tally = *at;
	if (tally != NULL)
		*at = tally->next;
	pthread_mutex_unlock(&queue->lock);
	return tally;
}

void
shadow_tally_return(struct shadow_queue *queue, struct shadow_tally *tally)
{
	struct shadow_pairing pairing = { tally->tenant, tally->champion,
		tally->shadow };
	struct shadow_tally **at;

	tally->next = NULL;
	pthread_mutex_lock(&queue->lock);
	at = find(queue, &pairing);
	if (*at == NULL) {
		*at = tally;
		tally = NULL;
	} else {
		for (size_t i = 0; i < SHADOW_FATES; i++)
			(*at)->count[i] += tally->count[i];
	}
	pthread_mutex_unlock(&queue->lock);
	shadow_tally_free(tally);
}

void
shadow_tally_free(struct shadow_tally *tally)
{
	if (tally == NULL)
		return;
	free(tally->tenant);
	free(tally->champion);
	free(tally->shadow);
	free(tally);
}
