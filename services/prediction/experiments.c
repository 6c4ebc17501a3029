/* experiments.c - making, showing and removing experiments. */
#include <inttypes.h>
#include <string.h>

#include "db/row.h"
#include "services/prediction/experiments.h"
#include "services/prediction/queries.h"

enum { VERSION_SIZE = 64, DIGITS_LEAST = 8 };

/* Columns of experiment_lock. */
enum { STATE, REVISION, SALT, OWNERS };

static bool
check_name(const char *field, const char *name, struct err *err)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] ==
	    '\0' ||
	    err_at(err, field, "takes small letters, digits and hyphens");
}

bool
experiment_find(struct worker *w, const char *tenant, const char *name,
    struct experiment *experiment, struct err *err)
{
	void *rows;
	size_t count;

	if (!db_read_many(w->db, &query_experiments_read,
		DB_ARGS(db_text(tenant), db_text(name)), &experiment_message,
		&w->arena, &rows, &count, err))
		return false;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no experiment %.64s", name);
	*experiment = *(struct experiment *)rows;
	return true;
}

bool
experiment_reply(struct worker *w, struct call *call, int status,
    const char *name, struct err *err)
{
	struct experiment experiment;

	if (!experiment_find(w, call->head->tenant, name, &experiment, err))
		return false;
	call_tag(call,
	    arena_printf(call->arena, "%" PRId64, experiment.revision));
	if (strcmp(call->route->method, "GET") == 0 && call_holds(call))
		return reply_nothing(call, 304);
	return reply(call, status, &experiment_message, &experiment);
}

bool
experiment_note(struct worker *w, const struct call *call, const char *name,
    const struct change_note *note, struct err *err)
{
	return db_exec(w->db, &query_experiment_change_add,
	    DB_ARGS(db_text(call->head->tenant), db_text(name),
		db_text(note->change), db_text(call->head->principal),
		db_text(note->why), db_text(note->despite_gate)),
	    NULL, err);
}

bool
experiment_hold(struct worker *w, const struct call *call, struct held *held,
    struct err *err)
{
	struct db_result row;
	struct slice salt, owners;
	bool is_whole = true;

	held->tenant = call->head->tenant;
	held->name = call_path(call, "name");
	if (!db_query(w->db, &query_experiment_lock,
		DB_ARGS(db_text(held->tenant), db_text(held->name)), &row, err))
		return false;
	if (row.row_count > 0) {
		salt = db_get_bytes(&row, 0, SALT);
		owners = db_get_bytes(&row, 0, OWNERS);
		is_whole =
		    salt.size == ARM_SALT_SIZE && owners.size == ARM_PARTS;
		if (is_whole) {
			memcpy(held->arms.salt, salt.data, salt.size);
			memcpy(held->arms.owner, owners.data, owners.size);
		}
	}
	db_result_close(&row);
	if (!is_whole)
		return err_set(err, ERR_INTERNAL,
		    "the parts of experiment %s are not what was written",
		    held->name);
	return experiment_find(w, held->tenant, held->name, &held->now, err);
}

bool
experiment_check_shares(const int64_t *shares, size_t count, struct err *err)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += shares[i];
	return sum <= ARM_PARTS ||
	    err_at(err, "shares", "are %" PRId64 " of %d together: lower those of other arms "
		"in the same change",
		sum, ARM_PARTS);
}

static bool
is_alias(const char *model)
{
	return strcmp(model, "champion") == 0 ||
	    strcmp(model, "challenger") == 0 || strcmp(model, "shadow") == 0;
}

static bool
is_version(const char *model)
{
	size_t count = strspn(model, "0123456789abcdef");

	return model[count] == '\0' && count >= DIGITS_LEAST &&
	    count <= VERSION_SIZE;
}

static bool
check_arm(const struct experiment_plan *plan, size_t i, struct err *err)
{
	const struct arm_plan *arm = &plan->arms[i];

	if (!check_name("arms.arm", arm->arm, err))
		return false;
	if (strcmp(arm->arm, "champion") == 0)
		return err_at(err, "arms.arm",
		    "champion is whoever is in no arm: take control, say");
	for (size_t k = 0; k < i; k++)
		if (strcmp(plan->arms[k].arm, arm->arm) == 0)
			return err_at(err, "arms.arm", "%s stands there twice",
			    arm->arm);
	return is_alias(arm->model) || is_version(arm->model) ||
	    err_at(err, "arms.model",
		"name champion, challenger, shadow, a version, or at least its "
		"first 8 digits");
}

/* What stands in the arm's row: an alias, or a whole version. */
static bool
name_model(struct worker *w, const char *tenant, const char *said,
    const char **model, struct err *err)
{
	*model = said;
	return is_alias(said) || strlen(said) == VERSION_SIZE ||
	    experiment_find_version(w, tenant, said, model, err);
}

/* The plan's columns, in the arena. */
struct columns {
	const char **arms, **models;
	int64_t *shares;
	size_t count;
};

static bool
check_plan(struct worker *w, const char *tenant,
    const struct experiment_plan *plan, struct columns *columns,
    struct err *err)
{
	size_t count = plan->arms_count;

	if (!check_name("name", plan->name, err))
		return false;
	if (count < 2)
		return err_at(err, "arms", "are two at least");
	columns->arms = arena_array(&w->arena, count, sizeof(char *));
	columns->models = arena_array(&w->arena, count, sizeof(char *));
	columns->shares = arena_array(&w->arena, count, sizeof(int64_t));
	columns->count = count;
	for (size_t i = 0; i < count; i++) {
		if (!check_arm(plan, i, err) ||
		    !name_model(w, tenant, plan->arms[i].model,
			&columns->models[i], err))
			return false;
		columns->arms[i] = plan->arms[i].arm;
		columns->shares[i] = plan->arms[i].share;
	}
	return experiment_check_shares(columns->shares, count, err);
}

static bool
add(struct worker *w, const struct call *call,
    const struct experiment_plan *plan, const struct columns *columns,
    struct err *err)
{
	const char *tenant = call->head->tenant;
	struct arms *arms = arena_alloc(&w->arena, sizeof(*arms));
	size_t added;

	random_bytes(arms->salt, sizeof(arms->salt));
	if (!db_exec(w->db, &query_experiment_add,
		DB_ARGS(db_text(tenant), db_text(plan->name),
		    db_bytes((struct slice){ (const char *)arms->salt,
			sizeof(arms->salt) }),
		    db_bytes((struct slice){ (const char *)arms->owner,
			sizeof(arms->owner) }),
		    db_text(call->head->principal)),
		&added, err))
		return false;
	if (added == 0)
		return err_set(err, ERR_CONFLICT,
		    "there is an experiment %s already", plan->name);
	return db_exec(w->db, &query_experiment_arms_add,
	    DB_ARGS(db_text(tenant), db_text(plan->name),
		db_texts(columns->arms, columns->count),
		db_texts(columns->models, columns->count),
		db_integers(columns->shares, columns->count)),
	    NULL, err);
}

/* Models that are not here yet are fetched by the job that keeps them. */
bool
create_experiment(struct worker *w, struct call *call, struct err *err)
{
	struct experiment_plan plan;
	struct columns columns = { 0 };

	return call_read(call, &plan, err) &&
	    check_plan(w, call->head->tenant, &plan, &columns, err) &&
	    add(w, call, &plan, &columns, err) &&
	    experiment_note(w, call, plan.name,
		&(struct change_note){ "made", plan.why, NULL }, err) &&
	    experiment_reply(w, call, 201, plan.name, err);
}

bool
list_experiments(struct worker *w, struct call *call, struct err *err)
{
	struct experiment_list list = { 0 };
	void *rows;

	if (!db_read_many(w->db, &query_experiments_read,
		DB_ARGS(db_text(call->head->tenant), db_null()),
		&experiment_message, &w->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	return reply(call, 200, &experiment_list_message, &list);
}

bool
get_experiment(struct worker *w, struct call *call, struct err *err)
{
	return experiment_reply(w, call, 200, call_path(call, "name"), err);
}

bool
list_experiment_changes(struct worker *w, struct call *call, struct err *err)
{
	struct experiment_change_list list = { 0 };
	void *rows;

	if (!db_read_many(w->db, &query_experiment_changes_read,
		DB_ARGS(db_text(call->head->tenant),
		    db_text(call_path(call, "name"))),
		&experiment_change_message, &w->arena, &rows, &list.items_count,
		err))
		return false;
	if (list.items_count == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no experiment %.64s", call_path(call, "name"));
	list.items = rows;
	return reply(call, 200, &experiment_change_list_message, &list);
}

bool
experiment_check_state(const struct held *held, enum experiment_state wanted,
    struct err *err)
{
	return (int)held->now.state == (int)wanted ||
	    err_set(err, ERR_CONFLICT, "experiment %s is %s, not %s",
		held->name, experiment_state_choice.names[held->now.state],
		experiment_state_choice.names[wanted]);
}

bool
delete_experiment(struct worker *w, struct call *call, struct err *err)
{
	struct held held;

	if (!experiment_hold(w, call, &held, err) ||
	    !experiment_check_state(&held, EXPERIMENT_DRAFT, err) ||
	    !experiment_note(w, call, held.name,
		&(struct change_note){ "deleted", "", NULL }, err) ||
	    !db_exec(w->db, &query_experiment_remove,
		DB_ARGS(db_text(held.tenant), db_text(held.name)), NULL, err))
		return false;
	return reply_nothing(call, 204);
}
