/*
 * assess.c - choose samples, measure, write down.
 */
#include "services/training/assess.h"

#include <math.h>
#include <string.h>

#include "ml/bootstrap.h"
#include "ml/lead.h"
#include "proto/ingestion.h"

/* Share of samples that lead time looks at. */
#define LEAD_SHARE 0.20

static const struct target {
	const char *name;
	int result; /* -1: any adverse one */
} targets[TARGETS] = {
	{ "adverse", -1 },
	{ "fail", RESULT_FAIL },
	{ "withdrawn", RESULT_WITHDRAWN },
};

void
contender_score(struct contender *contender, const struct cohort *test,
    struct arena *arena)
{
	float *logits = arena_array(arena, test->count + 1, sizeof(float));
	struct network_batch batch = { test->rows, test->count, false };
	struct network_output output = { .logits = logits };
	struct model_scratch *scratch =
	    model_scratch_new(contender->model, false);

	contender->scores = arena_array(arena, test->count + 1, sizeof(double));
	model_logits(contender->model, scratch, &batch, &output);
	model_scratch_free(scratch);
	for (size_t i = 0; i < test->count; i++)
		contender->scores[i] =
		    model_score(contender->model, (double)logits[i]);
}

/* Some of the test samples, side by side. */
struct selection {
	size_t count;
	double *score;
	uint8_t *adverse;
	uint64_t *student;
	int32_t *outcome_after;
};

static void
select_samples(const struct assessment *a, const struct contender *contender,
    const struct target *target, int week, struct selection *to)
{
	const struct cohort *test = a->test;

	to->count = 0;
	to->score = arena_array(a->arena, test->count + 1, sizeof(double));
	to->adverse = arena_array(a->arena, test->count + 1, 1);
	to->student = arena_array(a->arena, test->count + 1, sizeof(uint64_t));
	to->outcome_after =
	    arena_array(a->arena, test->count + 1, sizeof(int32_t));
	for (size_t i = 0; i < test->count; i++) {
		size_t at = to->count;

		if (week != 0 && test->week[i] != week)
			continue;
		if (target->result >= 0 && test->adverse[i] &&
		    test->result[i] != target->result)
			continue;
		to->score[at] = contender->scores[i];
		to->adverse[at] = test->adverse[i];
		to->student[at] = test->student[i];
		to->outcome_after[at] = test->outcome_after[i];
		to->count++;
	}
}

static bool
has_both(const struct selection *selection)
{
	size_t adverse = 0;

	for (size_t i = 0; i < selection->count; i++)
		adverse += selection->adverse[i];
	return adverse > 0 && adverse < selection->count;
}

static struct estimate *
estimate_of(struct arena *arena, double value,
    const struct resampled_interval *interval)
{
	struct estimate *estimate = arena_alloc(arena, sizeof(*estimate));

	estimate->value = value;
	estimate->low = interval->low;
	estimate->high = interval->high;
	estimate->has_value = isfinite(estimate->value);
	estimate->has_low = isfinite(estimate->low);
	estimate->has_high = isfinite(estimate->high);
	return estimate;
}

static struct estimate *
make_estimate(struct arena *arena, const struct measures_report *report,
    enum measure measure)
{
	return estimate_of(arena, report->measures.value[measure],
	    &report->interval[measure]);
}

/* A part of Brier's score may be a rounding error below 0. */
static double
part_of(const struct measures_report *report, enum measure measure)
{
	return fmin(1, fmax(0, report->measures.value[measure]));
}

static double
entropy(double rate)
{
	return -rate * log(rate) - (1 - rate) * log1p(-rate);
}

static void
fill(struct arena *arena, const struct measures_report *report,
    struct evaluation *to)
{
	to->base_rate = report->measures.value[MEASURE_BASE_RATE];
	to->has_base_log_loss = true;
	to->base_log_loss = entropy(to->base_rate);
	to->auroc = make_estimate(arena, report, MEASURE_AUROC);
	to->auprc = make_estimate(arena, report, MEASURE_AUPRC);
	to->log_loss = make_estimate(arena, report, MEASURE_LOG_LOSS);
	to->brier = make_estimate(arena, report, MEASURE_BRIER);
	to->ece = make_estimate(arena, report, MEASURE_ECE);
	to->precision_top_5 =
	    make_estimate(arena, report, MEASURE_PRECISION_TOP_5);
	to->precision_top_10 =
	    make_estimate(arena, report, MEASURE_PRECISION_TOP_10);
	to->precision_top_20 =
	    make_estimate(arena, report, MEASURE_PRECISION_TOP_20);
	to->recall_top_10 = make_estimate(arena, report, MEASURE_RECALL_TOP_10);
	to->recall_top_5 = make_estimate(arena, report, MEASURE_RECALL_TOP_5);
	to->recall_top_20 = make_estimate(arena, report, MEASURE_RECALL_TOP_20);
	to->brier_reliability =
	    make_estimate(arena, report, MEASURE_RELIABILITY);
	to->brier_resolution = make_estimate(arena, report, MEASURE_RESOLUTION);
	to->brier_uncertainty =
	    make_estimate(arena, report, MEASURE_UNCERTAINTY);
	to->reliability = part_of(report, MEASURE_RELIABILITY);
	to->resolution = part_of(report, MEASURE_RESOLUTION);
	to->uncertainty = part_of(report, MEASURE_UNCERTAINTY);
}

/* The share of those active that a prediction would have been given for; all
 * weeks have pages of their own. */
static double
coverage(const struct assessment *a, int week)
{
	uint64_t active = 0, scorable = 0;

	for (size_t i = 0; i < ARRAY_SIZE(a->test->active); i++)
		if (week == 0 || i == (size_t)week) {
			active += a->test->active[i];
			scorable += a->test->scorable[i];
		}
	return active == 0 ? 1 : fmin(1, (double)scorable / (double)active);
}

/* How long before the outcome the warning comes, for those at the top. */
static bool
fill_lead(const struct assessment *a, const struct selection *s,
    const struct scored *samples, struct evaluation *to, struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct lead_question question = { samples, s->outcome_after,
		OUTCOME_NONE, LEAD_SHARE };
	struct lead lead;

	if (!lead_measure(&question, &plan, &lead, err))
		return false;
	to->has_lead_days = isfinite(lead.days);
	if (!to->has_lead_days)
		return true;
	to->lead_days = lead.days;
	to->lead = estimate_of(a->arena, lead.days, &lead.interval);
	return true;
}

static bool
fill_bins(const struct assessment *a, const struct scored *samples,
    struct evaluation *to, struct err *err)
{
	struct calibration_bin *all =
	    arena_array(a->arena, MEASURES_BINS, sizeof(*all));
	struct score_bin bins[MEASURES_BINS];
	struct ranking ranking;

	if (!ranking_init(&ranking, samples, err))
		return false;
	measures_bins(&ranking, NULL, bins);
	ranking_close(&ranking);
	to->calibration = all;
	for (size_t i = 0; i < MEASURES_BINS; i++)
		if (bins[i].count > 0)
			all[to->calibration_count++] =
			    (struct calibration_bin){ (int64_t)bins[i].count,
				    bins[i].mean_score, bins[i].rate };
	return true;
}

static bool
evaluate(const struct assessment *a, const struct contender *contender,
    const struct target *target, int week, struct evaluation *to,
    struct err *err)
{
	struct bootstrap_plan plan = { a->seed, ASSESS_RESAMPLES };
	struct measures_report report;
	struct selection selection;
	struct scored samples;

	*to = (struct evaluation){ .model = contender->name,
		.has_week = week != 0,
		.week = week,
		.target = target->name };
	select_samples(a, contender, target, week, &selection);
	to->n = (int64_t)selection.count;
	if (!has_both(&selection))
		return true;
	samples = (struct scored){ selection.count, selection.score,
		selection.adverse, selection.student };
	if (!bootstrap_measures(&samples, &plan, &report, err))
		return false;
	fill(a->arena, &report, to);
	to->coverage = coverage(a, week);
	return fill_bins(a, &samples, to, err) &&
	    fill_lead(a, &selection, &samples, to, err);
}

bool
assess(const struct assessment *assessment, const struct contender *contender,
    struct evaluation **evaluations, size_t *count, struct err *err)
{
	size_t weeks = assessment->week_count + 1;
	size_t rows = assessment->target_count * weeks;
	struct evaluation *all =
	    arena_array(assessment->arena, rows, sizeof(*all));

	*evaluations = all;
	*count = 0;
	for (size_t i = 0; i < rows; i++) {
		size_t week = i % weeks;
		struct evaluation *to = &all[*count];

		if (!evaluate(assessment, contender, &targets[i / weeks],
			week == 0 ? 0 : (int)assessment->weeks[week - 1], to,
			err))
			return false;
		if (to->auroc != NULL)
			(*count)++;
		reporter_unit(assessment->reporter,
		    &(struct reporter_unit){ .phase = NULL });
	}
	return true;
}

struct evaluation *
assess_side_by_side(struct evaluation *const *found, size_t models,
    size_t count, struct arena *arena, size_t *total)
{
	struct evaluation *all =
	    arena_array(arena, models * count + 1, sizeof(*all));

	*total = models * count;
	for (size_t i = 0; i < *total; i++)
		all[i] = found[i % models][i / models];
	return all;
}

double
assess_mean(const struct evaluation *evaluations, size_t count,
    enum headline headline)
{
	double sum = 0, weeks = 0;

	for (size_t i = 0; i < count; i++) {
		const struct evaluation *e = &evaluations[i];

		if (!e->has_week || strcmp(e->target, targets[0].name) != 0)
			continue;
		sum += headline == HEADLINE_LOG_LOSS ? e->log_loss->value
						     : e->auroc->value;
		weeks++;
	}
	return weeks > 0 ? sum / weeks : (double)NAN;
}
