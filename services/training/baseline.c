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

static const double penalties[] = { 1, 10, 30, 100, 300, 1000, 3000 };
enum { PENALTIES = ARRAY_SIZE(penalties) };

/* Some rows of the table, side by side. */
struct part_table {
	float *rows;      /* owned */
	uint8_t *adverse; /* owned */
	size_t count;
};

struct grid {
	const struct lesson *lesson; /* borrowed */
	float *rows;                 /* owned, (count, MODEL_INPUTS) */
	double *logits;              /* owned, (PENALTIES, count) */
	struct err errs[PENALTIES * FOLDS_MAX];
};

void
baseline_inputs(const struct network_row *row, float *inputs)
{
	memcpy(inputs, row->steps + (row->step_count - 1) * NETWORK_INPUTS,
	    NETWORK_INPUTS * sizeof(float));
	memcpy(inputs + NETWORK_INPUTS, row->context,
	    NETWORK_CONTEXT * sizeof(float));
}

static void
table_init(struct part_table *table, const struct grid *grid,
    const struct subset *subset)
{
	table->count = subset->count;
	table->rows = mem_alloc(subset->count * MODEL_INPUTS, sizeof(float));
	table->adverse = mem_alloc(subset->count, 1);
	for (size_t i = 0; i < subset->count; i++) {
		memcpy(table->rows + i * MODEL_INPUTS,
		    grid->rows + subset->row[i] * MODEL_INPUTS,
		    MODEL_INPUTS * sizeof(float));
		table->adverse[i] =
		    grid->lesson->cohort->adverse[subset->row[i]];
	}
}

static void
table_close(struct part_table *table)
{
	free(table->rows);
	free(table->adverse);
}

static void
fit_one(void *user, size_t task)
{
	struct grid *grid = user;
	size_t fold = task / PENALTIES, penalty = task % PENALTIES;
	struct fold_view view;
	struct part_table table;
	struct logistic_data data = { .inputs = MODEL_INPUTS };
	struct logistic model;
	double *logits = grid->logits + penalty * grid->lesson->cohort->count;

	fold_view_init(&view, grid->lesson->folds, fold);
	table_init(&table, grid,
	    &(struct subset){ view.train, view.train_count });
	data.count = table.count;
	data.rows = table.rows;
	data.adverse = table.adverse;
	if (logistic_fit(&model, &data, penalties[penalty], NULL,
		&grid->errs[task]))
		for (size_t i = 0; i < view.validation_count; i++)
			logits[view.validation[i]] = logistic_logit(&model,
			    grid->rows + view.validation[i] * MODEL_INPUTS);
	table_close(&table);
	fold_view_close(&view);
	reporter_unit(grid->lesson->reporter,
	    &(struct reporter_unit){ .phase = NULL });
}

static double
loss_of(const struct cohort *cohort, const double *logits)
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
		double loss = loss_of(cohort, grid->logits + i * cohort->count);

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
		.rows = grid->rows,
		.adverse = lesson->cohort->adverse };

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
	grid->rows = mem_alloc(count * MODEL_INPUTS, sizeof(float));
	grid->logits = mem_alloc(PENALTIES * count, sizeof(double));
	for (size_t i = 0; i < count; i++)
		baseline_inputs(&lesson->cohort->rows[i],
		    grid->rows + i * MODEL_INPUTS);
	reporter_stage(lesson->reporter, "logistic regression", until,
	    PENALTIES * lesson->folds->folds);
	is_good = fit_grid(grid, fitted, err);
	free(grid->rows);
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
