/*
 * groups.c - who belongs to which group, and the report by group.
 */
#include "services/training/groups.h"
#include "secure/digest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ml/fairness.h"
#include "proto/ingestion.h"
#include "wire/json.h"

static const char *const names[ATTRIBUTES] = { "gender", "ethnicity",
	"disability", "deprivation", "age" };

enum {
	HIGH_CUT = 1, /* of the three: medium, high, critical */
	/* Groups are many; 200 hold the 2.5th percentile well enough to be
	 * read by people, and nothing is decided by it. */
	GROUP_RESAMPLES = 200
};

void
groups_init(struct groups *groups, const struct cohort *test,
    struct arena *arena)
{
	*groups = (struct groups){ .arena = arena };
	students_init(&groups->students, test->student, test->count);
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		struct attribute *attribute = &groups->attributes[i];

		attribute->name = names[i];
		attribute->of_student =
		    arena_alloc(arena, groups->students.count + 1);
		memset(attribute->of_student, FAIRNESS_UNKNOWN,
		    groups->students.count);
	}
}

void
groups_close(struct groups *groups)
{
	students_close(&groups->students);
}

/* The number of a value; one too many belongs to nobody. */
static uint8_t
group_number(struct attribute *attribute, const char *value,
    struct arena *arena)
{
	size_t i = 0;

	if (value == NULL || value[0] == '\0')
		return FAIRNESS_UNKNOWN;
	while (i < attribute->group_count &&
	    strcmp(attribute->group[i], value) != 0)
		i++;
	if (i == GROUPS_MAX)
		return FAIRNESS_UNKNOWN;
	if (i == attribute->group_count)
		attribute->group[attribute->group_count++] =
		    arena_copy(arena, value);
	return (uint8_t)i;
}

static int
compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void
add_student(struct groups *groups, const struct protected_item *item)
{
	const struct protected_attributes *known = item->attributes;
	const char *values[ATTRIBUTES] = { known->gender, known->ethnicity,
		known->disability, known->deprivation, known->age };
	uint64_t number = digest_number(item->student_id);
	const uint64_t *found = groups->students.count == 0
	    ? NULL
	    : bsearch(&number, groups->students.id, groups->students.count,
		  sizeof(number), compare_numbers);

	if (found == NULL)
		return;
	for (size_t i = 0; i < ATTRIBUTES; i++)
		groups->attributes[i].of_student[found - groups->students.id] =
		    group_number(&groups->attributes[i], values[i],
			groups->arena);
}

bool
groups_add(struct groups *groups, struct slice bytes, struct arena *scratch,
    struct err *err)
{
	struct protected_page page;

	if (!json_decode(&protected_page_message, bytes, JSON_LENIENT, scratch,
		&page, err))
		return false;
	for (size_t i = 0; i < page.items_count; i++)
		add_student(groups, &page.items[i]);
	return true;
}

static void
set_rate(double value, double *to, bool *has)
{
	*has = isfinite(value);
	*to = *has ? value : 0;
}

static struct estimate *
make_estimate(struct arena *arena, double value,
    const struct resampled_interval *from)
{
	struct estimate *to = arena_alloc(arena, sizeof(*to));

	set_rate(value, &to->value, &to->has_value);
	set_rate(from->low, &to->low, &to->has_low);
	set_rate(from->high, &to->high, &to->has_high);
	return to;
}

static void
write_intervals(struct arena *arena, const struct group_fairness *fairness,
    const struct group_intervals *intervals, struct group_report *to)
{
	to->false_positive = make_estimate(arena, fairness->false_positive_rate,
	    &intervals->false_positive_rate);
	to->false_negative = make_estimate(arena, fairness->false_negative_rate,
	    &intervals->false_negative_rate);
	to->calibration_gap = make_estimate(arena, fairness->calibration_gap,
	    &intervals->calibration_gap);
	to->auroc = make_estimate(arena, fairness->auroc, &intervals->auroc);
	to->abroca_estimate =
	    make_estimate(arena, fairness->abroca, &intervals->abroca);
}

static void
write_down(const struct attribute *attribute, size_t group,
    const struct group_fairness *fairness, struct group_report *to)
{
	*to = (struct group_report){ .attribute = attribute->name,
		.group = attribute->group[group],
		.n = (int64_t)fairness->count,
		.has_students = true,
		.students = (int64_t)fairness->students,
		.enough = fairness->enough };
	if (!fairness->enough)
		return;
	set_rate(fairness->base_rate, &to->base_rate, &to->has_base_rate);
	set_rate(fairness->mean_score, &to->mean_score, &to->has_mean_score);
	set_rate(fairness->false_positive_rate, &to->false_positive_rate,
	    &to->has_false_positive_rate);
	set_rate(fairness->false_negative_rate, &to->false_negative_rate,
	    &to->has_false_negative_rate);
	set_rate(fairness->abroca, &to->abroca, &to->has_abroca);
}

static bool
assess_attribute(const struct groups *groups, const struct attribute *attribute,
    const struct assessment *a, const struct contender *contender,
    struct group_report *reports, struct err *err)
{
	const struct cohort *test = a->test;
	struct group_fairness fairness[GROUPS_MAX];
	struct group_intervals intervals[GROUPS_MAX];
	struct bootstrap_plan plan = { a->seed, GROUP_RESAMPLES };
	uint8_t *of = arena_alloc(a->arena, test->count + 1);
	struct scored samples = { test->count, contender->scores, test->adverse,
		test->student };
	struct fairness_question question = { of, attribute->group_count,
		contender->model->cuts[HIGH_CUT], FAIRNESS_REST };

	for (size_t i = 0; i < test->count; i++)
		of[i] = attribute->of_student[groups->students.of[i]];
	if (!fairness_measure(&samples, &question, fairness, err) ||
	    !fairness_bootstrap(&samples, &question, &plan, fairness, intervals,
		err))
		return false;
	for (size_t i = 0; i < attribute->group_count; i++) {
		write_down(attribute, i, &fairness[i], &reports[i]);
		if (fairness[i].enough)
			write_intervals(a->arena, &fairness[i], &intervals[i],
			    &reports[i]);
	}
	return true;
}

bool
groups_assess(const struct groups *groups, const struct assessment *assessment,
    const struct contender *contender, struct group_report **reports,
    size_t *count, struct err *err)
{
	*count = 0;
	*reports = arena_array(assessment->arena, ATTRIBUTES * GROUPS_MAX,
	    sizeof(**reports));
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const struct attribute *attribute = &groups->attributes[i];

		if (attribute->group_count == 0)
			continue;
		if (!assess_attribute(groups, attribute, assessment, contender,
			*reports + *count, err))
			return false;
		*count += attribute->group_count;
	}
	return true;
}

void
groups_masks(const struct groups *groups, const struct cohort *test,
    struct arena *arena, struct group_mask **masks, size_t *count)
{
	*count = 0;
	*masks = arena_array(arena, ATTRIBUTES * GROUPS_MAX, sizeof(**masks));
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const struct attribute *attribute = &groups->attributes[i];

		for (size_t g = 0; g < attribute->group_count; g++) {
			uint8_t *member = arena_alloc(arena, test->count + 1);

			for (size_t k = 0; k < test->count; k++)
				member[k] =
				    attribute
					->of_student[groups->students.of[k]] ==
				    g;
			(*masks)[(*count)++] =
			    (struct group_mask){ arena_printf(arena, "%s=%s",
						     attribute->name,
						     attribute->group[g]),
				    member };
		}
	}
}
