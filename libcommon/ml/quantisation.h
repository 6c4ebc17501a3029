/*
 * quantisation.h - what 8-bit weights cost a model: how far its scores move.
 *
 * A model may be served by 8-bit weights when over all samples and in every
 * group of at least QUANTISATION_GROUP
 *	no score moves by more than .01,
 *	scores move by no more than .002 on average, and
 *	99.5 % of the categories are the same.
 * In a smaller group one changed category would be more than the half percent,
 * whatever the model: there the first two count alone, and under
 * QUANTISATION_LEAST samples the first.
 */
#ifndef ML_QUANTISATION_H
#define ML_QUANTISATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUANTISATION_LEAST = 20, QUANTISATION_GROUP = 200 };

struct model;

/* Of some samples; or the worst of each over all groups. */
struct quantisation {
	double worst;     /* largest change of a score */
	double mean;      /* change of a score */
	double agreement; /* share of samples whose category is the same */
	size_t count;     /* samples; 0: nothing was measured */
};

/* Scores of the same samples, by f32 and by 8-bit weights. */
struct quantised_scores {
	const double *exact; /* borrowed (count) */
	const double *small; /* borrowed (count) */
	size_t count;
};

/* Over the samples with member[i] != 0; `member` NULL: all. */
struct quantisation quantisation_measure(const struct model *model,
    const struct quantised_scores *scores, const uint8_t *member);

/* Take a group into the worst so far, which began with all samples. */
void quantisation_include(struct quantisation *worst,
    const struct quantisation *group);

/* False also when nothing was measured. */
bool quantisation_passes(const struct quantisation *worst);

#endif
