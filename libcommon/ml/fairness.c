/* fairness.c - cut the samples into groups, measure each beside the others. */
#include "ml/fairness.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/students.h"

/* A copy of some samples. */
struct part {
	size_t count;
	double *score;     /* owned, (count) */
	uint8_t *adverse;  /* owned, (count) */
	uint64_t *student; /* owned, (count) */
	size_t students;
};

/* A piecewise linear ROC curve from (0, 0) to (1, 1). */
struct curve {
	size_t count;
	double *x; /* owned, (count), false-positive rate, ascending */
	double *y; /* owned, (count), true-positive rate */
};

static bool
is_in(const struct fairness_question *question, size_t row, int wanted, int but)
{
	int group = question->group[row];

	if (group == FAIRNESS_UNKNOWN)
		return false;
	return wanted == FAIRNESS_REST ? group != but : group == wanted;
}

/* Those of one group; FAIRNESS_REST: those of all known groups `but` one. */
static void
part_init(struct part *part, const struct scored *samples,
    const struct fairness_question *question, int wanted, int but)
{
	struct students students;
	size_t n = 0;

	part->score = mem_alloc(samples->count, sizeof(*part->score));
	part->adverse = mem_alloc(samples->count, sizeof(*part->adverse));
	part->student = mem_alloc(samples->count, sizeof(*part->student));
	for (size_t i = 0; i < samples->count; i++) {
		if (!is_in(question, i, wanted, but))
			continue;
		part->score[n] = samples->score[i];
		part->adverse[n] = samples->adverse[i];
		part->student[n++] = samples->student[i];
	}
	part->count = n;
	students_init(&students, part->student, n);
	part->students = students.count;
	students_close(&students);
}

static void
part_close(struct part *part)
{
	free(part->score);
	free(part->adverse);
	free(part->student);
	*part = (struct part){ 0 };
}

/* The scores have been checked: this cannot fail. */
static void
rank_part(struct ranking *ranking, const struct part *part)
{
	struct scored samples = { part->count, part->score, part->adverse,
		part->student };
	struct err err;

	must(ranking_init(ranking, &samples, &err));
}

static void
measure_rates(const struct part *part, double cut, struct group_fairness *group)
{
	double all[2] = { 0, 0 }, wrong[2] = { 0, 0 };
	double sum = 0;

	for (size_t i = 0; i < part->count; i++) {
		bool flagged = part->score[i] >= cut;
		bool adverse = part->adverse[i] != 0;

		sum += part->score[i];
		all[adverse]++;
		wrong[adverse] += flagged != adverse ? 1 : 0;
	}
	group->false_positive_rate =
	    all[0] > 0 ? wrong[0] / all[0] : (double)NAN;
	group->false_negative_rate =
	    all[1] > 0 ? wrong[1] / all[1] : (double)NAN;
	group->mean_score = sum / (double)part->count;
}

static void
measure_group(const struct part *part, const struct ranking *ranking,
    double cut, struct group_fairness *group)
{
	struct measures measures;

	measures_take(ranking, NULL, &measures);
	measure_rates(part, cut, group);
	group->base_rate = measures.value[MEASURE_BASE_RATE];
	group->calibration_gap = group->mean_score - group->base_rate;
	group->log_loss = measures.value[MEASURE_LOG_LOSS];
	group->auroc = measures.value[MEASURE_AUROC];
}

/* The area to those whom the question compares with. */
static double
compare_group(const struct scored *samples,
    const struct fairness_question *question, int index,
    const struct ranking *ranking)
{
	double area = NAN;
	struct ranking other;
	struct part part;

	part_init(&part, samples, question, question->reference, index);
	rank_part(&other, &part);
	if (part.students >= FAIRNESS_MIN_STUDENTS)
		area = fairness_abroca(ranking, &other);
	ranking_close(&other);
	part_close(&part);
	return area;
}

static void
judge_group(const struct scored *samples,
    const struct fairness_question *question, int index,
    struct group_fairness *group)
{
	struct ranking ranking;
	struct part part;

	*group = (struct group_fairness){ 0, 0, false, NAN, NAN, NAN, NAN, NAN,
		NAN, NAN, NAN };
	part_init(&part, samples, question, index, FAIRNESS_REST);
	rank_part(&ranking, &part);
	group->count = part.count;
	group->students = part.students;
	group->enough = part.students >= FAIRNESS_MIN_STUDENTS;
	if (group->enough) {
		measure_group(&part, &ranking, question->cut, group);
		group->abroca =
		    compare_group(samples, question, index, &ranking);
	}
	ranking_close(&ranking);
	part_close(&part);
}

bool
fairness_measure(const struct scored *samples,
    const struct fairness_question *question, struct group_fairness *groups,
    struct err *err)
{
	struct ranking all;

	must(question->group_count <= FAIRNESS_UNKNOWN);
	must(question->reference == FAIRNESS_REST ||
	    (size_t)question->reference < question->group_count);
	if (!ranking_init(&all, samples, err))
		return false;
	ranking_close(&all);
	for (size_t i = 0; i < question->group_count; i++)
		judge_group(samples, question, (int)i, &groups[i]);
	return true;
}

/* `weight` NULL: each counts once.  What counts not at all makes no corner. */
static void
curve_init(struct curve *curve, const struct ranking *ranking,
    const uint32_t *weight)
{
	double count[2] = { 0, 0 };

	curve->x = mem_alloc(ranking->count + 1, sizeof(*curve->x));
	curve->y = mem_alloc(ranking->count + 1, sizeof(*curve->y));
	curve->count = 1;
	for (size_t i = 0; i < ranking->count; i++) {
		count[ranking->adverse[i]] += weight != NULL ? weight[i] : 1;
		if (i + 1 < ranking->count &&
		    ranking->score[i + 1] == ranking->score[i])
			continue;
		if (count[0] == curve->x[curve->count - 1] &&
		    count[1] == curve->y[curve->count - 1])
			continue;
		curve->x[curve->count] = count[0];
		curve->y[curve->count++] = count[1];
	}
	for (size_t i = 0; i < curve->count; i++) {
		curve->x[i] /= count[0];
		curve->y[i] /= count[1];
	}
}

static void
curve_close(struct curve *curve)
{
	free(curve->x);
	free(curve->y);
}

/* The piece that begins at or before x and ends behind it; x < 1. */
static size_t
advance(const struct curve *curve, size_t piece, double x)
{
	while (curve->x[piece + 1] <= x)
		piece++;
	return piece;
}

static double
height(const struct curve *curve, size_t piece, double x)
{
	const double *cx = curve->x + piece, *cy = curve->y + piece;

	return cy[0] + (cy[1] - cy[0]) * (x - cx[0]) / (cx[1] - cx[0]);
}

/* Integral of |d| where d goes from `start` to `end` in a straight line. */
static double
straight_area(double start, double end, double width)
{
	double a = fabs(start), b = fabs(end);

	if (start * end >= 0)
		return width * (a + b) / 2;
	return width * (a * a + b * b) / (2 * (a + b));
}

static double
area_between(const struct curve *a, const struct curve *b)
{
	size_t i = 0, j = 0;
	double area = 0;
	double x = 0;

	while (x < 1) {
		double next, start, end;

		i = advance(a, i, x);
		j = advance(b, j, x);
		next = fmin(a->x[i + 1], b->x[j + 1]);
		start = height(a, i, x) - height(b, j, x);
		end = height(a, i, next) - height(b, j, next);
		area += straight_area(start, end, next - x);
		x = next;
	}
	return area;
}

static bool
has_both(const struct ranking *ranking, const uint32_t *weight)
{
	double count[2] = { 0, 0 };

	for (size_t i = 0; i < ranking->count; i++)
		count[ranking->adverse[i]] += weight != NULL ? weight[i] : 1;
	return count[0] > 0 && count[1] > 0;
}

/* A ranking and how often each place counts; NULL: once. */
struct side {
	const struct ranking *ranking;
	const uint32_t *weight;
};

static double
abroca(const struct side *a, const struct side *b)
{
	struct curve curve_a, curve_b;
	double area;

	if (!has_both(a->ranking, a->weight) ||
	    !has_both(b->ranking, b->weight))
		return NAN;
	curve_init(&curve_a, a->ranking, a->weight);
	curve_init(&curve_b, b->ranking, b->weight);
	area = area_between(&curve_a, &curve_b);
	curve_close(&curve_a);
	curve_close(&curve_b);
	return area;
}

double
fairness_abroca(const struct ranking *a, const struct ranking *b)
{
	return abroca(&(struct side){ a, NULL }, &(struct side){ b, NULL });
}

double
fairness_abroca_weighted(const struct ranking *ranking, const uint32_t *a,
    const uint32_t *b)
{
	return abroca(&(struct side){ ranking, a },
	    &(struct side){ ranking, b });
}
