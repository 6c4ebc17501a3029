/*
 * mlflow.h - an MLflow tracking server, asked over its REST API 2.0
 * (mlflow.org/docs/latest/rest-api.html): experiment, run, batches, artifacts,
 * registered model, versions, aliases.
 *
 * Nothing is made before it was looked for, so that whoever was killed between
 * a call and its answer may begin anew.  Errors:
 *	ERR_UNAVAILABLE   not reached, cut off, busy (5xx, 408, 429), or it
 *	                  does not know us (401, 403): try again later
 *	ERR_NOT_FOUND     what a call was about is not there: likewise
 *	ERR_BAD_UPSTREAM  it answers something else than MLflow does: likewise
 *	ERR_INVALID       it will never take this: another 4xx
 * Details hold the server's words, cut, as one printable line.  Texts and rows
 * are in the worker's arena.
 */
#ifndef TRAINING_MLFLOW_H
#define TRAINING_MLFLOW_H

#include "io/http_ask.h"
#include "services/training/training.h"

#define PROTO_DEF "services/training/mlflow.def"
#include "proto/as_structs.h"

struct mlflow {
	struct worker *w;                         /* borrowed */
	const struct training_settings *settings; /* borrowed */
	struct http_line *line;                   /* owned */
	const char *authorization;                /* a header, or NULL: none */
};

/* Is an address set, and is it one?  ERR_INVALID says what is wrong. */
bool mlflow_is_on(const struct training_settings *settings);
MUST_CHECK bool mlflow_check(const struct training_settings *settings,
    struct err *err);

void mlflow_init(struct mlflow *m, struct worker *w);
void mlflow_close(struct mlflow *m);

/* The experiment that the settings name; it is made where it is not. */
MUST_CHECK bool mlflow_experiment(struct mlflow *m, const char **experiment_id,
    struct err *err);

/* The run that has this tag; `*run` NULL: none.  Where several have, because a
 * call that was given up came through after all, one is kept and the others
 * are deleted. */
MUST_CHECK bool mlflow_run_find(struct mlflow *m, const char *experiment_id,
    const struct mlflow_pair *tag, struct mlflow_run **run, struct err *err);
MUST_CHECK bool mlflow_run_make(struct mlflow *m,
    const struct mlflow_run_new *run_new, struct mlflow_run **run,
    struct err *err);
/* All of it, in as many calls as its limits ask for: parameters, figures, tags,
 * in this order. */
MUST_CHECK bool mlflow_log(struct mlflow *m, const struct mlflow_batch *all,
    struct err *err);
MUST_CHECK bool mlflow_run_end(struct mlflow *m,
    const struct mlflow_run_update *update, struct err *err);

/* Does the server itself take the run's artifacts (mlflow-artifacts:)?  Then
 * store one below the run; `path` is made of plain letters. */
bool mlflow_takes_artifacts(const struct mlflow_run *run);
MUST_CHECK bool mlflow_store(struct mlflow *m, const struct mlflow_run *run,
    const char *path, struct slice bytes, struct err *err);

/* The registered model `name` is there, made where it was not. */
MUST_CHECK bool mlflow_model(struct mlflow *m, const char *name,
    struct err *err);
/* The version that came from the run and lies at `source`; `*version` NULL:
 * none. */
MUST_CHECK bool mlflow_version_find(struct mlflow *m,
    const struct mlflow_version_new *wanted, struct mlflow_version **version,
    struct err *err);
MUST_CHECK bool mlflow_version_make(struct mlflow *m,
    const struct mlflow_version_new *wanted, struct mlflow_version **version,
    struct err *err);
MUST_CHECK bool mlflow_version_tag(struct mlflow *m,
    const struct mlflow_version_tag *tag, struct err *err);
MUST_CHECK bool mlflow_alias_set(struct mlflow *m,
    const struct mlflow_alias *alias, struct err *err);

#endif
