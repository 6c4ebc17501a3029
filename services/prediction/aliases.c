/* aliases.c - follows the aliases of training, and keeps their models. */
#include "services/prediction/aliases.h"

#include <string.h>

#include "base/log.h"
#include "proto/client/training.h"
#include "proto/training.h"
#include "services/prediction/model_files.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"
#include "wire/json.h"

static bool
is_champion(const char *alias)
{
	return strcmp(alias, "champion") == 0;
}

static bool
is_own(struct worker *w, const char *tenant)
{
	return strcmp(tenant, service_tenant(w->service)) == 0;
}

/* What is served changes, so what is ranked is out of date. */
static bool
serve(struct worker *w, const char *tenant, struct err *err)
{
	return db_exec(w->db, &query_add_served_since, DB_ARGS(db_text(tenant)),
		   NULL, err) &&
	    db_exec(w->db, &query_put_tenant_change, DB_ARGS(db_text(tenant)),
		NULL, err);
}

/* Move the alias if the file would serve.  True also when it would not: nobody
 * can do anything about it here, and the alias stays where it was. */
static bool
accept(struct worker *w, const char *tenant, const struct model_promoted *move,
    const struct signed_file *file, struct err *err)
{
	bool is_good;

	if (!model_file_keep(w, tenant, move->version, file, &is_good, err))
		return false;
	if (!is_good)
		return true;
	if (!db_exec(w->db, &query_put_model_alias,
		DB_ARGS(db_text(tenant), db_text(move->alias),
		    db_text(move->version)),
		NULL, err) ||
	    (is_champion(move->alias) && !serve(w, tenant, err)))
		return false;
	log_info("alias was moved: alias=%s version=%s bytes=%zu", move->alias,
	    move->version, file->bytes.size);
	return true;
}

/* Where the tenant's aliases point here, in the worker's arena. */
struct pointers {
	struct model_promoted *items; /* (count) */
	size_t count;
};

static bool
find_pointers(struct worker *w, const char *tenant, struct pointers *pointers,
    struct err *err)
{
	struct db_result result;

	if (!db_query(w->db, &query_aliased_versions,
		DB_ARGS(db_text(tenant), db_null()), &result, err))
		return false;
	pointers->count = result.row_count;
	pointers->items =
	    arena_array(&w->arena, result.row_count, sizeof(*pointers->items));
	for (size_t i = 0; i < result.row_count; i++)
		pointers->items[i] = (struct model_promoted){
			db_get_text(&result, i, 0, &w->arena),
			db_get_text(&result, i, 1, &w->arena),
		};
	db_result_close(&result);
	return true;
}

/* The alias's version here; NULL: none. */
static const char *
version_of(const struct pointers *pointers, const char *alias)
{
	for (size_t i = 0; i < pointers->count; i++)
		if (strcmp(pointers->items[i].alias, alias) == 0)
			return pointers->items[i].version;
	return NULL;
}

static bool
points_to(const struct pointers *pointers, const char *alias,
    const char *version)
{
	const char *now = version_of(pointers, alias);

	return now != NULL && strcmp(now, version) == 0;
}

bool
hear_promotion(struct worker *w, const struct event *event, struct err *err)
{
	struct model_promoted told;
	struct pointers here;
	struct signed_file file;

	if (!json_decode(&model_promoted_message, event->data, JSON_LENIENT,
		&w->arena, &told, err) ||
	    !find_pointers(w, event->tenant, &here, err))
		return false;
	if (points_to(&here, told.alias, told.version))
		return true;
	if (!model_file_find(w, event->tenant, told.version, &file, err))
		return false;
	if (file.bytes.size > 0 ||
	    model_file_fetch(w, event->tenant, told.version, &file, err)) {
		service_wake(w->service);
		return accept(w, event->tenant, &told, &file, err);
	}
	/* A version that is gone was replaced since; a later event tells. */
	return err->code == ERR_NOT_FOUND;
}

/* How the tenants stand, as one pass found them. */
struct standing {
	bool is_compared;    /* one at least with what training says */
	bool has_none;       /* the own tenant has no champion yet */
	const char *refused; /* a version that is not here, and why */
	bool serves_on;      /* refused or not, something serves */
};

/* Shown by status.  Having no model is no reason not to take records in, so
 * it is a remark; only a champion that cannot be used, with none before it, is
 * a need not met. */
static void
show(struct worker *w, const struct standing *standing)
{
	if (standing->refused != NULL)
		service_need(w->service, "model", standing->serves_on,
		    standing->refused);
	else if (standing->has_none)
		service_need(w->service, "model", true,
		    "there is none yet: train one with `edupulse train`");
	else if (standing->is_compared)
		service_need(w->service, "model", true, NULL);
}

/* What stands in the way of serving is told before what does not; other
 * tenants are no reason that the own one is not served. */
static void
note_refused(struct worker *w, const char *tenant,
    const struct model_promoted *move, const char *why, bool has_old,
    struct standing *standing)
{
	bool serves_on =
	    has_old || !is_champion(move->alias) || !is_own(w, tenant);

	if (standing->refused != NULL &&
	    (!standing->serves_on || !is_champion(move->alias)))
		return;
	standing->refused = arena_printf(&w->arena,
	    "%.12s was made %s and is refused: %s%s", move->version,
	    move->alias, why, has_old ? "; the one before serves on" : "");
	standing->serves_on = serves_on;
}

/* One alias as training has it.  Training may be away: what is here goes on.
 * So only what fails here is an error. */
static bool
follow_alias(struct worker *w, const char *tenant, const struct pointers *here,
    const struct model_promoted *move, struct standing *standing,
    struct err *err)
{
	const char *why = models_refusal(w->state, move->version, &w->arena);
	struct signed_file file;
	struct err away = { 0 };

	if (points_to(here, move->alias, move->version))
		return true;
	if (why == NULL) {
		if (!work_begin(w, tenant, err) ||
		    !model_file_find(w, tenant, move->version, &file, err) ||
		    !work_commit(w, err))
			return false;
		if (file.bytes.size == 0 &&
		    !model_file_fetch(w, tenant, move->version, &file, &away)) {
			log_debug("model was not fetched: error=%s",
			    away.detail);
			return true;
		}
		if (!work_begin(w, tenant, err) ||
		    !accept(w, tenant, move, &file, err) ||
		    !work_commit(w, err))
			return false;
		why = models_refusal(w->state, move->version, &w->arena);
	}
	if (why != NULL)
		note_refused(w, tenant, move, why,
		    version_of(here, move->alias) != NULL, standing);
	return true;
}

static void
note_champion(struct worker *w, const char *tenant, bool has_here,
    bool has_there, struct standing *standing)
{
	standing->is_compared = standing->is_compared || has_there;
	standing->has_none = standing->has_none ||
	    (!has_here && !has_there && is_own(w, tenant));
}

static bool
read_here(struct worker *w, const char *tenant, struct pointers *here,
    struct err *err)
{
	return work_begin(w, tenant, err) &&
	    db_exec(w->db, &query_forget_model_files, DB_ARGS(db_text(tenant)),
		NULL, err) &&
	    find_pointers(w, tenant, here, err) && work_commit(w, err);
}

/* Versions that drafts of experiments name, before they may start. */
static bool
fetch_wanted(struct worker *w, const char *tenant, struct err *err)
{
	struct db_result wanted;
	bool is_good;

	if (!work_begin(w, tenant, err) ||
	    !db_query(w->db, &query_versions_wanted, DB_ARGS(db_text(tenant)),
		&wanted, err))
		return false;
	is_good = work_commit(w, err);
	for (size_t i = 0; is_good && i < wanted.row_count; i++) {
		const char *version = db_get_text(&wanted, i, 0, &w->arena);
		struct signed_file file;
		struct err away = { 0 };

		if (models_refusal(w->state, version, &w->arena) != NULL)
			continue;
		if (!model_file_fetch(w, tenant, version, &file, &away)) {
			log_debug("model was not fetched: error=%s",
			    away.detail);
			continue;
		}
		is_good = work_begin(w, tenant, err) &&
		    model_file_keep(w, tenant, version, &file, &(bool){ false },
			err) &&
		    work_commit(w, err);
	}
	db_result_close(&wanted);
	return is_good;
}

static bool
follow(struct worker *w, const char *tenant, struct standing *standing,
    struct err *err)
{
	struct pointers here;
	struct alias_list there = { 0 };
	struct err away = { 0 };
	bool has_champion = false;

	if (!read_here(w, tenant, &here, err))
		return false;
	if (!training_aliases(w, tenant, &there, &away)) {
		log_debug("aliases were not asked for: error=%s", away.detail);
		there.items_count = 0;
	}
	for (size_t i = 0; i < there.items_count; i++) {
		struct model_promoted move = { there.items[i].alias,
			there.items[i].version };

		has_champion = has_champion || is_champion(move.alias);
		if (!follow_alias(w, tenant, &here, &move, standing, err))
			return false;
	}
	note_champion(w, tenant, version_of(&here, "champion") != NULL,
	    has_champion, standing);
	return fetch_wanted(w, tenant, err);
}

static bool
read_tenants(struct worker *w, struct db_result *tenants, struct err *err)
{
	return work_begin(w, NULL, err) &&
	    db_query(w->db, &query_tenants_known, DB_NO_ARGS, tenants, err) &&
	    work_commit(w, err);
}

bool
follow_aliases(struct worker *w, bool *again, struct err *err)
{
	const char *own = service_tenant(w->service);
	struct db_result tenants = { 0 };
	struct standing standing = { 0 };
	bool is_good;

	*again = false;
	is_good =
	    follow(w, own, &standing, err) && read_tenants(w, &tenants, err);
	for (size_t i = 0; is_good && i < tenants.row_count; i++) {
		const char *tenant = db_get_text(&tenants, i, 0, &w->arena);

		if (!is_own(w, tenant))
			is_good = follow(w, tenant, &standing, err);
	}
	db_result_close(&tenants);
	if (is_good)
		show(w, &standing);
	return is_good;
}
