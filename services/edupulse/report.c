/* report.c - `edupulse models report`: a model's report as a page. */
#include "services/edupulse/report.h"

#include <stdio.h>
#include <string.h>

#include "proto/training.h"
#include "services/edupulse/screen.h"

static void
estimate_cell(struct table *table, const struct estimate *estimate)
{
	if (estimate->has_value)
		table_cell(table, "%.3f", estimate->value);
	else
		table_cell(table, "-");
}

static void
week_cell(struct table *table, const struct evaluation *one)
{
	if (one->has_week)
		table_cell(table, "%lld", (long long)one->week);
	else
		table_cell(table, "all");
}

static void
evaluation_row(struct table *table, const struct evaluation *one)
{
	week_cell(table, one);
	table_cell(table, "%s", one->model);
	table_cell(table, "%s", one->target);
	table_cell(table, "%lld", (long long)one->n);
	table_cell(table, "%.1f %%", 100 * one->coverage);
	table_cell(table, "%.3f", one->base_rate);
	estimate_cell(table, one->auroc);
	estimate_cell(table, one->log_loss);
	if (one->has_base_log_loss)
		table_cell(table, "%.3f", one->base_log_loss);
	else
		table_cell(table, "-");
	estimate_cell(table, one->ece);
	estimate_cell(table, one->precision_top_10);
	if (one->auroc->has_low && one->auroc->has_high)
		table_cell(table, "%.3f to %.3f", one->auroc->low,
		    one->auroc->high);
	else
		table_cell(table, "-");
}

/* The same model on the same week and target; NULL: none. */
static const struct evaluation *
counterpart(const struct model_report *report, const struct evaluation *one)
{
	for (size_t i = 0; i < report->evaluations_count; i++) {
		const struct evaluation *other = &report->evaluations[i];

		if (strcmp(other->model, one->model) == 0 &&
		    strcmp(other->target, one->target) == 0 &&
		    other->has_week == one->has_week &&
		    (!one->has_week || other->week == one->week))
			return other;
	}
	return NULL;
}

static void
print_sensitivity(const struct model_report *report)
{
	struct table table = TABLE(">week", "model", ">n", ">AUROC",
	    ">log loss", ">AUROC as known", ">log loss as known");

	printf("\nIf grades had been known %lld days sooner (adverse outcomes, "
	       "learned and tested anew):\n\n",
	    (long long)report->grades_sooner);
	for (size_t i = 0; i < report->sensitivity_count; i++) {
		const struct evaluation *one = &report->sensitivity[i];
		const struct evaluation *known = counterpart(report, one);

		if (known == NULL)
			continue;
		week_cell(&table, one);
		table_cell(&table, "%s", one->model);
		table_cell(&table, "%lld", (long long)one->n);
		estimate_cell(&table, one->auroc);
		estimate_cell(&table, one->log_loss);
		estimate_cell(&table, known->auroc);
		estimate_cell(&table, known->log_loss);
	}
	table_print(&table);
}

bool
report_print(struct client *client, const char *version, const char *target,
    struct err *err)
{
	struct table table = TABLE(">week", "model", "target", ">n",
	    ">coverage", ">base rate", ">AUROC", ">log loss", ">of base rate",
	    ">ECE", ">precision top 10 %", "AUROC 95 %");
	struct model_report report;

	if (!client_ask(client, "GET",
		arena_printf(&client->arena, "models/%s/report", version), NULL,
		NULL, &model_report_message, &report, err))
		return false;
	if (client->is_json)
		return true;
	printf("Model %.12s: learned from %lld samples of %lld students",
	    text_shown(&client->arena, report.model_version),
	    (long long)report.train_samples, (long long)report.train_students);
	for (size_t i = 0; i < report.train_terms_count; i++)
		printf("%s%s", i == 0 ? " of " : ", ",
		    text_shown(&client->arena, report.train_terms[i]));
	for (size_t i = 0; i < report.test_terms_count; i++)
		printf("%s%s", i == 0 ? "; tested on " : ", ",
		    text_shown(&client->arena, report.test_terms[i]));
	printf("\n\n");
	for (size_t i = 0; i < report.evaluations_count; i++)
		if (target == NULL ||
		    strcmp(report.evaluations[i].target, target) == 0)
			evaluation_row(&table, &report.evaluations[i]);
	table_print(&table);
	if (report.sensitivity_count > 0)
		print_sensitivity(&report);
	return true;
}
