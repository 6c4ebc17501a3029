/*
 * model_file.h - a model as bytes: safetensors (ml/safetensors.h).
 *
 * Metadata, all texts:
 *	format       edupulse-model-1
 *	kind         network | logistic | trees
 *	shape        hidden,heads,fusion (network only)
 *	calibration  slope,intercept (C's %.17g)
 *	cuts         three scores
 *	tolerance    of the golden logits
 *	int8         what 8-bit weights cost: worst,mean,agreement,samples
 *	             (ml/quantisation.h; when it was measured)
 *	manifest     whatever the maker says of it, JSON
 * Tensors: those of ml/tensors.def (network), or logistic.weight (46) and
 * logistic.bias (1), or those of ml/trees_file.h; standard.mean,
 * standard.deviation (46); baseline.steps (40, 42), baseline.context (4);
 * isotonic.at, isotonic.value (knots), when scores are isotonic; spread.weight
 * (K, width + 1), when there is an interval; golden.steps (G, 1680),
 * golden.context (G, 4), golden.length (G), golden.logit (G); those of
 * ml/reference_file.h, when there is a reference.  Nothing else.
 *
 * A network's file from before the logit read the inputs has no direct.weight,
 * and its spread.weight is over the fusion layer alone: inputs weigh 0.
 *
 * The name of a model is the SHA-256 of its file.
 */
#ifndef ML_MODEL_FILE_H
#define ML_MODEL_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "ml/model.h"

/* The same model gives the same bytes.  It must have golden rows. */
void model_save(const struct model *model, struct buf *file);

/* Read, check all there is to check, run the golden rows.  `digest` NULL, or
 * 64 hexadecimal digits that the file must have.  Fails with ERR_INVALID. */
MUST_CHECK bool model_load(struct slice file, const char *digest,
    struct model **model, struct err *err);

/* The SHA-256 of a file's bytes, lower-case hexadecimal. */
void model_digest(struct slice file, char text[MODEL_DIGEST_SIZE]);

#endif
