/*
 * network_backward.c - gradients, in the reverse of network_forward.c's order.
 *
 * d_x is the derivative of the loss by x.
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "ml/network_layers.h"
#include "ml/network_samples.h"

static void
fuse_back(const struct network *n, struct network_scratch *s,
    const float *d_logit, const struct network_dropout *dropout)
{
	struct network_gradients *g = s->gradients;
	int fusion = padded(n, AXIS_FUSION), joined = padded(n, AXIS_JOINED);
	int direct = padded(n, AXIS_DIRECT);
	const float *weight = straight(n, TENSOR_LOGIT);
	float *d_weight = samples_gradient(n, s, TENSOR_LOGIT);
	float *d_past = samples_gradient(n, s, TENSOR_DIRECT);
	struct samples change = { g->d_fused, (size_t)fusion, fusion };
	struct samples input = { s->joined, (size_t)joined, joined };

	for (int i = 0; i < s->count; i++) {
		const float *fused = s->fused + i * fusion;

		*samples_gradient(n, s, TENSOR_LOGIT_BIAS) += d_logit[i];
		for (int k = 0; k < fusion; k++) {
			d_weight[k] += d_logit[i] * fused[k];
			g->d_fused[i * fusion + k] = d_logit[i] * weight[k];
		}
		for (int k = 0; k < NETWORK_DIRECT; k++)
			d_past[k] += d_logit[i] * s->direct[i * direct + k];
	}
	n->kernels->silu_back(s->fusion, g->d_fused,
	    (size_t)(s->count * fusion));
	samples_outer(n->kernels, change, input, s->count,
	    samples_gradient(n, s, TENSOR_FUSION), input.stride);
	samples_sum(n->kernels, change, s->count,
	    samples_gradient(n, s, TENSOR_FUSION_BIAS));
	samples_carry(n->kernels, change, s->count,
	    (struct samples){ straight(n, TENSOR_FUSION), input.stride,
		joined },
	    g->d_joined, input.stride);
	if (dropout && dropout->fusion_rate > 0)
		for (int i = 0; i < s->count * joined; i++)
			g->d_joined[i] *= g->join_masks[i];
}

/* Second norm, output projection, values; leaves d_settled as the change of
 * the residual, too. */
static void
settle_back(const struct network *n, struct network_scratch *s)
{
	struct network_gradients *g = s->gradients;
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t joined = (size_t)padded(n, AXIS_JOINED);
	size_t all = (size_t)padded(n, AXIS_HEADS);
	struct samples change = { g->d_settled, wide, (int)wide };
	struct samples values = { s->values, all, (int)all };
	struct norm_back norm = { s->attended, s->second,
		straight(n, TENSOR_SECOND_NORM_GAIN), g->d_settled,
		samples_gradient(n, s, TENSOR_SECOND_NORM_GAIN),
		samples_gradient(n, s, TENSOR_SECOND_NORM_BIAS), s->count,
		(int)wide, 3 * n->shape.hidden };

	for (size_t i = 0; i < (size_t)s->count; i++)
		memcpy(g->d_settled + i * wide, g->d_joined + i * joined,
		    wide * sizeof(float));
	n->kernels->norm_back(&norm);
	samples_outer(n->kernels, change, values, s->count,
	    samples_gradient(n, s, TENSOR_OUT), all);
	samples_sum(n->kernels, change, s->count,
	    samples_gradient(n, s, TENSOR_OUT_BIAS));
	samples_carry(n->kernels, change, s->count,
	    (struct samples){ straight(n, TENSOR_OUT), all, (int)all },
	    g->d_values, all);
}

static void
value_back(const struct network *n, struct network_scratch *s)
{
	struct network_gradients *g = s->gradients;
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t all = (size_t)padded(n, AXIS_HEADS);
	size_t heads = (size_t)n->shape.heads, head = all / heads;
	struct samples values = { g->d_values, all, (int)all };

	samples_sum(n->kernels, values, s->count,
	    samples_gradient(n, s, TENSOR_VALUE_BIAS));
	for (size_t h = 0; h < heads; h++) {
		struct samples change = { g->d_values + h * head, all,
			(int)head };
		struct samples pooled = { s->pooled + h * wide, heads * wide,
			(int)wide };
		size_t at = h * head * wide;

		samples_outer(n->kernels, change, pooled, s->count,
		    samples_gradient(n, s, TENSOR_VALUE) + at, wide);
		samples_carry(n->kernels, change, s->count,
		    (struct samples){ straight(n, TENSOR_VALUE) + at, wide,
			(int)wide },
		    g->d_pooled + h * wide, heads * wide);
	}
}

/* Pooling, softmax and scores of one row: fills d_normed of its steps and
 * d_folded. */
static void
attend_row_back(const struct network *n, struct network_scratch *s, size_t row)
{
	struct network_gradients *g = s->gradients;
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t heads = (size_t)n->shape.heads;
	size_t stride = (size_t)s->count * wide;
	int steps = s->lengths[row];
	const float *weight = s->attention + row * heads * KERNEL_STEPS;
	const float *normed = s->normed + row * wide;
	const float *d_pooled = g->d_pooled + row * heads * wide;
	float *d_scores = g->d_scores + row * heads * KERNEL_STEPS;
	struct scores scores = { d_pooled, normed, stride, d_scores, (int)heads,
		steps, (int)wide };
	struct product pooled = { .left = weight,
		.left_row = 1,
		.left_k = KERNEL_STEPS,
		.right = d_pooled,
		.right_stride = wide,
		.out = g->d_normed + row * wide,
		.out_stride = stride,
		.rows = steps,
		.inner = (int)heads,
		.columns = (int)wide };
	struct product scored = pooled;
	struct product folded = { .left = d_scores,
		.left_row = KERNEL_STEPS,
		.left_k = 1,
		.right = normed,
		.right_stride = stride,
		.out = g->d_folded + row * heads * wide,
		.out_stride = wide,
		.rows = (int)heads,
		.inner = steps,
		.columns = (int)wide };

	n->kernels->scores(&scores);
	for (size_t h = 0; h < heads; h++)
		n->kernels->softmax_back(weight + h * KERNEL_STEPS,
		    d_scores + h * KERNEL_STEPS, steps);
	n->kernels->product(&pooled);
	scored.left = d_scores;
	scored.right = s->folded + row * heads * wide;
	scored.is_added = true;
	n->kernels->product(&scored);
	n->kernels->product(&folded);
}

/* The folded query; its change reaches the last step, as the residual's. */
static void
query_back(const struct network *n, struct network_scratch *s)
{
	struct network_gradients *g = s->gradients;
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t all = (size_t)padded(n, AXIS_HEADS);
	size_t heads = (size_t)n->shape.heads, head = all / heads;
	struct samples query = { g->d_query, all, (int)all };
	struct samples last = { s->last, wide, (int)wide };

	for (size_t h = 0; h < heads; h++) {
		struct samples folded = { g->d_folded + h * wide, heads * wide,
			(int)wide };
		struct samples asked = { s->query + h * head, all, (int)head };

		samples_outer(n->kernels, asked, folded, s->count,
		    samples_gradient(n, s, TENSOR_KEY) + h * head * wide, wide);
		samples_carry(n->kernels, folded, s->count,
		    (struct samples){ n->turned.key + h * head, all,
			(int)head },
		    g->d_query + h * head, all);
	}
	samples_outer(n->kernels, query, last, s->count,
	    samples_gradient(n, s, TENSOR_QUERY), wide);
	samples_sum(n->kernels, query, s->count,
	    samples_gradient(n, s, TENSOR_QUERY_BIAS));
	for (int i = 0; i < s->count; i++) {
		size_t row = (size_t)i;
		size_t at = (size_t)((s->lengths[i] - 1) * s->count + i);
		struct product p = { .left = g->d_query + row * all,
			.left_k = 1,
			.right = straight(n, TENSOR_QUERY),
			.right_stride = wide,
			.out = g->d_settled + row * wide,
			.rows = 1,
			.inner = (int)all,
			.columns = (int)wide,
			.is_added = true };

		n->kernels->product(&p);
		for (size_t k = 0; k < wide; k++)
			g->d_normed[at * wide + k] += p.out[k];
	}
}

static void
norm_states_back(const struct network *n, struct network_scratch *s,
    const struct network_dropout *dropout)
{
	struct network_gradients *g = s->gradients;
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	bool drops = dropout && dropout->gru_rate > 0;
	struct norm_back norm = { .gain = straight(n, TENSOR_NORM_GAIN),
		.gain_change = samples_gradient(n, s, TENSOR_NORM_GAIN),
		.bias_change = samples_gradient(n, s, TENSOR_NORM_BIAS),
		.width = (int)wide,
		.count = 3 * n->shape.hidden };

	for (int t = 0; t < s->steps; t++) {
		size_t at = (size_t)(t * s->count);

		norm.input = s->states + at * wide;
		norm.moments = s->moments + at * 2;
		norm.change = g->d_normed + at * wide;
		norm.rows = s->active[t];
		n->kernels->norm_back(&norm);
		for (size_t k = 0; drops && k < (size_t)norm.rows * wide; k++)
			norm.change[k] *= g->gru_masks[at * wide + k];
	}
}

static void
chunk_backward(const struct network *n, struct network_scratch *s,
    const float *d_logit, const struct network_dropout *dropout, float *d_steps)
{
	fuse_back(n, s, d_logit, dropout);
	settle_back(n, s);
	value_back(n, s);
	for (int i = 0; i < s->count; i++)
		attend_row_back(n, s, (size_t)i);
	query_back(n, s);
	norm_states_back(n, s, dropout);
	for (int group = 0; group < NETWORK_GROUPS; group++)
		network_group_back(n, s, group, dropout, d_steps);
}

/* log(1 + e^x) without overflow. */
static double
softplus(double x)
{
	return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* The chunk's loss, weighted; its derivative by each logit. */
static double
chunk_loss(const struct network_scratch *s,
    const struct network_targets *targets, double total, float *d_logit)
{
	double loss = 0;

	for (int i = 0; i < s->count; i++) {
		size_t row = s->first + s->order[i];
		double logit = (double)s->logits[i];
		double label = (double)targets->labels[row];
		double weight =
		    targets->weights ? (double)targets->weights[row] : 1;

		loss += weight * (softplus(logit) - label * logit);
		d_logit[i] =
		    (float)(weight / total * (1 / (1 + exp(-logit)) - label));
	}
	return loss / total;
}

double
network_backward(const struct network *network, struct network_scratch *scratch,
    const struct network_batch *batch, const struct network_targets *targets,
    double total_weight, struct network_weights *gradient)
{
	const struct network_dropout *dropout = &targets->dropout;
	struct network_gradients *g = scratch->gradients;
	float d_logit[NETWORK_CHUNK];
	double loss = 0;

	must(g != NULL);
	memset(g->sum, 0, network->straight_count * sizeof(float));
	for (size_t i = 0; i < batch->count; i += NETWORK_CHUNK) {
		network_chunk_load(network, scratch, batch, i);
		network_chunk_forward(network, scratch, dropout, true);
		loss += chunk_loss(scratch, targets, total_weight, d_logit);
		chunk_backward(network, scratch, d_logit, dropout, NULL);
	}
	network_unpack(network, g->sum, gradient);
	return loss;
}

/* The context's gradient, and what goes to the logit past the layers. */
static void
report_direct(const struct network *n, const struct network_scratch *s,
    float *steps, float *context)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t joined = (size_t)padded(n, AXIS_JOINED);
	const float *past = straight(n, TENSOR_DIRECT);

	for (size_t i = 0; i < (size_t)s->count; i++) {
		size_t row = s->first + s->order[i];
		size_t step =
		    row * NETWORK_MAX_STEPS + (size_t)s->lengths[i] - 1;
		const float *d_context =
		    s->gradients->d_joined + i * joined + wide;

		for (size_t k = 0; k < NETWORK_INPUTS; k++)
			steps[step * NETWORK_INPUTS + k] += past[k];
		for (size_t k = 0; k < NETWORK_CONTEXT; k++)
			context[row * NETWORK_CONTEXT + k] =
			    d_context[k] + past[NETWORK_INPUTS + k];
	}
}

void
network_input_gradient(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    float *steps_gradient, float *context_gradient, float *logits)
{
	float d_logit[NETWORK_CHUNK];

	must(scratch->gradients != NULL);
	memset(steps_gradient, 0,
	    batch->count * NETWORK_MAX_STEPS * NETWORK_INPUTS * sizeof(float));
	for (size_t i = 0; i < batch->count; i += NETWORK_CHUNK) {
		network_chunk_load(network, scratch, batch, i);
		network_chunk_forward(network, scratch, NULL, true);
		for (int k = 0; k < scratch->count; k++) {
			d_logit[k] = 1;
			logits[i + scratch->order[k]] = scratch->logits[k];
		}
		chunk_backward(network, scratch, d_logit, NULL, steps_gradient);
		report_direct(network, scratch, steps_gradient,
		    context_gradient);
	}
}
