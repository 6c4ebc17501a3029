/*
 * network.h - the risk network: what it is, what it knows, what it thinks.
 *
 * A student's weeks (steps of 42 features) and 4 context inputs become one
 * logit:
 *   1. three GRUs side by side, one a feature group, in PyTorch's form
 *      (r = s(W_r x + b_r + U_r h + c_r), z alike,
 *       n = tanh(W_n x + b_n + r * (U_n h + c_n)), h' = n + z * (h - n);
 *      Cho et al. 2014, arXiv:1406.1078; gate rows in the order r, z, n);
 *   2. their states side by side, layer norm (Ba et al. 2016, eps 1e-5);
 *   3. multi-head attention (Vaswani et al. 2017) with the last step as the
 *      one query, residual with that step, layer norm.  With one query keys
 *      fold: a head's score is u . x, u = W_K' q / sqrt(d); the key's bias
 *      drops out of the softmax, so there is none;
 *   4. [that, context] -> SiLU layer;
 *   5. [the layer, the last step's inputs, context] -> logit: what the last
 *      step says by itself need not go through the layers (wide and deep:
 *      Cheng et al. 2016, arXiv:1606.07792).
 * Inputs are standardised inside: (x - mean) / deviation, then NaN (not
 * known) becomes 0, the mean; a deviation of 0 counts as 1.  Inputs are
 * finite or NaN.
 *
 * A row's result is bit-identical in whatever batch and at whatever place it
 * travels, for one set of kernels (kernels.h); between sets logits agree
 * within 1e-5.
 *
 * Besides f32 there is int8: the products with the GRUs' states, three quarters
 * of all arithmetic, by 8-bit weights with a scale a channel and 8-bit states
 * with a scale a row, in exact sums (network_int8.c).  Its logits differ from
 * those of f32, and by how much is measured for each model (ml/quantisation.h).
 */
#ifndef ML_NETWORK_H
#define ML_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NETWORK_GROUPS = 3,
	NETWORK_ATTENDANCE = 14, /* inputs of a group, in this order */
	NETWORK_GRADES = 15,
	NETWORK_DISCIPLINE = 13,
	NETWORK_INPUTS = 42,
	NETWORK_CONTEXT = 4,
	NETWORK_DIRECT = NETWORK_INPUTS + NETWORK_CONTEXT, /* to the logit */
	NETWORK_MAX_STEPS = 40,
};

struct kernels;

/* What the network is. */
struct network_shape {
	int hidden; /* of each GRU: a multiple of 8, 8 ... 256 */
	int heads;  /* divides 3 * hidden, 1 ... 8 */
	int fusion; /* SiLU units: a multiple of 8, 8 ... 256 */
};

/* 64 hidden, 4 heads, 64 fusion. */
struct network_shape network_shape_default(void);
bool network_shape_is_valid(const struct network_shape *shape);

/* An axis of a tensor, and how long it is. */
enum network_axis {
	AXIS_ONE,
	AXIS_INPUT_GATES, /* 3 * hidden: r, z, n, of the input's side */
	AXIS_GATES,       /* 3 * hidden: r, z, n, of the recurrent side */
	AXIS_HIDDEN,
	AXIS_ATTENDANCE,
	AXIS_GRADES,
	AXIS_DISCIPLINE,
	AXIS_WIDE,   /* 3 * hidden: the groups' states side by side */
	AXIS_HEADS,  /* 3 * hidden: heads side by side */
	AXIS_FUSION, /* fusion */
	AXIS_JOINED, /* 3 * hidden + 4: what the fusion layer reads */
	AXIS_DIRECT, /* 42 + 4: the last step, the context */
	AXIS_COUNT
};

enum network_tensor {
#define TENSOR(name, text, rows, columns, decays) TENSOR_##name,
#include "ml/tensors.def"
#undef TENSOR
	TENSOR_COUNT
};

/* A tensor as the model file and the optimiser see it; row-major. */
struct network_tensor_row {
	const char *name;
	int rows; /* 1: a vector */
	int columns;
	size_t offset; /* of its first float in network_weights.data */
	bool decays;
};

/* What the network knows, or a gradient of it: one contiguous array. */
struct network_weights {
	float *data; /* owned (count) */
	size_t count;
	float *tensor[TENSOR_COUNT]; /* into data, shapes by tensors.def */
};

struct network_tensor_row network_tensor(const struct network_shape *shape,
    enum network_tensor tensor);
void network_weights_init(struct network_weights *weights,
    const struct network_shape *shape); /* zeros */
void network_weights_close(struct network_weights *weights);

/* How many values the logit reads: fusion + 46. */
int network_width(const struct network_shape *shape);

/* Means and deviations of the training set: 42 features, 4 context inputs. */
struct network_standard {
	float mean[NETWORK_INPUTS + NETWORK_CONTEXT];
	float deviation[NETWORK_INPUTS + NETWORK_CONTEXT];
};

/* A network may be read by many threads, each with its own scratch. */
struct network;

/* Zero weights, mean 0, deviation 1, the best kernels of this machine. */
struct network *network_new(const struct network_shape *shape);
void network_free(struct network *network);

const struct network_shape *network_shape(const struct network *network);
/* To be written only by the network's one owner, then network_pack(). */
struct network_weights *network_weights(struct network *network);
const struct network_weights *network_known(const struct network *network);
void network_set_standard(struct network *network,
    const struct network_standard *standard);
const struct network_standard *network_standard(const struct network *network);
/* Random weights to start training from, packed; PyTorch's distributions. */
void network_randomise(struct network *network, uint64_t seed);
/* Take over changed weights: lay them out for the kernels. */
void network_pack(struct network *network);
/* Other kernels than the best; packs. */
void network_use(struct network *network, const struct kernels *kernels);
const char *network_kernels(const struct network *network);
/* Make 8-bit weights too; they follow the others from then on. */
void network_quantise(struct network *network);

/* Standardise `steps` (step_count, 42) and `context` (4) as step 0 does. */
void network_standardise(const struct network *network, const float *steps,
    int step_count, const float *context, float *steps_out, float *context_out);

struct network_row {
	const float *steps;   /* borrowed (step_count, 42), oldest first */
	const float *context; /* borrowed (4) */
	int step_count;       /* 1 ... 40 */
};

struct network_batch {
	const struct network_row *rows; /* borrowed (count) */
	size_t count;
	bool is_standardised; /* the rows already are, without NaN */
};

/* What to fill in; NULL: not asked for. */
struct network_output {
	float *logits;    /* (count) */
	float *last;      /* (count, network_width): what the logit reads, the
			     SiLU layer before the inputs */
	float *attention; /* (count, 40): mean of the heads, 0 past the end */
};

/* One thread's work space; `has_gradients`: big enough for network_backward
 * and network_input_gradient. */
struct network_scratch;
struct network_scratch *network_scratch_new(const struct network_shape *shape,
    bool has_gradients);
void network_scratch_free(struct network_scratch *scratch);

/* Any number of rows; nothing is allocated. */
void network_forward(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    const struct network_output *output);
/* The same by 8-bit weights, which network_quantise() made. */
void network_forward_int8(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    const struct network_output *output);

/*
 * Dropout while training.  An element is dropped when its 16 bits are below
 * rate * 65536, the kept are divided by 1 - rate.  Element e of a row of the
 * batch has bits 16 * (e mod 4) and up of
 * random_at(seed, row * 2^20 + part * 2^19 + e / 4): part 0 is the GRU
 * outputs, e = (step * 3 * hidden + unit); part 1 the fusion's input, e =
 * unit, and from e = 1024 on the inputs: each of the 42 in all steps of the
 * row at once, then the context.
 */
struct network_dropout {
	uint64_t seed;  /* a new one each minibatch */
	float gru_rate; /* 0: none; below 1 */
	float fusion_rate;
	float input_rate;
};

struct network_targets {
	const float *labels;  /* (count) 0 or 1 */
	const float *weights; /* (count), NULL: all 1 */
	struct network_dropout dropout;
};

/* Add the gradient of the mean log loss to `gradient`; the loss is the mean
 * weighted by the rows' weights, over `total_weight` (the weight of the whole
 * minibatch, so that shards of it can be added up).  Returns the loss. */
double network_backward(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    const struct network_targets *targets, double total_weight,
    struct network_weights *gradient);

/* Gradient of each row's logit by its standardised inputs: (count, 40, 42),
 * zero past a row's end, and (count, 4). */
void network_input_gradient(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    float *steps_gradient, float *context_gradient, float *logits);

#endif
