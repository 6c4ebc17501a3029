/*
 * spread.c - one Newton step a resample.
 */
#include "services/training/spread.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/cholesky.h"
#include "ml/students.h"

enum { DRAW_STREAM = 11 };

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
}

bool
spread_rows(const struct spread_question *question, float *spread)
{
	struct spreader s;
	struct random random;
	bool is_good = true;

	must(question->width <= SPREAD_WIDTH_MAX);
	spreader_init(&s, question);
	random_init(&random, question->seed, DRAW_STREAM);
	for (size_t row = 0; is_good && row < SPREAD_ROWS; row++) {
		draw(&s, &random);
		memcpy(s.factor, s.curvature,
		    s.width * s.width * sizeof(double));
		is_good = cholesky_solve(s.factor, s.step, s.width);
		for (size_t i = 0; is_good && i < s.width; i++)
			spread[row * s.width + i] =
			    (float)((double)question->row[i] +
				s.step[i] / question->calibration.slope);
	}
	spreader_close(&s);
	return is_good;
}
