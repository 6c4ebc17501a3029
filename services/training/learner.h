/*
 * learner.h - a trial in hand, as trial.c and trial_state.c share it.
 */
#ifndef TRAINING_LEARNER_H
#define TRAINING_LEARNER_H

#include "base/random.h"
#include "ml/optimiser.h"
#include "services/training/trial.h"

enum { MINIBATCH = 64 };

struct learner {
	const struct trial_question *question; /* borrowed */
	struct network *network;               /* owned: being taught */
	struct network *averaged;              /* owned */
	struct network_scratch *scratch;       /* owned */
	struct optimiser optimiser;            /* owned inside */
	struct network_weights gradient;       /* owned inside */
	double *average; /* owned, (weights): sum with fading memory */
	double average_memory;
	int64_t steps; /* minibatches learned from */
	struct random random;
	size_t *order; /* owned, (train.count): being shuffled */
	struct network_row *validation; /* owned, (validation.count) */
	int epoch;                      /* behind us */
	double *train_losses;           /* owned, (epochs) */
	float *logits;                  /* owned, (epochs, validation.count) */
	int64_t kept_at;                /* clock_ticks of the last checkpoint */
};

/* The weights to begin with. */
void learner_start(struct learner *learner);
/* Room for what is told of so many epochs. */
void learner_room(struct learner *learner, int epochs);
/* The order of the samples in the next epoch. */
void learner_shuffle(struct learner *learner);

/* Behind an epoch: what the trial goes on from, in question->state, and now
 * and then as a checkpoint.  One that cannot be written is told in the log:
 * the work goes on without it. */
void learner_keep(struct learner *learner);

/* Go on from question->state, or else from a checkpoint, when there is one of
 * this very trial.  One that is not is told in the log, and nothing has
 * changed. */
void learner_recall(struct learner *learner);

#endif
