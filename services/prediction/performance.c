/*
 * performance.c - GET /api/v1/models/{version}/performance: how the scores that
 * a version gave turned out.
 *
 * Of each enrollment and calendar week the score of the last day is kept
 * (kept_score); its label is that of ending.h as it is known today.  Under 20
 * enrollments with an outcome nothing is measured.
 */
#include <math.h>
#include <string.h>

#include "ml/measures.h"
#include "services/prediction/ending.h"
#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"

enum { PAGE = 500, LEAST = 20, WEEKS_MOST = 2000, SHORTEST_NAME = 8 };

#define PARTS 10000.0 /* of a score, as it is stored */

/* Scores whose outcome is known, of one week. */
struct week {
	int32_t monday;
	size_t count, room;
	double *score;    /* in the arena, (room) */
	uint8_t *adverse; /* in the arena, (room) */
	int64_t waiting;
};

struct performance {
	struct worker *w;
	const char *tenant;
	const char *version;
	int32_t today;
	struct week *weeks; /* in the arena, ascending */
	size_t count;
	struct db_result rows; /* of scores_kept, by enrollment and week */
	size_t row;            /* the next one */
};

/* Columns of scores_kept. */
enum { ENROLLMENT_ID, MONDAY, LAST_DAY, SCORE };

/* The week's place, made where there is none; NULL: there are too many. */
static struct week *
week_of(struct performance *p, int32_t monday)
{
	size_t at = p->count;

	while (at > 0 && p->weeks[at - 1].monday >= monday)
		at--;
	if (at < p->count && p->weeks[at].monday == monday)
		return &p->weeks[at];
	if (p->count == WEEKS_MOST)
		return NULL;
	memmove(p->weeks + at + 1, p->weeks + at,
	    (p->count - at) * sizeof(*p->weeks));
	p->weeks[at] = (struct week){ .monday = monday };
	p->count++;
	return &p->weeks[at];
}

static void
add(struct performance *p, struct week *week, double score, bool is_adverse)
{
	if (week->count == week->room) {
		size_t room = week->room > 0 ? 2 * week->room : 64;
		double *scores =
		    arena_array(&p->w->arena, room, sizeof(*scores));
		uint8_t *adverse = arena_alloc(&p->w->arena, room);

		if (week->count > 0) {
			memcpy(scores, week->score,
			    week->count * sizeof(*scores));
			memcpy(adverse, week->adverse, week->count);
		}
		week->score = scores;
		week->adverse = adverse;
		week->room = room;
	}
	week->score[week->count] = score;
	week->adverse[week->count++] = is_adverse;
}

/* The enrollment's scores, with its facts in hand. */
static bool
visit(void *user, struct subject *subject, struct err *err)
{
	struct performance *p = user;

	(void)err;
	for (; p->row < p->rows.row_count &&
	     db_get_integer(&p->rows, p->row, ENROLLMENT_ID) <=
		 subject->enrollment_id;
	     p->row++) {
		int32_t day = db_get_day(&p->rows, p->row, LAST_DAY);
		const struct fact *ending = ending_find(subject, p->today, day);
		struct week *week =
		    week_of(p, db_get_day(&p->rows, p->row, MONDAY));

		if (week == NULL)
			continue;
		if (ending == NULL)
			week->waiting++;
		else
			add(p, week,
			    (double)db_get_integer(&p->rows, p->row, SCORE) /
				PARTS,
			    ending->detail == OUTCOME_ADVERSE);
	}
	return true;
}

static bool
visit_page(struct performance *p, const struct rules *rules, const int64_t *ids,
    size_t count, struct err *err)
{
	bool is_good;

	p->row = 0;
	if (!db_query(p->w->db, &query_scores_kept,
		DB_ARGS(db_text(p->tenant), db_text(p->version),
		    db_integers(ids, count)),
		&p->rows, err))
		return false;
	is_good =
	    endings_visit(p->w, p->tenant, rules, ids, count, visit, p, err);
	db_result_close(&p->rows);
	return is_good;
}

static bool
visit_all(struct performance *p, const struct rules *rules, struct err *err)
{
	struct db_result found = { 0 };
	int64_t *ids = arena_array(&p->w->arena, PAGE, sizeof(*ids));
	int64_t after = 0;
	size_t count;

	do {
		if (!db_query(p->w->db, &query_enrollments_scored_by,
			DB_ARGS(db_text(p->tenant), db_text(p->version),
			    db_integer(after), db_integer(PAGE)),
			&found, err))
			return false;
		count = ids_take(&found, ids, &after);
		if (count > 0 && !visit_page(p, rules, ids, count, err))
			return false;
	} while (count == PAGE);
	return true;
}

static void
set(double value, double *to, bool *has)
{
	*has = isfinite(value);
	*to = *has ? value : 0;
}

static bool
measure(const struct week *week, struct performance_week *to, struct err *err)
{
	struct scored samples = { week->count, week->score, week->adverse,
		NULL };
	struct measures measures;
	const double *value = measures.value;
	double sum = 0;

	*to = (struct performance_week){ .week = week->monday,
		.n = (int64_t)week->count,
		.waiting = week->waiting };
	if (week->count < LEAST)
		return true;
	if (!measures_of(&samples, &measures, err))
		return false;
	for (size_t i = 0; i < week->count; i++)
		sum += week->score[i];
	set(sum / (double)week->count, &to->mean_score, &to->has_mean_score);
	set(value[MEASURE_BASE_RATE], &to->base_rate, &to->has_base_rate);
	set(value[MEASURE_AUROC], &to->auroc, &to->has_auroc);
	set(value[MEASURE_LOG_LOSS], &to->log_loss, &to->has_log_loss);
	set(value[MEASURE_BRIER], &to->brier, &to->has_brier);
	set(value[MEASURE_ECE], &to->ece, &to->has_ece);
	set(value[MEASURE_PRECISION_TOP_10], &to->precision_top_10,
	    &to->has_precision_top_10);
	return true;
}

/* A version that has served, by its name, the beginning of one, or
 * "champion". */
static bool
find_version(struct worker *w, const char *tenant, const char *name,
    const char **version, struct err *err)
{
	bool is_champion = strcmp(name, "champion") == 0;
	struct db_result found = { 0 };
	size_t count;

	if (!is_champion && strlen(name) < SHORTEST_NAME)
		return err_set(err, ERR_NOT_FOUND,
		    "name champion, a version, or at least its first 8 "
		    "digits");
	if (is_champion
		? !db_query(w->db, &query_aliased_versions,
		      DB_ARGS(db_text(tenant), db_text(name)), &found, err)
		: !db_query(w->db, &query_version_scored,
		      DB_ARGS(db_text(tenant), db_text(name)), &found, err))
		return false;
	count = found.row_count;
	if (count == 1)
		*version =
		    db_get_text(&found, 0, is_champion ? 1 : 0, &w->arena);
	db_result_close(&found);
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "no model %.64s has served here", name);
	return count == 1 ||
	    err_set(err, ERR_CONFLICT,
		"several models begin with %.64s: give more digits", name);
}

bool
get_performance(struct worker *w, struct call *call, struct err *err)
{
	struct performance p = { .w = w, .tenant = call->head->tenant };
	struct model_performance answer = { 0 };
	struct rules rules;

	if (!find_version(w, p.tenant, call_path(call, "version"), &p.version,
		err) ||
	    !rules_load(w, p.tenant, &w->arena, &rules, err))
		return false;
	p.today = rules.today;
	p.weeks = arena_array(&w->arena, WEEKS_MOST, sizeof(*p.weeks));
	if (!visit_all(&p, &rules, err))
		return false;
	answer.model_version = p.version;
	answer.items =
	    arena_array(&w->arena, p.count + 1, sizeof(*answer.items));
	for (size_t i = 0; i < p.count; i++)
		if (!measure(&p.weeks[i], &answer.items[answer.items_count++],
			err))
			return false;
	return reply(call, 200, &model_performance_message, &answer);
}
