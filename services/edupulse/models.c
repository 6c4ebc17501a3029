/* models.c - `edupulse models`: the registry and export; champion.c moves its
 * aliases and report.c prints a report. */
#include <stdio.h>
#include <string.h>

#include "proto/prediction.h"
#include "proto/training.h"
#include "services/edupulse/champion.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/report.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/shadow.h"
#include "services/edupulse/verbs.h"

struct model_words {
	struct champion_words champion;
	struct shadow_words shadow;
	const char *onnx; /* file to write; NULL: not said */
};

static void
model_cells(struct table *table, const struct model_row *model)
{
	char day[DAY_TEXT_SIZE];

	day_print(day_of(model->created_at), day);
	table_cell(table, "%.12s", model->version);
	table_cell(table, "%s", registry_kind_choice.names[model->kind]);
	table_names(table, model->aliases, model->aliases_count);
	table_cell(table, "%s", day);
	table_cell(table, "%s",
	    model->has_outcome ? gate_outcome_choice.names[model->outcome]
			       : "-");
	table_names(table, model->refused_by, model->refused_by_count);
	if (model->has_auroc && model->has_log_loss) {
		table_cell(table, "%.3f", model->auroc);
		table_cell(table, "%.3f", model->log_loss);
	} else {
		table_cell(table, "-");
		table_cell(table, "-");
	}
}

static bool
list_models(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct table table = TABLE("version", "kind", "serves as", "made",
	    "gate", "refused by", ">mean AUROC", ">mean log loss");
	struct model_list list;

	(void)word;
	(void)said;
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

/* How the scores that a version gave turned out. */
static bool
print_performance(struct client *client, const char *version, const void *said,
    struct err *err)
{
	struct table table =
	    TABLE("week", ">known", ">waiting", ">base rate", ">mean score",
		">AUROC", ">log loss", ">Brier", ">ECE", ">precision top 10 %");
	struct model_performance performance;
	struct buf path = { 0 };
	bool done;

	(void)said;
	buf_text(&path, "models/");
	http_escape(&path, version);
	buf_text(&path, "/performance");
	done = client_ask(client, "GET", path.data, NULL, NULL,
	    &model_performance_message, &performance, err);
	buf_close(&path);
	if (!done || client->is_json)
		return done;
	for (size_t i = 0; i < performance.items_count; i++) {
		const struct performance_week *week = &performance.items[i];
		char day[DAY_TEXT_SIZE];

		day_print(week->week, day);
		table_cell(&table, "%s", day);
		table_cell(&table, "%lld", (long long)week->n);
		table_cell(&table, "%lld", (long long)week->waiting);
		table_figure(&table, week->has_base_rate, week->base_rate);
		table_figure(&table, week->has_mean_score, week->mean_score);
		table_figure(&table, week->has_auroc, week->auroc);
		table_figure(&table, week->has_log_loss, week->log_loss);
		table_figure(&table, week->has_brier, week->brier);
		table_figure(&table, week->has_ece, week->ece);
		table_figure(&table, week->has_precision_top_10,
		    week->precision_top_10);
	}
	table_print(&table);
	return true;
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

static bool
export_onnx(struct client *client, const char *version, const void *said,
    struct err *err)
{
	const char *path = ((const struct model_words *)said)->onnx;
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

static bool
show_report(struct client *client, const char *version, const void *said,
    struct err *err)
{
	(void)said;
	return report_page(client, version, err);
}

static bool
show_shadow(struct client *client, const char *version, const void *said,
    struct err *err)
{
	const struct model_words *words = said;

	return shadow_page(client, version != NULL ? version : "shadow",
	    &words->shadow, err);
}

static bool
approve(struct client *client, const char *version, const void *said,
    struct err *err)
{
	const struct model_words *words = said;

	return champion_approve(client, version, &words->champion, err);
}

static bool
promote(struct client *client, const char *version, const void *said,
    struct err *err)
{
	const struct model_words *words = said;

	return champion_promote(client, version, &words->champion, err);
}

static bool
roll_back(struct client *client, const char *word, const void *said,
    struct err *err)
{
	const struct model_words *words = said;

	(void)word;
	return champion_roll_back(client, &words->champion, err);
}

static bool
history(struct client *client, const char *alias, const void *said,
    struct err *err)
{
	(void)said;
	return champion_history(client, alias != NULL ? alias : "champion",
	    err);
}

static const struct verb verbs[] = {
	{ "", 0, 0, "", list_models },
	{ "report", 1, 1, "report VERSION", show_report },
	{ "performance", 1, 1, "performance VERSION", print_performance },
	{ "shadow", 0, 1, "shadow [VERSION] [--champion VERSION] [--course ID]",
	    show_shadow },
	{ "approve", 1, 1, "approve VERSION --why TEXT", approve },
	{ "promote", 1, 1,
	    "promote VERSION --why TEXT [--despite-gate] [--as ALIAS]",
	    promote },
	{ "rollback", 0, 0, "rollback --why TEXT", roll_back },
	{ "history", 0, 1, "history [ALIAS]", history },
	{ "export", 1, 1, "export VERSION --onnx FILE", export_onnx },
};

bool
run_models(struct client *client, struct words words, struct err *err)
{
	struct model_words said = { 0 };
	const struct option_row rows[] = {
		{ "why", &said.champion.why, NULL },
		{ "despite-gate", NULL, &said.champion.despite_gate },
		{ "as", &said.champion.alias, NULL },
		{ "champion", &said.shadow.champion, NULL },
		{ "course", &said.shadow.course_id, NULL },
		{ "onnx", &said.onnx, NULL },
	};
	const struct verb_table table = { "models", verbs, ARRAY_SIZE(verbs),
		rows, ARRAY_SIZE(rows), &said };

	return verbs_run(client, words, &table, err);
}
