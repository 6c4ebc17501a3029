/*
 * finish.c - a job's end: models and reports into the registry, the champion
 * moved if that is wanted and allowed, the job's row, and the event that tells
 * of it, all in one transaction.
 *
 * The winner becomes champion only when the gate allowed it, promotion was
 * asked for (or is automatic), and the champion is still the one it was
 * compared with.  What the gate said of each model is kept, and the audit keeps
 * it as evidence.
 */
#include <string.h>

#include "base/log.h"
#include "services/training/queries.h"
#include "services/training/run.h"
#include "services/training/signing.h"

static bool
store_model(struct run *run, const char *kind, const struct work_model *model,
    struct err *err)
{
	struct db *db = run->w->db;

	return db_exec(db, &query_model_add,
		   DB_ARGS(db_text(run->tenant), db_text(model->version),
		       db_text(kind), db_text(run->job_id),
		       model->has_log_loss ? db_real(model->log_loss)
					   : db_null(),
		       model->has_auroc ? db_real(model->auroc) : db_null(),
		       db_text(model->manifest), db_bytes(model->file)),
		   NULL, err) &&
	    db_exec(db, &query_report_add,
		DB_ARGS(db_text(run->tenant), db_text(model->version),
		    db_slice(model->report)),
		NULL, err) &&
	    signing_sign(run->w, run->tenant, model->version, model->file, err);
}

/* Passed over is what the gate would let pass, had another not won. */
static bool
store_judgement(struct run *run, const struct work_model *model,
    struct err *err)
{
	enum gate_outcome outcome = !model->allowed ? GATE_REFUSED
	    : model == work_winner(&run->result)    ? GATE_ALLOWED
						    : GATE_PASSED_OVER;

	return db_exec(run->w->db, &query_judgement_add,
	    DB_ARGS(db_text(run->tenant), db_text(model->version),
		db_text(run->job_id),
		db_text(gate_outcome_choice.names[outcome]),
		db_text(run->champion),
		db_texts(model->refused_by, model->refused_by_count),
		db_text(model->verdict)),
	    NULL, err);
}

static bool
is_promotion_wanted(const struct run *run)
{
	const struct training_settings *settings = run->w->settings;

	return run->question.has_promote ? run->question.promote
					 : settings->automatic_promotion;
}

/* Why the winner is not promoted; NULL: it is. */
static const char *
hindrance(const struct run *run)
{
	const struct work_result *result = &run->result;

	if (run->champion != NULL && strcmp(run->champion, result->winner) == 0)
		return "it is the champion already";
	if (!work_winner(result)->allowed)
		return "not promoted";
	return is_promotion_wanted(run) ? NULL : "promotion waits for a person";
}

/* `*why_not` NULL: the winner is champion now. */
static bool
promote(struct run *run, const char **why_not, struct err *err)
{
	struct alias_move move = { .alias = "champion",
		.version = run->result.winner,
		.expected = run->champion,
		.who = run->asked_by,
		.why = "training, and the gate allowed it" };

	*why_not = hindrance(run);
	if (*why_not != NULL || alias_move(run->w, run->tenant, &move, err))
		return true;
	if (err->code != ERR_PRECONDITION)
		return false;
	err_clear(err);
	*why_not = "not promoted: the champion was moved meanwhile";
	return true;
}

static bool
store(struct run *run, const char **promoted, struct err *err)
{
	const struct work_result *result = &run->result;
	const char *why_not, *verdict;
	struct train_job job;

	if (!store_model(run, "network", result->network, err) ||
	    !store_model(run, "logistic", result->logistic, err) ||
	    !store_model(run, "trees", result->trees, err) ||
	    !store_judgement(run, result->network, err) ||
	    !store_judgement(run, result->logistic, err) ||
	    !store_judgement(run, result->trees, err) ||
	    !promote(run, &why_not, err))
		return false;
	*promoted = why_not == NULL ? result->winner : NULL;
	verdict =
	    arena_printf(&run->arena, "%s; %s", work_winner(result)->verdict,
		why_not != NULL ? why_not : "promoted");
	return db_exec(run->w->db, &query_job_succeed,
		   DB_ARGS(db_text(run->tenant), db_text(run->job_id),
		       db_text(result->network->version),
		       db_text(result->logistic->version), db_text(*promoted),
		       db_text(verdict), db_text(result->trees->version),
		       db_text(result->winner)),
		   NULL, err) &&
	    job_say_end(run->w, run->tenant, run->job_id, &job, err);
}

bool
run_finish(struct run *run, struct err *err)
{
	const char *promoted;
	size_t ours;

	if (run->result.network == NULL || run->result.logistic == NULL ||
	    run->result.trees == NULL || run->result.winner == NULL ||
	    work_winner(&run->result) == NULL)
		return err_set(err, ERR_INTERNAL,
		    "the child's result is not whole");
	if (!work_begin(run->w, run->tenant, err) ||
	    !db_exec(run->w->db, &query_queue_finish,
		DB_ARGS(db_text(run->job_id), db_text(run->owner)), &ours, err))
		return false;
	run->is_lost = ours == 0;
	if (run->is_lost)
		return err_set(err, ERR_CONFLICT,
		    "the job was cancelled or taken over");
	if (!store(run, &promoted, err) || !work_commit(run->w, err))
		return false;
	metric_add(&METRIC_TRAININGS, JOB_SUCCEEDED, 1);
	log_info("training ended: job=%s network=%.12s logistic=%.12s "
		 "trees=%.12s promoted=%.12s",
	    run->job_id, run->result.network->version,
	    run->result.logistic->version, run->result.trees->version,
	    promoted != NULL ? promoted : "no");
	return true;
}
