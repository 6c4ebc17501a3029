/*
 * spread.c - one Newton step a resample, then all of them widened.
 */
#include "services/training/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/cholesky.h"
#include "ml/logistic.h"
#include "ml/students.h"

enum { DRAW_STREAM = 11, WIDENING_SAMPLES = 2000, SHARE_ROUNDS = 20 };

struct spreader {
	const struct spread_question *question; /* borrowed */
	struct students students;
	size_t width;      /* with the bias */
	double *curvature; /* owned, (width, width) */
	double *factor;    /* owned, (width, width): scratch */
	double *scores;    /* owned, (students, width): each one's sum of
			      (y - p) x */
	uint32_t *times;   /* owned, (students) */
	double *step;      /* owned, (width) */
};

static double
input(const struct spreader *s, size_t sample, size_t i)
{
	size_t width = (size_t)s->question->width;

	return i == width ? 1 : (double)s->question->inputs[sample * width + i];
}

static void
add_sample(struct spreader *s, size_t sample)
{
	const struct spread_question *q = s->question;
	double p = calibration_score(&q->calibration, q->logits[sample]);
	double *score = s->scores + s->students.of[sample] * s->width;

	for (size_t i = 0; i < s->width; i++) {
		double x = input(s, sample, i);

		score[i] += (q->adverse[sample] - p) * x;
		for (size_t k = 0; k <= i; k++)
			s->curvature[i * s->width + k] +=
			    p * (1 - p) * x * input(s, sample, k);
	}
}

static void
spreader_init(struct spreader *s, const struct spread_question *q)
{
	*s = (struct spreader){ .question = q, .width = (size_t)q->width + 1 };
	students_init(&s->students, q->student, q->count);
	s->curvature = mem_alloc(s->width * s->width, sizeof(double));
	s->factor = mem_alloc(s->width * s->width, sizeof(double));
	s->scores = mem_alloc(s->students.count * s->width, sizeof(double));
	s->times = mem_alloc(s->students.count, sizeof(uint32_t));
	s->step = mem_alloc(s->width, sizeof(double));
	for (size_t i = 0; i < q->count; i++)
		add_sample(s, i);
	for (size_t i = 0; i < s->width; i++)
		s->curvature[i * s->width + i] += q->ridge;
}

static void
spreader_close(struct spreader *s)
{
	students_close(&s->students);
	free(s->curvature);
	free(s->factor);
	free(s->scores);
	free(s->times);
	free(s->step);
}

static void
draw(struct spreader *s, struct random *random)
{
	memset(s->times, 0, s->students.count * sizeof(uint32_t));
	for (size_t i = 0; i < s->students.count; i++)
		s->times[random_below(random, (uint32_t)s->students.count)]++;
	memset(s->step, 0, s->width * sizeof(double));
	for (size_t i = 0; i < s->students.count; i++)
		for (size_t k = 0; k < s->width; k++)
			s->step[k] += ((double)s->times[i] - 1) *
			    s->scores[i * s->width + k];
	for (size_t k = 0; k < s->width; k++)
		s->step[k] += sqrt(s->question->ridge) * random_normal(random);
}

/* The row's own logit, or what a step of it adds: calibrated. */
static double
logit_of(const struct spreader *s, const double *row, size_t sample)
{
	double sum = 0;

	for (size_t i = 0; i < s->width; i++)
		sum += row[i] * input(s, sample, i);
	return sum;
}

static double
held_out_logit(const struct spread_question *q, size_t sample)
{
	return calibration_apply(&q->calibration, q->logits[sample]);
}

/* b: how much of the way to the other's logits the outcomes go. */
static double
own_share(const struct spread_question *q, const double *other)
{
	double share = .5;

	for (int round = 0; round < SHARE_ROUNDS; round++) {
		double slope = 0, curvature = 0;

		for (size_t i = 0; i < q->count; i++) {
			double logit = held_out_logit(q, i);
			double off = other[i] - logit;
			double p = logistic_probability(logit + share * off);

			slope += (q->adverse[i] - p) * off;
			curvature += p * (1 - p) * off * off;
		}
		if (!(curvature > 0))
			return 0;
		share = fmin(1, fmax(0, share + slope / curvature));
	}
	return share;
}

/* The sum of d^2 over some thousand samples, from the model's own logit. */
static double
folds_apart(const struct spreader *s, size_t every)
{
	const struct spread_question *q = s->question;
	double *row = mem_alloc(s->width, sizeof(double)), sum = 0;

	for (size_t i = 0; i < s->width; i++)
		row[i] = (double)q->row[i];
	for (size_t at = 0; at < q->count; at += every)
		sum += pow(q->calibration.slope *
			(q->logits[at] - logit_of(s, row, at)),
		    2);
	free(row);
	return sum;
}

/* The same from another kind's logit. */
static double
kinds_apart(const struct spread_question *q, const double *other, size_t every)
{
	double sum = 0;

	for (size_t at = 0; at < q->count; at += every)
		sum += pow(other[at] - held_out_logit(q, at), 2);
	return sum;
}

/* c, from sums over the same samples. */
static double
widening(const struct spreader *s, const double *steps)
{
	const struct spread_question *q = s->question;
	size_t every = 1 + q->count / WIDENING_SAMPLES, rows = SPREAD_ROWS;
	double layer = 0, folds = folds_apart(s, every), all;

	for (size_t at = 0; at < q->count; at += every)
		for (size_t b = 0; b < rows; b++)
			layer += pow(logit_of(s, steps + b * s->width, at), 2) /
			    (double)rows;
	if (!(layer > 0))
		return 1;
	all = q->is_random ? layer + folds / 2
			   : fmax(layer, ((double)q->folds - 1) * folds);
	for (size_t i = 0; i < SPREAD_OTHERS; i++)
		if (q->others[i] != NULL)
			all = fmax(all,
			    layer +
				own_share(q, q->others[i]) *
				    kinds_apart(q, q->others[i], every));
	return sqrt(all / layer);
}

bool
spread_rows(const struct spread_question *question, float *spread)
{
	struct spreader s;
	struct random random;
	double *steps, wider;
	bool is_good = true;

	must(question->width <= SPREAD_WIDTH_MAX && question->folds >= 2);
	spreader_init(&s, question);
	steps = mem_alloc(SPREAD_ROWS * s.width, sizeof(double));
	random_init(&random, question->seed, DRAW_STREAM);
	for (size_t row = 0; is_good && row < SPREAD_ROWS; row++) {
		draw(&s, &random);
		memcpy(s.factor, s.curvature,
		    s.width * s.width * sizeof(double));
		is_good = cholesky_solve(s.factor, s.step, s.width);
		memcpy(steps + row * s.width, s.step, s.width * sizeof(double));
	}
	wider = is_good ? widening(&s, steps) : 1;
	for (size_t i = 0; i < SPREAD_ROWS * s.width; i++)
		spread[i] = (float)((double)question->row[i % s.width] +
		    wider * steps[i] / question->calibration.slope);
	free(steps);
	spreader_close(&s);
	return is_good;
}
