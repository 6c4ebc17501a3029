/* status.c - `edupulse status`: GET system/status as a table. */
#include <stdio.h>

#include "proto/common.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"

/* "ready", or what is missing by name. */
static void
describe_needs(const struct service_status *service, struct buf *out)
{
	if (service->ready)
		buf_text(out, "ready");
	for (size_t i = 0; i < service->needs_count; i++)
		if (!service->needs[i].met)
			buf_printf(out, "%s%s missing",
			    out->size > 0 ? ", " : "", service->needs[i].name);
	if (out->size == 0)
		buf_text(out,
		    service->version[0] == '\0' ? "does not answer"
						: "not ready");
}

static void
describe_lag(const struct service_status *service, struct buf *out)
{
	for (size_t i = 0; i < service->readers_count; i++) {
		const struct reader_status *reader = &service->readers[i];

		buf_printf(out, "%s%s %lld", i > 0 ? ", " : "", reader->reader,
		    (long long)reader->lag);
		if (reader->error != NULL)
			buf_printf(out, " (%s)", reader->error);
	}
	if (out->size == 0)
		buf_text(out, "-");
}

static void
add_row(struct table *table, const struct service_status *service)
{
	struct buf needs = { 0 }, lag = { 0 };
	char uptime[32];

	describe_needs(service, &needs);
	describe_lag(service, &lag);
	text_duration(service->uptime, uptime, sizeof(uptime));
	table_cell(table, "%s", service->service);
	table_cell(table, "%s", service->version);
	table_cell(table, "%s", needs.data);
	table_cell(table, "%s", uptime);
	table_cell(table, "%.1f",
	    (double)service->memory_bytes / (1024.0 * 1024.0));
	table_cell(table, "%.1f", service->calls_per_second);
	table_cell(table, "%s", lag.data);
	table_cell(table, "%s",
	    service->last_error != NULL ? service->last_error : "-");
	buf_close(&needs);
	buf_close(&lag);
}

bool
run_status(struct client *client, struct words words, struct err *err)
{
	struct table table = TABLE("daemon", "version", "state", ">up",
	    ">memory MiB", ">calls/s", "behind by", "last error");
	struct system_status status;
	size_t none;

	if (!options_read(words, NULL, 0, NULL, 0, &none, err) ||
	    !client_ask(client, "GET", "system/status", NULL, NULL,
		&system_status_message, &status, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < status.services_count; i++)
		add_row(&table, &status.services[i]);
	table_print(&table);
	return true;
}
