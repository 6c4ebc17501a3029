/* report.c - `edupulse models report`: a model's report as a page. */
#include "services/edupulse/report.h"

#include <stdio.h>
#include <string.h>

#include "proto/training.h"
#include "services/edupulse/champion.h"
#include "services/edupulse/plot.h"
#include "services/edupulse/report_plots.h"
#include "services/edupulse/screen.h"

static void
figure_cell(struct table *table, const struct estimate *estimate, int digits)
{
	if (estimate == NULL || !estimate->has_value)
		table_cell(table, "-");
	else
		table_cell(table, "%.*f", digits, estimate->value);
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
	figure_cell(table, one->auroc, 3);
	figure_cell(table, one->log_loss, 3);
	if (one->has_base_log_loss)
		table_cell(table, "%.3f", one->base_log_loss);
	else
		table_cell(table, "-");
	figure_cell(table, one->ece, 3);
	figure_cell(table, one->precision_top_10, 3);
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
		figure_cell(&table, one->auroc, 3);
		figure_cell(&table, one->log_loss, 3);
		figure_cell(&table, known->auroc, 3);
		figure_cell(&table, known->log_loss, 3);
	}
	table_print(&table);
}

static void
print_origin(struct client *client, const struct model_report *report)
{
	printf("Model %.12s: learned from %lld samples of %lld students",
	    text_shown(&client->arena, report->model_version),
	    (long long)report->train_samples,
	    (long long)report->train_students);
	for (size_t i = 0; i < report->train_terms_count; i++)
		printf("%s%s", i == 0 ? " of " : ", ",
		    text_shown(&client->arena, report->train_terms[i]));
	for (size_t i = 0; i < report->test_terms_count; i++)
		printf("%s%s", i == 0 ? "; tested on " : ", ",
		    text_shown(&client->arena, report->test_terms[i]));
	if (report->earlier_looks > 0)
		printf(".\nThis test was looked at by %lld training%s before: "
		       "what is chosen by its figures tends to do less "
		       "well than they say",
		    (long long)report->earlier_looks,
		    report->earlier_looks == 1 ? "" : "s");
	printf("\n\n");
}

static void
print_table(const struct model_report *report, const char *target)
{
	struct table table = TABLE(">week", "model", "target", ">n",
	    ">coverage", ">base rate", ">AUROC", ">log loss", ">of base rate",
	    ">ECE", ">precision top 10 %", "AUROC 95 %");

	for (size_t i = 0; i < report->evaluations_count; i++)
		if (target == NULL ||
		    strcmp(report->evaluations[i].target, target) == 0)
			evaluation_row(&table, &report->evaluations[i]);
	table_print(&table);
	if (report->sensitivity_count > 0)
		print_sensitivity(report);
}

static bool
read_report(struct client *client, const char *version,
    struct model_report *report, struct err *err)
{
	struct buf path = { 0 };
	bool done;

	buf_text(&path, "models/");
	http_escape(&path, version);
	buf_text(&path, "/report");
	done = client_ask(client, "GET", path.data, NULL, NULL,
	    &model_report_message, report, err);
	buf_close(&path);
	return done;
}

bool
report_print(struct client *client, const char *version, const char *target,
    struct err *err)
{
	struct model_report report;

	if (!read_report(client, version, &report, err))
		return false;
	if (client->is_json)
		return true;
	print_origin(client, &report);
	print_table(&report, target);
	return true;
}

/* "0.812 (0.790 to 0.833)" */
static void
range_cell(struct table *table, const struct estimate *estimate, int digits)
{
	if (estimate == NULL || !estimate->has_value || !estimate->has_low ||
	    !estimate->has_high)
		figure_cell(table, estimate, digits);
	else
		table_cell(table, "%.*f (%.*f to %.*f)", digits,
		    estimate->value, digits, estimate->low, digits,
		    estimate->high);
}

/* The words of the page that not everyone who approves a model knows. */
static void
print_legend(void)
{
	static const char *const lines[] = {
		"ECE, calibration error: how far scores are from what came, "
		"on average over ten bins; 0 is best",
		"calibration gap: mean score less base rate; below 0 too "
		"little risk was said, above 0 too much",
		"lead time: median days from the warning to the adverse "
		"outcome, among the 20 % most at risk",
		"ABROCA: area between a group's ROC curve and that of all "
		"others; 0 is best, chance alone keeps it above",
	};

	printf("\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		printf("%s\n", lines[i]);
}

/* A figure of an evaluation, a line each. */
static const struct figure {
	const char *title;
	size_t offset; /* of its estimate in struct evaluation */
	int digits;
} figures[] = {
#define FIGURE(field, title, digits)                              \
	{                                                         \
		title, offsetof(struct evaluation, field), digits \
	}
	FIGURE(auroc, "AUROC", 3),
	FIGURE(auprc, "AUPRC", 3),
	FIGURE(log_loss, "log loss", 3),
	FIGURE(brier, "Brier score", 3),
	FIGURE(brier_reliability, "  reliability", 4),
	FIGURE(brier_resolution, "  resolution", 4),
	FIGURE(brier_uncertainty, "  uncertainty", 4),
	FIGURE(ece, "calibration error", 3),
	FIGURE(precision_top_5, "precision, top 5 %", 3),
	FIGURE(precision_top_10, "precision, top 10 %", 3),
	FIGURE(precision_top_20, "precision, top 20 %", 3),
	FIGURE(recall_top_5, "recall, top 5 %", 3),
	FIGURE(recall_top_10, "recall, top 10 %", 3),
	FIGURE(recall_top_20, "recall, top 20 %", 3),
	FIGURE(lead, "lead time, days", 0),
#undef FIGURE
};

static const struct estimate *
estimate_of(const struct evaluation *of, const struct figure *figure)
{
	const char *start = (const char *)of;

	return *(
	    struct estimate *const *)(const void *)(start + figure->offset);
}

enum { WEEKS_SHOWN = TABLE_COLUMNS - 1 };

/* This model's evaluations of adverse outcomes: all weeks, then each. */
static size_t
choose(const struct model_report *report, const char *name,
    const struct evaluation *chosen[WEEKS_SHOWN])
{
	size_t count = 0;

	for (size_t i = 0; i < report->evaluations_count; i++) {
		const struct evaluation *one = &report->evaluations[i];

		if (strcmp(one->model, name) == 0 &&
		    strcmp(one->target, "adverse") == 0 && count < WEEKS_SHOWN)
			chosen[count++] = one;
	}
	return count;
}

static void
print_figures(struct client *client, const struct evaluation *const *chosen,
    size_t count)
{
	struct table table = { .columns = count + 1 };

	table.titles[0] = "adverse outcomes";
	for (size_t i = 0; i < count; i++)
		table.titles[i + 1] = chosen[i]->has_week
		    ? arena_printf(&client->arena, "week %lld",
			  (long long)chosen[i]->week)
		    : "all weeks";
	for (size_t row = 0; row < ARRAY_SIZE(figures); row++) {
		table_cell(&table, "%s", figures[row].title);
		for (size_t i = 0; i < count; i++)
			(i == 0 ? range_cell : figure_cell)(&table,
			    estimate_of(chosen[i], &figures[row]),
			    figures[row].digits);
	}
	printf("Intervals are 95 %%, by students drawn again; those of the "
	       "weeks are in --json.\n\n");
	table_print(&table);
}

static void
print_groups(const struct model_report *report)
{
	struct table table = TABLE("attribute", "group", ">students",
	    ">base rate", "false-positive rate", "false-negative rate",
	    "calibration gap", "AUROC", "ABROCA");

	if (report->groups_count == 0) {
		printf("\nNo protected attributes are known: nothing can be "
		       "said by group.\n");
		return;
	}
	printf("\nBy group, at the cut to high risk:\n\n");
	for (size_t i = 0; i < report->groups_count; i++) {
		const struct group_report *group = &report->groups[i];

		table_cell(&table, "%s", group->attribute);
		table_cell(&table, "%s", group->group);
		table_cell(&table, "%lld",
		    (long long)(group->has_students ? group->students
						    : group->n));
		if (group->enough && group->has_base_rate)
			table_cell(&table, "%.3f", group->base_rate);
		else
			table_cell(&table, "not enough data");
		range_cell(&table, group->false_positive, 3);
		range_cell(&table, group->false_negative, 3);
		range_cell(&table, group->calibration_gap, 3);
		range_cell(&table, group->auroc, 3);
		range_cell(&table, group->abroca_estimate, 3);
	}
	table_print(&table);
}

static void
print_verdict(struct client *client, const struct model_row *model,
    const struct model_report *report)
{
	const char *verdict =
	    model->verdict != NULL ? model->verdict : report->verdict;

	if (model->has_outcome)
		printf("Gate: %s. ", gate_outcome_choice.names[model->outcome]);
	if (verdict != NULL)
		printf("%s.", text_shown(&client->arena, verdict));
	if (model->has_outcome && model->outcome == GATE_ALLOWED &&
	    !champion_serves(model))
		printf("\nTo make it champion: edupulse models approve %.12s "
		       "--why TEXT",
		    text_shown(&client->arena, model->version));
	printf("\n\n");
}

static bool
read_model(struct client *client, const char *version, struct model_row *model,
    struct err *err)
{
	struct buf path = { 0 };
	bool is_json = client->is_json, done;

	client->is_json = false;
	buf_text(&path, "models/");
	http_escape(&path, version);
	done = client_ask(client, "GET", path.data, NULL, NULL,
	    &model_row_message, model, err);
	client->is_json = is_json;
	buf_close(&path);
	return done;
}

bool
report_page(struct client *client, const char *version, struct err *err)
{
	const struct evaluation *chosen[WEEKS_SHOWN];
	struct model_report report;
	struct model_row model;
	size_t count;

	if (!read_model(client, version, &model, err) ||
	    !read_report(client, model.version, &report, err))
		return false;
	if (client->is_json)
		return true;
	print_origin(client, &report);
	print_verdict(client, &model, &report);
	count = choose(&report, registry_kind_choice.names[model.kind], chosen);
	print_figures(client, chosen, count);
	report_plots(chosen, count, plot_knows_unicode());
	print_groups(&report);
	if (report.has_strongest_separation)
		printf("\nThe input that alone tells most is %s: %.3f of all "
		       "pairs in order (.5 chance, from .95 on a leak).\n",
		    text_shown(&client->arena, report.strongest_input),
		    report.strongest_separation);
	printf("\nBeside the others that were learned from the same:\n\n");
	print_table(&report, NULL);
	print_legend();
	return true;
}
