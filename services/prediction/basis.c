/* basis.c - rules and arms, remembered by position and revision, and the models
 * in force. */
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
enum { POSITION, TODAY, VERSION, EXPERIMENT, REVISION, SHADOW };

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

/* What a row of basis_of_tenant says is in force. */
struct in_force {
	int64_t position;
	const char *experiment; /* NULL: none runs */
	int64_t revision;
};

static bool
is_remembered(const struct tools *tools, const char *tenant,
    const struct in_force *now)
{
	const struct experiment_arms *arms = tools->arms;

	if (tools->tenant == NULL || strcmp(tools->tenant, tenant) != 0 ||
	    tools->rules.position != now->position)
		return false;
	if (now->experiment == NULL || arms == NULL)
		return now->experiment == NULL && arms == NULL;
	return arms->revision == now->revision &&
	    strcmp(arms->experiment, now->experiment) == 0;
}

/* Taking rules apart costs more than the rest of a cached answer: a thread
 * keeps those of the tenant it worked for last, and the arms with them. */
static bool
remember(struct worker *w, const char *tenant, const struct in_force *now,
    struct err *err)
{
	struct tools *tools = w->scratch;

	if (is_remembered(tools, tenant, now))
		return true;
	tools->tenant = NULL;
	tools->arms = NULL;
	arena_reset(&tools->longer);
	if (!rules_load(w, tenant, &tools->longer, &tools->rules, err) ||
	    (now->experiment != NULL &&
		!experiment_arms_load(w, tenant, now->experiment,
		    &tools->longer, &tools->arms, err)))
		return false;
	tools->tenant = arena_copy(&tools->longer, tenant);
	return true;
}

/* The champion's serving, then those of the arms, with their models. */
static bool
take_models(struct worker *w, struct basis *basis, const char *champion,
    struct err *err)
{
	size_t arms = basis->arms != NULL ? basis->arms->count : 0;

	for (size_t i = 0; i <= arms; i++) {
		struct serving_model *serving = &basis->servings[i];

		*serving = i == 0 ? (struct serving_model){ .name = "champion",
			.arm = "champion",
			.version = champion }
				  : basis->arms->servings[i - 1];
		if (!models_take(w, basis->tenant, serving->version,
			&serving->model, err))
			return false;
		basis->serving_count++;
	}
	return true;
}

/* From a row of basis_of_tenant, or of more columns, that begin at `first`. */
static bool
fill(struct worker *w, const struct db_result *result, int first,
    struct basis *basis, struct err *err)
{
	struct tools *tools = w->scratch;
	const char *champion =
	    db_get_text(result, 0, first + VERSION, &w->arena);
	struct in_force now = { db_get_integer(result, 0, first + POSITION),
		db_get_text(result, 0, first + EXPERIMENT, &w->arena), 0 };

	if (now.experiment != NULL)
		now.revision = db_get_integer(result, 0, first + REVISION);
	tools->has_stored = false;
	shadow_forget(w);
	basis->shadow = db_get_text(result, 0, first + SHADOW, &w->arena);
	if (!remember(w, basis->tenant, &now, err))
		return false;
	tools->rules.today = db_get_day(result, 0, first + TODAY);
	basis->rules = &tools->rules;
	basis->arms = tools->arms;
	if (champion == NULL)
		return err_set(err, ERR_CONFLICT,
		    "there is no model yet: train one with `edupulse train`, "
		    "or POST /api/v1/train/update");
	return take_models(w, basis, champion, err);
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
	for (size_t i = 0; i < basis->serving_count; i++)
		model_unref(basis->servings[i].model);
	basis->serving_count = 0;
}

const struct serving_model *
basis_serving(const struct basis *basis, int64_t enrollment_id)
{
	return &basis->servings[basis->arms == NULL
		? 0
		: arms_find(&basis->arms->arms, enrollment_id)];
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
