/*
 * model.h - a model that can be served: the risk network, boosted trees or a
 * logistic regression, with all that turns its logit into an answer.
 *
 *	calibrated logit = slope * logit + intercept        (Platt)
 *	score = 1 / (1 + exp(-calibrated logit)), the risk; with an isotonic
 *	calibration, of what that makes of the calibrated logit (isotonic.h)
 *	category: how many of the three cuts the score has reached
 *
 * All kinds end in one row of weights over the last layer's inputs: the
 * network's SiLU units, the last step's 42 features and the 4 context inputs;
 * of the logistic regression these alone, standardised; or what 32 equal parts
 * of the trees say, each with the weight 1.  Trees read the last step and the
 * context too, but as they are: missing is missing.  The interval is a
 * bootstrap of that row: the model carries rows refitted on resampled students
 * (Efron and Tibshirani 1993, percentile method), each scores the same inputs,
 * and the 5th and 95th percentile bound 90 %.
 *
 * A model is filled by its maker and never changed after it is shared.
 */
#ifndef ML_MODEL_H
#define ML_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ml/calibration.h"
#include "ml/explain.h"
#include "ml/isotonic.h"
#include "ml/network.h"
#include "ml/quantisation.h"
#include "ml/reference.h"
#include "ml/trees.h"

enum model_kind { MODEL_NETWORK, MODEL_LOGISTIC, MODEL_TREES };
enum { MODEL_KINDS = MODEL_TREES + 1 };

enum risk_category { RISK_LOW, RISK_MEDIUM, RISK_HIGH, RISK_CRITICAL };

enum {
	MODEL_INPUTS = NETWORK_INPUTS + NETWORK_CONTEXT,
	MODEL_CUTS = 3,
	MODEL_WIDTH_MAX = 256 + MODEL_INPUTS,
	MODEL_SPREAD_MAX = 1000,
	MODEL_GOLDEN_MAX = 64,
	MODEL_DIGEST_SIZE = 65,
	MODEL_MANIFEST_MAX = 170000 /* bytes: escaped it fits a header */
};

/* Rows whose logits a loaded model must give again.  Made up, not anyone's. */
struct golden {
	struct network_row *rows; /* owned (count), into steps and context */
	float *steps;             /* owned (count, 40, 42), not standardised */
	float *context;           /* owned (count, 4) */
	float *logits;            /* owned (count) before calibration */
	float tolerance;
	int count;
};

struct model {
	enum model_kind kind;
	struct network *network;     /* owned; of MODEL_NETWORK, else NULL */
	struct trees *trees;         /* owned; of MODEL_TREES, else NULL */
	float weights[MODEL_INPUTS]; /* of MODEL_LOGISTIC */
	float intercept;             /* of MODEL_LOGISTIC */
	struct network_standard standard;
	struct calibration calibration;
	struct isotonic isotonic; /* without knots: Platt's alone */
	double cuts[MODEL_CUTS];  /* rising, in (0, 1) */
	struct baseline baseline;
	float *spread;    /* owned (spread_count, width + 1): a row of last
			     weights, then its bias */
	int spread_count; /* 0: no interval */
	struct golden golden;
	struct quantisation quantisation; /* the worst over groups of test
					     samples; count 0: not measured */
	bool is_int8; /* logits come by 8-bit weights, explanations do not */
	struct reference *reference;    /* owned; NULL: nothing is known of what
					it learned from */
	char *manifest;                 /* owned, UTF-8; never NULL */
	char digest[MODEL_DIGEST_SIZE]; /* of the file it came from, or "" */
	atomic_int references;
};

/* One reference, the caller's.  Weights zero, cuts .25 .5 .75, mean 0,
 * deviation 1, calibration none, manifest "{}".  `shape` NULL: logistic. */
struct model *model_new(const struct network_shape *shape);
/* The same of sound trees (trees_fault) over MODEL_INPUTS, which are taken
 * over. */
struct model *model_new_trees(struct trees *trees);
struct model *model_ref(struct model *model);
void model_unref(struct model *model); /* NULL is nothing */

/* For the maker: set and share out. */
void model_set_standard(struct model *model,
    const struct network_standard *standard);
/* Copies (count, model_width + 1). */
void model_set_spread(struct model *model, const float *spread, int count);
/* UTF-8; ERR_INVALID if it has more than MODEL_MANIFEST_MAX bytes. */
MUST_CHECK bool model_set_manifest(struct model *model, const char *manifest,
    struct err *err);
/* Copies the rows; their logits become what is expected.  Other machines
 * differ by up to 1e-5: a tolerance below that refuses them. */
void model_set_golden(struct model *model, const struct network_row *rows,
    int count, float tolerance);

/* "network", "logistic", "trees": in files, reports and the registry. */
const char *model_kind_name(enum model_kind kind);

/* Which arithmetic the logits of a network come by, before it is shared out:
 * `kernels` (kernels.h) NULL or "": the best of this machine; `wants_int8`: by
 * 8-bit weights if quantisation_passes, of what the file says and with the
 * golden rows of this machine included, else still by f32 (is_int8 tells).
 * Fails with ERR_INVALID when this machine has no such kernels or the golden
 * rows do not come out with them.  Of another kind of model nothing happens. */
MUST_CHECK bool model_set_arithmetic(struct model *model, const char *kernels,
    bool wants_int8, struct err *err);

/* Inputs of the last layer: fusion units + 46, 46, or TREES_STAGES. */
int model_width(const struct model *model);
/* The row of weights over them, then its bias: (model_width + 1). */
void model_last_row(const struct model *model, float *row);

/* One thread's work space; `explains`: model_explain may be called. */
struct model_scratch;
struct model_scratch *model_scratch_new(const struct model *model,
    bool explains);
void model_scratch_free(struct model_scratch *scratch);

/* As network_forward; `last` is (count, model_width).  Only the network
 * attends to other steps than the last; trees take no standardised rows. */
void model_logits(const struct model *model, struct model_scratch *scratch,
    const struct network_batch *batch, const struct network_output *output);

double model_score(const struct model *model, double logit);
enum risk_category model_category(const struct model *model, double score);
const char *risk_category_name(enum risk_category category); /* low ... */

/* The 90 % interval of the score of a row whose last layer reads `inputs`
 * (model_width); it holds the score itself.  False: the model has none. */
bool model_interval(const struct model *model, const float *inputs, double *low,
    double *high);

/* In calibrated logits: features and context add up to logit -
 * baseline_logit, groups to logit - context_logit. */
void model_explain(const struct model *model, struct model_scratch *scratch,
    const struct network_row *row, struct explanation *explanation);

/* Do the golden rows come out?  ERR_INVALID when not. */
MUST_CHECK bool model_check_golden(const struct model *model, struct err *err);
/* How far their scores move by this machine's 8-bit weights, as one more group
 * (quantisation_include).  Of a network only; nobody shares it yet. */
void model_include_golden(struct model *model, struct quantisation *worst);

#endif
