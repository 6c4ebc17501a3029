/*
 * experiment_report.c - GET /api/v1/experiments/{name}/report: how each arm
 * does, and how far it is from the control.
 *
 * Of each enrollment, arm and calendar week the ranking's last score is kept
 * (arm_score); its label is that of ending.h as it is known today.  Each look
 * is counted, because intervals hold for one.
 */
#include <math.h>
#include <string.h>

#include "ml/arm_measures.h"
#include "secure/digest.h"
#include "services/prediction/ending.h"
#include "services/prediction/experiments.h"
#include "services/prediction/queries.h"

enum {
	PAGE = 500,
	RESAMPLES = 1000,
	RESAMPLES_LEAST = 200,
	WORK_MOST = 200 * 1000 * 1000, /* scores times resamples: seconds */
	SEED = 1
};

#define PARTS 10000.0 /* of a score, as it is stored */

/* Columns of arm_scores. */
enum { ENROLLMENT_ID, ARM, LAST_DAY, SCORE, LEVEL };

struct collection {
	struct worker *w;
	const char *tenant;
	const struct experiment *experiment;
	int32_t today;
	size_t count, room;
	uint8_t *arm; /* in the arena, (room), and what follows */
	double *score;
	uint8_t *outcome;
	uint8_t *alert;
	uint64_t *student;
	int64_t enrollments[ARMS_MOST];
	struct db_result rows; /* of arm_scores, by enrollment and arm */
	size_t row;            /* the next one */
};

static bool
make_room(struct collection *c, struct err *err)
{
	struct db_result result;
	struct arena *arena = &c->w->arena;

	if (!db_query(c->w->db, &query_arm_score_count,
		DB_ARGS(db_text(c->tenant), db_text(c->experiment->name)),
		&result, err))
		return false;
	c->room = (size_t)db_get_integer(&result, 0, 0);
	db_result_close(&result);
	c->arm = arena_alloc(arena, c->room);
	c->score = arena_array(arena, c->room, sizeof(*c->score));
	c->outcome = arena_alloc(arena, c->room);
	c->alert = arena_alloc(arena, c->room);
	c->student = arena_array(arena, c->room, sizeof(*c->student));
	return true;
}

/* Its place; arms_count when it is none of them. */
static size_t
arm_of(const struct collection *c, const char *name)
{
	size_t i = 0;

	while (i < c->experiment->arms_count &&
	    strcmp(c->experiment->arms[i].arm, name) != 0)
		i++;
	return i;
}

static void
add(struct collection *c, const struct subject *subject, size_t arm)
{
	int32_t day = db_get_day(&c->rows, c->row, LAST_DAY);
	const struct fact *ending = ending_find(subject, c->today, day);
	size_t i = c->count++;

	c->arm[i] = (uint8_t)arm;
	c->score[i] = (double)db_get_integer(&c->rows, c->row, SCORE) / PARTS;
	c->alert[i] = db_get_integer(&c->rows, c->row, LEVEL) >= LEVEL_HIGH;
	c->student[i] = digest_number(subject->student_id);
	c->outcome[i] = ending == NULL ? ARM_OUTCOME_UNKNOWN
				       : ending->detail == OUTCOME_ADVERSE;
}

/* The enrollment's scores, with its facts in hand.  What is written while the
 * report is made finds no room and waits for the next one. */
static bool
visit(void *user, struct subject *subject, struct err *err)
{
	struct collection *c = user;
	size_t last = c->experiment->arms_count;

	(void)err;
	for (; c->row < c->rows.row_count &&
	     db_get_integer(&c->rows, c->row, ENROLLMENT_ID) <=
		 subject->enrollment_id;
	     c->row++) {
		size_t arm =
		    arm_of(c, db_get_text(&c->rows, c->row, ARM, &c->w->arena));

		if (arm == c->experiment->arms_count || c->count == c->room ||
		    db_get_integer(&c->rows, c->row, ENROLLMENT_ID) <
			subject->enrollment_id)
			continue;
		c->enrollments[arm] += arm != last;
		last = arm;
		add(c, subject, arm);
	}
	return true;
}

static bool
collect_page(struct collection *c, const struct rules *rules,
    const int64_t *ids, size_t count, struct err *err)
{
	bool is_good;

	c->row = 0;
	if (!db_query(c->w->db, &query_arm_scores,
		DB_ARGS(db_text(c->tenant), db_text(c->experiment->name),
		    db_integers(ids, count)),
		&c->rows, err))
		return false;
	is_good =
	    endings_visit(c->w, c->tenant, rules, ids, count, visit, c, err);
	db_result_close(&c->rows);
	return is_good;
}

static bool
collect(struct collection *c, const struct rules *rules, struct err *err)
{
	int64_t *ids = arena_array(&c->w->arena, PAGE, sizeof(*ids));
	struct db_result found;
	int64_t after = 0;
	size_t count;

	do {
		if (!db_query(c->w->db, &query_enrollments_on_arms,
			DB_ARGS(db_text(c->tenant),
			    db_text(c->experiment->name), db_integer(after),
			    db_integer(PAGE)),
			&found, err))
			return false;
		count = ids_take(&found, ids, &after);
		if (count > 0 && !collect_page(c, rules, ids, count, err))
			return false;
	} while (count == PAGE);
	return true;
}

static size_t
resamples_for(size_t scores)
{
	size_t most = scores > 0 ? WORK_MOST / scores : RESAMPLES;

	if (most > RESAMPLES)
		return RESAMPLES;
	return most < RESAMPLES_LEAST ? RESAMPLES_LEAST : most;
}

static struct arm_figure *
figure(struct arena *arena, const struct arm_estimate *estimate)
{
	struct arm_figure *figure;

	if (!isfinite(estimate->value))
		return NULL;
	figure = arena_alloc(arena, sizeof(*figure));
	figure->value = estimate->value;
	figure->has_low = isfinite(estimate->low);
	figure->low = figure->has_low ? estimate->low : 0;
	figure->has_high = isfinite(estimate->high);
	figure->high = figure->has_high ? estimate->high : 0;
	return figure;
}

static struct arm_figures *
figures(struct arena *arena, const struct arm_estimate estimates[ARM_MEASURES])
{
	struct arm_figures *all = arena_alloc(arena, sizeof(*all));

	all->brier = figure(arena, &estimates[ARM_BRIER]);
	all->log_loss = figure(arena, &estimates[ARM_LOG_LOSS]);
	all->auroc = figure(arena, &estimates[ARM_AUROC]);
	all->ece = figure(arena, &estimates[ARM_ECE]);
	all->calibration_gap = figure(arena, &estimates[ARM_CALIBRATION_GAP]);
	all->false_negative_rate =
	    figure(arena, &estimates[ARM_FALSE_NEGATIVES]);
	all->alert_rate = figure(arena, &estimates[ARM_ALERTS]);
	return all;
}

static void
fill_arm(const struct collection *c, size_t place,
    const struct arm_measured *measured, struct arm_report *report)
{
	struct arena *arena = &c->w->arena;
	const struct experiment_arm *arm = &c->experiment->arms[place];

	*report = (struct arm_report){ .arm = arm->arm,
		.version = arm->version,
		.share = arm->share,
		.enrollments = c->enrollments[place],
		.students = (int64_t)measured->students,
		.scores = (int64_t)measured->scores,
		.known = (int64_t)measured->known,
		.known_students = (int64_t)measured->known_students,
		.adverse_students = (int64_t)measured->adverse_students,
		.enough = measured->known_students >= ARM_LEAST };
	report->figures = figures(arena, measured->own);
	if (place > 0)
		report->difference = figures(arena, measured->difference);
}

/* Answers to single questions and batches, by arm. */
static bool
count_answers(const struct collection *c, struct arm_report *reports,
    struct err *err)
{
	struct db_result rows;

	if (!db_query(c->w->db, &query_arm_answers,
		DB_ARGS(db_text(c->tenant), db_text(c->experiment->name)),
		&rows, err))
		return false;
	for (size_t i = 0; i < rows.row_count; i++) {
		size_t arm = arm_of(c, db_get_text(&rows, i, 0, &c->w->arena));

		if (arm < c->experiment->arms_count)
			reports[arm].predictions = db_get_integer(&rows, i, 1);
	}
	db_result_close(&rows);
	return true;
}

static bool
count_look(struct worker *w, const char *tenant, const char *name,
    int64_t *looks, struct err *err)
{
	struct db_result row;

	if (!db_query(w->db, &query_experiment_look,
		DB_ARGS(db_text(tenant), db_text(name)), &row, err))
		return false;
	*looks = db_get_integer(&row, 0, 0);
	db_result_close(&row);
	return true;
}

static bool
measure(struct collection *c, struct experiment_report *report, struct err *err)
{
	struct arm_measured measured[ARMS_MOST];
	size_t arms = c->experiment->arms_count;

	struct arm_samples samples = { .count = c->count,
		.arms = arms,
		.arm = c->arm,
		.score = c->score,
		.outcome = c->outcome,
		.alert = c->alert,
		.student = c->student,
		.seed = SEED,
		.resamples = resamples_for(c->count) };

	if (!arms_measure(&samples, measured, err))
		return false;
	report->resamples = (int64_t)samples.resamples;
	report->arms = arena_array(&c->w->arena, arms, sizeof(*report->arms));
	report->arms_count = arms;
	for (size_t i = 0; i < arms; i++)
		fill_arm(c, i, &measured[i], &report->arms[i]);
	return count_answers(c, report->arms, err);
}

static const char *
caution(struct arena *arena, int64_t looks)
{
	return arena_printf(arena,
	    "Intervals hold for one look, at a time that was fixed before. "
	    "This is look %lld%s.",
	    (long long)looks,
	    looks > 1 ? ": who ends at the first difference that shows finds "
			"one by chance more often than 1 in 20 times"
		      : "");
}

/* Of a large school this takes seconds: one at a time. */
static bool
collect_and_measure(struct collection *c, const struct rules *rules,
    struct experiment_report *report, struct err *err)
{
	bool is_good;

	if (!large_take(c->w->state))
		return large_busy(err);
	is_good = make_room(c, err) && collect(c, rules, err) &&
	    measure(c, report, err);
	large_give(c->w->state);
	return is_good;
}

bool
get_experiment_report(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct experiment experiment;
	struct collection c = { .w = w,
		.tenant = tenant,
		.experiment = &experiment };
	struct experiment_report report = { .least = ARM_LEAST };
	struct rules rules;

	if (!experiment_find(w, tenant, call_path(call, "name"), &experiment,
		err))
		return false;
	if (experiment.state == EXPERIMENT_DRAFT)
		return err_set(err, ERR_CONFLICT,
		    "experiment %s has not started", experiment.name);
	if (!rules_load(w, tenant, &w->arena, &rules, err))
		return false;
	c.today = rules.today;
	if (!collect_and_measure(&c, &rules, &report, err) ||
	    !count_look(w, tenant, experiment.name, &report.looks, err))
		return false;
	report.name = experiment.name;
	report.state = experiment.state;
	report.caution = caution(&w->arena, report.looks);
	return reply(call, 200, &experiment_report_message, &report);
}
