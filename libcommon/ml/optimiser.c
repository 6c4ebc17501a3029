/*
 * optimiser.c - AdamW and clipping of gradients.
 */
#include "ml/optimiser.h"

#include <math.h>

struct optimiser_settings
optimiser_settings_default(void)
{
	return (struct optimiser_settings){ 1e-3, .01, .9, .999, 1e-8 };
}

void
optimiser_init(struct optimiser *optimiser, const struct network_shape *shape,
    const struct optimiser_settings *settings)
{
	optimiser->settings = *settings;
	optimiser->shape = *shape;
	optimiser->step = 0;
	network_weights_init(&optimiser->first, shape);
	network_weights_init(&optimiser->second, shape);
}

void
optimiser_close(struct optimiser *optimiser)
{
	network_weights_close(&optimiser->first);
	network_weights_close(&optimiser->second);
}

/* What one step does to every weight of one tensor. */
struct change {
	float kept;   /* of the weight, after decay */
	float rate;   /* corrected for the first moment's start at 0 */
	float spread; /* 1 / sqrt of the second moment's correction */
};

static void
step_tensor(struct optimiser *o, const struct network_weights *gradient,
    struct network_weights *weights, enum network_tensor tensor,
    struct change change)
{
	struct network_tensor_row row = network_tensor(&o->shape, tensor);
	float first_memory = (float)o->settings.first_memory;
	float second_memory = (float)o->settings.second_memory;
	float epsilon = (float)o->settings.epsilon;
	const float *g = gradient->tensor[tensor];
	float *m = o->first.tensor[tensor], *v = o->second.tensor[tensor];
	float *w = weights->tensor[tensor];

	for (int i = 0; i < row.rows * row.columns; i++) {
		m[i] = first_memory * m[i] + (1 - first_memory) * g[i];
		v[i] = second_memory * v[i] + (1 - second_memory) * g[i] * g[i];
		w[i] = change.kept * w[i] -
		    change.rate * m[i] /
			(sqrtf(v[i]) * change.spread + epsilon);
	}
}

void
optimiser_step(struct optimiser *optimiser,
    const struct network_weights *gradient, struct network_weights *weights)
{
	const struct optimiser_settings *s = &optimiser->settings;
	double step = (double)++optimiser->step;
	double rate = s->rate / (1 - pow(s->first_memory, step));
	double spread = 1 / sqrt(1 - pow(s->second_memory, step));

	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++) {
		bool decays = network_tensor(&optimiser->shape, i).decays;
		double kept = decays ? 1 - s->rate * s->decay : 1;

		step_tensor(optimiser, gradient, weights, i,
		    (struct change){ (float)kept, (float)rate, (float)spread });
	}
}

double
gradient_clip(struct network_weights *gradient, double limit)
{
	double squares = 0;

	for (size_t i = 0; i < gradient->count; i++)
		squares +=
		    (double)gradient->data[i] * (double)gradient->data[i];
	double norm = sqrt(squares);
	if (!isfinite(norm) || norm <= limit)
		return norm;
	for (size_t i = 0; i < gradient->count; i++)
		gradient->data[i] *= (float)(limit / norm);
	return norm;
}
