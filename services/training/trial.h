/*
 * trial.h - teach one network on some samples, watch it on others.
 *
 * AdamW in minibatches of 64 with gradients clipped to norm 1.  What is
 * judged and kept is not the last step's weights but their running average
 * over about an epoch (Polyak and Juditsky 1992; bias-corrected as in Adam),
 * which needs no schedule of the rate and so no fixed number of epochs.
 *
 * The network corrects a logistic regression on the same samples, which is
 * fitted first and then only fades (trial_start.c).
 *
 * Everything left to chance comes from `seed`: weights to begin with, order
 * of samples, dropout.  One trial is one thread's work, so its result does
 * not depend on what runs beside it.
 *
 * A trial can be put down behind an epoch and taken up again, by a trial of
 * more epochs (a survivor of a rung) or by another process (a checkpoint).
 * Either way it ends with the bits of one that was never put down.
 */
#ifndef TRAINING_TRIAL_H
#define TRAINING_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ml/network.h"
#include "services/training/checkpoints.h"
#include "services/training/cohort.h"

struct trial_settings {
	int hidden;
	double rate;  /* of learning */
	double decay; /* of weights */
	double gru_dropout;
	double fusion_dropout;
	double input_dropout;
	double l2; /* of the regression that the network corrects */
};

struct subset {
	const size_t *row; /* borrowed, (count): places in the cohort */
	size_t count;
};

/* What a trial tells after each epoch, those included that it was taken up
 * behind. */
struct trial_epoch {
	int epoch; /* from 1 */
	double train_loss;
	double validation_loss; /* NaN without validation samples */
	const float *logits;    /* (validation.count) */
};
typedef void trial_watch(void *user, const struct trial_epoch *epoch);

struct trial_question {
	const struct cohort *cohort; /* borrowed, standardised */
	struct subset train;
	struct subset validation; /* may be empty */
	struct trial_settings settings;
	uint64_t seed;
	int epochs;
	trial_watch *watch; /* NULL: nobody is told */
	void *user;
	struct network **made; /* out: the averaged weights behind the last
				  epoch, network_free it; NULL: not asked for */

	/* Borrowed: empty, or as another trial left it; it is left as the
	 * next one finds it.  NULL: the trial begins anew and leaves nothing.
	 * One that is not of this trial is told in the log and not used.  It
	 * may be of more epochs if no weights are asked for. */
	struct buf *state;
	const struct checkpoints *checkpoints; /* NULL: none are kept */
	const char *name;                      /* of the checkpoint */
	int64_t pause_us; /* from one checkpoint to the next, at least; the
			     last epoch's is kept always */
	const unsigned char *samples; /* digest of the cohort, with `state` */
};

/* False, and nothing made, when a loss was not finite: the settings do not
 * work. */
MUST_CHECK bool trial_run(const struct trial_question *question);

/* Mean log loss of logits. */
double logits_loss(const struct cohort *cohort, const struct subset *subset,
    const float *logits);

#endif
