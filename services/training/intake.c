/*
 * intake.c - the child's input becomes arrays, and is looked at before
 * anything is learned from it.
 */
#include "base/log.h"
#include "services/training/learning.h"
#include "wire/binary.h"

enum { LEAST_SAMPLES = 100, BLOCK = 1 << 20 };

static bool
read_samples(struct cohort *to, const struct part *part, struct err *err)
{
	struct arena page;
	struct slice body;
	bool is_good;

	arena_init(&page, BLOCK);
	is_good = part_open(part, &page, &body, err) &&
	    cohort_add(to, body, part->tag, &page, err);
	arena_close(&page);
	return is_good;
}

static bool
read_part(struct learning *l, const struct part *part, struct err *err)
{
	struct slice body;

	switch (part->kind) {
	case PART_QUESTION:
		return part_open(part, l->arena, &body, err) &&
		    binary_decode(&work_question_message, body, l->arena,
			&l->question, err);
	case PART_TRAIN:
		return read_samples(&l->train, part, err);
	case PART_TEST:
		return read_samples(&l->test, part, err);
	case PART_TRAIN_SOONER:
		return read_samples(&l->sooner.train, part, err);
	case PART_TEST_SOONER:
		return read_samples(&l->sooner.test, part, err);
	case PART_CHAMPION:
		return part_open(part, l->arena, &l->champion_file, err);
	case PART_PROTECTED:
		return true; /* when the test's students are known */
	}
	return true;
}

static bool
read_groups(struct learning *l, struct slice input, struct err *err)
{
	struct part part;
	struct slice body;
	struct arena page;
	bool is_good = true;

	groups_init(&l->groups, &l->test, l->arena);
	arena_init(&page, BLOCK);
	while (is_good && part_next(&input, &part, err))
		if (part.kind == PART_PROTECTED) {
			arena_reset(&page);
			is_good = part_open(&part, &page, &body, err) &&
			    groups_add(&l->groups, body, &page, err);
		}
	arena_close(&page);
	return is_good;
}

bool
intake_read(struct learning *l, struct slice input, struct err *err)
{
	struct slice rest = input;
	struct part part;

	while (part_next(&rest, &part, err))
		if (!read_part(l, &part, err))
			return false;
	if (err->code != ERR_NONE)
		return false;
	cohort_settle(&l->train);
	cohort_settle(&l->test);
	log_info("samples were read: train=%zu test=%zu weeks=%zu stored=%zu",
	    l->train.count, l->test.count, l->train.step_count,
	    l->train.stored);
	l->dropped = cohort_drop(&l->train, &l->test);
	return read_groups(l, input, err);
}

/* What a cohort lacks, or NULL. */
static const char *
lack(struct learning *l, const struct cohort *cohort, const char *purpose)
{
	size_t adverse = 0;

	for (size_t i = 0; i < cohort->count; i++)
		adverse += cohort->adverse[i];
	if (cohort->count < LEAST_SAMPLES)
		return arena_printf(l->arena,
		    "there are %zu samples with a known outcome to %s and at "
		    "least %d are needed: import outcomes, or name other "
		    "terms or weeks",
		    cohort->count, purpose, LEAST_SAMPLES);
	if (adverse == 0 || adverse == cohort->count)
		return arena_printf(l->arena,
		    "of the %zu samples to %s %s had an adverse outcome: both "
		    "kinds of outcome are needed",
		    cohort->count, purpose, adverse == 0 ? "none" : "all");
	if (cohort_students(cohort) < (size_t)l->question.folds)
		return arena_printf(l->arena,
		    "there are fewer students to %s than folds", purpose);
	return NULL;
}

static const char *
lack_of_students(struct learning *l)
{
	size_t students = cohort_students(&l->train);

	if (!l->question.isotonic || students >= ISOTONIC_STUDENTS)
		return NULL;
	return arena_printf(l->arena,
	    "isotonic calibration wants %d students to learn from and there "
	    "are %zu: ask for platt, or name more terms",
	    ISOTONIC_STUDENTS, students);
}

const char *
intake_lack(struct learning *l)
{
	const char *missing = lack(l, &l->train, "learn from");

	if (missing == NULL)
		missing = lack(l, &l->test, "test on");
	return missing != NULL ? missing : lack_of_students(l);
}
