/* models.c - `edupulse models`: the registry, reports, promotion, export. */
#include <stdio.h>
#include <string.h>

#include "proto/training.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/report.h"
#include "services/edupulse/screen.h"
#include "wire/json.h"

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

static void
model_cells(struct table *table, const struct model_row *model)
{
	char day[DAY_TEXT_SIZE];

	day_print(day_of(model->created_at), day);
	table_cell(table, "%.12s", model->version);
	table_cell(table, "%s", registry_kind_choice.names[model->kind]);
	table_names(table, model->aliases, model->aliases_count);
	table_cell(table, "%s", day);
	if (model->has_auroc && model->has_log_loss) {
		table_cell(table, "%.3f", model->auroc);
		table_cell(table, "%.3f", model->log_loss);
	} else {
		table_cell(table, "-");
		table_cell(table, "-");
	}
}

static bool
list_models(struct client *client, struct err *err)
{
	struct table table = TABLE("version", "kind", "serves as", "made",
	    ">mean AUROC", ">mean log loss");
	struct model_list list;

	if (!client_ask(client, "GET", "models?limit=500", NULL, NULL,
		&model_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++)
		model_cells(&table, &list.items[i]);
	table_print(&table);
	return true;
}

/* Move the champion, based on where it points now. */
static bool
promote(struct client *client, const char *version, const char *why,
    struct err *err)
{
	static const char path[] = "models/aliases/champion";
	struct client_body body = { .content_type = "application/json" };
	struct buf json = { 0 }, answer = { 0 };
	struct model_row model;
	struct alias_change change = { .why = why };
	bool is_json = client->is_json, done;

	if (why == NULL)
		return err_set(err, ERR_MALFORMED,
		    "models promote wants --why: it is kept in the audit");
	client->is_json = false;
	/* Any unmistakable beginning of a version will do. */
	if (!client_ask(client, "GET",
		arena_printf(&client->arena, "models/%s", version), NULL, NULL,
		&model_row_message, &model, err))
		return false;
	if (!client_call(client, "GET", path, NULL, &answer, err))
		err_clear(err); /* there is no champion yet */
	buf_clear(&answer);
	change.version = model.version;
	json_encode(&alias_change_message, &change, &json);
	body.bytes = buf_slice(&json);
	body.if_match = client->etag[0] != '\0'
	    ? arena_copy(&client->arena, client->etag)
	    : "\"none\"";
	done = client_call(client, "PUT", path, &body, &answer, err);
	if (done && is_json)
		printf("%s\n", answer.data);
	else if (done)
		printf("champion is %.12s now\n",
		    text_shown(&client->arena, model.version));
	buf_close(&json);
	buf_close(&answer);
	return done;
}

static bool
write_file(const char *path, struct slice bytes, struct err *err)
{
	FILE *file = fopen(path, "wb");
	bool is_whole;

	if (file == NULL)
		return err_os(err, "open %s", path);
	is_whole = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
	return (fclose(file) == 0 && is_whole) || err_os(err, "write %s", path);
}

static bool export(struct client *client, const char *version, const char *path,
    struct err *err)
{
	struct buf answer = { 0 };
	bool is_good;

	if (path == NULL)
		return err_set(err, ERR_MALFORMED,
		    "models export wants --onnx FILE");
	is_good = client_call(client, "GET",
		      arena_printf(&client->arena, "models/%s/onnx", version),
		      NULL, &answer, err) &&
	    write_file(path, buf_slice(&answer), err);
	if (is_good && !client->is_json)
		printf("wrote %s, %zu bytes\n", path, answer.size);
	buf_close(&answer);
	return is_good;
}

bool
run_models(struct client *client, struct words words, struct err *err)
{
	const char *why = NULL, *onnx = NULL, *plain[2];
	const struct option_row rows[] = { { "why", &why, NULL },
		{ "onnx", &onnx, NULL } };
	size_t count;

	if (!options_read(words, rows, ARRAY_SIZE(rows), plain, 2, &count, err))
		return false;
	if (count == 0)
		return list_models(client, err);
	if (count == 2 && strcmp(plain[0], "report") == 0)
		return report_print(client, plain[1], NULL, err);
	if (count == 2 && strcmp(plain[0], "promote") == 0)
		return promote(client, plain[1], why, err);
	if (count == 2 && strcmp(plain[0], "export") == 0)
		return export(client, plain[1], onnx, err);
	return err_set(err, ERR_MALFORMED,
	    "models, models report VERSION, models promote VERSION --why TEXT, "
	    "or models export VERSION --onnx FILE");
}
