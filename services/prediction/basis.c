/* basis.c - rules, remembered by their position, and the model in force. */
#include "services/prediction/basis.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "services/prediction/queries.h"
#include "services/prediction/shadow.h"
#include "services/prediction/shadow_queue.h"

enum {
	CHUNK_BLOCK = 256 * 1024,
	FACTS_BLOCK = 64 * 1024,
	LOOK_BLOCK = 64 * 1024,
	LONGER_BLOCK = 16 * 1024
};

/* Columns of basis_of_tenant. */
enum { POSITION, TODAY, VERSION, SHADOW };

void *
tools_new(struct service *service)
{
	struct tools *tools = mem_alloc(1, sizeof(*tools));

	(void)service;
	arena_init(&tools->chunk, CHUNK_BLOCK);
	arena_init(&tools->facts, FACTS_BLOCK);
	arena_init(&tools->look, LOOK_BLOCK);
	arena_init(&tools->longer, LONGER_BLOCK);
	return tools;
}

void
tools_free(void *tools)
{
	struct tools *t = tools;

	if (t == NULL)
		return;
	arena_close(&t->chunk);
	arena_close(&t->facts);
	arena_close(&t->look);
	arena_close(&t->longer);
	while (t->shadows != NULL) {
		struct shadow_batch *batch = t->shadows;

		t->shadows = batch->next;
		shadow_batch_free(batch);
	}
	tools_forget_shadow(t);
	free(t);
}

void
tools_forget_shadow(struct tools *tools)
{
	model_scratch_free(tools->shadow_scratch);
	model_unref(tools->shadow_model);
	tools->shadow_scratch = NULL;
	tools->shadow_model = NULL;
}

/* Taking rules apart costs more than the rest of a cached answer: a thread
 * keeps those of the tenant it worked for last. */
static bool
remember_rules(struct worker *w, const char *tenant, int64_t position,
    struct err *err)
{
	struct tools *tools = w->scratch;

	if (tools->tenant != NULL && tools->rules.position == position &&
	    strcmp(tools->tenant, tenant) == 0)
		return true;
	tools->tenant = NULL;
	arena_reset(&tools->longer);
	if (!rules_load(w, tenant, &tools->longer, &tools->rules, err))
		return false;
	tools->tenant = arena_copy(&tools->longer, tenant);
	return true;
}

/* From a row of basis_of_tenant, or of more columns, that begin at `first`. */
static bool
fill(struct worker *w, const struct db_result *result, int first,
    struct basis *basis, struct err *err)
{
	struct tools *tools = w->scratch;

	tools->has_stored = false;
	shadow_forget(w);
	basis->version = db_get_text(result, 0, first + VERSION, &w->arena);
	basis->shadow = db_get_text(result, 0, first + SHADOW, &w->arena);
	if (!remember_rules(w, basis->tenant,
		db_get_integer(result, 0, first + POSITION), err))
		return false;
	tools->rules.today = db_get_day(result, 0, first + TODAY);
	basis->rules = &tools->rules;
	if (basis->version == NULL)
		return err_set(err, ERR_CONFLICT,
		    "there is no model yet: train one with `edupulse train`, "
		    "or POST /api/v1/train/update");
	return models_take(w, basis->tenant, basis->version, &basis->model,
	    err);
}

bool
basis_load(struct worker *w, const char *tenant, struct basis *basis,
    struct err *err)
{
	struct db_result result;
	bool is_good;

	*basis = (struct basis){ .tenant = tenant };
	if (!db_query(w->db, &query_basis_of_tenant, DB_ARGS(db_text(tenant)),
		&result, err))
		return err->code == ERR_NOT_FOUND ? rules_missing(err) : false;
	is_good = fill(w, &result, 0, basis, err);
	db_result_close(&result);
	return is_good;
}

bool
basis_load_with(struct worker *w, const char *tenant,
    const struct student_filter *filter, struct basis *basis,
    struct subjects *subjects, struct err *err)
{
	struct db_result result;
	bool is_good;

	*basis = (struct basis){ .tenant = tenant };
	if (!db_query_alone(w->db, &query_basis_and_subjects,
		DB_ARGS(db_text(tenant), db_text(filter->student_ids[0]),
		    db_text(filter->course_id), visible_schools(filter->who),
		    visible_sections(filter->who)),
		&result, err))
		return false;
	is_good = result.row_count > 0
	    ? fill(w, &result, SUBJECT_COLUMNS, basis, err)
	    : rules_missing(err);
	if (is_good)
		subjects_fill(basis->rules, &result, subjects);
	db_result_close(&result);
	return is_good;
}

void
basis_close(struct basis *basis)
{
	model_unref(basis->model);
	basis->model = NULL;
}

bool
basis_day(const struct basis *basis, bool is_asked, int32_t asked, int32_t *day,
    struct err *err)
{
	char text[DAY_TEXT_SIZE];

	*day = is_asked ? asked : basis->rules->today;
	if (*day <= basis->rules->today)
		return true;
	day_print(basis->rules->today, text);
	return err_at(err, "reference_date",
	    "lies ahead: the latest day to look from is %s", text);
}
