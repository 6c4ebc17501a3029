/*
 * shadow_queue_test.c - the queue before the shadow: bounded, and whoever puts
 * something in does not wait for whoever takes it out.
 *
 * Where the tests say that nobody takes, a put that waited would never end.
 */
#include "services/prediction/shadow_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/prediction.h"
#include "tests/support/test.h"

enum { SIZE = 1000, MOST = 10 * SIZE, ROWS = 3, PUTS = 2000, PUTTERS = 4 };

static const struct shadow_pairing north = { "north", "champion", "shadow" };
static const struct shadow_pairing south = { "south", "champion", "shadow" };

/* A batch of ROWS rows; was there room for it?  Without it is gone at once. */
static bool
put(struct shadow_queue *queue, const struct shadow_pairing *pairing)
{
	struct shadow_batch *batch = shadow_batch_new(pairing);
	bool has_room = shadow_queue_reserve(queue, SIZE, MOST);

	batch->row_count = ROWS;
	batch->bytes = has_room ? SIZE : 0;
	shadow_queue_put(queue, batch);
	return has_room;
}

/* How many of them had room. */
static size_t
put_many(struct shadow_queue *queue, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		kept += put(queue, &north);
	return kept;
}

static int64_t
told(struct shadow_queue *queue, const struct shadow_pairing *pairing,
    enum shadow_fate fate)
{
	struct shadow_tally *tally = shadow_tally_take(queue, pairing);
	int64_t count = tally != NULL ? tally->count[fate] : 0;

	shadow_tally_free(tally);
	return count;
}

static void
a_full_queue_drops_at_once_and_counts(void **state)
{
	struct shadow_queue *queue = shadow_queue_new();
	uint64_t before = metric_count(&METRIC_SHADOW_SCORINGS, SHADOW_FULL);

	(void)state;
	/* Nobody takes. */
	assert_int_equal(put_many(queue, 15), 10);
	assert_int_equal(shadow_queue_bytes(queue), MOST);
	assert_int_equal(metric_count(&METRIC_SHADOW_SCORINGS, SHADOW_FULL) -
		before,
	    5 * ROWS);
	assert_int_equal(told(queue, &south, SHADOW_FULL), 0);
	assert_int_equal(told(queue, &north, SHADOW_FULL), 5 * ROWS);
	assert_int_equal(told(queue, &north, SHADOW_FULL), 0);
	shadow_queue_free(queue);
}

static void
what_is_finished_makes_room_again(void **state)
{
	struct shadow_queue *queue = shadow_queue_new();
	struct shadow_batch *batch;
	bool is_woken;

	(void)state;
	assert_false(shadow_queue_reserve(queue, MOST + 1, MOST));
	put_many(queue, 10);
	batch = shadow_queue_take(queue, 0, &is_woken);
	/* It is taken and still in memory. */
	assert_false(shadow_queue_reserve(queue, 1, MOST));
	shadow_queue_finish(queue, batch);
	assert_int_equal(put_many(queue, 2), 1);
	shadow_queue_free(queue);
}

static void
batches_come_out_in_order_and_counts_when_there_are_none(void **state)
{
	struct shadow_queue *queue = shadow_queue_new();
	struct shadow_batch *first = shadow_batch_new(&south), *second;
	bool is_woken;

	(void)state;
	shadow_queue_count(queue, &south, SHADOW_NO_MODEL, 2);
	put_many(queue, 1);
	first->bytes = SIZE;
	assert_true(shadow_queue_reserve(queue, SIZE, MOST));
	shadow_queue_put(queue, first);
	first = shadow_queue_take(queue, 0, &is_woken);
	second = shadow_queue_take(queue, 0, &is_woken);
	assert_string_equal(first->pairing.tenant, "north");
	assert_string_equal(second->pairing.tenant, "south");
	assert_null(shadow_queue_take(queue, 0, &is_woken));
	assert_false(is_woken);
	shadow_queue_finish(queue, first);
	shadow_queue_finish(queue, second);
	shadow_queue_free(queue);
}

static void
counts_that_could_not_be_told_are_added_to(void **state)
{
	struct shadow_queue *queue = shadow_queue_new();
	struct shadow_tally *tally;

	(void)state;
	shadow_queue_count(queue, &north, SHADOW_FULL, 2);
	shadow_queue_count(queue, &south, SHADOW_FULL, 1);
	tally = shadow_tally_take(queue, &north);
	shadow_queue_count(queue, &north, SHADOW_FULL, 3);
	shadow_queue_count(queue, &north, SHADOW_STOPPED, 4);
	shadow_tally_return(queue, tally);
	tally = shadow_tally_take(queue, &south);
	shadow_tally_return(queue, tally);
	tally = shadow_tally_take(queue, &north);
	assert_int_equal(tally->count[SHADOW_FULL], 5);
	assert_int_equal(tally->count[SHADOW_STOPPED], 4);
	shadow_tally_free(tally);
	assert_int_equal(told(queue, NULL, SHADOW_FULL), 1);
	assert_null(shadow_tally_take(queue, NULL));
	shadow_queue_free(queue);
}

static void
a_woken_queue_keeps_nobody(void **state)
{
	struct shadow_queue *queue = shadow_queue_new();
	struct shadow_batch *batch;
	bool is_woken;

	(void)state;
	put_many(queue, 1);
	shadow_queue_wake(queue);
	batch = shadow_queue_take(queue, INT64_MAX, &is_woken);
	assert_true(is_woken);
	shadow_queue_finish(queue, batch);
	assert_null(shadow_queue_take(queue, INT64_MAX, &is_woken));
	assert_true(is_woken);
	shadow_queue_free(queue);
}

static void *
put_always(void *queue)
{
	for (size_t i = 0; i < PUTS; i++)
		put(queue, i % 2 == 0 ? &north : &south);
	return NULL;
}

/* Takes until it is woken; how many rows came out. */
static void *
take_always(void *queue)
{
	int64_t *rows = calloc(1, sizeof(*rows));
	bool is_woken = false;

	while (!is_woken) {
		struct shadow_batch *batch =
		    shadow_queue_take(queue, INT64_MAX, &is_woken);

		if (batch == NULL)
			continue;
		*rows += (int64_t)batch->row_count;
		shadow_queue_finish(queue, batch);
	}
	return rows;
}

static void
of_many_threads_each_scoring_is_taken_or_counted(void **state)
{
	struct shadow_queue *queue = shadow_queue_new();
	pthread_t putters[PUTTERS], taker;
	struct shadow_batch *batch;
	int64_t *taken, total;
	bool is_woken;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&taker, NULL, take_always, queue), 0);
	for (size_t i = 0; i < PUTTERS; i++)
		assert_int_equal(
		    pthread_create(&putters[i], NULL, put_always, queue), 0);
	for (size_t i = 0; i < PUTTERS; i++)
		pthread_join(putters[i], NULL);
	shadow_queue_wake(queue);
	pthread_join(taker, &result);
	taken = result;
	total = *taken;
	free(taken);
	while ((batch = shadow_queue_take(queue, 0, &is_woken)) != NULL) {
		total += (int64_t)batch->row_count;
		shadow_queue_finish(queue, batch);
	}
	total += told(queue, &north, SHADOW_FULL);
	total += told(queue, &south, SHADOW_FULL);
	assert_int_equal(total, PUTTERS * PUTS * ROWS);
	assert_int_equal(shadow_queue_bytes(queue), 0);
	shadow_queue_free(queue);
}

RUN_TESTS(cmocka_unit_test(a_full_queue_drops_at_once_and_counts),
    cmocka_unit_test(what_is_finished_makes_room_again),
    cmocka_unit_test(batches_come_out_in_order_and_counts_when_there_are_none),
    cmocka_unit_test(counts_that_could_not_be_told_are_added_to),
    cmocka_unit_test(a_woken_queue_keeps_nobody),
    cmocka_unit_test(of_many_threads_each_scoring_is_taken_or_counted))
