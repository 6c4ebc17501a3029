/*
 * ranking_chunk.c - scores a chunk of enrollments and writes what is to be
 * known of it: the ranking's rows, the scores that are kept, the news.
 */
#include "base/clock.h"
#include "services/prediction/look.h"
#include "services/prediction/made.h"
#include "services/prediction/queries.h"
#include "services/prediction/ranking_inner.h"
#include "services/prediction/shadow.h"

/* The columns of a chunk's rows, all of one serving. */
struct scores {
	const struct serving_model *serving; /* borrowed */
	size_t count;
	int64_t ids[RANKING_CHUNK];
	int64_t facts_revisions[RANKING_CHUNK];
	int64_t register_revisions[RANKING_CHUNK];
	int64_t parts[RANKING_CHUNK];  /* -1: no score */
	int64_t levels[RANKING_CHUNK]; /* -1 */
};

static void
fill_scores(const struct look *looks, size_t count, struct scores *scores)
{
	scores->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct look *look = &looks[i];
		bool has_score = look->sequence.status == FEATURES_READY;

		scores->ids[i] = look->subject->enrollment_id;
		scores->facts_revisions[i] = look->subject->facts_revision;
		scores->register_revisions[i] =
		    look->subject->register_revision;
		scores->parts[i] = has_score ? look_parts(look->score) : -1;
		scores->levels[i] = has_score ? (int64_t)look->category : -1;
	}
}

/* Columns of put_scores. */
enum { ENROLLMENT_ID, LEVEL_BEFORE, IS_ANOTHER };

/* `pasts` in step with `scores`. */
static void
read_pasts(const struct db_result *rows, const struct scores *scores,
    struct past *pasts)
{
	for (size_t row = 0; row < rows->row_count; row++) {
		int64_t id = db_get_integer(rows, row, ENROLLMENT_ID);
		size_t i = 0;

		while (i < scores->count && scores->ids[i] != id)
			i++;
		must(i < scores->count);
		pasts[i].is_another = db_get_flag(rows, row, IS_ANOTHER);
		pasts[i].has_level = !db_is_null(rows, row, LEVEL_BEFORE);
		if (pasts[i].has_level)
			pasts[i].level =
			    (int)db_get_integer(rows, row, LEVEL_BEFORE);
	}
}

static bool
put_scores(struct worker *w, const struct ranking *ranking,
    const struct scores *scores, struct past *pasts, struct err *err)
{
	const struct basis *basis = ranking->basis;
	size_t count = scores->count;
	struct db_result rows;

	if (!db_query(w->db, &query_put_scores,
		DB_ARGS(db_text(basis->tenant), db_day(ranking->day),
		    db_text(scores->serving->version),
		    db_integer(basis->rules->position),
		    db_integers(scores->ids, count),
		    db_integers(scores->facts_revisions, count),
		    db_integers(scores->register_revisions, count),
		    db_integers(scores->parts, count),
		    db_integers(scores->levels, count),
		    db_flag(ranking_is_look_back(ranking)),
		    db_text(scores->serving->name)),
		&rows, err))
		return false;
	read_pasts(&rows, scores, pasts);
	db_result_close(&rows);
	return true;
}

static bool
keep_arm_scores(struct worker *w, const struct ranking *ranking,
    const struct scores *scores, struct err *err)
{
	const struct serving_model *serving = scores->serving;
	size_t count = scores->count;

	return serving->experiment == NULL ||
	    db_exec(w->db, &query_keep_arm_scores,
		DB_ARGS(db_text(ranking->basis->tenant), db_day(ranking->day),
		    db_text(serving->experiment), db_text(serving->arm),
		    db_integers(scores->ids, count),
		    db_integers(scores->parts, count),
		    db_integers(scores->levels, count)),
		NULL, err);
}

/* For later, when outcomes are known; of the tenant's own day alone. */
static bool
keep_scores(struct worker *w, const struct ranking *ranking,
    const struct scores *scores, struct err *err)
{
	return db_exec(w->db, &query_keep_scores,
		   DB_ARGS(db_text(ranking->basis->tenant),
		       db_day(ranking->day), db_text(scores->serving->version),
		       db_integers(scores->ids, scores->count),
		       db_integers(scores->parts, scores->count)),
		   NULL, err) &&
	    keep_arm_scores(w, ranking, scores, err);
}

static bool
look_at(struct worker *w, const struct ranking *ranking,
    const struct serving_model *serving, struct subjects *subjects,
    struct look *looks, struct err *err)
{
	struct thinker thinker;
	int64_t worked;

	for (size_t i = 0; i < subjects->count; i++)
		looks[i].day = ranking->day;
	if (!looks_build(w, ranking->basis->tenant, subjects, looks, 1, err))
		return false;
	thinker = thinker_take(w->state, serving->model, false);
	worked = clock_worked();
	looks_score(&thinker, subjects->arena, looks, subjects->count);
	worked = clock_worked() - worked;
	thinker_give(w->state, &thinker);
	shadow_note(w, ranking->basis,
	    &(struct scored_looks){ serving, looks, subjects->count, 1,
		worked });
	return true;
}

bool
ranking_score_chunk(struct worker *w, const struct ranking *ranking,
    const struct serving_model *serving, struct subjects *subjects,
    struct err *err)
{
	size_t count = subjects->count;
	struct look *looks =
	    arena_array(subjects->arena, count, sizeof(*looks));
	struct past *pasts =
	    arena_array(subjects->arena, count, sizeof(*pasts));
	struct scores *scores = arena_alloc(subjects->arena, sizeof(*scores));

	if (!look_at(w, ranking, serving, subjects, looks, err))
		return false;
	scores->serving = serving;
	fill_scores(looks, count, scores);
	return put_scores(w, ranking, scores, pasts, err) &&
	    (ranking_is_look_back(ranking) ||
		(keep_scores(w, ranking, scores, err) &&
		    made_say(w, ranking->basis->tenant,
			&(struct made){ serving, looks, pasts, count },
			subjects->arena, err)));
}
