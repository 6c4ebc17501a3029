/* shadow.c - the side thread: takes batches, scores them, stores pairs. */
#include "services/prediction/shadow.h"

#include "base/clock.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"
#include "services/prediction/shadow_queue.h"

/* For one piece of work, so that stopping does not wait long; and between two
 * attempts to tell counts. */
#define WORK_US  (5 * SECOND_US)
#define PAUSE_US (5 * SECOND_US)

/* The columns of a batch's pairs. */
struct columns {
	int64_t ids[LOOKS_TOGETHER];
	int64_t weeks[LOOKS_TOGETHER];
	int64_t champion_scores[LOOKS_TOGETHER];
	int64_t champion_levels[LOOKS_TOGETHER];
	int64_t scores[LOOKS_TOGETHER];
	int64_t levels[LOOKS_TOGETHER];
	int64_t ns; /* of the shadow, for each look */
};

/* The shadow's work space, which no answer needs. */
static struct model_scratch *
fit_scratch(struct tools *tools, struct model *model)
{
	if (tools->shadow_model != model) {
		tools_forget_shadow(tools);
		tools->shadow_model = model_ref(model);
		tools->shadow_scratch = model_scratch_new(model, false);
	}
	return tools->shadow_scratch;
}

static bool
load_model(struct worker *w, const struct shadow_pairing *pairing,
    struct model **model, struct err *err)
{
	return work_begin(w, pairing->tenant, err) &&
	    models_take(w, pairing->tenant, pairing->shadow, model, err) &&
	    work_commit(w, err);
}

static void
score(struct worker *w, const struct shadow_batch *batch, struct model *model,
    struct columns *columns)
{
	struct tools *tools = w->scratch;
	struct thinker thinker = { .model = model,
		.scratch = fit_scratch(tools, model) };
	int64_t began = clock_worked();

	looks_score(&thinker, &tools->chunk, batch->looks, batch->look_count);
	columns->ns = (clock_worked() - began) /
	    (int64_t)looks_ready(batch->looks, batch->look_count);
	for (size_t i = 0; i < batch->row_count; i++) {
		const struct shadow_row *row = &batch->rows[i];
		const struct look *look = &batch->looks[row->look];

		columns->ids[i] = row->enrollment_id;
		columns->weeks[i] = row->week;
		columns->champion_scores[i] = row->parts;
		columns->champion_levels[i] = (int64_t)row->category;
		columns->scores[i] = look_parts(look->score);
		columns->levels[i] = (int64_t)look->category;
	}
}

/* `scored` beside what was counted; which comparison it is. */
static bool
add_counts(struct worker *w, const struct shadow_pairing *pairing,
    const struct shadow_tally *tally, size_t scored, int64_t *comparison_id,
    struct err *err)
{
	static const int64_t nothing[SHADOW_FATES];
	const int64_t *count = tally != NULL ? tally->count : nothing;
	struct db_result result;

	if (!db_query(w->db, &query_add_shadow_counts,
		DB_ARGS(db_text(pairing->tenant), db_text(pairing->champion),
		    db_text(pairing->shadow), db_integer((int64_t)scored),
		    db_integer(count[SHADOW_FULL]),
		    db_integer(count[SHADOW_NO_MODEL]),
		    db_integer(count[SHADOW_NOT_STORED]),
		    db_integer(count[SHADOW_STOPPED])),
		&result, err))
		return false;
	*comparison_id = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return true;
}

static bool
put_pairs(struct worker *w, const struct shadow_batch *batch,
    const struct columns *columns, int64_t comparison_id, struct err *err)
{
	size_t count = batch->row_count;

	return db_exec(w->db, &query_put_shadow_pairs,
	    DB_ARGS(db_text(batch->pairing.tenant), db_integer(comparison_id),
		db_day(batch->day), db_integer(batch->champion_ns),
		db_integer(columns->ns), db_integers(columns->ids, count),
		db_integers(columns->weeks, count),
		db_integers(columns->champion_scores, count),
		db_integers(columns->champion_levels, count),
		db_integers(columns->scores, count),
		db_integers(columns->levels, count)),
	    NULL, err);
}

/* The pairs, and what was counted of their pairing meanwhile. */
static bool
store(struct worker *w, const struct shadow_batch *batch,
    const struct columns *columns, struct err *err)
{
	struct shadow_queue *queue = models_shadows(w->state);
	const struct shadow_pairing *pairing = &batch->pairing;
	struct shadow_tally *tally = shadow_tally_take(queue, pairing);
	int64_t comparison_id;

	if (!work_begin(w, pairing->tenant, err) ||
	    !add_counts(w, pairing, tally, batch->row_count, &comparison_id,
		err) ||
	    !put_pairs(w, batch, columns, comparison_id, err) ||
	    !work_commit(w, err)) {
		if (tally != NULL)
			shadow_tally_return(queue, tally);
		return false;
	}
	shadow_tally_free(tally);
	metric_add(&METRIC_SHADOW_SCORINGS, SHADOW_SCORED, batch->row_count);
	return true;
}

static bool
work_off(struct worker *w, const struct shadow_batch *batch, struct err *err)
{
	struct shadow_queue *queue = models_shadows(w->state);
	struct tools *tools = w->scratch;
	struct columns *columns = arena_alloc(&tools->chunk, sizeof(*columns));
	enum shadow_fate fate = SHADOW_NO_MODEL;
	struct model *model = NULL;

	if (load_model(w, &batch->pairing, &model, err)) {
		score(w, batch, model, columns);
		fate = store(w, batch, columns, err) ? SHADOW_SCORED
						     : SHADOW_NOT_STORED;
	}
	model_unref(model);
	if (fate == SHADOW_SCORED)
		return true;
	shadow_queue_count(queue, &batch->pairing, fate, batch->row_count);
	tools->tell_after = clock_ticks() + PAUSE_US;
	return false;
}

/* Counts that no batch has taken along. */
static bool
tell_counts(struct worker *w, struct err *err)
{
	struct shadow_queue *queue = models_shadows(w->state);
	struct tools *tools = w->scratch;
	struct shadow_tally *tally;

	while ((tally = shadow_tally_take(queue, NULL)) != NULL) {
		struct shadow_pairing pairing = { tally->tenant,
			tally->champion, tally->shadow };
		int64_t comparison_id;

		if (!work_begin(w, pairing.tenant, err) ||
		    !add_counts(w, &pairing, tally, 0, &comparison_id, err) ||
		    !work_commit(w, err)) {
			shadow_tally_return(queue, tally);
			tools->tell_after = clock_ticks() + PAUSE_US;
			return false;
		}
		shadow_tally_free(tally);
	}
	return true;
}

/* The process stops: what waits is dropped, and all counts are told. */
static bool
leave(struct worker *w, struct shadow_batch *batch, struct err *err)
{
	struct shadow_queue *queue = models_shadows(w->state);
	bool is_woken;

	for (; batch != NULL; batch = shadow_queue_take(queue, 0, &is_woken)) {
		shadow_queue_count(queue, &batch->pairing, SHADOW_STOPPED,
		    batch->row_count);
		shadow_queue_finish(queue, batch);
	}
	return tell_counts(w, err);
}

static bool
take_turn(struct worker *w, struct shadow_batch *batch, struct err *err)
{
	struct shadow_queue *queue = models_shadows(w->state);
	bool is_good;

	if (batch == NULL)
		return tell_counts(w, err);
	is_good = work_off(w, batch, err);
	shadow_queue_finish(queue, batch);
	metric_set(&METRIC_SHADOW_BYTES, 0, (double)shadow_queue_bytes(queue));
	return is_good;
}

static bool
run(struct worker *w, struct err *err)
{
	struct tools *tools = w->scratch;
	struct shadow_batch *batch;
	bool is_woken, is_good;

	arena_reset(&tools->chunk);
	batch = shadow_queue_take(models_shadows(w->state), tools->tell_after,
	    &is_woken);
	db_deadline(w->db, clock_ticks() + WORK_US);
	is_good = is_woken ? leave(w, batch, err) : take_turn(w, batch, err);
	db_deadline(w->db, 0);
	return is_good;
}

static void
wake(void *state)
{
	shadow_queue_wake(models_shadows(state));
}

const struct side_kind shadow_side = { "shadow", run, wake };
