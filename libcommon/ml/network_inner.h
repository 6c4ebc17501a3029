/*
 * network_inner.h - what network*.c share: the padded layout and the scratch.
 *
 * Kernels want every axis a multiple of 16, so each axis has a padded length
 * and each element a place on it; pads hold zeros.  `straight` is all tensors
 * padded and otherwise as they are; the gradient of one chunk is collected in
 * that layout.  What the forward pass reads is turned besides, inner index
 * first, or cut into tiles (kernels.h).
 *
 * A batch is worked off in chunks of up to NETWORK_CHUNK rows, longest first,
 * so that the rows still going at step t are always the first ones.  24 are
 * whole tiles of all kernels, and put a row's steps no whole pages apart: then
 * they would drive each other out of the first-level cache.
 */
#ifndef ML_NETWORK_INNER_H
#define ML_NETWORK_INNER_H

#include "base/arena.h"
#include "ml/kernels.h"
#include "ml/network.h"

enum {
	NETWORK_CHUNK = 24,
	NETWORK_FEW = 4,   /* rows that go another way: network_gru.c */
	INPUT_STRIDE = 48, /* a step's 42 inputs; 16 from any group's first */
	INPUT_PAD = 16     /* a group's inputs */
};

struct axis {
	int count;
	int padded;
	int *place; /* (count) where an element goes */
};

/* Where group g's tensors begin in enum network_tensor, and their order. */
enum { GRU_INPUT, GRU_HIDDEN, GRU_INPUT_BIAS, GRU_HIDDEN_BIAS, GRU_TENSORS };

struct gru_packed {
	float *tiles;  /* (hidden / lanes, inputs + hidden, 3, lanes) */
	float *biases; /* (hidden / lanes, 4, lanes) */
	int inputs;
	int first; /* of its inputs among the 42 */
};

/* Inner index first, ready to be the right side of a product. */
struct turned {
	float *query;  /* (wide, heads) */
	float *key;    /* (wide, heads), scaled */
	float *value;  /* (wide, heads) */
	float *out;    /* (heads, wide) */
	float *fusion; /* (joined, fusion) */
};

/* 8-bit weights of a GRU's state (kernels.h). */
struct int8_gru {
	int32_t *tiles;
	int32_t *starts;
	float *scales;
};

struct network {
	struct network_shape shape;
	struct network_weights weights; /* as in the file */
	struct network_standard standard;
	float scale[NETWORK_INPUTS + NETWORK_CONTEXT]; /* 1 / deviation */
	const struct kernels *kernels;
	struct axis axis[AXIS_COUNT];
	size_t straight_at[TENSOR_COUNT]; /* offsets in a padded array */
	size_t straight_count;
	float *straight; /* (straight_count); the key is scaled */
	struct gru_packed gru[NETWORK_GROUPS];
	struct turned turned;
	struct int8_gru *int8; /* (groups), NULL: not asked for */
	struct arena arena;    /* what all but weights points into */
};

/* Padded sizes by name. */
static inline int
padded(const struct network *n, enum network_axis axis)
{
	return n->axis[axis].padded;
}

static inline const float *
straight(const struct network *n, enum network_tensor tensor)
{
	return n->straight + n->straight_at[tensor];
}

/* 1 / sqrt(size of a head). */
float network_key_scale(const struct network_shape *shape);

struct tensor_row {
	const char *name;
	enum network_axis rows, columns;
	bool decays;
};
extern const struct tensor_row TENSOR_ROWS[TENSOR_COUNT];

/* Context input i as the network takes it. */
float network_standard_context(const struct network *network, int i,
    float value);

void network_layout(struct network *network);
void network_repack(struct network *network);
/* gradient += padded, pads left out. */
void network_unpack(const struct network *network, const float *padded_sum,
    struct network_weights *gradient);

/* All arrays below are for one chunk of B rows, in the chunk's order. */
struct network_scratch {
	size_t *order; /* (NETWORK_CHUNK) rows of the batch */
	int *lengths;  /* (NETWORK_CHUNK) steps of each, descending */
	int count;     /* B */
	int steps;     /* the longest */
	size_t first;  /* place of the chunk in the batch */
	int active[NETWORK_MAX_STEPS]; /* rows still going at a step */
	float *input;                  /* (steps, B, INPUT_STRIDE) */
	float *begun;       /* (steps, NETWORK_FEW, 3 * hidden) of one group */
	float *states;      /* (steps, B, wide) GRU outputs, dropped if asked */
	float *normed;      /* (steps, B, wide) */
	float *moments;     /* (steps, B, 2) */
	float *last;        /* (B, wide) normed last step */
	float *query;       /* (B, heads) */
	float *folded;      /* (B, head, wide): u */
	float *attention;   /* (B, head, KERNEL_STEPS) */
	float *pooled;      /* (B, head, wide) */
	float *values;      /* (B, heads) */
	float *attended;    /* (B, wide) before the second norm */
	float *second;      /* (B, 2) its moments */
	float *settled;     /* (B, wide) behind it */
	float *joined;      /* (B, joined) */
	float *fusion;      /* (B, fusion) before SiLU */
	float *fused;       /* (B, fusion) */
	float *direct;      /* (B, direct): the last step, the context */
	float *zeros;       /* (wide) a state before the first step */
	bool is_int8;       /* this pass is by 8-bit weights */
	int32_t *words;     /* (B, hidden / word_parts) states of a group */
	float *scales;      /* (B) */
	struct arena arena; /* what all of this points into */
	struct network_gradients *gradients; /* NULL: not asked for */
	float logits[NETWORK_CHUNK];
};

/* What a chunk's gradient needs besides. */
struct network_gradients {
	float *gates;      /* (groups, steps, B, 4 * hidden) */
	float *states;     /* (steps, B, wide) undropped GRU outputs */
	float *gru_masks;  /* (steps, B, wide) 0 or 1 / (1 - rate) */
	float *join_masks; /* (B, joined) */
	float *input_mask; /* (46) 0 or 1, of one row */
	float *d_fused;    /* (B, fusion) */
	float *d_joined;   /* (B, joined) */
	float *d_settled;  /* (B, wide) */
	float *d_values;   /* (B, heads) */
	float *d_pooled;   /* (B, head, wide) */
	float *d_scores;   /* (B, head, KERNEL_STEPS) */
	float *d_folded;   /* (B, head, wide) */
	float *d_query;    /* (B, heads) */
	float *d_normed;   /* (steps, B, wide) */
	float *carry;      /* (B, hidden) */
	float *d_input;    /* (B, INPUT_PAD) */
	float *sum;        /* padded gradient (straight_count) */
};

/* Cut the weights anew into network->int8, which is there. */
void network_int8_pack(struct network *network);
/* One step of one group. */
void network_int8_step(const struct network *network,
    struct network_scratch *scratch, int group, const struct gru_step *step);

#endif
