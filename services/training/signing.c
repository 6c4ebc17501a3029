/*
 * signing.c - the signatures of models: made when a model is stored, by the
 * key that this service alone can read, and given to who serves.
 */
#include "services/training/signing.h"

#include <string.h>

#include "base/log.h"
#include "db/row.h"
#include "services/training/queries.h"
#include "services/training/training.h"

bool
signing_open(struct worker *w, void **state, struct err *err)
{
	const struct training_settings *settings = w->settings;
	struct signer *signer = NULL;

	if (settings->signing_key_file[0] == '\0')
		service_need(w->service, "signing key", false,
		    "models are not signed, so none is served: set "
		    "training.signing_key_file");
	else if (!signer_open(settings->signing_key_file, &signer, err))
		return err_in(err, "signing_key_file");
	*state = signer;
	return true;
}

void
signing_close(void *state)
{
	signer_free(state);
}

bool
signing_sign(struct worker *w, const char *tenant, const char *version,
    struct slice file, struct err *err)
{
	const struct signer *signer = w->state;
	unsigned char hash[DIGEST_SIZE], signature[SIGNATURE_SIZE];
	char text[DIGEST_TEXT_SIZE];

	if (signer == NULL)
		return true;
	digest(file, hash);
	digest_text(hash, text);
	if (strcmp(text, version) != 0)
		return err_set(err, ERR_INTERNAL,
		    "the file of model %.12s has another digest: it is not "
		    "signed",
		    version);
	signer_sign(signer, hash, signature);
	return db_exec(w->db, &query_signature_add,
	    DB_ARGS(db_text(tenant), db_text(version),
		db_text(signer_name(signer)),
		db_bytes((struct slice){ (const char *)signature,
		    sizeof(signature) })),
	    NULL, err);
}

bool
get_model_signatures(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant, *version;
	struct model_signature_list list = { 0 };
	void *rows;

	if (!model_version_of(w, tenant, call_path(call, "version"), &version,
		err) ||
	    !db_read_many(w->db, &query_signature_page,
		DB_ARGS(db_text(tenant), db_text(version)),
		&model_signature_message, &w->arena, &rows, &list.items_count,
		err))
		return false;
	list.items = rows;
	return reply(call, 200, &model_signature_list_message, &list);
}

/* One that turns out not to be its version stays unsigned, and is not looked
 * at again. */
static bool
sign_old(struct worker *w, const char *tenant, const char *version,
    struct err *err)
{
	struct db_result result = { 0 };
	bool is_signed;

	if (!work_begin(w, tenant, err) ||
	    !db_query(w->db, &query_model_bytes,
		DB_ARGS(db_text(tenant), db_text(version)), &result, err))
		return false;
	is_signed =
	    signing_sign(w, tenant, version, db_get_bytes(&result, 0, 0), err);
	db_result_close(&result);
	if (!is_signed && err->code != ERR_INTERNAL)
		return false;
	if (!is_signed)
		log_error("model was not signed: version=%s error=%s", version,
		    err->detail);
	err_clear(err);
	return db_exec(w->db, &query_backlog_done,
		   DB_ARGS(db_text(tenant), db_text(version)), NULL, err) &&
	    work_commit(w, err);
}

bool
signing_catch_up(struct worker *w, bool *again, struct err *err)
{
	struct db_result result = { 0 };
	const char *tenant = NULL, *version = NULL;

	*again = false;
	if (w->state == NULL)
		return true;
	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_backlog_next, DB_NO_ARGS, &result, err))
		return false;
	*again = result.row_count > 0;
	if (*again) {
		tenant = db_get_text(&result, 0, 0, &w->arena);
		version = db_get_text(&result, 0, 1, &w->arena);
	}
	db_result_close(&result);
	if (!work_commit(w, err))
		return false;
	return !*again || sign_old(w, tenant, version, err);
}
