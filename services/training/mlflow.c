/*
 * mlflow.c - what a tracking server is asked, in the order in which a run needs
 * it.
 */
#include "services/training/mlflow.h"

#include <string.h>

#include "services/training/mlflow_call.h"

#define PROTO_DEF "services/training/mlflow.def"
#include "proto/as_messages.h"

enum {
	DOUBLES_MOST = 10,
	/* Of log-batch, each by itself; together 1,000. */
	METRICS_MOST = 1000,
	PARAMS_MOST = 100,
	TAGS_MOST = 100
};

#define API "/api/2.0/mlflow/"

/* False without an error: there was none. */
static bool
excuse(struct err *err, enum err_code code)
{
	if (err->code == code)
		err_clear(err);
	return err->code == ERR_NONE;
}

/* Experiment and run ------------------------------------------------------- */

static bool
check_stage(const struct mlflow_experiment *experiment, const char *name,
    struct err *err)
{
	return experiment->lifecycle_stage == NULL ||
	    strcmp(experiment->lifecycle_stage, "deleted") != 0 ||
	    err_set(err, ERR_BAD_UPSTREAM,
		"the tracking server's experiment %s is deleted: restore it, "
		"or set another mlflow_experiment_name",
		name);
}

bool
mlflow_experiment(struct mlflow *m, const char **experiment_id, struct err *err)
{
	struct mlflow_name name = { m->settings->mlflow_experiment_name };
	struct mlflow_experiment_found found;
	struct mlflow_experiment made;

	if (mlflow_get(m, API "experiments/get-by-name?experiment_name=",
		name.name, &mlflow_experiment_found_message, &found, err)) {
		*experiment_id = found.experiment->experiment_id;
		return check_stage(found.experiment, name.name, err);
	}
	/* Made by another meanwhile: ERR_CONFLICT, found next time. */
	if (!excuse(err, ERR_NOT_FOUND) ||
	    !mlflow_post(m, API "experiments/create", &mlflow_name_message,
		&name, &mlflow_experiment_message, &made, err))
		return false;
	*experiment_id = made.experiment_id;
	return true;
}

static bool
delete_run(struct mlflow *m, const struct mlflow_run *run, struct err *err)
{
	struct mlflow_run_update gone = { .run_id = run->info->run_id };

	return mlflow_post(m, API "runs/delete", &mlflow_run_update_message,
	    &gone, NULL, NULL, err);
}

bool
mlflow_run_find(struct mlflow *m, const char *experiment_id,
    const struct mlflow_pair *tag, struct mlflow_run **run, struct err *err)
{
	const char *ids[] = { experiment_id };
	struct mlflow_run_search search = { .experiment_ids = ids,
		.experiment_ids_count = 1,
		.filter = arena_printf(&m->w->arena, "tags.`%s` = '%s'",
		    tag->key, tag->value),
		.max_results = DOUBLES_MOST };
	struct mlflow_run_list list;

	*run = NULL;
	if (!mlflow_post(m, API "runs/search", &mlflow_run_search_message,
		&search, &mlflow_run_list_message, &list, err))
		return false;
	/* Whoever looks keeps the same one. */
	for (size_t i = 0; i < list.runs_count; i++)
		if (*run == NULL ||
		    strcmp(list.runs[i].info->run_id, (*run)->info->run_id) < 0)
			*run = &list.runs[i];
	for (size_t i = 0; i < list.runs_count; i++)
		if (&list.runs[i] != *run && !delete_run(m, &list.runs[i], err))
			return false;
	return true;
}

bool
mlflow_run_make(struct mlflow *m, const struct mlflow_run_new *run_new,
    struct mlflow_run **run, struct err *err)
{
	struct mlflow_run_made made;

	if (!mlflow_post(m, API "runs/create", &mlflow_run_new_message, run_new,
		&mlflow_run_made_message, &made, err))
		return false;
	*run = made.run;
	return true;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
log_part(struct mlflow *m, const struct mlflow_batch *part, struct err *err)
{
	return mlflow_post(m, API "runs/log-batch", &mlflow_batch_message, part,
	    NULL, NULL, err);
}

bool
mlflow_log(struct mlflow *m, const struct mlflow_batch *all, struct err *err)
{
	for (size_t i = 0; i < all->params_count; i += PARAMS_MOST) {
		struct mlflow_batch part = { .run_id = all->run_id,
			.params = all->params + i,
			.params_count =
			    least(all->params_count - i, PARAMS_MOST) };

		if (!log_part(m, &part, err))
			return false;
	}
	for (size_t i = 0; i < all->metrics_count; i += METRICS_MOST) {
		struct mlflow_batch part = { .run_id = all->run_id,
			.metrics = all->metrics + i,
			.metrics_count =
			    least(all->metrics_count - i, METRICS_MOST) };

		if (!log_part(m, &part, err))
			return false;
	}
	for (size_t i = 0; i < all->tags_count; i += TAGS_MOST) {
		struct mlflow_batch part = { .run_id = all->run_id,
			.tags = all->tags + i,
			.tags_count = least(all->tags_count - i, TAGS_MOST) };

		if (!log_part(m, &part, err))
			return false;
	}
	return true;
}

bool
mlflow_run_end(struct mlflow *m, const struct mlflow_run_update *update,
    struct err *err)
{
	return mlflow_post(m, API "runs/update", &mlflow_run_update_message,
	    update, NULL, NULL, err);
}

/* Artifacts ---------------------------------------------------------------- */

/* mlflow-artifacts:/PATH is kept by the server that was asked; with a host
 * behind the slashes it would be another one, which is not told our token. */
static const char *
artifacts_of(const struct mlflow_run *run)
{
	static const char scheme[] = "mlflow-artifacts:/";
	const char *uri = run->info->artifact_uri;
	size_t size = sizeof(scheme) - 1;

	if (uri == NULL || strncmp(uri, scheme, size) != 0 || uri[size] == '/')
		return NULL;
	return uri + size;
}

bool
mlflow_takes_artifacts(const struct mlflow_run *run)
{
	return artifacts_of(run) != NULL;
}

bool
mlflow_store(struct mlflow *m, const struct mlflow_run *run, const char *path,
    struct slice bytes, struct err *err)
{
	struct buf target = { 0 };
	const char *root = artifacts_of(run);
	bool is_stored;

	must(root != NULL);
	buf_text(&target, "/api/2.0/mlflow-artifacts/artifacts/");
	while (*root != '\0') {
		size_t size = strcspn(root, "/");

		http_escape(&target, arena_text(&m->w->arena, root, size));
		buf_byte(&target, '/');
		root += size + (root[size] == '/' ? 1 : 0);
	}
	buf_text(&target, path);
	is_stored = mlflow_put(m, target.data, bytes, err);
	buf_close(&target);
	return is_stored;
}

/* Registered models -------------------------------------------------------- */

bool
mlflow_model(struct mlflow *m, const char *name, struct err *err)
{
	struct mlflow_name model = { name };

	return mlflow_post(m, API "registered-models/create",
		   &mlflow_name_message, &model, NULL, NULL, err) ||
	    excuse(err, ERR_CONFLICT);
}

bool
mlflow_version_find(struct mlflow *m, const struct mlflow_version_new *wanted,
    struct mlflow_version **version, struct err *err)
{
	const char *filter =
	    arena_printf(&m->w->arena, "run_id='%s'", wanted->run_id);
	struct mlflow_version_list list;

	*version = NULL;
	if (!mlflow_get(m, API "model-versions/search?filter=", filter,
		&mlflow_version_list_message, &list, err))
		return false;
	for (size_t i = 0; i < list.model_versions_count; i++) {
		struct mlflow_version *one = &list.model_versions[i];

		if (strcmp(one->name, wanted->name) == 0 &&
		    one->source != NULL &&
		    strcmp(one->source, wanted->source) == 0)
			*version = one;
	}
	return true;
}

bool
mlflow_version_make(struct mlflow *m, const struct mlflow_version_new *wanted,
    struct mlflow_version **version, struct err *err)
{
	struct mlflow_version_made made;

	if (!mlflow_post(m, API "model-versions/create",
		&mlflow_version_new_message, wanted,
		&mlflow_version_made_message, &made, err))
		return false;
	*version = made.model_version;
	return true;
}

bool
mlflow_version_tag(struct mlflow *m, const struct mlflow_version_tag *tag,
    struct err *err)
{
	return mlflow_post(m, API "model-versions/set-tag",
	    &mlflow_version_tag_message, tag, NULL, NULL, err);
}

bool
mlflow_alias_set(struct mlflow *m, const struct mlflow_alias *alias,
    struct err *err)
{
	return mlflow_post(m, API "registered-models/alias",
	    &mlflow_alias_message, alias, NULL, NULL, err);
}
