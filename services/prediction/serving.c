/* serving.c - reads the arms of an experiment. */
#include "services/prediction/serving.h"

#include <string.h>

#include "services/prediction/queries.h"

/* Columns of experiment_in_force. */
enum { ARM, VERSION, REVISION, SALT, OWNERS };

static bool
copy_exactly(struct slice from, void *to, size_t size)
{
	if (from.size != size)
		return false;
	memcpy(to, from.data, size);
	return true;
}

static bool
fill(const struct db_result *rows, struct arena *arena,
    struct experiment_arms *arms)
{
	if (rows->row_count == 0 || rows->row_count > ARMS_MOST ||
	    !copy_exactly(db_get_bytes(rows, 0, SALT), arms->arms.salt,
		sizeof(arms->arms.salt)) ||
	    !copy_exactly(db_get_bytes(rows, 0, OWNERS), arms->arms.owner,
		sizeof(arms->arms.owner)))
		return false;
	arms->revision = db_get_integer(rows, 0, REVISION);
	arms->count = rows->row_count;
	for (size_t i = 0; i < arms->count; i++) {
		struct serving_model *serving = &arms->servings[i];

		serving->experiment = arms->experiment;
		serving->arm = db_get_text(rows, i, ARM, arena);
		serving->version = db_get_text(rows, i, VERSION, arena);
		serving->name = arena_printf(arena, "%s/%s",
		    serving->experiment, serving->arm);
	}
	for (size_t i = 0; i < ARM_PARTS; i++)
		if (arms->arms.owner[i] > arms->count)
			return false;
	arms_pads(arms->arms.salt, arms->inner, arms->outer);
	return true;
}

bool
experiment_arms_load(struct worker *w, const char *tenant,
    const char *experiment, struct arena *arena, struct experiment_arms **arms,
    struct err *err)
{
	struct db_result rows;
	bool is_whole;

	*arms = arena_alloc(arena, sizeof(**arms));
	(*arms)->experiment = arena_copy(arena, experiment);
	if (!db_query(w->db, &query_experiment_in_force,
		DB_ARGS(db_text(tenant), db_text(experiment)), &rows, err))
		return false;
	is_whole = fill(&rows, arena, *arms);
	db_result_close(&rows);
	return is_whole ||
	    err_set(err, ERR_INTERNAL,
		"the arms of experiment %s are not what was written",
		experiment);
}
