/* shadow_slices.c - sorts samples by what they share, measures each part. */
#include "services/prediction/shadow_slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ml/agreement.h"
#include "ml/bootstrap.h"
#include "ml/students.h"

enum { LEAST = 20, RESAMPLES = 200 };

static const enum measure measures_shown[] = { MEASURE_AUROC, MEASURE_LOG_LOSS,
	MEASURE_BRIER, MEASURE_RELIABILITY, MEASURE_ECE,
	MEASURE_PRECISION_TOP_10 };

/* A part of the samples. */
struct part {
	const struct shadow_sample *samples; /* borrowed (count) */
	size_t count;
	struct arena *scratch;
	struct arena *arena;
};

static void
set(double value, double *to, bool *has)
{
	*has = isfinite(value);
	*to = *has ? value : 0;
}

static size_t
count_students(const struct part *part, bool is_known)
{
	uint64_t *id = arena_array(part->scratch, part->count, sizeof(*id));
	struct students students;
	size_t count = 0;

	for (size_t i = 0; i < part->count; i++)
		if (!is_known || part->samples[i].is_known)
			id[count++] = part->samples[i].student;
	students_init(&students, id, count);
	count = students.count;
	students_close(&students);
	return count;
}

static void
fill_cells(const struct agreement *agreement, struct arena *arena,
    struct shadow_slice *slice)
{
	slice->categories = arena_array(arena,
	    (size_t)AGREEMENT_CATEGORIES * AGREEMENT_CATEGORIES,
	    sizeof(struct shadow_cell));
	for (int a = 0; a < AGREEMENT_CATEGORIES; a++)
		for (int b = 0; b < AGREEMENT_CATEGORIES; b++)
			if (agreement->categories[a][b] > 0)
				slice->categories[slice->categories_count++] =
				    (struct shadow_cell){ .champion = a,
					    .shadow = b,
					    .n = (int64_t)agreement
						     ->categories[a][b] };
}

static void
compare_scores(const struct part *part, struct shadow_slice *slice)
{
	size_t count = part->count;
	double *champion = arena_array(part->scratch, count, sizeof(double));
	double *shadow = arena_array(part->scratch, count, sizeof(double));
	uint8_t *categories = arena_alloc(part->scratch, 2 * count);
	struct agreement agreement;

	for (size_t i = 0; i < count; i++) {
		champion[i] = part->samples[i].champion;
		shadow[i] = part->samples[i].shadow;
		categories[i] = part->samples[i].champion_category;
		categories[count + i] = part->samples[i].shadow_category;
	}
	agreement_of(&(struct scored_twice){ count, champion, shadow,
			 categories, categories + count },
	    &agreement);
	set(agreement.mean, &slice->mean_difference,
	    &slice->has_mean_difference);
	set(agreement.low, &slice->low_difference, &slice->has_low_difference);
	set(agreement.median, &slice->median_difference,
	    &slice->has_median_difference);
	set(agreement.high, &slice->high_difference,
	    &slice->has_high_difference);
	set(agreement.same, &slice->same_category, &slice->has_same_category);
	set(agreement.rank, &slice->rank_correlation,
	    &slice->has_rank_correlation);
	set(agreement.top, &slice->top_10_in_common,
	    &slice->has_top_10_in_common);
	fill_cells(&agreement, part->arena, slice);
}

static void
compare_times(const struct part *part, struct shadow_slice *slice)
{
	size_t count = part->count;
	double *champion = arena_array(part->scratch, count, sizeof(double));
	double *shadow = arena_array(part->scratch, count, sizeof(double));
	double *more = arena_array(part->scratch, count, sizeof(double));

	for (size_t i = 0; i < count; i++) {
		champion[i] = part->samples[i].champion_us;
		shadow[i] = part->samples[i].shadow_us;
		more[i] = shadow[i] - champion[i];
	}
	set(agreement_median(champion, count), &slice->champion_microseconds,
	    &slice->has_champion_microseconds);
	set(agreement_median(shadow, count), &slice->shadow_microseconds,
	    &slice->has_shadow_microseconds);
	set(agreement_median(more, count), &slice->more_microseconds,
	    &slice->has_more_microseconds);
}

/* The samples whose outcome is known, in scratch. */
static void
gather_known(const struct part *part, struct paired *paired)
{
	struct arena *scratch = part->scratch;
	double *champion = arena_array(scratch, part->count, sizeof(double));
	double *shadow = arena_array(scratch, part->count, sizeof(double));
	uint64_t *student = arena_array(scratch, part->count, sizeof(*student));
	uint8_t *adverse = arena_alloc(scratch, part->count);
	size_t count = 0;

	for (size_t i = 0; i < part->count; i++) {
		const struct shadow_sample *sample = &part->samples[i];

		if (!sample->is_known)
			continue;
		champion[count] = sample->champion;
		shadow[count] = sample->shadow;
		student[count] = sample->student;
		adverse[count++] = sample->adverse;
	}
	*paired = (struct paired){ .count = count,
		.champion = champion,
		.challenger = shadow,
		.adverse = adverse,
		.student = student };
}

static void
fill_measures(const struct measures_twice *twice, struct arena *arena,
    struct shadow_slice *slice)
{
	slice->measures = arena_array(arena, ARRAY_SIZE(measures_shown),
	    sizeof(struct shadow_measure));
	for (size_t i = 0; i < ARRAY_SIZE(measures_shown); i++) {
		enum measure m = measures_shown[i];
		struct shadow_measure *measure =
		    &slice->measures[slice->measures_count];

		if (!isfinite(twice->champion.value[m]) ||
		    !isfinite(twice->challenger.value[m]))
			continue;
		*measure = (struct shadow_measure){ .name = measure_slug(m),
			.champion = twice->champion.value[m],
			.shadow = twice->challenger.value[m] };
		set(twice->difference[m].low, &measure->low, &measure->has_low);
		set(twice->difference[m].high, &measure->high,
		    &measure->has_high);
		slice->measures_count++;
	}
}

static bool
compare_outcomes(const struct part *part, struct shadow_slice *slice,
    struct err *err)
{
	static const struct bootstrap_plan plan = { .seed = 1,
		.resamples = RESAMPLES };
	struct measures_twice twice;
	struct paired paired;

	gather_known(part, &paired);
	if (!bootstrap_measures_twice(&paired, &plan, &twice, err))
		return false;
	set(twice.champion.value[MEASURE_BASE_RATE], &slice->base_rate,
	    &slice->has_base_rate);
	fill_measures(&twice, part->arena, slice);
	return true;
}

static bool
measure(const struct part *part, struct shadow_slice *slice, struct err *err)
{
	arena_reset(part->scratch);
	slice->n = (int64_t)part->count;
	slice->students = (int64_t)count_students(part, false);
	for (size_t i = 0; i < part->count; i++)
		slice->known += part->samples[i].is_known;
	slice->known_students = (int64_t)count_students(part, true);
	if (slice->students < LEAST)
		return true;
	compare_scores(part, slice);
	compare_times(part, slice);
	return slice->known_students < LEAST ||
	    compare_outcomes(part, slice, err);
}

static int
compare_weeks(const void *left, const void *right)
{
	const struct shadow_sample *a = left, *b = right;

	return (a->week > b->week) - (a->week < b->week);
}

static int
compare_courses(const void *left, const void *right)
{
	const struct shadow_sample *a = left, *b = right;

	return strcmp(a->course, b->course);
}

/* Those without a school come last. */
static int
compare_schools(const void *left, const void *right)
{
	const struct shadow_sample *a = left, *b = right;

	if (a->school == NULL || b->school == NULL)
		return (a->school == NULL) - (b->school == NULL);
	return strcmp(a->school, b->school);
}

static const char *
name_all(const struct shadow_sample *sample, struct arena *arena)
{
	(void)sample;
	(void)arena;
	return NULL;
}

static const char *
name_week(const struct shadow_sample *sample, struct arena *arena)
{
	return arena_printf(arena, "%d", (int)sample->week);
}

static const char *
name_course(const struct shadow_sample *sample, struct arena *arena)
{
	return arena_copy(arena, sample->course);
}

static const char *
name_school(const struct shadow_sample *sample, struct arena *arena)
{
	return sample->school != NULL ? arena_copy(arena, sample->school)
				      : NULL;
}

/* What samples may share, in the order of the report. */
static const struct sharing {
	const char *by;
	int (*compare)(const void *left, const void *right); /* NULL: all */
	const char *(
	    *name)(const struct shadow_sample *sample, struct arena *arena);
} sharings[] = {
	{ "all", NULL, name_all },
	{ "week", compare_weeks, name_week },
	{ "course", compare_courses, name_course },
	{ "school", compare_schools, name_school },
};

static bool
add_slices(const struct sharing *sharing, const struct part *all,
    struct shadow_report *report, struct err *err)
{
	const struct shadow_sample *samples = all->samples;

	for (size_t first = 0, end; first < all->count; first = end) {
		struct part part = *all;
		struct shadow_slice *slice =
		    &report->items[report->items_count];

		end = sharing->compare == NULL ? all->count : first + 1;
		while (end < all->count &&
		    sharing->compare(&samples[first], &samples[end]) == 0)
			end++;
		if (report->items_count++ == SHADOW_SLICES_MOST)
			return err_at(err, "course_id",
			    "name one: there are too many courses and schools "
			    "for one report");
		part.samples = &samples[first];
		part.count = end - first;
		slice->by = sharing->by;
		slice->value = sharing->name(&samples[first], all->arena);
		if (!measure(&part, slice, err))
			return false;
	}
	return true;
}

bool
shadow_slices(struct shadow_sample *samples, size_t count,
    struct arena *scratch, struct arena *arena, struct shadow_report *report,
    struct err *err)
{
	struct part all = { samples, count, scratch, arena };

	report->items =
	    arena_array(arena, SHADOW_SLICES_MOST + 1, sizeof(*report->items));
	for (size_t i = 0; i < ARRAY_SIZE(sharings); i++) {
		if (sharings[i].compare != NULL)
			qsort(samples, count, sizeof(*samples),
			    sharings[i].compare);
		if (!add_slices(&sharings[i], &all, report, err))
			return false;
	}
	return true;
}
