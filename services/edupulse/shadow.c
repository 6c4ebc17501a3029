/* shadow.c - `edupulse models shadow`: counts, then what both say, then how it
 * turned out. */
#include "services/edupulse/shadow.h"

#include <stdio.h>
#include <string.h>

#include "proto/prediction.h"
#include "services/edupulse/screen.h"

enum { NUMBER = 32 };

/* With its sign. */
static void
change_cell(struct table *table, bool has, double value)
{
	if (has)
		table_cell(table, "%+.4f", value);
	else
		table_cell(table, "-");
}

static void
print_counts(struct client *client, const struct shadow_report *report)
{
	const struct {
		const char *why;
		int64_t count;
	} dropped[] = {
		{ "the queue was full", report->dropped_full },
		{ "the model did not load", report->dropped_no_model },
		{ "the database did not take them",
		    report->dropped_not_stored },
		{ "the service was stopped", report->dropped_stopped },
	};
	char number[NUMBER], since[DAY_TEXT_SIZE];

	day_print(day_of(report->since), since);
	printf("%.12s beside the champion %.12s, since %s\n",
	    text_shown(&client->arena, report->shadow_version),
	    text_shown(&client->arena, report->champion_version), since);
	text_count(report->scored, number, sizeof(number));
	printf("%s scorings were made by both\n", number);
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		if (dropped[i].count == 0)
			continue;
		text_count(dropped[i].count, number, sizeof(number));
		printf("%s were left out: %s\n", number, dropped[i].why);
	}
	text_count(report->pairs, number, sizeof(number));
	printf("%s pairs are kept, one an enrollment and day; below, the last "
	       "of each week\n\n",
	    number);
}

static void
slice_cells(struct table *table, const struct shadow_slice *slice)
{
	table_cell(table, "%s", slice->by);
	table_cell(table, "%s", slice->value != NULL ? slice->value : "-");
	table_cell(table, "%lld", (long long)slice->n);
	table_cell(table, "%lld", (long long)slice->students);
	change_cell(table, slice->has_mean_difference, slice->mean_difference);
	change_cell(table, slice->has_low_difference, slice->low_difference);
	change_cell(table, slice->has_median_difference,
	    slice->median_difference);
	change_cell(table, slice->has_high_difference, slice->high_difference);
	table_figure(table, slice->has_same_category, slice->same_category);
	table_figure(table, slice->has_rank_correlation,
	    slice->rank_correlation);
	table_figure(table, slice->has_top_10_in_common,
	    slice->top_10_in_common);
	if (slice->has_more_microseconds)
		table_cell(table, "%+.1f", slice->more_microseconds);
	else
		table_cell(table, "-");
}

static void
print_slices(const struct shadow_report *report)
{
	struct table table = TABLE("by", "which", ">pairs", ">students",
	    ">difference", ">5 %", ">median", ">95 %", ">same category",
	    ">rank", ">top 10 %", ">more us");

	for (size_t i = 0; i < report->items_count; i++)
		slice_cells(&table, &report->items[i]);
	table_print(&table);
}

static int64_t
count_of(const struct shadow_slice *slice, int champion, int shadow)
{
	for (size_t i = 0; i < slice->categories_count; i++)
		if ((int)slice->categories[i].champion == champion &&
		    (int)slice->categories[i].shadow == shadow)
			return slice->categories[i].n;
	return 0;
}

static void
print_categories(const struct shadow_slice *all)
{
	struct table table =
	    TABLE("champion", ">shadow: low", ">medium", ">high", ">critical");

	if (all->categories_count == 0)
		return;
	printf("\n");
	for (int a = LEVEL_LOW; a <= LEVEL_CRITICAL; a++) {
		table_cell(&table, "%s", risk_level_choice.names[a]);
		for (int b = LEVEL_LOW; b <= LEVEL_CRITICAL; b++)
			table_cell(&table, "%lld",
			    (long long)count_of(all, a, b));
	}
	table_print(&table);
}

/* Every measure of all, of the parts the log loss. */
static void
print_outcomes(const struct shadow_report *report)
{
	struct table table = TABLE("by", "which", ">known", "measure",
	    ">champion", ">shadow", ">95 % from", ">to");

	for (size_t i = 0; i < report->items_count; i++) {
		const struct shadow_slice *slice = &report->items[i];

		for (size_t k = 0; k < slice->measures_count; k++) {
			const struct shadow_measure *measure =
			    &slice->measures[k];

			if (i > 0 && strcmp(measure->name, "log_loss") != 0)
				continue;
			table_cell(&table, "%s", slice->by);
			table_cell(&table, "%s",
			    slice->value != NULL ? slice->value : "-");
			table_cell(&table, "%lld", (long long)slice->known);
			table_cell(&table, "%s", measure->name);
			table_cell(&table, "%.4f", measure->champion);
			table_cell(&table, "%.4f", measure->shadow);
			change_cell(&table, measure->has_low, measure->low);
			change_cell(&table, measure->has_high, measure->high);
		}
	}
	printf("\n");
	table_print(&table);
}

static void
add_word(struct buf *path, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_text(path, strchr(path->data, '?') == NULL ? "?" : "&");
	buf_text(path, name);
	buf_text(path, "=");
	http_escape(path, value);
}

bool
shadow_page(struct client *client, const char *version,
    const struct shadow_words *words, struct err *err)
{
	struct shadow_report report;
	struct buf path = { 0 };
	bool done;

	buf_text(&path, "models/");
	http_escape(&path, version);
	buf_text(&path, "/shadow");
	add_word(&path, "champion", words->champion);
	add_word(&path, "course_id", words->course_id);
	done = client_ask(client, "GET", path.data, NULL, NULL,
	    &shadow_report_message, &report, err);
	buf_close(&path);
	if (!done || client->is_json)
		return done;
	print_counts(client, &report);
	print_slices(&report);
	if (report.items_count > 0)
		print_categories(&report.items[0]);
	print_outcomes(&report);
	return true;
}
