/* tracked_run.c - runs and their artifacts, made of the registry's rows. */
#include "services/training/tracked_run.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/row.h"
#include "services/training/queries.h"

/* The registry's rows ------------------------------------------------------ */

bool
telling_read(struct telling *t, const struct query *query, struct db_args args,
    const struct message *message, void **rows, size_t *count, struct err *err)
{
	struct worker *w = t->m->w;

	return work_begin(w, t->tenant, err) &&
	    db_read_many(w->db, query, args, message, &w->arena, rows, count,
		err) &&
	    work_commit(w, err);
}

static bool
read_pairs(struct telling *t, const struct query *query,
    struct mlflow_pair **pairs, size_t *count, struct err *err)
{
	void *rows;

	if (!telling_read(t, query,
		DB_ARGS(db_text(t->tenant), db_text(t->job_id)),
		&mlflow_pair_message, &rows, count, err))
		return false;
	*pairs = rows;
	return true;
}

/* A file or JSON text of a version, in `bytes`. */
static bool
read_bytes(struct telling *t, const struct query *query, const char *version,
    struct buf *bytes, struct err *err)
{
	struct worker *w = t->m->w;
	struct db_result result = { 0 };

	if (!work_begin(w, t->tenant, err) ||
	    !db_query(w->db, query,
		DB_ARGS(db_text(t->tenant), db_text(version)), &result, err))
		return false;
	if (query == &query_model_bytes) {
		struct slice file = db_get_bytes(&result, 0, 0);

		buf_add(bytes, file.data, file.size);
	} else {
		buf_text(bytes, db_get_text(&result, 0, 0, &w->arena));
	}
	db_result_close(&result);
	return work_commit(w, err);
}

bool
telling_version(struct telling *t, const char *version,
    struct tracked_version **found, struct err *err)
{
	size_t count;
	void *rows;

	if (!telling_read(t, &query_tracked_version,
		DB_ARGS(db_text(t->tenant), db_text(version)),
		&tracked_version_message, &rows, &count, err))
		return false;
	*found = count > 0 ? rows : NULL;
	return true;
}

/* Artifacts ---------------------------------------------------------------- */

/* What MLflow reads of a model's folder: YAML, with a flavour of ours. */
static void
write_mlmodel(const struct telling *t, const struct tracked_version *version,
    struct buf *out)
{
	char made[CLOCK_TEXT_SIZE];

	clock_print(version->created_at, made);
	buf_printf(out,
	    "artifact_path: %s\n"
	    "flavors:\n"
	    "  edupulse:\n"
	    "    data: model.safetensors\n"
	    "    kind: %s\n"
	    "    version: %s\n"
	    "model_size_bytes: %lld\n"
	    "run_id: %s\n"
	    "utc_time_created: '%s'\n",
	    version->kind, version->kind, version->version,
	    (long long)version->size_bytes, t->run->info->run_id, made);
}

static bool
store(struct telling *t, const char *kind, const char *name,
    const struct buf *bytes, struct err *err)
{
	return mlflow_store(t->m, t->run,
	    arena_printf(&t->m->w->arena, "%s/%s", kind, name),
	    buf_slice(bytes), err);
}

static bool
store_row(struct telling *t, const struct tracked_version *version,
    const char *name, const struct query *query, struct err *err)
{
	struct buf bytes = { 0 };
	bool is_stored = read_bytes(t, query, version->version, &bytes, err) &&
	    store(t, version->kind, name, &bytes, err);

	buf_close(&bytes);
	return is_stored;
}

static bool
store_version(struct telling *t, const struct tracked_version *version,
    struct err *err)
{
	struct buf mlmodel = { 0 };
	bool is_stored;

	write_mlmodel(t, version, &mlmodel);
	is_stored = store(t, version->kind, "MLmodel", &mlmodel, err);
	buf_close(&mlmodel);
	return is_stored &&
	    store_row(t, version, "manifest.json", &query_manifest_find, err) &&
	    store_row(t, version, "report.json", &query_report_find, err) &&
	    (!t->m->settings->mlflow_model_files ||
		store_row(t, version, "model.safetensors", &query_model_bytes,
		    err));
}

bool
telling_versions(struct telling *t, const char *job_id,
    struct tracked_version ***versions, size_t *count, struct err *err)
{
	struct worker *w = t->m->w;
	struct db_result result = { 0 };
	const char **names;

	if (!work_begin(w, t->tenant, err) ||
	    !db_query(w->db, &query_tracked_versions,
		DB_ARGS(db_text(t->tenant), db_text(job_id)), &result, err))
		return false;
	*count = result.row_count;
	names = arena_array(&w->arena, *count + 1, sizeof(*names));
	for (size_t i = 0; i < *count; i++)
		names[i] = db_get_text(&result, i, 0, &w->arena);
	db_result_close(&result);
	if (!work_commit(w, err))
		return false;
	*versions = arena_array(&w->arena, *count + 1, sizeof(**versions));
	for (size_t i = 0; i < *count; i++)
		if (!telling_version(t, names[i], &(*versions)[i], err))
			return false;
	return true;
}

static bool
store_all(struct telling *t, struct err *err)
{
	struct tracked_version **versions;
	size_t count;

	if (!mlflow_takes_artifacts(t->run)) {
		log_warn("artifacts were not stored on the tracking server, "
			 "which keeps them elsewhere: job=%s",
		    t->job_id);
		return true;
	}
	if (!telling_versions(t, t->job_id, &versions, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!store_version(t, versions[i], err))
			return false;
	return true;
}

/* Runs --------------------------------------------------------------------- */

static bool
has_tag(const struct mlflow_run *run, const char *key)
{
	for (size_t i = 0; run->data != NULL && i < run->data->tags_count; i++)
		if (strcmp(run->data->tags[i].key, key) == 0)
			return true;
	return false;
}

/* Our own tags behind those of the registry's rows.  The last one says that
 * parameters and figures are logged: figures would be added once more. */
static const char logged[] = "edupulse.logged";

static void
add_tags(struct telling *t, struct mlflow_batch *all)
{
	struct mlflow_pair *tags =
	    arena_array(&t->m->w->arena, all->tags_count + 2, sizeof(*tags));

	if (all->tags_count > 0)
		memcpy(tags, all->tags, all->tags_count * sizeof(*tags));
	tags[all->tags_count++] = (struct mlflow_pair){ "edupulse.artifacts",
		mlflow_takes_artifacts(t->run)
		    ? "stored"
		    : "skipped: the tracking server keeps them elsewhere" };
	tags[all->tags_count++] = (struct mlflow_pair){ logged, "yes" };
	all->tags = tags;
}

static bool
log_all(struct telling *t, const struct tracked_job *job, struct err *err)
{
	struct mlflow_batch all = { .run_id = t->run->info->run_id };
	void *metrics;

	if (has_tag(t->run, logged))
		return true;
	if (!read_pairs(t, &query_tracked_params, &all.params,
		&all.params_count, err) ||
	    !read_pairs(t, &query_tracked_tags, &all.tags, &all.tags_count,
		err) ||
	    !telling_read(t, &query_tracked_metrics,
		DB_ARGS(db_text(t->tenant), db_text(t->job_id),
		    db_integer(job->end_time)),
		&mlflow_metric_message, &metrics, &all.metrics_count, err))
		return false;
	all.metrics = metrics;
	add_tags(t, &all);
	return mlflow_log(t->m, &all, err);
}

static bool
have_run(struct telling *t, const struct tracked_job *job, struct err *err)
{
	struct mlflow_pair tags[] = {
		{ "edupulse.job", job->job_id },
		{ "edupulse.tenant", t->tenant },
		{ "mlflow.source.name", "edupulse training" },
		{ "mlflow.source.type", "JOB" },
	};
	struct mlflow_run_new run_new = { .run_name = arena_printf(
					      &t->m->w->arena, "%s %.8s",
					      t->tenant, job->job_id),
		.start_time = job->start_time,
		.tags = tags,
		.tags_count = ARRAY_SIZE(tags) };

	if (t->experiment_id == NULL &&
	    !mlflow_experiment(t->m, &t->experiment_id, err))
		return false;
	run_new.experiment_id = t->experiment_id;
	if (!mlflow_run_find(t->m, t->experiment_id, &tags[0], &t->run, err))
		return false;
	return t->run != NULL || mlflow_run_make(t->m, &run_new, &t->run, err);
}

static const char *
status_of(const struct tracked_job *job)
{
	if (strcmp(job->state, job_state_choice.names[JOB_SUCCEEDED]) == 0)
		return "FINISHED";
	if (strcmp(job->state, job_state_choice.names[JOB_CANCELLED]) == 0)
		return "KILLED";
	return "FAILED";
}

static bool
is_whole(const struct mlflow_run *run)
{
	return run->info->status != NULL &&
	    strcmp(run->info->status, "RUNNING") != 0;
}

bool
telling_run(struct telling *t, const char *job_id, struct err *err)
{
	struct mlflow_run_update end;
	struct tracked_job *job;
	size_t count;
	void *rows;

	if (t->job_id != NULL && strcmp(t->job_id, job_id) == 0)
		return true;
	t->job_id = job_id;
	t->run = NULL;
	if (!telling_read(t, &query_tracked_job,
		DB_ARGS(db_text(t->tenant), db_text(job_id)),
		&tracked_job_message, &rows, &count, err))
		return false;
	if (count == 0)
		return true;
	job = rows;
	if (!have_run(t, job, err))
		return false;
	if (is_whole(t->run))
		return true;
	end = (struct mlflow_run_update){ .run_id = t->run->info->run_id,
		.status = status_of(job),
		.has_end_time = true,
		.end_time = job->end_time };
	return log_all(t, job, err) && store_all(t, err) &&
	    mlflow_run_end(t->m, &end, err);
}
