/* arm_measures.c - every arm measured on the same draws of students. */
#include "ml/arm_measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/resample.h"

/* One arm's scores: those whose outcome is known ranked, and all of them. */
struct arm {
	size_t known, count;
	double *score;           /* owned, (known) */
	uint8_t *adverse;        /* owned, (known) */
	uint8_t *missed;         /* owned, (known): adverse without an alert */
	uint32_t *known_student; /* owned, (known), as a small number */
	uint8_t *alert;          /* owned, (count) */
	uint32_t *student;       /* owned, (count) */
	struct ranking ranking;  /* of the known */
	uint32_t *weight;        /* owned, (known), scratch */
};

struct table {
	const struct arm_samples *samples; /* borrowed */
	struct students students;
	struct arm *arms; /* owned, (samples->arms) */
	double *values;   /* owned, (arms, ARM_MEASURES, resamples) */
	size_t resamples;
};

static void
arm_init(struct arm *arm, const struct table *table, size_t number)
{
	const struct arm_samples *samples = table->samples;
	size_t count = 0;

	for (size_t i = 0; i < samples->count; i++)
		count += samples->arm[i] == number;
	arm->score = mem_alloc(count, sizeof(*arm->score));
	arm->adverse = mem_alloc(count, sizeof(*arm->adverse));
	arm->missed = mem_alloc(count, sizeof(*arm->missed));
	arm->known_student = mem_alloc(count, sizeof(*arm->known_student));
	arm->alert = mem_alloc(count, sizeof(*arm->alert));
	arm->student = mem_alloc(count, sizeof(*arm->student));
	arm->weight = mem_alloc(count, sizeof(*arm->weight));
	for (size_t i = 0; i < samples->count; i++) {
		if (samples->arm[i] != number)
			continue;
		arm->alert[arm->count] = samples->alert[i];
		arm->student[arm->count++] = table->students.of[i];
		if (samples->outcome[i] == ARM_OUTCOME_UNKNOWN)
			continue;
		arm->score[arm->known] = samples->score[i];
		arm->adverse[arm->known] = samples->outcome[i];
		arm->missed[arm->known] =
		    samples->outcome[i] == 1 && samples->alert[i] == 0;
		arm->known_student[arm->known++] = table->students.of[i];
	}
}

static void
arm_close(struct arm *arm)
{
	ranking_close(&arm->ranking);
	free(arm->score);
	free(arm->adverse);
	free(arm->missed);
	free(arm->known_student);
	free(arm->alert);
	free(arm->student);
	free(arm->weight);
}

static double
ratio(double part, double whole)
{
	return whole > 0 ? part / whole : (double)NAN;
}

/* `times`: how often each student counts. */
static void
measure(struct arm *arm, const uint32_t *times, double value[ARM_MEASURES])
{
	double scores = 0, missed = 0, adverse = 0, known = 0, alerts = 0,
	       all = 0;
	struct measures measures;

	for (size_t i = 0; i < arm->known; i++) {
		double weight = times[arm->known_student[i]];

		known += weight;
		scores += weight * arm->score[i];
		adverse += weight * arm->adverse[i];
		missed += weight * arm->missed[i];
	}
	for (size_t i = 0; i < arm->known; i++)
		arm->weight[i] = times[arm->known_student[arm->ranking.row[i]]];
	for (size_t i = 0; i < arm->count; i++) {
		all += times[arm->student[i]];
		alerts += times[arm->student[i]] * (double)arm->alert[i];
	}
	measures_take(&arm->ranking, arm->weight, &measures);
	value[ARM_BRIER] = measures.value[MEASURE_BRIER];
	value[ARM_LOG_LOSS] = measures.value[MEASURE_LOG_LOSS];
	value[ARM_AUROC] = measures.value[MEASURE_AUROC];
	value[ARM_ECE] = measures.value[MEASURE_ECE];
	value[ARM_CALIBRATION_GAP] = ratio(scores - adverse, known);
	value[ARM_FALSE_NEGATIVES] = ratio(missed, adverse);
	value[ARM_ALERTS] = ratio(alerts, all);
}

/* How many different students the rows with `flag` (NULL: all) belong to. */
static size_t
count_students(const struct table *table, const uint32_t *student,
    const uint8_t *flag, size_t count)
{
	uint8_t *is_there = mem_alloc(table->students.count + 1, 1);
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if ((flag != NULL && flag[i] == 0) || is_there[student[i]])
			continue;
		is_there[student[i]] = 1;
		found++;
	}
	free(is_there);
	return found;
}

static bool
is_enough(const struct arm_measured *arm, enum arm_measure what)
{
	if (what == ARM_ALERTS)
		return arm->students >= ARM_LEAST;
	if (what == ARM_FALSE_NEGATIVES)
		return arm->adverse_students >= ARM_LEAST;
	return arm->known_students >= ARM_LEAST;
}

static double *
values_of(const struct table *table, size_t arm, size_t what)
{
	return table->values + (arm * ARM_MEASURES + what) * table->resamples;
}

static void
resample(struct table *table)
{
	struct bootstrap_plan plan = { table->samples->seed, table->resamples };
	double value[ARM_MEASURES];
	struct draw draw;

	draw_init(&draw, &plan, table->students.count);
	for (size_t b = 0; b < table->resamples; b++) {
		draw_again(&draw);
		for (size_t a = 0; a < table->samples->arms; a++) {
			measure(&table->arms[a], draw.times, value);
			for (size_t m = 0; m < ARM_MEASURES; m++)
				values_of(table, a, m)[b] = value[m];
		}
	}
	draw_close(&draw);
}

static void
count_all(const struct table *table, struct arm_measured *measured)
{
	uint32_t *once = mem_alloc(table->students.count + 1, sizeof(*once));
	double value[ARM_MEASURES];

	for (size_t i = 0; i < table->students.count; i++)
		once[i] = 1;
	for (size_t a = 0; a < table->samples->arms; a++) {
		struct arm *arm = &table->arms[a];
		struct arm_measured *m = &measured[a];

		*m = (struct arm_measured){ .scores = arm->count,
			.known = arm->known };
		m->students =
		    count_students(table, arm->student, NULL, arm->count);
		m->known_students =
		    count_students(table, arm->known_student, NULL, arm->known);
		m->adverse_students = count_students(table, arm->known_student,
		    arm->adverse, arm->known);
		measure(arm, once, value);
		for (size_t k = 0; k < ARM_MEASURES; k++)
			m->own[k].value = is_enough(m, (enum arm_measure)k)
			    ? value[k]
			    : (double)NAN;
	}
	free(once);
}

/* With the interval of the resampled values, which are sorted. */
static void
bound(struct arm_estimate *estimate, double *values, size_t count)
{
	struct resampled_interval interval = resample_interval(values, count);

	if (isnan(estimate->value))
		interval.low = interval.high = (double)NAN;
	estimate->low = interval.low;
	estimate->high = interval.high;
}

static void
compare(const struct table *table, size_t arm, double *values,
    struct arm_measured *measured)
{
	for (size_t m = 0; m < ARM_MEASURES; m++) {
		struct arm_estimate *away = &measured[arm].difference[m];

		away->value =
		    measured[arm].own[m].value - measured[0].own[m].value;
		for (size_t b = 0; b < table->resamples; b++)
			values[b] = values_of(table, arm, m)[b] -
			    values_of(table, 0, m)[b];
		bound(away, values, table->resamples);
	}
}

/* The differences first: an interval sorts its values. */
static void
summarise(const struct table *table, struct arm_measured *measured)
{
	double *values = mem_alloc(table->resamples, sizeof(*values));

	for (size_t a = 0; a < table->samples->arms; a++)
		compare(table, a, values, measured);
	for (size_t a = 0; a < table->samples->arms; a++)
		for (size_t m = 0; m < ARM_MEASURES; m++)
			bound(&measured[a].own[m], values_of(table, a, m),
			    table->resamples);
	free(values);
}

static bool
rank_all(struct table *table, struct err *err)
{
	for (size_t a = 0; a < table->samples->arms; a++) {
		struct arm *arm = &table->arms[a];
		struct scored scored = { arm->known, arm->score, arm->adverse,
			NULL };

		if (!ranking_init(&arm->ranking, &scored, err))
			return false;
	}
	return true;
}

bool
arms_measure(const struct arm_samples *samples, struct arm_measured *measured,
    struct err *err)
{
	struct table table = { .samples = samples,
		.resamples = samples->resamples };
	bool is_good;

	must(samples->arms > 0);
	students_init(&table.students, samples->student, samples->count);
	table.arms = mem_alloc(samples->arms, sizeof(*table.arms));
	for (size_t a = 0; a < samples->arms; a++)
		arm_init(&table.arms[a], &table, a);
	is_good = rank_all(&table, err);
	if (is_good) {
		table.values =
		    mem_alloc(samples->arms * ARM_MEASURES * samples->resamples,
			sizeof(*table.values));
		count_all(&table, measured);
		if (table.students.count > 0)
			resample(&table);
		summarise(&table, measured);
	}
	free(table.values);
	for (size_t a = 0; a < samples->arms; a++)
		arm_close(&table.arms[a]);
	free(table.arms);
	students_close(&table.students);
	return is_good;
}
