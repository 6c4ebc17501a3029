/*
 * status.c - `edupulse status`: GET system/status as a table; with --wait
 * SECONDS not before every daemon answers and no reader lags.
 */
#include <stdio.h>
#include <time.h>

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

/* Each reader that is behind or cannot read; 0: all are up to date; -: there
 * are none. */
static void
describe_lag(const struct service_status *service, struct buf *out)
{
	for (size_t i = 0; i < service->readers_count; i++) {
		const struct reader_status *reader = &service->readers[i];

		if (reader->lag == 0 && reader->error == NULL)
			continue;
		buf_printf(out, "%s%s %lld", out->size > 0 ? ", " : "",
		    reader->reader, (long long)reader->lag);
		if (reader->error != NULL)
			buf_printf(out, " (%s)", reader->error);
	}
	if (out->size == 0)
		buf_text(out, service->readers_count > 0 ? "0" : "-");
}

/* What is said of needs, also of those that are met, and the last error. */
static void
describe_remarks(const struct service_status *service, struct buf *out)
{
	for (size_t i = 0; i < service->needs_count; i++)
		if (service->needs[i].detail != NULL)
			buf_printf(out, "%s%s: %s", out->size > 0 ? "; " : "",
			    service->needs[i].name, service->needs[i].detail);
	if (service->last_error != NULL)
		buf_printf(out, "%s%s", out->size > 0 ? "; " : "",
		    service->last_error);
	if (out->size == 0)
		buf_text(out, "-");
}

static void
add_row(struct table *table, const struct service_status *service)
{
	struct buf needs = { 0 }, lag = { 0 }, remarks = { 0 };
	char uptime[32];

	describe_needs(service, &needs);
	describe_lag(service, &lag);
	describe_remarks(service, &remarks);
	text_duration(service->uptime, uptime, sizeof(uptime));
	table_cell(table, "%s", service->service);
	table_cell(table, "%s", service->version);
	table_cell(table, "%s", needs.data);
	table_cell(table, "%s", uptime);
	table_cell(table, "%.1f",
	    (double)service->memory_bytes / (1024.0 * 1024.0));
	table_cell(table, "%.1f", service->calls_per_second);
	table_cell(table, "%s", lag.data);
	table_cell(table, "%s", remarks.data);
	buf_close(&remarks);
	buf_close(&needs);
	buf_close(&lag);
}

static bool
look(struct client *client, struct system_status *status, struct err *err)
{
	return client_ask(client, "GET", "system/status", NULL, NULL,
	    &system_status_message, status, err);
}

/* Entries that readers have yet to apply; `why` gets what keeps us waiting.
 * -1: that it cannot be told how many. */
static int64_t
count_lag(const struct system_status *status, struct buf *why)
{
	int64_t lag = 0;

	for (size_t i = 0; i < status->services_count; i++) {
		const struct service_status *one = &status->services[i];

		if (one->version[0] == '\0') {
			buf_printf(why, "%s does not answer", one->service);
			return -1;
		}
		for (size_t j = 0; j < one->readers_count; j++) {
			const struct reader_status *reader = &one->readers[j];

			lag += reader->lag;
			if (reader->error == NULL)
				continue;
			buf_printf(why, "%s cannot read %s: %s", one->service,
			    reader->reader, reader->error);
			return -1;
		}
	}
	buf_printf(why, "readers still lag by %lld entries", (long long)lag);
	return lag;
}

/* Time cures what the platform says of itself and, once it has answered, that
 * it does not: it is being started anew. */
static bool
may_pass(const struct client *client, bool has_answered)
{
	if (client->status == 0)
		return has_answered;
	return client->status == 429 || client->status >= 500;
}

static void
draw_lag(int64_t lag, int64_t most)
{
	char rest[64], count[32];

	text_count(lag, count, sizeof(count));
	snprintf(rest, sizeof(rest), "%s to go", count);
	bar_draw("Counting", most > 0 ? 1 - (double)lag / (double)most : 0,
	    rest);
}

/* Look until nothing lags, at most so many seconds. */
static bool
wait_for_readers(struct client *client, int64_t seconds, struct err *err)
{
	const struct timespec pause = { 0, 250000000 };
	int64_t until = clock_ticks() + seconds * SECOND_US;
	struct system_status status;
	struct buf why = { 0 };
	int64_t lag = -1, most = 0;
	bool has_answered = false;

	for (;;) {
		buf_clear(&why);
		err_clear(err);
		if (look(client, &status, err)) {
			has_answered = true;
			lag = count_lag(&status, &why);
		} else {
			lag = -1;
			if (!may_pass(client, has_answered))
				break;
			buf_text(&why, err->detail);
		}
		if (lag == 0)
			break;
		if (clock_ticks() > until) {
			err_set(err, ERR_UNAVAILABLE, "after %lld seconds: %s",
			    (long long)seconds, why.data);
			break;
		}
		most = lag > most ? lag : most;
		if (lag > 0)
			draw_lag(lag, most);
		nanosleep(&pause, NULL);
	}
	bar_end();
	buf_close(&why);
	return lag == 0;
}

bool
run_status(struct client *client, struct words words, struct err *err)
{
	const char *wait = NULL;
	const struct option_row rows[] = { { "wait", &wait, NULL } };
	struct table table = TABLE("daemon", "version", "state", ">up",
	    ">memory MiB", ">calls/s", "behind by", "remarks, last error");
	struct system_status status;
	bool is_json = client->is_json;
	int64_t seconds = 0;
	size_t none;

	if (!options_read(words, rows, ARRAY_SIZE(rows), NULL, 0, &none, err) ||
	    !option_integer("wait", wait, 1, 86400, &seconds, err))
		return false;
	client->is_json = false;
	if (wait != NULL && !wait_for_readers(client, seconds, err))
		return false;
	client->is_json = is_json;
	if (!look(client, &status, err))
		return false;
	if (is_json)
		return true;
	for (size_t i = 0; i < status.services_count; i++)
		add_row(&table, &status.services[i]);
	table_print(&table);
	return true;
}
