/*
 * shadow_queue.h - scorings that wait to be made once more, by the shadow, and
 * what became of those before them.
 *
 * It is bounded in bytes, and nobody who answers waits for it: room is asked
 * for before anything is copied, and where there is none the scoring is
 * dropped and counted.  Only the side thread takes out.  It lies in memory: a
 * process that is killed loses what waits and what was counted and not yet
 * told, since nothing of it was promised to anyone.
 */
#ifndef PREDICTION_SHADOW_QUEUE_H
#define PREDICTION_SHADOW_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "services/prediction/look.h"

/* What becomes of a scoring; also the labels of METRIC_SHADOW_SCORINGS. */
enum shadow_fate {
	SHADOW_SCORED,     /* both outputs are stored */
	SHADOW_FULL,       /* dropped: the queue had no room */
	SHADOW_NO_MODEL,   /* dropped: the shadow's model did not load */
	SHADOW_NOT_STORED, /* dropped: the database did not take it */
	SHADOW_STOPPED,    /* dropped: it waited when the process was stopped */
	SHADOW_FATES
};

/* Whose scorings: which version beside which. */
struct shadow_pairing {
	const char *tenant;
	const char *champion;
	const char *shadow;
};

/* One enrollment's score by the champion. */
struct shadow_row {
	int64_t enrollment_id;
	int32_t week; /* of the course, the first is 1 */
	int parts;    /* the score, in SCORE_PARTS */
	enum risk_category category;
	size_t look; /* its place among the looks */
};

/* The first block of a batch's arena; larger parts have their own. */
enum { SHADOW_BATCH_BLOCK = 4096 };

/* What one thread scored in one go.  All of it lies in its arena. */
struct shadow_batch {
	struct shadow_batch *next; /* the queue's; NULL: the last */
	struct arena arena;        /* owned */
	size_t bytes;              /* room that it takes; 0: it got none, and
				    * has no looks */
	struct shadow_pairing pairing;
	int32_t day;
	int64_t champion_ns; /* of computing, for each look */
	struct look *looks;  /* (look_count): sequences, without subjects */
	size_t look_count;
	struct shadow_row *rows; /* (row_count) */
	size_t row_count;
};

/* Its arena holds the batch itself. */
struct shadow_batch *shadow_batch_new(const struct shadow_pairing *pairing);
void shadow_batch_free(struct shadow_batch *batch);

struct shadow_queue; /* one a process; safe for all threads */

struct shadow_queue *shadow_queue_new(void);
void shadow_queue_free(struct shadow_queue *queue);

/* Room for so many bytes where `most` are allowed in all, until a batch that
 * takes it is finished.  False: there is none.  Never waits for anything but
 * the moment that others are at the queue. */
bool shadow_queue_reserve(struct shadow_queue *queue, size_t bytes,
    size_t most);

/* Takes the batch over, in the order of calls; one without room is dropped and
 * counted. */
void shadow_queue_put(struct shadow_queue *queue, struct shadow_batch *batch);

/* The batch that has waited longest; finish it.  Waits until there is one, or
 * counts are to be told (not before `quiet_until`, clock_ticks), or the queue
 * was woken; then NULL if there is none. */
struct shadow_batch *shadow_queue_take(struct shadow_queue *queue,
    int64_t quiet_until, bool *is_woken);
/* Its room is free again; also for one that was never put. */
void shadow_queue_finish(struct shadow_queue *queue,
    struct shadow_batch *batch);

/* From now on take does not wait. */
void shadow_queue_wake(struct shadow_queue *queue);

/* Bytes that are taken. */
size_t shadow_queue_bytes(struct shadow_queue *queue);

/* What became of a pairing's scorings since that was last told. */
struct shadow_tally {
	struct shadow_tally *next; /* the queue's */
	char *tenant, *champion, *shadow;
	int64_t count[SHADOW_FATES];
};
void shadow_queue_count(struct shadow_queue *queue,
    const struct shadow_pairing *pairing, enum shadow_fate fate, size_t count);
/* Out of the queue: the pairing's, or with NULL any; NULL: there is none. */
struct shadow_tally *shadow_tally_take(struct shadow_queue *queue,
    const struct shadow_pairing *pairing);
/* It could not be told: back again. */
void shadow_tally_return(struct shadow_queue *queue,
    struct shadow_tally *tally);
void shadow_tally_free(struct shadow_tally *tally);

#endif
