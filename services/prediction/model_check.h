/*
 * model_check.h - would this file serve?  Apart from models.h, because
 * proto/training.h and ml/model.h both name the kinds of model.
 */
#ifndef PREDICTION_MODEL_CHECK_H
#define PREDICTION_MODEL_CHECK_H

#include "base/buf.h"
#include "base/err.h"

struct models;

/* A version whose file does not serve is fetched once, not again and again:
 * the latest such is remembered. */
void models_refuse(struct models *models, const char *version);
bool models_is_refused(struct models *models, const char *version);

/* Are these the bytes of that version, and do they load and give the golden
 * rows?  ERR_INVALID says what is wrong. */
MUST_CHECK bool model_file_is_good(struct slice file, const char *version,
    struct err *err);

#endif
