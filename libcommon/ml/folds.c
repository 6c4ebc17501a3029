/* folds.c - shuffle by hash, deal like cards. */
#include "ml/folds.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"
#include "base/random.h"
#include "ml/students.h"

struct card {
	bool adverse;
	uint64_t hash;
	size_t student; /* its number */
};

static int
compare(const void *left, const void *right)
{
	const struct card *a = left, *b = right;

	if (a->adverse != b->adverse)
		return a->adverse ? -1 : 1;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->student > b->student) - (a->student < b->student);
}

/* The students in the order of dealing; free() it. */
static struct card *
shuffle(const struct students *students, const uint8_t *adverse, size_t count,
    uint64_t seed)
{
	struct card *cards = mem_alloc(students->count, sizeof(*cards));

	for (size_t i = 0; i < students->count; i++)
		cards[i] =
		    (struct card){ false, random_at(seed, students->id[i]), i };
	for (size_t i = 0; i < count; i++)
		if (adverse[i])
			cards[students->of[i]].adverse = true;
	qsort(cards, students->count, sizeof(*cards), compare);
	return cards;
}

static void
deal(struct folds *folds, const struct students *students,
    const struct card *cards)
{
	uint8_t *fold = mem_alloc(students->count, sizeof(*fold));

	for (size_t i = 0; i < students->count; i++)
		fold[cards[i].student] = (uint8_t)(i % folds->folds);
	for (size_t i = 0; i < folds->count; i++)
		folds->of[i] = fold[students->of[i]];
	free(fold);
}

bool
folds_init(struct folds *folds, const uint64_t *student, const uint8_t *adverse,
    size_t count, const struct folds_plan *plan, struct err *err)
{
	struct students students;
	struct card *cards;

	if (plan->folds < 2 || plan->folds > FOLDS_MAX)
		return err_set(err, ERR_INVALID, "%zu folds are not 2 to %d",
		    plan->folds, FOLDS_MAX);
	students_init(&students, student, count);
	if (students.count < plan->folds) {
		err_set(err, ERR_INVALID, "%zu students do not fill %zu folds",
		    students.count, plan->folds);
		students_close(&students);
		return false;
	}
	*folds = (struct folds){ .count = count,
		.folds = plan->folds,
		.of = mem_alloc(count, sizeof(*folds->of)) };
	cards = shuffle(&students, adverse, count, plan->seed);
	deal(folds, &students, cards);
	free(cards);
	students_close(&students);
	return true;
}

void
folds_close(struct folds *folds)
{
	free(folds->of);
	*folds = (struct folds){ 0 };
}

void
fold_view_init(struct fold_view *view, const struct folds *folds,
    size_t held_out)
{
	must(held_out < folds->folds);
	view->train_count = 0;
	view->validation_count = 0;
	view->train = mem_alloc(folds->count, sizeof(*view->train));
	view->validation = mem_alloc(folds->count, sizeof(*view->validation));
	for (size_t i = 0; i < folds->count; i++) {
		if (folds->of[i] == held_out)
			view->validation[view->validation_count++] = i;
		else
			view->train[view->train_count++] = i;
	}
}

void
fold_view_close(struct fold_view *view)
{
	free(view->train);
	free(view->validation);
	*view = (struct fold_view){ 0 };
}
