/*
 * cohort.c - pages of samples become arrays; means and deviations.
 */
#include "services/training/cohort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/students.h"
#include "proto/prediction.h"
#include "wire/binary.h"

enum { ALL_INPUTS = NETWORK_INPUTS + NETWORK_CONTEXT };

void
cohort_close(struct cohort *cohort)
{
	free(cohort->rows);
	free(cohort->student);
	free(cohort->adverse);
	free(cohort->result);
	free(cohort->week);
	free(cohort->is_scorable);
	free(cohort->outcome_after);
	free(cohort->steps);
	free(cohort->first);
	free(cohort->context);
	*cohort = (struct cohort){ 0 };
}

static void
make_room(struct cohort *c, size_t samples, size_t steps)
{
	if (c->count + samples > c->room) {
		c->room = 2 * (c->count + samples);
		c->rows = mem_resize(c->rows, c->room, sizeof(*c->rows));
		c->student =
		    mem_resize(c->student, c->room, sizeof(*c->student));
		c->adverse =
		    mem_resize(c->adverse, c->room, sizeof(*c->adverse));
		c->result = mem_resize(c->result, c->room, sizeof(*c->result));
		c->week = mem_resize(c->week, c->room, sizeof(*c->week));
		c->is_scorable =
		    mem_resize(c->is_scorable, c->room, sizeof(uint8_t));
		c->outcome_after = mem_resize(c->outcome_after, c->room,
		    sizeof(*c->outcome_after));
		c->first = mem_resize(c->first, c->room, sizeof(*c->first));
		c->context = mem_resize(c->context, c->room,
		    NETWORK_CONTEXT * sizeof(float));
	}
	if (c->stored + steps > c->step_room) {
		c->step_room = 2 * (c->stored + steps);
		c->steps = mem_resize(c->steps, c->step_room,
		    NETWORK_INPUTS * sizeof(float));
	}
}

/* How many steps the sample has in common with the one before it, which it
 * goes on from; 0 where it does not. */
static size_t
shared_steps(const struct cohort *c, const struct sample *sample)
{
	size_t steps, at = c->count - 1;

	if (c->count == 0 || c->enrollment != sample->enrollment_id)
		return 0;
	steps = (size_t)c->rows[at].step_count;
	return steps <= (size_t)sample->step_count &&
		memcmp(c->steps + c->first[at] * NETWORK_INPUTS,
		    sample->steps.data,
		    steps * NETWORK_INPUTS * sizeof(float)) == 0
	    ? steps
	    : 0;
}

static void
store_steps(struct cohort *c, const struct sample *sample)
{
	size_t shared = shared_steps(c, sample);
	size_t size = NETWORK_INPUTS * sizeof(float);
	size_t fresh = (size_t)sample->step_count - shared;

	c->first[c->count] = c->stored - shared;
	memcpy(c->steps + c->stored * NETWORK_INPUTS,
	    sample->steps.data + shared * size, fresh * size);
	c->stored += fresh;
	c->step_count += (size_t)sample->step_count;
	c->enrollment = sample->enrollment_id;
}

static bool
add_sample(struct cohort *c, const struct sample *sample, struct err *err)
{
	size_t at = c->count, steps = (size_t)sample->step_count;

	if (sample->steps.size != steps * NETWORK_INPUTS * sizeof(float) ||
	    sample->context.size != NETWORK_CONTEXT * sizeof(float))
		return err_set(err, ERR_INVALID,
		    "a sample of enrollment %lld has the wrong size",
		    (long long)sample->enrollment_id);
	make_room(c, 1, steps);
	c->rows[at] = (struct network_row){ .step_count = (int)steps };
	c->student[at] = digest_number(sample->student_id);
	c->adverse[at] = (uint8_t)sample->label;
	c->result[at] = sample->has_result ? (uint8_t)sample->result : 0;
	c->week[at] = (uint16_t)sample->week;
	c->is_scorable[at] = !sample->has_scorable || sample->scorable;
	c->outcome_after[at] = sample->has_outcome_after
	    ? (int32_t)sample->outcome_after
	    : OUTCOME_NONE;
	store_steps(c, sample);
	memcpy(c->context + at * NETWORK_CONTEXT, sample->context.data,
	    sample->context.size);
	c->count++;
	return true;
}

/* A page that does not tell says it of its samples. */
static uint64_t
count_scorable(const struct sample_page *page)
{
	uint64_t count = 0;

	if (page->has_scorable)
		return (uint64_t)page->scorable;

	for (size_t i = 0; i < page->samples_count; i++)
		count +=
		    !page->samples[i].has_scorable || page->samples[i].scorable;
	return count;
}

bool
cohort_add(struct cohort *cohort, struct slice bytes, uint32_t tag,
    struct arena *arena, struct err *err)
{
	struct sample_page page;

	if (!binary_decode(&sample_page_message, bytes, arena, &page, err))
		return false;
	for (size_t i = 0; i < page.samples_count; i++)
		if (!add_sample(cohort, &page.samples[i], err))
			return false;
	if (tag < ARRAY_SIZE(cohort->active)) {
		cohort->active[tag] += (uint64_t)page.active;
		cohort->scorable[tag] += count_scorable(&page);
	}
	return true;
}

/* Rows point into arrays that have stopped growing. */
void
cohort_settle(struct cohort *cohort)
{
	for (size_t i = 0; i < cohort->count; i++) {
		struct network_row *row = &cohort->rows[i];

		row->steps = cohort->steps + cohort->first[i] * NETWORK_INPUTS;
		row->context = cohort->context + i * NETWORK_CONTEXT;
	}
}

static int
compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Steps and contexts stay where they are; only the rows close up. */
static void
keep_sample(struct cohort *c, size_t from, size_t to)
{
	c->rows[to] = c->rows[from];
	c->student[to] = c->student[from];
	c->adverse[to] = c->adverse[from];
	c->result[to] = c->result[from];
	c->week[to] = c->week[from];
	c->is_scorable[to] = c->is_scorable[from];
	c->outcome_after[to] = c->outcome_after[from];
}

size_t
cohort_drop(struct cohort *cohort, const struct cohort *other)
{
	size_t before = cohort_students(cohort), kept = 0;
	struct students others;

	students_init(&others, other->student, other->count);
	for (size_t i = 0; i < cohort->count; i++)
		if (others.count == 0 ||
		    bsearch(&cohort->student[i], others.id, others.count,
			sizeof(uint64_t), compare_numbers) == NULL)
			keep_sample(cohort, i, kept++);
	cohort->count = kept;
	students_close(&others);
	return before - cohort_students(cohort);
}

size_t
cohort_students(const struct cohort *cohort)
{
	struct students students;
	size_t count;

	students_init(&students, cohort->student, cohort->count);
	count = students.count;
	students_close(&students);
	return count;
}

void
cohort_digest(const struct cohort *cohort, unsigned char out[DIGEST_SIZE])
{
	struct digest_state *state = digest_start();

	digest_add(state,
	    (struct slice){ (const char *)cohort->adverse, cohort->count });
	for (size_t i = 0; i < cohort->count; i++) {
		const struct network_row *row = &cohort->rows[i];
		size_t steps = (size_t)row->step_count * NETWORK_INPUTS;

		digest_add(state,
		    (struct slice){ (const char *)&row->step_count,
			sizeof(row->step_count) });
		digest_add(state,
		    (struct slice){ (const char *)row->steps,
			steps * sizeof(float) });
		digest_add(state,
		    (struct slice){ (const char *)row->context,
			NETWORK_CONTEXT * sizeof(float) });
	}
	digest_end(state, out);
}

struct sums {
	double count[ALL_INPUTS];
	double sum[ALL_INPUTS];
	double square[ALL_INPUTS]; /* of the distance from `mean` */
};

static void
add_values(struct sums *sums, const float *values, int count, int first,
    const float *mean)
{
	for (int i = 0; i < count; i++) {
		double value = (double)values[i];
		double off;

		if (isnan(value))
			continue;
		off = value - (mean != NULL ? (double)mean[first + i] : 0);
		sums->count[first + i]++;
		sums->sum[first + i] += off;
		sums->square[first + i] += off * off;
	}
}

static void
add_rows(struct sums *sums, const struct cohort *cohort, const float *mean)
{
	*sums = (struct sums){ 0 };
	for (size_t i = 0; i < cohort->count; i++) {
		const struct network_row *row = &cohort->rows[i];

		for (int t = 0; t < row->step_count; t++)
			add_values(sums, row->steps + t * NETWORK_INPUTS,
			    NETWORK_INPUTS, 0, mean);
		add_values(sums, row->context, NETWORK_CONTEXT, NETWORK_INPUTS,
		    mean);
	}
}

void
cohort_standard(const struct cohort *cohort, struct network_standard *standard)
{
	struct sums sums;

	*standard = (struct network_standard){ 0 };
	add_rows(&sums, cohort, NULL);
	for (int i = 0; i < ALL_INPUTS; i++)
		if (sums.count[i] > 0)
			standard->mean[i] =
			    (float)(sums.sum[i] / sums.count[i]);
	add_rows(&sums, cohort, standard->mean);
	for (int i = 0; i < ALL_INPUTS; i++)
		if (sums.count[i] > 0)
			standard->deviation[i] =
			    (float)sqrt(sums.square[i] / sums.count[i]);
}

static void
standardise(float *values, int count, int first,
    const struct network_standard *standard)
{
	for (int i = 0; i < count; i++) {
		float deviation = standard->deviation[first + i];
		float value = (values[i] - standard->mean[first + i]) /
		    (deviation > 0 ? deviation : 1);

		values[i] = isnan(value) ? 0 : value;
	}
}

void
cohort_standardise(struct cohort *cohort,
    const struct network_standard *standard)
{
	for (size_t i = 0; i < cohort->stored; i++)
		standardise(cohort->steps + i * NETWORK_INPUTS, NETWORK_INPUTS,
		    0, standard);
	for (size_t i = 0; cohort->context != NULL && i < cohort->count; i++)
		standardise(cohort->context +
			(cohort->rows[i].context - cohort->context),
		    NETWORK_CONTEXT, NETWORK_INPUTS, standard);
}
