/* model_files.c - finds, fetches, checks and keeps model files. */
#include "services/prediction/model_files.h"

#include "base/log.h"
#include "proto/client/training.h"
#include "proto/training.h"
#include "services/prediction/queries.h"

static struct slice
copy_bytes(struct worker *w, const struct db_result *row, int column)
{
	struct slice bytes;

	if (db_is_null(row, 0, column))
		return (struct slice){ NULL, 0 };
	bytes = db_get_bytes(row, 0, column);
	bytes.data = arena_text(&w->arena, bytes.data, bytes.size);
	return bytes;
}

bool
model_file_find(struct worker *w, const char *tenant, const char *version,
    struct signed_file *file, struct err *err)
{
	struct db_result row;
	struct err why = { 0 };

	*file = (struct signed_file){ { NULL, 0 }, { NULL, 0 } };
	if (!db_query(w->db, &query_model_file,
		DB_ARGS(db_text(tenant), db_text(version)), &row, err))
		return false;
	if (row.row_count > 0) {
		file->bytes = copy_bytes(w, &row, 0);
		file->signature = copy_bytes(w, &row, 1);
	}
	db_result_close(&row);
	/* One that would not serve is fetched anew; that one's refusal is what
	 * people are told of. */
	if (file->bytes.size > 0 &&
	    !model_file_is_good(models_keys(w->state), file, version, &why))
		file->bytes.size = 0;
	return true;
}

bool
model_file_fetch(struct worker *w, const char *tenant, const char *version,
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

bool
model_file_keep(struct worker *w, const char *tenant, const char *version,
    const struct signed_file *file, bool *is_good, struct err *err)
{
	const struct keyring *keys = models_keys(w->state);
	struct err refusal = { 0 };

	*is_good = model_file_is_good(keys, file, version, &refusal);
	if (!*is_good) {
		log_error("model was refused: version=%s error=%s", version,
		    refusal.detail);
		models_refuse(w->state, version, refusal.detail);
		return true;
	}
	return db_exec(w->db, &query_put_model_file,
	    DB_ARGS(db_text(tenant), db_text(version), db_bytes(file->bytes),
		db_bytes(file->signature)),
	    NULL, err);
}
