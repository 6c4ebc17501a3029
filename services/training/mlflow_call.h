/*
 * mlflow_call.h - single calls to a tracking server, for mlflow.c: bodies and
 * answers are messages of mlflow.def; errors are those of mlflow.h, and
 * ERR_CONFLICT where a thing of that name is there already.
 */
#ifndef TRAINING_MLFLOW_CALL_H
#define TRAINING_MLFLOW_CALL_H

#include "services/training/mlflow.h"

/* `target` begins with a slash; `message` NULL: the answer does not matter. */
MUST_CHECK bool mlflow_post(struct mlflow *m, const char *target,
    const struct message *question, const void *asked,
    const struct message *message, void *answer, struct err *err);

/* `target` ends with `name=`; `value` is encoded behind it. */
MUST_CHECK bool mlflow_get(struct mlflow *m, const char *target,
    const char *value, const struct message *message, void *answer,
    struct err *err);

MUST_CHECK bool mlflow_put(struct mlflow *m, const char *target,
    struct slice bytes, struct err *err);

#endif
