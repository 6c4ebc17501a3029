/* verdicts.c - answers for some enrollments, the cheap way first. */
#include "services/prediction/verdicts.h"

#include <stdlib.h>

#include "base/clock.h"
#include "services/prediction/shadow.h"
#include "services/prediction/store.h"

/* Enrollments that are computed together: bounds a thread's memory. */
enum { CHUNK_SCORE = 128, CHUNK_FULL = 16, CHUNK_MOST = CHUNK_SCORE };

/* Enrollments of one chunk that have no answer yet. */
struct chunk {
	const struct question_set *set;
	struct subject rows[CHUNK_MOST]; /* copies: as new as their facts */
	struct verdict *verdicts[CHUNK_MOST];
	size_t count;
	enum depth depth;
	struct look *looks; /* (count, points), oldest first */
	size_t points;
};

bool
verdict_inactive(const struct subject *subject, int32_t day, struct err *err)
{
	const struct feature_subject *features = &subject->features;
	char text[DAY_TEXT_SIZE];

	if (features->withdrawn_day <= day) {
		day_print(features->withdrawn_day, text);
		return err_set(err, ERR_CONFLICT,
		    "the student withdrew from %s on %s: give an earlier "
		    "reference_date to look back",
		    subject->course_id, text);
	}
	if (features->course_end_day < day) {
		day_print(features->course_end_day, text);
		return err_set(err, ERR_CONFLICT,
		    "%s ended on %s: give a reference_date up to then to look "
		    "back",
		    subject->course_id, text);
	}
	day_print(features->registered_day, text);
	return err_set(err, ERR_CONFLICT,
	    "the student is registered in %s from %s on: there is no score "
	    "before",
	    subject->course_id, text);
}

static void
no_score(struct verdict *verdict, const struct look *look, struct arena *arena)
{
	struct err err = { 0 };

	if (look->sequence.status == FEATURES_NOT_ACTIVE)
		verdict_inactive(look->subject, look->day, &err);
	else
		err_set(&err, ERR_INSUFFICIENT_HISTORY, "%s",
		    features_missing_text(&look->sequence, arena));
	verdict->code = err.code;
	verdict->why = arena_copy(arena, err.detail);
}

/* The looks of each: the day's alone, or the weeks before it too. */
static void
plan_looks(struct chunk *chunk, struct arena *arena)
{
	chunk->points = chunk->depth == DEPTH_FULL ? TREND_POINTS : 1;
	chunk->looks = arena_array(arena, chunk->count * chunk->points,
	    sizeof(struct look));
	for (size_t i = 0; i < chunk->count * chunk->points; i++) {
		size_t weeks = chunk->points - 1 - i % chunk->points;

		chunk->looks[i].day =
		    chunk->set->day - (int32_t)weeks * TREND_STEP_DAYS;
	}
}

static void
fill(const struct thinker *thinker, struct arena *arena, struct chunk *chunk,
    size_t index)
{
	const struct look *looks = &chunk->looks[index * chunk->points];
	const struct look *look = &looks[chunk->points - 1];
	struct verdict *verdict = chunk->verdicts[index];
	struct explanation explanation;

	if (look->sequence.status != FEATURES_READY) {
		no_score(verdict, look, arena);
		return;
	}
	verdict->prediction = arena_alloc(arena, sizeof(struct prediction));
	answer_fill(look, arena, verdict->prediction);
	if (chunk->depth == DEPTH_SCORE)
		return;
	answer_features(look, arena, verdict->prediction);
	answer_trend(looks, chunk->points, arena, verdict->prediction);
	model_explain(thinker->model, thinker->scratch,
	    &(struct network_row){ look->sequence.steps, look->sequence.context,
		(int)look->sequence.step_count },
	    &explanation);
	answer_reasons(look, thinker->model, &explanation, arena,
	    verdict->prediction);
}

/* Arithmetic only: nobody waits for the database with a thinker in hand. */
static void
think(struct worker *w, struct chunk *chunk)
{
	struct tools *tools = w->scratch;
	const struct serving_model *serving = chunk->set->serving;
	size_t count = chunk->count * chunk->points;
	struct thinker thinker =
	    thinker_take(w->state, serving->model, chunk->depth == DEPTH_FULL);
	int64_t worked = clock_worked();

	looks_score(&thinker, &tools->chunk, chunk->looks, count);
	worked = clock_worked() - worked;
	for (size_t i = 0; i < chunk->count; i++)
		fill(&thinker, &w->arena, chunk, i);
	thinker_give(w->state, &thinker);
	shadow_note(w, chunk->set->basis,
	    &(struct scored_looks){ serving, chunk->looks, count, chunk->points,
		worked });
}

struct place {
	int64_t enrollment_id;
	size_t index; /* in the chunk */
};

static int
compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return left->enrollment_id < right->enrollment_id
	    ? -1
	    : left->enrollment_id > right->enrollment_id;
}

/* By enrollment: two calls that store the same ones do not wait for each
 * other in a circle. */
static bool
keep(struct worker *w, const struct chunk *chunk, struct err *err)
{
	bool is_full = chunk->depth == DEPTH_FULL;
	struct place places[CHUNK_MOST];

	for (size_t i = 0; i < chunk->count; i++)
		places[i] = (struct place){ chunk->rows[i].enrollment_id, i };
	qsort(places, chunk->count, sizeof(*places), compare_places);
	for (size_t k = 0; k < chunk->count; k++) {
		size_t i = places[k].index;
		struct prediction *prediction = chunk->verdicts[i]->prediction;
		const struct look *look =
		    &chunk->looks[(i + 1) * chunk->points - 1];

		if (prediction == NULL)
			continue;
		if (!store_put(w, chunk->set, look, is_full, prediction, err))
			return false;
		if (is_full)
			cached_remember(w, chunk->set, look->subject,
			    prediction);
	}
	return true;
}

static bool
compute(struct worker *w, struct chunk *chunk, struct err *err)
{
	struct tools *tools = w->scratch;
	struct subjects subjects = { &tools->chunk, chunk->rows, chunk->count };

	plan_looks(chunk, &tools->chunk);
	if (!looks_build(w, chunk->set->basis->tenant, &subjects, chunk->looks,
		chunk->points, err))
		return false;
	think(w, chunk);
	return keep(w, chunk, err);
}

/* A stored answer that is deep enough; NULL when there is none. */
static struct prediction *
take_stored(struct worker *w, const struct question_set *set, size_t index,
    const struct stored *stored, enum depth depth)
{
	const struct subject *subject = set->subjects[index];

	if (stored->prediction == NULL)
		return NULL;
	if (depth == DEPTH_SCORE)
		return answer_shorten(stored->prediction, subject, &w->arena);
	if (!stored->is_full)
		return NULL;
	cached_remember(w, set, subject, stored->prediction);
	return stored->prediction;
}

/* Leave to the chunk what has no answer yet. */
static void
sort_out(struct worker *w, const struct question_set *set,
    const struct stored *found, struct verdict *verdicts, struct chunk *chunk)
{
	for (size_t i = 0; i < set->count; i++) {
		verdicts[i].prediction =
		    take_stored(w, set, i, &found[i], chunk->depth);
		if (verdicts[i].prediction != NULL)
			continue;
		chunk->rows[chunk->count] = *set->subjects[i];
		chunk->verdicts[chunk->count++] = &verdicts[i];
	}
}

static bool
give_chunk(struct worker *w, const struct question_set *set, enum depth depth,
    struct verdict *verdicts, struct err *err)
{
	struct tools *tools = w->scratch;
	struct stored found[CHUNK_MOST];
	struct chunk *chunk;

	if (set->count == 0)
		return true;
	/* The chunk before, if there was one, is certain now. */
	if ((tools->has_stored || w->call->after_user != NULL) &&
	    !store_commit(w, set->basis->tenant, err))
		return false;
	arena_reset(&tools->chunk);
	/* Short answers are copied out of long ones. */
	if (!store_find(w, set, depth == DEPTH_FULL ? &w->arena : &tools->chunk,
		found, err))
		return false;
	chunk = arena_alloc(&tools->chunk, sizeof(*chunk));
	chunk->set = set;
	chunk->depth = depth;
	sort_out(w, set, found, verdicts, chunk);
	return chunk->count == 0 || compute(w, chunk, err);
}

/* One chunk of the subjects, less those that the cache answers. */
struct part {
	const struct subject *subjects[CHUNK_MOST];
	struct verdict verdicts[CHUNK_MOST];
	struct verdict *places[CHUNK_MOST]; /* where they go */
	size_t count;
};

static void
add_unless_cached(struct worker *w, const struct question_set *set,
    enum depth depth, const struct subject *subject, struct verdict *verdict,
    struct part *part)
{
	*verdict = (struct verdict){ 0 };
	if (depth == DEPTH_FULL)
		verdict->prediction = cached_find(w, set, subject);
	if (verdict->prediction != NULL)
		return;
	part->subjects[part->count] = subject;
	part->verdicts[part->count] = (struct verdict){ 0 };
	part->places[part->count++] = verdict;
}

/* The subjects that the set's serving answers for. */
static bool
give_served(struct worker *w, struct question_set *set, enum depth depth,
    const struct subjects *subjects, struct verdict *verdicts,
    struct part *part, struct err *err)
{
	size_t size = depth == DEPTH_FULL ? CHUNK_FULL : CHUNK_SCORE;

	for (size_t i = 0; i <= subjects->count; i++) {
		bool is_last = i == subjects->count;

		if (!is_last &&
		    basis_serving(set->basis,
			subjects->rows[i].enrollment_id) == set->serving)
			add_unless_cached(w, set, depth, &subjects->rows[i],
			    &verdicts[i], part);
		if (part->count < size && !is_last)
			continue;
		set->count = part->count;
		if (!give_chunk(w, set, depth, part->verdicts, err))
			return false;
		for (size_t k = 0; k < part->count; k++)
			*part->places[k] = part->verdicts[k];
		part->count = 0;
	}
	return true;
}

bool
verdicts_give(struct worker *w, const struct basis *basis, int32_t day,
    enum depth depth, const struct subjects *subjects, struct verdict *verdicts,
    struct err *err)
{
	struct part *part = arena_alloc(&w->arena, sizeof(*part));

	for (size_t i = 0; i < basis->serving_count; i++) {
		struct question_set set = { basis, &basis->servings[i], day,
			part->subjects, 0 };

		if (!give_served(w, &set, depth, subjects, verdicts, part, err))
			return false;
	}
	return true;
}
