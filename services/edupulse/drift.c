/* drift.c - `edupulse drift`: status, a check, reports. */
#include <stdio.h>
#include <string.h>

#include "proto/drift.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/verbs.h"

/* "not enough data" */
static const char *
words_of(struct client *client, int state)
{
	char *words =
	    arena_copy(&client->arena, drift_state_choice.names[state]);

	for (char *c = words; *c != '\0'; c++)
		if (*c == '_')
			*c = ' ';
	return words;
}

static void
number_cell(struct table *table, bool is_there, const char *format,
    double value)
{
	if (!is_there)
		table_cell(table, "-");
	else if (strcmp(format, "p") == 0)
		table_cell(table, value < .0001 ? "<.0001" : "%.4f", value);
	else if (strcmp(format, "mean") == 0)
		table_cell(table, "%.4g", value);
	else
		table_cell(table, "%.3f", value);
}

static void
feature_row_cells(struct client *client, struct table *table,
    const struct drift_feature *feature)
{
	table_cell(table, "%s", feature->name);
	table_cell(table, "%s", words_of(client, feature->verdict));
	number_cell(table, feature->has_effect, "", feature->effect);
	number_cell(table, feature->has_limit, "", feature->limit);
	number_cell(table, feature->has_ks, "", feature->ks);
	number_cell(table, feature->has_p_corrected, "p", feature->p_corrected);
	number_cell(table, feature->has_reference_mean, "mean",
	    feature->reference_mean);
	number_cell(table, feature->has_current_mean, "mean",
	    feature->current_mean);
	number_cell(table, feature->has_current_missing, "",
	    feature->current_missing);
}

static void
print_head(struct client *client, const struct drift_report *report)
{
	char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];

	printf("Drift: %s", words_of(client, report->verdict));
	if (report->judged > 0)
		printf(", %lld of %lld features", (long long)report->drifted,
		    (long long)report->judged);
	printf("\n");
	if (report->model_version != NULL)
		printf("  model    %.12s\n", report->model_version);
	if (report->has_first_day && report->has_as_of) {
		day_print(report->first_day, first);
		day_print(report->as_of, last);
		printf("  window   %s to %s, %lld students\n", first, last,
		    (long long)report->rows);
	}
	if (report->has_same_week)
		printf(
		    "  against  %lld samples, %.0f %% of the students in the "
		    "same week of the course\n",
		    (long long)report->reference_rows, report->same_week * 100);
	if (report->detail != NULL)
		printf("  %s\n", report->detail);
	printf("  report   %s\n", report->report_id);
}

static void
print_report(struct client *client, const struct drift_report *report)
{
	struct table table =
	    TABLE("feature", "verdict", ">PSI", ">limit", ">KS", ">corrected p",
		">reference mean", ">current mean", ">missing");

	print_head(client, report);
	if (report->features_count == 0)
		return;
	printf("\n");
	for (size_t i = 0; i < report->features_count; i++)
		feature_row_cells(client, &table, &report->features[i]);
	table_print(&table);
	if (report->new_findings_count == 0)
		return;
	printf("\nNew since the check before:");
	for (size_t i = 0; i < report->new_findings_count; i++)
		printf("%s %s", i > 0 ? "," : "", report->new_findings[i]);
	printf("\n");
}

struct drift_words {
	const char *date, *days; /* NULL: not said */
};

static bool
check_now(struct client *client, const char *word, const void *said,
    struct err *err)
{
	const struct drift_words *words = said;
	struct drift_check_question question = {
		.has_as_of = words->date != NULL,
		.has_days = words->days != NULL,
	};
	struct drift_report report;

	(void)word;
	if (!option_day("date", words->date, &question.as_of, err) ||
	    !option_integer("days", words->days, 1, 28, &question.days, err) ||
	    !client_ask(client, "POST", "drift/check",
		&drift_check_question_message, &question, &drift_report_message,
		&report, err))
		return false;
	if (!client->is_json)
		print_report(client, &report);
	return true;
}

static bool
show_report(struct client *client, const char *report_id, const void *said,
    struct err *err)
{
	struct buf path = { 0 };
	struct drift_report report;
	bool done;

	(void)said;
	buf_text(&path, "drift/reports/");
	http_escape(&path, report_id);
	done = client_ask(client, "GET", path.data, NULL, NULL,
	    &drift_report_message, &report, err);
	buf_close(&path);
	if (done && !client->is_json)
		print_report(client, &report);
	return done;
}

static bool
list_reports(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct table table = TABLE("report", "made", "as of", "verdict",
	    "model", ">students", ">drifted", ">of");
	struct drift_report_list list;
	char day[DAY_TEXT_SIZE];

	(void)word;
	(void)said;
	if (!client_ask(client, "GET", "drift/reports?limit=500", NULL, NULL,
		&drift_report_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++) {
		const struct drift_report_row *row = &list.items[i];

		table_cell(&table, "%s", row->report_id);
		day_print(day_of(row->made_at), day);
		table_cell(&table, "%s", day);
		day_print(row->as_of, day);
		table_cell(&table, "%s", row->has_as_of ? day : "-");
		table_cell(&table, "%s", words_of(client, row->verdict));
		table_cell(&table, "%.12s",
		    row->model_version != NULL ? row->model_version : "-");
		table_cell(&table, "%lld", (long long)row->rows);
		table_cell(&table, "%lld", (long long)row->drifted);
		table_cell(&table, "%lld", (long long)row->judged);
	}
	table_print(&table);
	return true;
}

static void
print_status(struct client *client, const struct drift_status *status)
{
	char text[CLOCK_TEXT_SIZE];

	printf("Drift: %s\n",
	    status->has_verdict ? words_of(client, status->verdict)
				: "not checked yet");
	if (status->detail != NULL)
		printf("  %s\n", status->detail);
	if (status->newest != NULL)
		printf("  report   %s, %lld of %lld features\n",
		    status->newest->report_id,
		    (long long)status->newest->drifted,
		    (long long)status->newest->judged);
	if (status->has_as_of) {
		day_print(status->as_of, text);
		printf("  scores   %lld kept, the newest of %s\n",
		    (long long)status->rows, text);
	}
	if (status->has_next_check_at) {
		clock_print(status->next_check_at, text);
		printf("  next     %s\n", text);
	}
	for (size_t i = 0; i < status->drifting_count; i++)
		printf("%s%s%s", i == 0 ? "  drifting " : ", ",
		    status->drifting[i],
		    i + 1 == status->drifting_count ? "\n" : "");
}

static bool
show_status(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct drift_status status;

	(void)word;
	(void)said;
	if (!client_ask(client, "GET", "drift/status", NULL, NULL,
		&drift_status_message, &status, err))
		return false;
	if (!client->is_json)
		print_status(client, &status);
	return true;
}

static const struct verb verbs[] = {
	{ "", 0, 0, "", show_status },
	{ "check", 0, 0, "check [--date DAY] [--days N]", check_now },
	{ "reports", 0, 0, "reports", list_reports },
	{ "report", 1, 1, "report ID", show_report },
};

bool
run_drift(struct client *client, struct words words, struct err *err)
{
	struct drift_words said = { 0 };
	const struct option_row rows[] = {
		{ "date", &said.date, NULL },
		{ "days", &said.days, NULL },
	};
	const struct verb_table table = { "drift", verbs, ARRAY_SIZE(verbs),
		rows, ARRAY_SIZE(rows), &said };

	return verbs_run(client, words, &table, err);
}
