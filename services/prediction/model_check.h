/*
 * model_check.h - would this file serve?  Apart from models.h, because
 * proto/training.h and ml/model.h both name the kinds of model.
 */
#ifndef PREDICTION_MODEL_CHECK_H
#define PREDICTION_MODEL_CHECK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "secure/signature.h"

struct models;

/* A version whose file does not serve is fetched once a minute, not again and
 * again: the latest few such are remembered for as long.  For it may come to
 * serve: training signs an old model later, or a fetch was damaged. */
void models_refuse(struct models *models, const char *version, const char *why);
/* Why it was, in the arena; NULL: it is none of them. */
const char *models_refusal(struct models *models, const char *version,
    struct arena *arena);

/* The keys whose models are served; borrowed: the models'. */
const struct keyring *models_keys(const struct models *models);

/* A model file, and what is said to be a signature of it. */
struct signed_file {
	struct slice bytes;     /* borrowed */
	struct slice signature; /* borrowed; empty: there is none */
};

/* Are these the bytes of that version, and did a trusted key sign them?
 * ERR_INVALID says what is wrong and what to do. */
MUST_CHECK bool model_is_vouched_for(const struct keyring *keys,
    const struct signed_file *file, const char *version, struct err *err);

/* And do they load and give the golden rows? */
MUST_CHECK bool model_file_is_good(const struct keyring *keys,
    const struct signed_file *file, const char *version, struct err *err);

#endif
