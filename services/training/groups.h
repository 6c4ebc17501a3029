/*
 * groups.h - protected attributes of the test's students, for the fairness
 * report and the gate alone.  They are never inputs.
 */
#ifndef TRAINING_GROUPS_H
#define TRAINING_GROUPS_H

#include "base/arena.h"
#include "base/err.h"
#include "ml/bootstrap.h"
#include "ml/students.h"
#include "services/training/assess.h"

enum { ATTRIBUTES = 5, GROUPS_MAX = 60 };

struct attribute {
	const char *name;
	const char *group[GROUPS_MAX]; /* values, in the order they came */
	size_t group_count;
	uint8_t *of_student; /* (students) in the arena; 255: not known */
};

struct groups {
	struct arena *arena;      /* borrowed: of names and numbers */
	struct students students; /* owned: of the test samples */
	struct attribute attributes[ATTRIBUTES];
};

void groups_init(struct groups *groups, const struct cohort *test,
    struct arena *arena);
void groups_close(struct groups *groups);

/* A protected_page, JSON; students that are not tested are passed over.
 * `scratch` is for the time of the call. */
MUST_CHECK bool groups_add(struct groups *groups, struct slice page,
    struct arena *scratch, struct err *err);

/* How a contender does in each group at the cut to high, over all weeks. */
MUST_CHECK bool groups_assess(const struct groups *groups,
    const struct assessment *assessment, const struct contender *contender,
    struct group_report **reports, size_t *count, struct err *err);

/* Every group as a mask over the test samples, named attribute=value. */
void groups_masks(const struct groups *groups, const struct cohort *test,
    struct arena *arena, struct group_mask **masks, size_t *count);

#endif
