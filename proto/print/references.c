/* references.c - docs/settings.md and docs/metrics.md. */
#include "proto/print/print.h"
#include "proto/registry.h"

#include <string.h>

/* A cell of a table: bars would end it. */
static void
add_cell(struct buf *out, struct slice text)
{
	buf_text(out, " ");
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == '|')
			buf_text(out, "\\|");
		else
			buf_byte(out, text.data[i]);
	buf_text(out, " |");
}

static void
add_title(struct buf *out, const char *name)
{
	if (strcmp(name, "common") == 0)
		buf_text(out, "\n## Every service\n\n");
	else
		buf_printf(out, "\n## %s\n\n", name);
}

static void
add_setting(struct buf *out, const struct setting *row)
{
	struct buf wanted = { 0 }, fallback = { 0 }, help = { 0 };

	buf_text(&help, row->help);
	if (row->variable != NULL)
		buf_printf(&help, ". Also `%s` in the environment",
		    row->variable);
	setting_wanted(row, &wanted);
	setting_fallback(row, &fallback);
	buf_printf(out, "| `%s` |", row->name);
	add_cell(out, buf_slice(&wanted));
	if (fallback.size > 0)
		buf_printf(out, " `%s` |", fallback.data);
	else
		buf_text(out, " |");
	add_cell(out, buf_slice(&help));
	buf_text(out, "\n");
	buf_close(&wanted);
	buf_close(&fallback);
	buf_close(&help);
}

void
print_settings(struct buf *out)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	buf_text(out,
	    "# Settings\n\n"
	    "Printed from `proto/` by `make docs`; do not edit.\n\n"
	    "A value comes from the last of these that has one: the default, "
	    "the file (`--settings FILE` or `EDUPULSE_SETTINGS`; lines "
	    "`name = value` for all services, `service.name = value` for "
	    "one), the environment (`EDUPULSE_NAME`), the command line "
	    "(`--name=value`).\n");
	for (size_t i = 0; i < count; i++) {
		const struct setting_table *table = services[i].proto->settings;

		if (table->count == 0)
			continue;
		add_title(out, services[i].name);
		buf_text(out,
		    "| Name | Value | Default | Meaning |\n"
		    "|---|---|---|---|\n");
		for (size_t j = 0; j < table->count; j++)
			add_setting(out, &table->rows[j]);
	}
}

static void
add_metric(struct buf *out, const struct metric *metric)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };

	buf_printf(out, "| `%s` | %s |", metric->name, kinds[metric->kind]);
	if (metric->label[0] != '\0')
		buf_printf(out, " `%s`: %s |", metric->label, metric->labels);
	else
		buf_text(out, " |");
	add_cell(out, slice_of(metric->help));
	buf_text(out, "\n");
}

void
print_metrics(struct buf *out)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	buf_text(out,
	    "# Metrics\n\n"
	    "Printed from `proto/` by `make docs`; do not edit.\n\n"
	    "Each service shows its own at `/metrics` of its ops "
	    "address, in Prometheus' text format. Histograms are in "
	    "seconds.\n");
	for (size_t i = 0; i < count; i++) {
		const struct metric_table *table = services[i].proto->metrics;

		if (table->rows[0] == NULL)
			continue;
		add_title(out, services[i].name);
		buf_text(out,
		    "| Name | Kind | Label | Meaning |\n"
		    "|---|---|---|---|\n");
		for (size_t j = 0; table->rows[j] != NULL; j++)
			add_metric(out, table->rows[j]);
	}
}
