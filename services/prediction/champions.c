/* champions.c - fetches promoted models from training and keeps them. */
#include "services/prediction/champions.h"

#include <string.h>

#include "base/log.h"
#include "proto/client/training.h"
#include "proto/training.h"
#include "services/prediction/model_check.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"
#include "wire/json.h"

static bool
put_model(struct worker *w, const char *tenant, const char *version,
    struct slice file, struct err *err)
{
	return db_exec(w->db, &query_put_served_model,
		   DB_ARGS(db_text(tenant), db_text(version), db_bytes(file)),
		   NULL, err) &&
	    db_exec(w->db, &query_put_tenant_change, DB_ARGS(db_text(tenant)),
		NULL, err);
}

/* Shown by status.  Having no model is no reason not to take records in, so
 * it is a remark; only a model that cannot be used is a need not met. */
static void
show_none(struct worker *w)
{
	service_need(w->service, "model", true,
	    "there is none yet: train one with `edupulse train`");
}

static void
show_refused(struct worker *w, const char *version, const char *why,
    bool has_old)
{
	service_need(w->service, "model", has_old,
	    arena_printf(&w->arena,
		"%.12s was promoted and does not load: %s%s", version, why,
		has_old ? "; the one before serves on" : ""));
}

/* Put the file in place if it loads.  True also when it does not: nobody can
 * do anything about it here, and the old model serves on. */
static bool
accept(struct worker *w, const char *tenant, const char *version,
    struct slice file, bool has_old, struct err *err)
{
	struct err refusal = { 0 };

	if (!model_file_is_good(file, version, &refusal)) {
		log_error("promoted model did not load: version=%s error=%s",
		    version, refusal.detail);
		models_refuse(w->state, version);
		show_refused(w, version, refusal.detail, has_old);
		return true;
	}
	if (!put_model(w, tenant, version, file, err))
		return false;
	service_need(w->service, "model", true, NULL);
	log_info("champion was changed: version=%s bytes=%zu", version,
	    file.size);
	return true;
}

static bool
find_served(struct worker *w, const char *tenant, const char **version,
    struct err *err)
{
	struct db_result result;

	*version = NULL;
	if (!db_query(w->db, &query_served_version, DB_ARGS(db_text(tenant)),
		&result, err))
		return false;
	if (result.row_count > 0)
		*version = db_get_text(&result, 0, 0, &w->arena);
	db_result_close(&result);
	return true;
}

bool
hear_promotion(struct worker *w, const struct event *event, struct err *err)
{
	struct model_promoted told;
	const char *served;
	struct slice file;
	bool is_new;

	if (!json_decode(&model_promoted_message, event->data, JSON_LENIENT,
		&w->arena, &told, err))
		return false;
	if (strcmp(told.alias, "champion") != 0)
		return true;
	if (!find_served(w, event->tenant, &served, err))
		return false;
	is_new = served == NULL || strcmp(served, told.version) != 0;
	if (!is_new)
		return true;
	if (training_model_file(w, event->tenant, told.version, &file, err)) {
		service_wake(w->service);
		return accept(w, event->tenant, told.version, file,
		    served != NULL, err);
	}
	/* A version that is gone was replaced since; a later event tells. */
	return err->code == ERR_NOT_FOUND;
}

/* Is there anything to fetch for a tenant that is served with `served`? */
static bool
is_behind(struct worker *w, const char *tenant, const char *served,
    const char **champion, struct slice *file)
{
	struct err away = { 0 };

	if (!training_champion(w, tenant, champion, &away)) {
		log_debug("champion was not asked for: error=%s", away.detail);
		return false;
	}
	return *champion != NULL &&
	    (served == NULL || strcmp(served, *champion) != 0) &&
	    !models_is_refused(w->state, *champion) &&
	    training_model_file(w, tenant, *champion, file, &away);
}

/* Training may be away: what is served goes on, and none is the state that
 * answers show.  So only what fails here is an error. */
static bool
follow(struct worker *w, const char *tenant, struct err *err)
{
	const char *served, *champion = NULL;
	struct slice file;

	if (!work_begin(w, tenant, err) ||
	    !find_served(w, tenant, &served, err) || !work_commit(w, err))
		return false;
	if (is_behind(w, tenant, served, &champion, &file))
		return work_begin(w, tenant, err) &&
		    accept(w, tenant, champion, file, served != NULL, err) &&
		    work_commit(w, err);
	if (served == NULL && champion == NULL &&
	    strcmp(tenant, service_tenant(w->service)) == 0)
		show_none(w);
	else if (served != NULL && champion != NULL &&
	    strcmp(served, champion) == 0)
		service_need(w->service, "model", true, NULL);
	return true;
}

static bool
read_tenants(struct worker *w, struct db_result *tenants, struct err *err)
{
	return work_begin(w, NULL, err) &&
	    db_query(w->db, &query_tenants_known, DB_NO_ARGS, tenants, err) &&
	    work_commit(w, err);
}

bool
follow_champions(struct worker *w, bool *again, struct err *err)
{
	const char *own = service_tenant(w->service);
	struct db_result tenants = { 0 };
	bool is_good;

	*again = false;
	is_good = follow(w, own, err) && read_tenants(w, &tenants, err);
	for (size_t i = 0; is_good && i < tenants.row_count; i++) {
		const char *tenant = db_get_text(&tenants, i, 0, &w->arena);

		if (strcmp(tenant, own) != 0)
			is_good = follow(w, tenant, err);
	}
	db_result_close(&tenants);
	return is_good;
}
