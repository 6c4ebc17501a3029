/* experiment_steps.c - starting an experiment, changing its shares, ending
 * it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/prediction/experiments.h"
#include "services/prediction/queries.h"

/* What is ranked is out of date. */
static bool
rank_anew(struct worker *w, const struct held *held, struct err *err)
{
	return db_exec(w->db, &query_put_tenant_change,
	    DB_ARGS(db_text(held->tenant)), NULL, err);
}

static bool
check_alone(struct worker *w, const struct held *held, struct err *err)
{
	struct db_result running;
	const char *other = NULL;

	if (!db_query(w->db, &query_experiment_running,
		DB_ARGS(db_text(held->tenant)), &running, err))
		return false;
	if (running.row_count > 0)
		other = db_get_text(&running, 0, 0, &w->arena);
	db_result_close(&running);
	return other == NULL ||
	    err_set(err, ERR_CONFLICT,
		"experiment %s runs: end it first, one runs at a time", other);
}

/* Each arm's model is here and loads; aliases have become versions. */
static bool
check_models(struct worker *w, const struct held *held, struct err *err)
{
	for (size_t i = 0; i < held->now.arms_count; i++) {
		const struct experiment_arm *arm = &held->now.arms[i];
		struct model *model;
		const char *why;

		if (arm->version == NULL) {
			why = models_refusal(w->state, arm->model, &w->arena);
			return err_set(err, ERR_CONFLICT,
			    "the model of arm %s is not here: %s", arm->arm,
			    why != NULL
				? why
				: "ask again in a moment, or see "
				  "`edupulse models` for what there is");
		}
		if (!models_take(w, held->tenant, arm->version, &model, err))
			return err_in(err, "arm %s", arm->arm);
		model_unref(model);
	}
	return true;
}

static struct slice
share_out(struct worker *w, struct held *held)
{
	size_t count = held->now.arms_count;
	int64_t *shares = arena_array(&w->arena, count, sizeof(*shares));

	for (size_t i = 0; i < count; i++)
		shares[i] = held->now.arms[i].share;
	arms_share(&held->arms, shares, count);
	return (struct slice){ (const char *)held->arms.owner, ARM_PARTS };
}

bool
start_experiment(struct worker *w, struct call *call, struct err *err)
{
	struct experiment_step step;
	struct change_note note = { .change = "started" };
	struct held *held = arena_alloc(&w->arena, sizeof(*held));

	if (!call_read(call, &step, err) ||
	    !experiment_hold(w, call, held, err) ||
	    !experiment_check_state(held, EXPERIMENT_DRAFT, err) ||
	    !check_alone(w, held, err) ||
	    !db_exec(w->db, &query_experiment_resolve,
		DB_ARGS(db_text(held->tenant), db_text(held->name)), NULL,
		err) ||
	    !experiment_find(w, held->tenant, held->name, &held->now, err) ||
	    !check_models(w, held, err) ||
	    !experiment_check_gate(w, held, &step, &note.despite_gate, err))
		return false;
	note.why = step.why;
	return db_exec(w->db, &query_experiment_start,
		   DB_ARGS(db_text(held->tenant), db_text(held->name),
		       db_bytes(share_out(w, held))),
		   NULL, err) &&
	    experiment_note(w, call, held->name, &note, err) &&
	    rank_anew(w, held, err) &&
	    experiment_reply(w, call, 200, held->name, err);
}

static bool
change_shares(const struct experiment_shares *wish, struct held *held,
    struct err *err)
{
	for (size_t i = 0; i < wish->shares_count; i++) {
		size_t k = 0;

		while (k < held->now.arms_count &&
		    strcmp(held->now.arms[k].arm, wish->shares[i].arm) != 0)
			k++;
		if (k == held->now.arms_count)
			return err_at(err, "shares.arm", "there is no arm %s",
			    wish->shares[i].arm);
		held->now.arms[k].share = wish->shares[i].share;
	}
	return true;
}

static bool
put_shares(struct worker *w, struct held *held, struct err *err)
{
	size_t count = held->now.arms_count;
	const char **arms = arena_array(&w->arena, count, sizeof(*arms));
	int64_t *shares = arena_array(&w->arena, count, sizeof(*shares));

	for (size_t i = 0; i < count; i++) {
		arms[i] = held->now.arms[i].arm;
		shares[i] = held->now.arms[i].share;
	}
	if (!experiment_check_shares(shares, count, err))
		return false;
	if (held->now.state == EXPERIMENT_RUNNING)
		share_out(w, held);
	return db_exec(w->db, &query_experiment_shares,
	    DB_ARGS(db_text(held->tenant), db_text(held->name),
		db_bytes((
		    struct slice){ (const char *)held->arms.owner, ARM_PARTS }),
		db_texts(arms, count), db_integers(shares, count)),
	    NULL, err);
}

static bool
check_expected(const struct call *call, const struct held *held,
    struct err *err)
{
	const char *tag;
	char now[24];

	if (!call_if_match(call, "changing an experiment's shares", &tag, err))
		return false;
	snprintf(now, sizeof(now), "%" PRId64, held->now.revision);
	return strcmp(tag, now) == 0 ||
	    err_set(err, ERR_PRECONDITION,
		"it has changed since it was read: its revision is %s now",
		now);
}

bool
put_experiment_shares(struct worker *w, struct call *call, struct err *err)
{
	struct experiment_shares wish;
	struct held *held = arena_alloc(&w->arena, sizeof(*held));

	if (!call_read(call, &wish, err) ||
	    !experiment_hold(w, call, held, err) ||
	    !check_expected(call, held, err))
		return false;
	if (held->now.state == EXPERIMENT_ENDED)
		return err_set(err, ERR_CONFLICT, "experiment %s has ended",
		    held->name);
	return change_shares(&wish, held, err) && put_shares(w, held, err) &&
	    experiment_note(w, call, held->name,
		&(struct change_note){ "shares", wish.why, NULL }, err) &&
	    rank_anew(w, held, err) &&
	    experiment_reply(w, call, 200, held->name, err);
}

bool
end_experiment(struct worker *w, struct call *call, struct err *err)
{
	struct experiment_step step;
	struct held *held = arena_alloc(&w->arena, sizeof(*held));

	if (!call_read(call, &step, err) ||
	    !experiment_hold(w, call, held, err) ||
	    !experiment_check_state(held, EXPERIMENT_RUNNING, err))
		return false;
	return db_exec(w->db, &query_experiment_end,
		   DB_ARGS(db_text(held->tenant), db_text(held->name)), NULL,
		   err) &&
	    experiment_note(w, call, held->name,
		&(struct change_note){ "ended", step.why, NULL }, err) &&
	    rank_anew(w, held, err) &&
	    experiment_reply(w, call, 200, held->name, err);
}
