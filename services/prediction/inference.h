/*
 * inference.h - a request of the Open Inference Protocol taken apart, and its
 * answer written: pure, no clock, no database.
 *
 * The protocol is KServe's "Open Inference Protocol", version 2, over HTTP,
 * with Triton's "binary tensor data" extension.  A body is JSON and, behind
 * it, the bytes of those tensors that say binary_data_size in place of data:
 * in the order of the inputs, little-endian, row-major, nothing between them.
 * The header Inference-Header-Content-Length says where the JSON ends; without
 * it, all is JSON.
 *
 *	input		datatype	shape
 *	sequence	FP32		(rows, steps, 42) steps 1 ... 40
 *	context		FP32		(rows, 4)
 *	lengths		INT32, INT64	(rows) 1 ... steps; may be left out
 *
 *	output		datatype	shape
 *	risk_score	FP64		(rows) probability, rounded as ever
 *	logit		FP32		(rows) as the model gives it, before
 *					calibration
 *	risk_category	BYTES		(rows) low, medium, high, critical
 *	interval	FP64		(rows, 2) 90 %, of the score; (0, 1) of
 *					a model that has none
 *
 * Features are raw, as features.h defines them: the model standardises them
 * itself.  What is missing is NaN in bytes and null in JSON, which has no NaN;
 * other values are finite and within 1e15.  Steps stand oldest first; of a row
 * the first `length` count, what stands behind them is padding and is read by
 * nobody.
 *
 * The gateway passes the body on as it came: it reads no bodies, and only here
 * is known which tensors there are.
 */
#ifndef PREDICTION_INFERENCE_H
#define PREDICTION_INFERENCE_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/prediction.h"
#include "services/prediction/look.h"

enum {
	INFERENCE_ROWS = 1024,           /* at most, in one request */
	INFERENCE_JSON_MOST = 64 * 1024, /* bytes of JSON besides the data */
	INFERENCE_RANK_MOST = 3
};

/* The one model there is for each tenant: its champion. */
#define INFERENCE_MODEL "risk"

enum inference_in { IN_SEQUENCE, IN_CONTEXT, IN_LENGTHS, IN_COUNT };
enum inference_out {
	OUT_RISK_SCORE,
	OUT_LOGIT,
	OUT_RISK_CATEGORY,
	OUT_INTERVAL,
	OUT_COUNT
};

/* A tensor as metadata tell it. */
struct tensor_kind {
	const char *name;
	const char *datatype;
	size_t rank;
	int shape[INFERENCE_RANK_MOST]; /* -1: any */
};
extern const struct tensor_kind inference_in[IN_COUNT];
extern const struct tensor_kind inference_out[OUT_COUNT];

struct inference {
	const char *id;      /* to give back; NULL: none was given */
	size_t rows;         /* 1 ... INFERENCE_ROWS */
	size_t steps;        /* of each row, with padding: 1 ... 40 */
	float *sequence;     /* (rows, steps, 42) */
	float *context;      /* (rows, 4) */
	int *lengths;        /* (rows) 1 ... steps */
	size_t wanted_count; /* outputs, in the order of the answer */
	enum inference_out wanted[OUT_COUNT];
	bool is_binary[OUT_COUNT]; /* of wanted: as bytes */
};

/* Take a body apart, `json_size` bytes of which are JSON; what comes out is in
 * the arena.  Fails with ERR_MALFORMED, naming the place, whatever is wrong. */
MUST_CHECK bool inference_read(struct slice body, size_t json_size,
    struct arena *arena, struct inference *inference, struct err *err);

/* Append the answer: `looks` are the rows, scored.  Returns how many bytes of
 * it are JSON; tensors as bytes stand behind. */
size_t inference_write(const struct inference *inference, const char *version,
    const struct look *looks, struct buf *out);

/* The numbers of one input, from its JSON array or its bytes.  A source of
 * bytes has as many as its shape and datatype need. */
struct tensor_source {
	const char *name; /* for errors */
	struct slice data;
	bool is_binary;
	size_t rank;
	size_t shape[INFERENCE_RANK_MOST];
};
/* NaN where a value is missing. */
MUST_CHECK bool tensor_floats(const struct tensor_source *source, float *out,
    struct err *err);
/* Whole numbers of `width` bytes (4, 8), from 1 to `most`. */
MUST_CHECK bool tensor_counts(const struct tensor_source *source, size_t width,
    int most, int *out, struct err *err);

#endif
