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
    const struct signed_file *file, struct err *err)
{
	return db_exec(w->db, &query_put_served_model,
		   DB_ARGS(db_text(tenant), db_text(version),
		       db_bytes(file->bytes), db_bytes(file->signature)),
		   NULL, err) &&
	    db_exec(w->db, &query_add_served_since,
		DB_ARGS(db_text(tenant), db_text(version)), NULL, err) &&
	    db_exec(w->db, &query_put_tenant_change, DB_ARGS(db_text(tenant)),
		NULL, err);
}

/* How the tenants stand, as one pass found them. */
struct standing {
	bool is_compared;    /* one at least with what training says */
	bool has_none;       /* the own tenant has no champion yet */
	const char *refused; /* a champion that is not served, and why */
	bool serves_on;      /* with the model before it */
};

/* Shown by status.  Having no model is no reason not to take records in, so
 * it is a remark; only a model that cannot be used is a need not met. */
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

static void
note_refused(struct worker *w, const char *version, const char *why,
    bool has_old, struct standing *standing)
{
	standing->refused =
	    arena_printf(&w->arena, "%.12s was promoted and is refused: %s%s",
		version, why, has_old ? "; the one before serves on" : "");
	standing->serves_on = has_old;
}

/* Put the file in place if it loads.  True also when it does not: nobody can
 * do anything about it here, and the old model serves on. */
static bool
accept(struct worker *w, const char *tenant, const char *version,
    const struct signed_file *file, struct err *err)
{
	const struct keyring *keys = models_keys(w->state);
	struct err refusal = { 0 };

	if (!model_file_is_good(keys, file, version, &refusal)) {
		log_error("promoted model was refused: version=%s error=%s",
		    version, refusal.detail);
		models_refuse(w->state, version, refusal.detail);
		return true;
	}
	if (!put_model(w, tenant, version, file, err))
		return false;
	log_info("champion was changed: version=%s bytes=%zu", version,
	    file->bytes.size);
	return true;
}

/* The file with a signature that counts here, if it has one. */
static bool
fetch(struct worker *w, const char *tenant, const char *version,
    struct signed_file *file, struct err *err)
{
	const struct keyring *keys = models_keys(w->state);
	struct model_signature_list list;
	unsigned char hash[DIGEST_SIZE];

	*file = (struct signed_file){ { NULL, 0 }, { NULL, 0 } };
	if (!training_model_signatures(w, tenant, version, &list, err) ||
	    !training_model_file(w, tenant, version, &file->bytes, err))
		return false;
	digest(file->bytes, hash);
	for (size_t i = list.items_count; i-- > 0;) {
		file->signature = list.items[i].signature;
		if (keyring_verifies(keys, hash, file->signature))
			break;
	}
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
	struct signed_file file;
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
	if (fetch(w, event->tenant, told.version, &file, err)) {
		service_wake(w->service);
		return accept(w, event->tenant, told.version, &file, err);
	}
	/* A version that is gone was replaced since; a later event tells. */
	return err->code == ERR_NOT_FOUND;
}

/* Is there anything to fetch for a tenant that is served with `served`? */
static bool
is_behind(struct worker *w, const char *tenant, const char *served,
    const char **champion, struct signed_file *file)
{
	struct err away = { 0 };

	if (!training_champion(w, tenant, champion, &away)) {
		log_debug("champion was not asked for: error=%s", away.detail);
		return false;
	}
	return *champion != NULL &&
	    (served == NULL || strcmp(served, *champion) != 0) &&
	    models_refusal(w->state, *champion, &w->arena) == NULL &&
	    fetch(w, tenant, *champion, file, &away);
}

static void
note_standing(struct worker *w, const char *tenant, const char *served,
    const char *champion, struct standing *standing)
{
	const char *why;

	if (champion == NULL) {
		standing->has_none = standing->has_none ||
		    (served == NULL &&
			strcmp(tenant, service_tenant(w->service)) == 0);
		return;
	}
	standing->is_compared = true;
	why = models_refusal(w->state, champion, &w->arena);
	if (why != NULL)
		note_refused(w, champion, why, served != NULL, standing);
}

/* Training may be away: what is served goes on, and none is the state that
 * answers show.  So only what fails here is an error. */
static bool
follow(struct worker *w, const char *tenant, struct standing *standing,
    struct err *err)
{
	const char *served, *champion = NULL;
	struct signed_file file;

	if (!work_begin(w, tenant, err) ||
	    !find_served(w, tenant, &served, err) || !work_commit(w, err))
		return false;
	if (is_behind(w, tenant, served, &champion, &file) &&
	    (!work_begin(w, tenant, err) ||
		!accept(w, tenant, champion, &file, err) ||
		!work_commit(w, err)))
		return false;
	note_standing(w, tenant, served, champion, standing);
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
	struct standing standing = { 0 };
	bool is_good;

	*again = false;
	is_good =
	    follow(w, own, &standing, err) && read_tenants(w, &tenants, err);
	for (size_t i = 0; is_good && i < tenants.row_count; i++) {
		const char *tenant = db_get_text(&tenants, i, 0, &w->arena);

		if (strcmp(tenant, own) != 0)
			is_good = follow(w, tenant, &standing, err);
	}
	db_result_close(&tenants);
	if (is_good)
		show(w, &standing);
	return is_good;
}
