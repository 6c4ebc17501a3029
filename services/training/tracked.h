/*
 * tracked.h - what the registry is to a tracking server (mlflow.h): a job that
 * has ended is a run, a tenant's models are a registered model, a version is a
 * version of it, an alias an alias.
 *
 *	run	tag edupulse.job is the job's id.  Parameters: the job's
 *		question (job.*), its data (data.*), what each model was
 *		learned with (network.*, logistic.*, trees.*).  Figures: the
 *		report's, for each model, with the reference week as step where
 *		there is one; of a network's learning curve the step is the
 *		epoch.  Tags: the job's state and verdict, and what the
 *		gate said of each model: outcome, and the rules that refused
 *		it.  Artifacts: for each model MLmodel, model.safetensors,
 *		manifest.json, report.json.  It is RUNNING until all of this is
 *		there.
 *	version	tag edupulse.version is our version, the SHA-256 of its file;
 *		the run is that of the job that made it.
 *
 * What is there already is left or said again in the same words, so telling may
 * be broken off anywhere and begun anew.  No student is in it, nor who asked
 * for a job or why an alias was moved.
 */
#ifndef TRAINING_TRACKED_H
#define TRAINING_TRACKED_H

#include "services/training/mlflow.h"

/* A job that has ended, with its models.  One that is not there is nothing to
 * tell. */
MUST_CHECK bool tell_job(struct mlflow *m, const char *tenant,
    const char *job_id, struct err *err);

/* Where the alias points now, with the version and its job if they were not
 * told yet. */
MUST_CHECK bool tell_alias(struct mlflow *m, const char *tenant,
    const char *alias, struct err *err);

#endif
