/*
 * trial.h - teach one network on some samples, watch it on others.
 *
 * AdamW in minibatches of 64 with gradients clipped to norm 1.  What is
 * judged and kept is not the last step's weights but their running average
 * over about an epoch (Polyak and Juditsky 1992; bias-corrected as in Adam),
 * which needs no schedule of the rate and so no fixed number of epochs.
 *
 * Everything left to chance comes from `seed`: weights to begin with, order
 * of samples, dropout.  One trial is one thread's work, so its result does
 * not depend on what runs beside it.
 */
#ifndef TRAINING_TRIAL_H
#define TRAINING_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ml/network.h"
#include "services/training/cohort.h"

struct trial_settings {
	int hidden;
	double rate;  /* of learning */
	double decay; /* of weights */
	double gru_dropout;
	double fusion_dropout;
};

struct subset {
	const size_t *row; /* borrowed, (count): places in the cohort */
	size_t count;
};

struct trial;

/* What a trial tells after each epoch; false ends it. */
struct trial_epoch {
	int epoch; /* from 1 */
	double train_loss;
	double validation_loss;         /* NaN without validation samples */
	const float *logits;            /* (validation.count) */
	const struct network *averaged; /* borrowed */
};
typedef bool trial_watch(void *user, const struct trial_epoch *epoch);

struct trial_question {
	const struct cohort *cohort; /* borrowed, standardised */
	struct subset train;
	struct subset validation; /* may be empty */
	struct trial_settings settings;
	uint64_t seed;
	int epochs;
	trial_watch *watch;
	void *user;
};

/* The averaged weights after the last epoch; network_free it.  NULL when a
 * loss was not finite: the settings do not work. */
struct network *trial_run(const struct trial_question *question);

/* Mean log loss of logits. */
double logits_loss(const struct cohort *cohort, const struct subset *subset,
    const float *logits);

#endif
