/*
 * kernels.h - the network's inner loops, once for each instruction set.
 *
 * Every sum over the inner index k is one chain of multiply-adds in the order
 * of k, whatever the number of rows: that is what makes a row's result
 * independent of its batch.  Columns are multiples of KERNEL_PAD, pads hold
 * zeros; strides are in floats.
 */
#ifndef ML_KERNELS_H
#define ML_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KERNEL_PAD = 16, KERNEL_STEPS = 48 /* 40 steps, padded */ };

#define INT8_MOST 127.0f
/* A row whose largest is below this is zeros: 127 / largest would overflow. */
#define INT8_LEAST 1e-30f
enum { INT8_SHIFT = 128 };

/* One step of one GRU for `rows` rows. */
struct gru_step {
	const float *tiles; /* (hidden / lanes, inputs + hidden, 3, lanes) */
	const float
	    *biases; /* (hidden / lanes, 4, lanes): r, z, n of x, n of h */
	const float *input;  /* (rows, input_stride), `inputs` used */
	const float *before; /* (rows, before_stride) state */
	float *after;        /* (rows, after_stride) state */
	float *gates;        /* (rows, 4 * hidden) r, z, n, U_n h + c_n; NULL */
	size_t input_stride, before_stride, after_stride;
	int rows;
	int inputs;
	int before_count; /* hidden, or 0: the state is still zero */
	int hidden;       /* padded */
	int tile_count;   /* inputs + hidden, not padded: rows of a tile */
	/* What the gates are before the state adds to them: biases and products
	 * with the input, (rows, hidden / lanes, 3, lanes) of r, z, n of x;
	 * NULL: not known, `inputs` of `input` are used. */
	const float *begun;
	bool is_turned; /* the last units first; changes no bits */
};

/* One step back.  `gates` becomes the gradient by the four pre-activations,
 * in the order n of x, r, z, n of h; `carry` += what passes through z. */
struct gru_back {
	float *gates;        /* (rows, 4 * hidden) */
	const float *before; /* (rows, before_stride) */
	const float *change; /* (rows, change_stride) by the state after */
	float *carry;        /* (rows, hidden): in by the state after, from the
				step behind; out by the state before */
	size_t before_stride, change_stride;
	int rows;
	int hidden;
};

/* out = [out or bias or 0] + left right. */
struct product {
	const float *left; /* element (row, k) at row * left_row + k * left_k */
	size_t left_row, left_k;
	const float *right; /* (inner, right_stride) */
	size_t right_stride;
	const float *bias; /* (columns) or NULL */
	float *out;        /* (rows, out_stride) */
	size_t out_stride;
	int rows, inner, columns;
	bool is_added; /* to what is there; bias is then not used */
};

/* Layer norm of rows that have `count` true elements among `width`. */
struct norm {
	const float *input; /* (rows, width) */
	float *output;      /* (rows, width) */
	const float *gain;  /* (width), 0 in pads */
	const float *bias;
	float *moments; /* (rows, 2): mean, 1 / deviation */
	int rows, width, count;
};

struct norm_back {
	const float *input;   /* (rows, width) as before the norm */
	const float *moments; /* (rows, 2) */
	const float *gain;
	float *change; /* (rows, width) by the output, becomes by the input */
	float *gain_change; /* (width) added to */
	float *bias_change; /* (width) added to */
	int rows, width, count;
};

/* out[h][t] = left[h] . right[t]. */
struct scores {
	const float *left;  /* (heads, width) */
	const float *right; /* (steps, stride) */
	size_t stride;
	float *out; /* (heads, KERNEL_STEPS) */
	int heads, steps, width;
};

/* x becomes (x - mean) * scale, and 0 where that is NaN; (rows, count). */
struct standardise {
	const float *input; /* (rows, count) */
	float *output;      /* (rows, output_stride) */
	const float *mean, *scale;
	size_t output_stride;
	int rows, count; /* count >= KERNEL_PAD */
};

/*
 * 8-bit arithmetic.  A row x (a state) becomes whole numbers -127 ... 127 and
 * a scale, largest |x| / 127; a channel (output) of weights likewise.  They lie
 * in words of 32 bits, `word_parts` along the inner index in each: fours of
 * bytes, those of the row with 128 added since VNNI wants them unsigned, or
 * pairs of 16 bits.  The sum of their products is exact.
 */
struct quantise {
	const float *input; /* (rows, input_stride), `count` used */
	size_t input_stride;
	int32_t *words; /* (rows, words_stride) */
	size_t words_stride;
	float *scales;   /* (rows) */
	int rows, count; /* count is a multiple of KERNEL_PAD */
};

/* Of each channel. */
struct int8_channels {
	const int32_t *starts; /* what undoes the 128: -128 * sum of weights */
	const float *scales;
};

/* One step of one GRU, as `step` says; but what the state adds to the gates is
 * made of the words here. */
struct gru_int8 {
	const struct gru_step *step;   /* borrowed */
	const int32_t *tiles;          /* (hidden / lanes, words, 3, lanes) */
	struct int8_channels channels; /* (hidden / lanes, 3, lanes) each */
	const int32_t *state;          /* (rows, words): step->before */
	const float *state_scales;     /* (rows) */
	int words;
};

struct kernels {
	const char *name; /* scalar, avx2, avx512, avx512_vnni */
	int lanes;
	int word_parts; /* 2 or 4 */
	void (*gru)(const struct gru_step *step);
	void (*gru_back)(const struct gru_back *back);
	void (*product)(const struct product *product);
	void (*quantise)(const struct quantise *quantise);
	void (*gru_int8)(const struct gru_int8 *gru);
	void (*norm)(const struct norm *norm);
	void (*norm_back)(const struct norm_back *back);
	void (*scores)(const struct scores *scores);
	/* (KERNEL_STEPS) in place, the first `steps` count, the rest is 0 */
	void (*softmax)(float *scores, int steps);
	/* change becomes p * (change - sum of p * change) */
	void (*softmax_back)(const float *p, float *change, int steps);
	void (*silu)(const float *input, float *output, size_t count);
	void (*silu_back)(const float *input, float *change, size_t count);
	void (*standardise)(const struct standardise *standardise);
	/* exp, tanh, sigmoid: for tests of their error (count of lanes) */
	void (*exps)(const float *x, float *out, size_t count);
	void (*tanhs)(const float *x, float *out, size_t count);
	void (*sigmoids)(const float *x, float *out, size_t count);
};

extern const struct kernels KERNELS_SCALAR;
extern const struct kernels KERNELS_AVX2;
extern const struct kernels KERNELS_AVX512;
extern const struct kernels KERNELS_VNNI;

/* The best this machine can run; or by name, NULL: not on this machine. */
const struct kernels *kernels_best(void);
const struct kernels *kernels_find(const char *name);

#endif
