/*
 * optimiser.h - AdamW: Loshchilov and Hutter 2019, arXiv:1711.05101.
 *
 * Weight decay apart from the gradient, scaled by the rate alone as PyTorch
 * does, and only on the tensors that tensors.def says decay (no biases, no
 * norms).
 */
#ifndef ML_OPTIMISER_H
#define ML_OPTIMISER_H

#include <stdint.h>

#include "ml/network.h"

struct optimiser_settings {
	double rate;
	double decay;
	double first_memory;  /* beta 1 */
	double second_memory; /* beta 2 */
	double epsilon;
};

/* 1e-3, .01, .9, .999, 1e-8 */
struct optimiser_settings optimiser_settings_default(void);

/* A checkpoint is the settings, both moments and `step`. */
struct optimiser {
	struct optimiser_settings settings; /* rate may change between steps */
	struct network_shape shape;
	struct network_weights first;  /* owned: mean of gradients */
	struct network_weights second; /* owned: mean of their squares */
	int64_t step;                  /* taken so far */
};

void optimiser_init(struct optimiser *optimiser,
    const struct network_shape *shape,
    const struct optimiser_settings *settings);
void optimiser_close(struct optimiser *optimiser);

/* Change `weights` by one step; pack the network afterwards. */
void optimiser_step(struct optimiser *optimiser,
    const struct network_weights *gradient, struct network_weights *weights);

/* Scale a gradient down to `limit` if its norm over all tensors is above it
 * (Pascanu et al. 2013).  Returns the norm before; not finite: the gradient is
 * left as it is, and the step should not be taken. */
double gradient_clip(struct network_weights *gradient, double limit);

#endif
