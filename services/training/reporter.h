/*
 * reporter.h - the child tells how far it is: work_progress, a line each.
 *
 * Safe from any thread.  Lines that would come sooner than a tenth of a second
 * behind the last are left out, except where the phase is a new one.
 */
#ifndef TRAINING_REPORTER_H
#define TRAINING_REPORTER_H

#include <pthread.h>
#include <stdint.h>

struct reporter {
	pthread_mutex_t lock;
	int file; /* borrowed: the pipe; -1: nobody listens */
	int64_t last;
	char phase[64];
	double progress;      /* never goes back */
	double from, to;      /* of the stage in hand */
	uint64_t done, total; /* units of work of the stage */
};

void reporter_init(struct reporter *reporter, int file);

/* A stage of `total` units begins, which moves progress on to `to`. */
void reporter_stage(struct reporter *reporter, const char *phase, double to,
    uint64_t total);

/* One unit is done; losses may be NaN, epoch 0: not told.  `phase` NULL: the
 * stage's. */
struct reporter_unit {
	const char *phase;
	int epoch;
	double train_loss;
	double validation_loss;
};
void reporter_unit(struct reporter *reporter, const struct reporter_unit *unit);

#endif
