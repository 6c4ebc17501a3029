/*
 * tracked_run.h - a telling in hand, and the run of a job, for tracked.c.
 */
#ifndef TRAINING_TRACKED_RUN_H
#define TRAINING_TRACKED_RUN_H

#include "services/training/mlflow.h"

/* What is in hand, for one tenant. */
struct telling {
	struct mlflow *m; /* borrowed */
	const char *tenant;
	const char *experiment_id; /* NULL: not asked yet */
	const char *model;         /* name of the registered model */
	const char *job_id;        /* of the run; NULL: there is none yet */
	struct mlflow_run *run;
};

/* Rows of the registry.  They are read in a transaction of their own: while the
 * server is asked, none is open. */
MUST_CHECK bool telling_read(struct telling *t, const struct query *query,
    struct db_args args, const struct message *message, void **rows,
    size_t *count, struct err *err);

/* A model; `*found` NULL: there is none.  And all that a job judged. */
MUST_CHECK bool telling_version(struct telling *t, const char *version,
    struct tracked_version **found, struct err *err);
MUST_CHECK bool telling_versions(struct telling *t, const char *job_id,
    struct tracked_version ***versions, size_t *count, struct err *err);

/* The job's run, whole, in `t->run`; NULL: there is no such job. */
MUST_CHECK bool telling_run(struct telling *t, const char *job_id,
    struct err *err);

#endif
