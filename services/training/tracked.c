/*
 * tracked.c - versions and aliases, made of the registry's rows; runs are in
 * tracked_run.c.
 */
#include "services/training/tracked.h"

#include <string.h>

#include "base/log.h"
#include "services/training/queries.h"
#include "services/training/tracked_run.h"

static const char *
tag_of(const struct mlflow_version *version, const char *key)
{
	for (size_t i = 0; i < version->tags_count; i++)
		if (strcmp(version->tags[i].key, key) == 0)
			return version->tags[i].value;
	return "";
}

/* What the gate says of a version may change when a later job makes it anew. */
static bool
keep_tag(struct telling *t, const struct mlflow_version *version,
    const struct mlflow_pair *tag, struct err *err)
{
	struct mlflow_version_tag now = { version->name, version->version,
		tag->key, tag->value };

	return strcmp(tag_of(version, tag->key), tag->value) == 0 ||
	    mlflow_version_tag(t->m, &now, err);
}

static bool
have_version(struct telling *t, const struct tracked_version *version,
    struct mlflow_version **found, struct err *err)
{
	const char *refused_by = version->refused_by;
	struct mlflow_pair tags[] = {
		{ "edupulse.version", version->version },
		{ "edupulse.kind", version->kind },
		{ "edupulse.outcome",
		    version->outcome != NULL ? version->outcome : "" },
		{ "edupulse.refused_by", refused_by != NULL ? refused_by : "" },
	};
	struct mlflow_version_new wanted = { .name = t->model,
		.source = arena_printf(&t->m->w->arena, "%s/%s",
		    t->run->info->artifact_uri, version->kind),
		.run_id = t->run->info->run_id,
		.tags = tags,
		.tags_count = ARRAY_SIZE(tags) };

	if (t->run->info->artifact_uri == NULL)
		return err_set(err, ERR_BAD_UPSTREAM,
		    "the tracking server names no place for a run's files");
	if (!mlflow_model(t->m, t->model, err) ||
	    !mlflow_version_find(t->m, &wanted, found, err))
		return false;
	if (*found == NULL)
		return mlflow_version_make(t->m, &wanted, found, err);
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (!keep_tag(t, *found, &tags[i], err))
			return false;
	return true;
}

/* `*found` NULL: whose job is not known is not told. */
static bool
tell_version(struct telling *t, const struct tracked_version *version,
    struct mlflow_version **found, struct err *err)
{
	*found = NULL;
	if (version->job_id == NULL)
		return true;
	return telling_run(t, version->job_id, err) &&
	    (t->run == NULL || have_version(t, version, found, err));
}

/* A name that is none of a path's: `/` and `:` part the parts of models:/. */
static void
init(struct telling *t, struct mlflow *m, const char *tenant)
{
	char *model = arena_printf(&m->w->arena, "%s-%s",
	    m->settings->mlflow_experiment_name, tenant);

	for (char *c = model; *c != '\0'; c++)
		if (*c == '/' || *c == ':')
			*c = '-';
	*t = (struct telling){ .m = m, .tenant = tenant, .model = model };
}

bool
tell_job(struct mlflow *m, const char *tenant, const char *job_id,
    struct err *err)
{
	struct tracked_version **versions;
	struct mlflow_version *found;
	struct telling t;
	size_t count;

	init(&t, m, tenant);
	if (!telling_run(&t, job_id, err) ||
	    !telling_versions(&t, job_id, &versions, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!tell_version(&t, versions[i], &found, err))
			return false;
	return true;
}

bool
tell_alias(struct mlflow *m, const char *tenant, const char *name,
    struct err *err)
{
	struct tracked_version *version;
	struct mlflow_version *found;
	struct mlflow_alias moved = { .alias = name };
	struct alias *alias;
	struct telling t;
	size_t count;
	void *rows;

	init(&t, m, tenant);
	if (!telling_read(&t, &query_alias_page,
		DB_ARGS(db_text(tenant), db_text(name)), &alias_message, &rows,
		&count, err))
		return false;
	if (count == 0)
		return true;
	alias = rows;
	if (!telling_version(&t, alias->version, &version, err) ||
	    !tell_version(&t, version, &found, err))
		return false;
	if (found == NULL) {
		log_warn("an alias was not told: nobody knows the job of its "
			 "model: alias=%s version=%.12s",
		    name, alias->version);
		return true;
	}
	moved.name = found->name;
	moved.version = found->version;
	return mlflow_alias_set(m, &moved, err);
}
