/*
 * baseline.c - penalties by folds, all of them at once.
 */
#include "services/training/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/measures.h"
#include "services/training/crew.h"
#include "services/training/table.h"

static const double penalties[] = { 1, 10, 30, 100, 300, 1000, 3000 };
enum { PENALTIES = ARRAY_SIZE(penalties) };

struct grid {
	const struct lesson *lesson; /* borrowed */
	struct table table;          /* owned: standardised */
	double *logits;              /* owned, (PENALTIES, count) */
	struct err errs[PENALTIES * FOLDS_MAX];
};

static void
fit_one(void *user, size_t task)
{
	struct grid *grid = user;
	size_t fold = task / PENALTIES, penalty = task % PENALTIES;
	struct fold_view view;
	struct table table;
	struct logistic_data data = { .inputs = MODEL_INPUTS };
	struct logistic model;
	double *logits = grid->logits + penalty * grid->lesson->cohort->count;

	fold_view_init(&view, grid->lesson->folds, fold);
	table_take(&table, &grid->table,
	    &(struct subset){ view.train, view.train_count });
	data.count = table.count;
	data.rows = table.rows;
	data.adverse = table.adverse;
	if (logistic_fit(&model, &data, penalties[penalty], NULL,
		&grid->errs[task]))
		for (size_t i = 0; i < view.validation_count; i++)
			logits[view.validation[i]] = logistic_logit(&model,
			    grid->table.rows +
				view.validation[i] * MODEL_INPUTS);
	table_close(&table);
	fold_view_close(&view);
	reporter_unit(grid->lesson->reporter,
	    &(struct reporter_unit){ .phase = NULL });
}

double
held_out_loss(const struct cohort *cohort, const double *logits)
{
	double loss = 0;

	for (size_t i = 0; i < cohort->count; i++)
		loss += measure_log_loss(logistic_probability(logits[i]),
		    cohort->adverse[i] != 0);
	return loss / (double)cohort->count;
}

/* The best penalty; of equal ones the strongest. */
static size_t
pick_penalty(const struct grid *grid, double *best)
{
	const struct cohort *cohort = grid->lesson->cohort;
	size_t chosen = 0;

	*best = HUGE_VAL;
	for (size_t i = 0; i < PENALTIES; i++) {
		double loss =
		    held_out_loss(cohort, grid->logits + i * cohort->count);

		if (loss <= *best) {
			*best = loss;
			chosen = i;
		}
	}
	return chosen;
}

static bool
fit_grid(struct grid *grid, struct fitted *fitted, struct err *err)
{
	const struct lesson *lesson = grid->lesson;
	size_t tasks = PENALTIES * lesson->folds->folds, chosen;
	size_t count = lesson->cohort->count;
	struct logistic_data data = { .count = count,
		.inputs = MODEL_INPUTS,
		.rows = grid->table.rows,
		.adverse = grid->table.adverse };

	crew_run(fit_one, grid, tasks);
	for (size_t i = 0; i < tasks; i++)
		if (grid->errs[i].code != ERR_NONE)
			return err_set(err, grid->errs[i].code,
			    "the logistic regression of fold %zu: %s",
			    i / PENALTIES + 1, grid->errs[i].detail);
	chosen = pick_penalty(grid, &fitted->loss);
	fitted->l2 = penalties[chosen];
	fitted->logits = mem_alloc(count, sizeof(double));
	memcpy(fitted->logits, grid->logits + chosen * count,
	    count * sizeof(double));
	return logistic_fit(&fitted->logistic, &data, fitted->l2, NULL, err);
}

bool
baseline_fit(const struct lesson *lesson, double until, struct fitted *fitted,
    struct err *err)
{
	size_t count = lesson->cohort->count;
	struct grid *grid = mem_alloc(1, sizeof(*grid));
	bool is_good;

	*fitted = (struct fitted){ 0 };
	grid->lesson = lesson;
	table_init(&grid->table, lesson->cohort);
	grid->logits = mem_alloc(PENALTIES * count, sizeof(double));
	reporter_stage(lesson->reporter, "logistic regression", until,
	    PENALTIES * lesson->folds->folds);
	is_good = fit_grid(grid, fitted, err);
	table_close(&grid->table);
	free(grid->logits);
	free(grid);
	if (!is_good)
		fitted_close(fitted);
	return is_good;
}

void
fitted_close(struct fitted *fitted)
{
	free(fitted->logits);
	*fitted = (struct fitted){ 0 };
}
