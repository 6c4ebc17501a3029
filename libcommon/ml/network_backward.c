/*
 * network_backward.c - gradients, in the reverse of network_forward.c's order.
 *
 * d_x is the derivative of the loss by x.  Weight gradients come out in the
 * straight padded layout, so each is one product: changes of the outputs,
 * turned, times the inputs, summed over a chunk's rows (and steps).
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "ml/network_inner.h"

/* Inner lengths are worked off in pieces that stay in the cache. */
enum { PIECE = 256 };

static const float ONE[1] = { 1 };

static float *
sum_of(const struct network *n, struct network_scratch *s,
    enum network_tensor tensor)
{
	return s->gradients->sum + n->straight_at[tensor];
}

/* A matrix whose rows are samples: (rows, stride). */
struct samples {
	const float *at;
	size_t stride;
	int columns;
};

/* to (change.columns, stride) += change' input, over `count` samples. */
static void
add_outer(const struct kernels *kernels, struct samples change,
    struct samples input, int count, float *to, size_t stride)
{
	for (int from = 0; from < count; from += PIECE) {
		size_t first = (size_t)from;
		struct product p = { .left = change.at + first * change.stride,
			.left_row = 1,
			.left_k = change.stride,
			.right = input.at + first * input.stride,
			.right_stride = input.stride,
			.out = to,
			.out_stride = stride,
			.rows = change.columns,
			.inner = count - from < PIECE ? count - from : PIECE,
			.columns = input.columns,
			.is_added = true };

		kernels->product(&p);
	}
}

/* to (change.columns) += the sum of the samples. */
static void
add_sum(const struct kernels *kernels, struct samples change, int count,
    float *to)
{
	struct product p = { .left = ONE,
		.right = change.at,
		.right_stride = change.stride,
		.out = to,
		.rows = 1,
		.inner = count,
		.columns = change.columns,
		.is_added = true };

	kernels->product(&p);
}

/* out (count, ..) = change times the straight tensor rows at `weights`. */
static void
carry_back(const struct kernels *kernels, struct samples change, int count,
    struct samples weights, float *out, size_t out_stride)
{
	struct product p = { .left = change.at,
		.left_row = change.stride,
		.left_k = 1,
		.right = weights.at,
		.right_stride = weights.stride,
		.out = out,
		.out_stride = out_stride,
		.rows = count,
		.inner = change.columns,
		.columns = weights.columns };

	kernels->product(&p);
}

static void
fuse_back(const struct network *n, struct network_scratch *s,
    const float *d_logit, const struct network_dropout *dropout)
{
	struct network_gradients *g = s->gradients;
	int fusion = padded(n, AXIS_FUSION), joined = padded(n, AXIS_JOINED);
	const float *weight = straight(n, TENSOR_LOGIT);
	float *d_weight = sum_of(n, s, TENSOR_LOGIT);
	struct samples change = { g->d_fused, (size_t)fusion, fusion };
	struct samples input = { s->joined, (size_t)joined, joined };

	for (int i = 0; i < s->count; i++) {
		const float *fused = s->fused + i * fusion;

		*sum_of(n, s, TENSOR_LOGIT_BIAS) += d_logit[i];
		for (int k = 0; k < fusion; k++) {
			d_weight[k] += d_logit[i] * fused[k];
			g->d_fused[i * fusion + k] = d_logit[i] * weight[k];
		}
	}
	n->kernels->silu_back(s->fusion, g->d_fused,
	    (size_t)(s->count * fusion));
	add_outer(n->kernels, change, input, s->count,
	    sum_of(n, s, TENSOR_FUSION), input.stride);
	add_sum(n->kernels, change, s->count, sum_of(n, s, TENSOR_FUSION_BIAS));
	carry_back(n->kernels, change, s->count,
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
		sum_of(n, s, TENSOR_SECOND_NORM_GAIN),
		sum_of(n, s, TENSOR_SECOND_NORM_BIAS), s->count, (int)wide,
		3 * n->shape.hidden };

	for (size_t i = 0; i < (size_t)s->count; i++)
		memcpy(g->d_settled + i * wide, g->d_joined + i * joined,
		    wide * sizeof(float));
	n->kernels->norm_back(&norm);
	add_outer(n->kernels, change, values, s->count,
	    sum_of(n, s, TENSOR_OUT), all);
	add_sum(n->kernels, change, s->count, sum_of(n, s, TENSOR_OUT_BIAS));
	carry_back(n->kernels, change, s->count,
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

	add_sum(n->kernels, values, s->count, sum_of(n, s, TENSOR_VALUE_BIAS));
	for (size_t h = 0; h < heads; h++) {
		struct samples change = { g->d_values + h * head, all,
			(int)head };
		struct samples pooled = { s->pooled + h * wide, heads * wide,
			(int)wide };
		size_t at = h * head * wide;

		add_outer(n->kernels, change, pooled, s->count,
		    sum_of(n, s, TENSOR_VALUE) + at, wide);
		carry_back(n->kernels, change, s->count,
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

		add_outer(n->kernels, asked, folded, s->count,
		    sum_of(n, s, TENSOR_KEY) + h * head * wide, wide);
		carry_back(n->kernels, folded, s->count,
		    (struct samples){ n->turned.key + h * head, all,
			(int)head },
		    g->d_query + h * head, all);
	}
	add_outer(n->kernels, query, last, s->count, sum_of(n, s, TENSOR_QUERY),
	    wide);
	add_sum(n->kernels, query, s->count, sum_of(n, s, TENSOR_QUERY_BIAS));
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
		.gain_change = sum_of(n, s, TENSOR_NORM_GAIN),
		.bias_change = sum_of(n, s, TENSOR_NORM_BIAS),
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

/* One group, one step: `gates` becomes the pre-activations' changes. */
struct group {
	const struct gru_packed *gru;
	enum network_tensor first; /* of its tensors */
	const float *states;       /* (steps, B, wide) from its first column */
	float *gates;              /* (steps, B, 4 * hidden) */
	const float *d_states;     /* (steps, B, wide) */
	float *d_steps;            /* (B, 40, 42) or NULL */
};

static void
step_back(const struct network *n, struct network_scratch *s,
    const struct group *group, int t)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t at = (size_t)(t * s->count), plane = (size_t)s->count * wide;
	float *gates = group->gates + at * 4 * hidden;
	struct gru_back back = { .gates = gates,
		.before = t ? group->states + at * wide - plane : s->zeros,
		.change = group->d_states + at * wide,
		.carry = s->gradients->carry,
		.before_stride = t ? wide : 0,
		.change_stride = wide,
		.rows = s->active[t],
		.hidden = (int)hidden };
	struct product carry = { .left = gates + hidden,
		.left_row = 4 * hidden,
		.left_k = 1,
		.right = straight(n, group->first + GRU_HIDDEN),
		.right_stride = hidden,
		.out = back.carry,
		.out_stride = hidden,
		.rows = back.rows,
		.inner = 3 * (int)hidden,
		.columns = (int)hidden,
		.is_added = true };

	n->kernels->gru_back(&back);
	if (t > 0)
		n->kernels->product(&carry);
}

/* d_steps of one group and step, from the changes of n, r, z. */
static void
input_back(const struct network *n, struct network_scratch *s,
    const struct group *group, int t)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	struct samples change = { group->gates +
		    (size_t)(t * s->count) * 4 * hidden,
		4 * hidden, 3 * (int)hidden };
	struct samples weights = { straight(n, group->first + GRU_INPUT),
		INPUT_PAD, INPUT_PAD };

	carry_back(n->kernels, change, s->active[t], weights,
	    s->gradients->d_input, INPUT_PAD);
	for (int i = 0; i < s->active[t]; i++)
		memcpy(group->d_steps +
			((s->first + s->order[i]) * NETWORK_MAX_STEPS +
			    (size_t)t) *
			    NETWORK_INPUTS +
			group->gru->first,
		    s->gradients->d_input + i * INPUT_PAD,
		    (size_t)group->gru->inputs * sizeof(float));
}

/* Weight gradients of one group, one step. */
static void
weights_back(const struct network *n, struct network_scratch *s,
    const struct group *group, int t)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t at = (size_t)(t * s->count);
	const float *gates = group->gates + at * 4 * hidden;
	struct samples of_input = { gates, 4 * hidden, 3 * (int)hidden };
	struct samples of_state = { gates + hidden, 4 * hidden,
		3 * (int)hidden };
	struct samples input = { s->input + at * INPUT_STRIDE +
		    group->gru->first,
		INPUT_STRIDE, INPUT_PAD };
	int rows = s->active[t];

	add_outer(n->kernels, of_input, input, rows,
	    sum_of(n, s, group->first + GRU_INPUT), INPUT_PAD);
	add_sum(n->kernels, of_input, rows,
	    sum_of(n, s, group->first + GRU_INPUT_BIAS));
	add_sum(n->kernels, of_state, rows,
	    sum_of(n, s, group->first + GRU_HIDDEN_BIAS));
	if (t == 0)
		return;
	struct samples before = { group->states + at * wide -
		    (size_t)s->count * wide,
		wide, (int)hidden };
	add_outer(n->kernels, of_state, before, rows,
	    sum_of(n, s, group->first + GRU_HIDDEN), hidden);
}

static void
group_back(const struct network *n, struct network_scratch *s, int index,
    const struct network_dropout *dropout, float *d_steps)
{
	size_t hidden = (size_t)padded(n, AXIS_HIDDEN);
	size_t column = (size_t)index * hidden;
	bool drops = dropout && dropout->gru_rate > 0;
	struct group group = { .gru = &n->gru[index],
		.first = (enum network_tensor)(index * GRU_TENSORS),
		.states = (drops ? s->gradients->states : s->states) + column,
		.gates = s->gradients->gates +
		    (size_t)index * NETWORK_MAX_STEPS * NETWORK_CHUNK * 4 *
			hidden,
		.d_states = s->gradients->d_normed + column,
		.d_steps = d_steps };

	memset(s->gradients->carry, 0,
	    (size_t)s->count * hidden * sizeof(float));
	for (int t = s->steps - 1; t >= 0; t--) {
		step_back(n, s, &group, t);
		if (d_steps)
			input_back(n, s, &group, t);
		else
			weights_back(n, s, &group, t);
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
		group_back(n, s, group, dropout, d_steps);
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

static void
report_context(const struct network *n, const struct network_scratch *s,
    float *to)
{
	size_t wide = (size_t)padded(n, AXIS_WIDE);
	size_t joined = (size_t)padded(n, AXIS_JOINED);

	for (size_t i = 0; i < (size_t)s->count; i++)
		memcpy(to + (s->first + s->order[i]) * NETWORK_CONTEXT,
		    s->gradients->d_joined + i * joined + wide,
		    NETWORK_CONTEXT * sizeof(float));
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
		report_context(network, scratch, context_gradient);
	}
}
