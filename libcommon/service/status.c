/*
 * status.c - GET /internal/status: how this daemon is doing.
 *
 * Memory is the proportional set size (PSS): shared pages count in parts, so
 * the sum over all daemons is what they take together.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/inside.h"

/* From the line `Pss:  1234 kB`; 0 when the kernel does not tell. */
static int64_t
proportional_bytes(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	int64_t kib = 0;
	char line[256];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Pss: %" SCNd64 " kB", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}

void
rate_count(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	service->calls++;
	pthread_mutex_unlock(&service->lock);
}

void
rate_tick(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	service->calls_at[service->ticks++ % (RATE_SECONDS + 1)] =
	    service->calls;
	pthread_mutex_unlock(&service->lock);
}

/* Calls a second over the last RATE_SECONDS, or since the start. */
static double
rate(const struct service *service)
{
	size_t span = service->ticks < RATE_SECONDS + 1 ? service->ticks
							: RATE_SECONDS + 1;
	size_t oldest = (service->ticks - span) % (RATE_SECONDS + 1);

	if (span == 0)
		return 0;
	return (double)(service->calls - service->calls_at[oldest]) /
	    (double)span;
}

/* One that is still at it has found something, as far as we know. */
static void
fill_reader(const struct reader *reader, int64_t asked, struct arena *arena,
    struct reader_status *status)
{
	status->reader = reader->kind->name;
	status->lag = reader_is_unsure(reader, asked) ? 1 : reader->lag;
	status->lag_seconds = reader->oldest != 0
	    ? (double)(clock_now() - reader->oldest) / SECOND_US
	    : 0;
	if (status->lag_seconds < 0)
		status->lag_seconds = 0;
	if (reader->error[0] != '\0')
		status->error = arena_copy(arena, reader->error);
}

/* `asked`: when readers were asked to look; 0: they were not. */
static void
fill_status(struct service *service, int64_t asked, struct arena *arena,
    struct service_status *status)
{
	struct log_last last;

	*status = (struct service_status){
		.service = service->kind->name,
		.version = EDUPULSE_VERSION,
		.ready = is_ready(service),
		.uptime = (clock_ticks() - service->began) / SECOND_US,
		.memory_bytes = proportional_bytes(),
		.readers_count = service->reader_count,
		.readers = arena_array(arena, service->reader_count,
		    sizeof(*status->readers)),
	};
	status->needs_count = needs_copy(service, arena, &status->needs);
	pthread_mutex_lock(&service->lock);
	status->calls_per_second = rate(service);
	for (size_t i = 0; i < service->reader_count; i++)
		fill_reader(&service->readers[i], asked, arena,
		    &status->readers[i]);
	pthread_mutex_unlock(&service->lock);
	if (log_last_error(&last)) {
		status->last_error = arena_copy(arena, last.text);
		status->last_error_at = last.time;
		status->has_last_error_at = true;
	}
}

void
service_own_status(struct service *service, struct arena *arena,
    struct service_status *status)
{
	fill_status(service, 0, arena, status);
}

bool
service_status(struct worker *w, struct call *call, struct err *err)
{
	struct service_status status;

	(void)err;
	fill_status(w->service, readers_look(w->service, call->deadline),
	    call->arena, &status);
	return reply(call, 200, &service_status_message, &status);
}
