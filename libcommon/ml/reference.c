/* reference.c - distributions of the columns, made once and kept. */
#include "ml/reference.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"

enum { STREAM = 21, WEEK_MOST = 1 << 16 };

struct reference *
reference_new(int weeks)
{
	struct reference *r = mem_alloc(1, sizeof(*r));
	size_t w = (size_t)weeks;

	must(weeks > 0 && weeks <= REFERENCE_WEEKS);
	r->weeks = weeks;
	r->week = mem_alloc(w, sizeof(float));
	r->rows = mem_alloc(w, sizeof(float));
	r->edges =
	    mem_alloc(REFERENCE_COLUMNS * (REFERENCE_BINS - 1), sizeof(float));
	r->range = mem_alloc(REFERENCE_COLUMNS * 2, sizeof(float));
	r->counts =
	    mem_alloc(w * REFERENCE_COLUMNS * REFERENCE_SLOTS, sizeof(float));
	r->moments =
	    mem_alloc(w * REFERENCE_COLUMNS * REFERENCE_MOMENTS, sizeof(float));
	r->sample =
	    mem_alloc(w * REFERENCE_COLUMNS * REFERENCE_SAMPLE, sizeof(float));
	return r;
}

void
reference_free(struct reference *reference)
{
	if (reference == NULL)
		return;
	free(reference->week);
	free(reference->rows);
	free(reference->edges);
	free(reference->range);
	free(reference->counts);
	free(reference->moments);
	free(reference->sample);
	free(reference);
}

size_t
reference_kept(const struct reference *reference, int week)
{
	float rows = reference->rows[week];

	return rows < REFERENCE_SAMPLE ? (size_t)rows : REFERENCE_SAMPLE;
}

int
reference_slot(const struct reference *reference, int column, float value)
{
	const float *edges = &reference->edges[column * (REFERENCE_BINS - 1)];
	const float *range = &reference->range[column * 2];
	int bin = 0;

	if (isnan(value))
		return SLOT_MISSING;
	if (isnan(range[0]) || value > range[1])
		return SLOT_ABOVE;
	if (value < range[0])
		return SLOT_BELOW;
	while (bin < REFERENCE_BINS - 1 && value > edges[bin])
		bin++;
	return bin;
}

int
reference_compare(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;

	if (isnan(left) || isnan(right))
		return isnan(left) - isnan(right);
	return (left > right) - (left < right);
}

static bool
is_count(float value)
{
	return value >= 0 && value == floorf(value);
}

static bool
adds_up(const struct reference *r, int week, int column)
{
	const float *counts =
	    &r->counts[(week * REFERENCE_COLUMNS + column) * REFERENCE_SLOTS];
	double sum = 0;

	for (int slot = 0; slot < REFERENCE_SLOTS; slot++) {
		if (!is_count(counts[slot]))
			return false;
		sum += (double)counts[slot];
	}
	return sum == (double)r->rows[week];
}

static bool
is_sorted(const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (isinf(values[i]) ||
		    (i > 0 &&
			reference_compare(&values[i - 1], &values[i]) > 0))
			return false;
	return true;
}

const char *
reference_fault(const struct reference *r)
{
	for (int week = 0; week < r->weeks; week++)
		if (!is_count(r->week[week]) || r->week[week] >= WEEK_MOST ||
		    (week > 0 && r->week[week] <= r->week[week - 1]))
			return "has weeks that do not rise";
	for (int column = 0; column < REFERENCE_COLUMNS; column++)
		if (!is_sorted(&r->edges[column * (REFERENCE_BINS - 1)],
			REFERENCE_BINS - 1) ||
		    !is_sorted(&r->range[column * 2], 2))
			return "has edges that do not rise";
	for (int week = 0; week < r->weeks; week++)
		for (int column = 0; column < REFERENCE_COLUMNS; column++) {
			size_t cell =
			    (size_t)(week * REFERENCE_COLUMNS + column);

			if (r->rows[week] < 1 || !adds_up(r, week, column))
				return "has counts that do not add up";
			if (!is_sorted(&r->sample[cell * REFERENCE_SAMPLE],
				reference_kept(r, week)))
				return "has a sample that is not sorted";
		}
	return NULL;
}

/* The values of a column, sorted; how many are not missing. */
static size_t
sort_column(const struct reference_source *source, int column, float *sorted)
{
	size_t present = 0;

	for (size_t i = 0; i < source->count; i++) {
		sorted[i] =
		    source->values[i * REFERENCE_COLUMNS + (size_t)column];
		present += !isnan(sorted[i]);
	}
	qsort(sorted, source->count, sizeof(*sorted), reference_compare);
	return present;
}

static void
set_bins(struct reference *r, const struct reference_source *source,
    float *scratch)
{
	for (int column = 0; column < REFERENCE_COLUMNS; column++) {
		float *edges = &r->edges[column * (REFERENCE_BINS - 1)];
		size_t n = sort_column(source, column, scratch);

		for (size_t i = 0; i < REFERENCE_BINS - 1; i++) {
			size_t rank =
			    ((i + 1) * n + REFERENCE_BINS - 1) / REFERENCE_BINS;

			edges[i] = n > 0 ? scratch[rank - 1] : NAN;
		}
		r->range[column * 2] = n > 0 ? scratch[0] : NAN;
		r->range[column * 2 + 1] = n > 0 ? scratch[n - 1] : NAN;
	}
}

/* The rows of one week: their places in the source. */
struct members {
	size_t *places; /* owned */
	size_t count;
};

static void
find_members(const struct reference_source *source, float week,
    struct members *members)
{
	members->count = 0;
	for (size_t i = 0; i < source->count; i++)
		if ((float)source->week[i] == week)
			members->places[members->count++] = i;
}

static void
count_week(struct reference *r, int week, int column,
    const struct reference_source *source, const struct members *members)
{
	size_t cell = (size_t)(week * REFERENCE_COLUMNS + column);
	float *counts = &r->counts[cell * REFERENCE_SLOTS];
	float *moments = &r->moments[cell * REFERENCE_MOMENTS];
	double sum = 0, squares = 0, present = 0, mean;

	for (size_t i = 0; i < members->count; i++) {
		float value =
		    source->values[members->places[i] * REFERENCE_COLUMNS +
			(size_t)column];

		counts[reference_slot(r, column, value)]++;
		if (isnan(value))
			continue;
		sum += (double)value;
		squares += (double)value * (double)value;
		present++;
	}
	mean = present > 0 ? sum / present : (double)NAN;
	moments[MOMENT_MEAN] = (float)mean;
	moments[MOMENT_DEVIATION] = present > 0
	    ? (float)sqrt(fmax(0, squares / present - mean * mean))
	    : NAN;
}

/* A draw of its own for each column: what stands side by side is no row. */
static void
sample_week(struct reference *r, int week, int column,
    const struct reference_source *source, struct members *members,
    struct random *random)
{
	float *sample = &r->sample[(size_t)(week * REFERENCE_COLUMNS + column) *
	    REFERENCE_SAMPLE];
	size_t kept = reference_kept(r, week);

	for (size_t i = 0; i < kept; i++) {
		size_t other =
		    i + random_below(random, (uint32_t)(members->count - i));
		size_t place = members->places[other];

		members->places[other] = members->places[i];
		members->places[i] = place;
		sample[i] =
		    source->values[place * REFERENCE_COLUMNS + (size_t)column];
	}
	qsort(sample, kept, sizeof(*sample), reference_compare);
}

static void
fill_weeks(struct reference *r, const struct reference_source *source,
    uint64_t seed)
{
	struct members members = { .places = mem_alloc(source->count,
				       sizeof(size_t)) };
	struct random random;

	random_init(&random, seed, STREAM);
	for (int week = 0; week < r->weeks; week++) {
		find_members(source, r->week[week], &members);
		r->rows[week] = (float)members.count;
		for (int column = 0; column < REFERENCE_COLUMNS; column++) {
			count_week(r, week, column, source, &members);
			sample_week(r, week, column, source, &members, &random);
		}
	}
	free(members.places);
}

struct reference *
reference_make(const struct reference_source *source, uint64_t seed)
{
	bool *has_week = mem_alloc(WEEK_MOST, sizeof(*has_week));
	struct reference *r = NULL;
	float week[REFERENCE_WEEKS];
	float *scratch;
	int weeks = 0;

	for (size_t i = 0; i < source->count; i++)
		has_week[source->week[i]] = true;
	for (int i = 0; i < WEEK_MOST && weeks < REFERENCE_WEEKS; i++)
		if (has_week[i])
			week[weeks++] = (float)i;
	free(has_week);
	if (weeks == 0)
		return NULL;
	r = reference_new(weeks);
	for (int i = 0; i < weeks; i++)
		r->week[i] = week[i];
	scratch = mem_alloc(source->count, sizeof(*scratch));
	set_bins(r, source, scratch);
	free(scratch);
	fill_weeks(r, source, seed);
	return r;
}
