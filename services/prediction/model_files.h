/*
 * model_files.h - the model files that are kept here, and how one gets in:
 * found or fetched, checked, kept.
 */
#ifndef PREDICTION_MODEL_FILES_H
#define PREDICTION_MODEL_FILES_H

#include "service/call.h"
#include "services/prediction/model_check.h"

/* The file as it is kept and would still serve, in the worker's arena; without
 * bytes: there is none.  Inside the tenant's transaction. */
MUST_CHECK bool model_file_find(struct worker *w, const char *tenant,
    const char *version, struct signed_file *file, struct err *err);

/* Training's, in the worker's arena, with a signature that counts here if it
 * has one.  Not from within a call: prediction stands behind training in the
 * order of asking.  ERR_NOT_FOUND: there is no such version (any more). */
MUST_CHECK bool model_file_fetch(struct worker *w, const char *tenant,
    const char *version, struct signed_file *file, struct err *err);

/* Keep the file if it would serve.  If it would not, `is_good` is false, and it
 * is logged and remembered (models_refusal).  Inside the tenant's
 * transaction. */
MUST_CHECK bool model_file_keep(struct worker *w, const char *tenant,
    const char *version, const struct signed_file *file, bool *is_good,
    struct err *err);

#endif
