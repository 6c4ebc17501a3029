/*
 * network_samples.h - the products that gradients are made of, and what the
 * files of the backward pass share.
 *
 * Weight gradients come out in the straight padded layout, so each is one
 * product: changes of the outputs, turned, times the inputs, summed over a
 * chunk's rows.
 */
#ifndef ML_NETWORK_SAMPLES_H
#define ML_NETWORK_SAMPLES_H

#include "ml/network_inner.h"

/* A matrix whose rows are samples: (rows, stride). */
struct samples {
	const float *at;
	size_t stride;
	int columns;
};

/* What a tensor's gradient is collected in, straight and padded. */
float *samples_gradient(const struct network *network,
    struct network_scratch *scratch, enum network_tensor tensor);

/* to (change.columns, stride) += change' input, over `count` samples. */
void samples_outer(const struct kernels *kernels, struct samples change,
    struct samples input, int count, float *to, size_t stride);

/* to (change.columns) += the sum of the samples. */
void samples_sum(const struct kernels *kernels, struct samples change,
    int count, float *to);

/* out (count, ..) = change times the straight tensor rows at `weights`. */
void samples_carry(const struct kernels *kernels, struct samples change,
    int count, struct samples weights, float *out, size_t out_stride);

/* Back through one group's GRU, from the changes of its states: gradients of
 * its weights, or, with d_steps, only of the inputs (batch, 40, 42). */
void network_group_back(const struct network *network,
    struct network_scratch *scratch, int index,
    const struct network_dropout *dropout, float *d_steps);

#endif
