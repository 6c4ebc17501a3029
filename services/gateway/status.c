/*
 * status.c - GET /api/v1/system/status: how every daemon is doing.
 *
 * All are asked at the same time and have four seconds, most of which a daemon
 * may wait for its readers; one that does not answer has a row without version.
 */
#include <pthread.h>
#include <string.h>

#include "proto/registry.h"
#include "services/gateway/gateway.h"
#include "wire/json.h"

enum { STATUS_SECONDS = 4, SERVICES_MOST = 64 };

/* What one daemon has said; written by a thread of nng's under the lock. */
struct report {
	struct round *round;
	const char *service;
	struct buf body; /* owned; empty: it did not answer */
	struct err err;
};

struct round {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t left; /* that have not answered or failed */
	size_t count;
	struct report reports[SERVICES_MOST];
};

static void
reported(void *user, const struct raw_answer *answer, const struct err *err)
{
	struct report *report = user;
	struct round *round = report->round;

	pthread_mutex_lock(&round->lock);
	if (answer != NULL)
		buf_add(&report->body, answer->body.data, answer->body.size);
	else
		report->err = *err;
	round->left--;
	pthread_cond_signal(&round->changed);
	pthread_mutex_unlock(&round->lock);
}

static void
ask_all(struct worker *w, const struct call *call, struct round *round)
{
	struct bus_head head = { .method = "GET",
		.target = "/internal/status",
		.request_id = call->head->request_id,
		.tenant = call->head->tenant,
		.principal = call->head->principal,
		.role = ROLE_INTERNAL,
		.deadline = clock_now() + STATUS_SECONDS * SECOND_US,
		.traceparent = call->head->traceparent };
	struct slice nothing = { NULL, 0 };

	for (size_t i = 0; i < round->count; i++)
		if (strcmp(round->reports[i].service, "gateway") != 0)
			bus_ask_later(w->bus, round->reports[i].service, &head,
			    nothing, reported, &round->reports[i]);
}

/* The bus keeps the deadline: each will have answered or failed by then. */
static void
wait_for_all(struct round *round)
{
	pthread_mutex_lock(&round->lock);
	while (round->left > 0)
		pthread_cond_wait(&round->changed, &round->lock);
	pthread_mutex_unlock(&round->lock);
}

static void
read_report(struct worker *w, const struct report *report,
    struct service_status *status)
{
	struct need_status *need;
	struct err err = report->err;

	if (strcmp(report->service, "gateway") == 0) {
		service_own_status(w->service, &w->arena, status);
		return;
	}
	if (report->body.size > 0 &&
	    json_decode(&service_status_message, buf_slice(&report->body),
		JSON_LENIENT, &w->arena, status, &err))
		return;
	need = arena_alloc(&w->arena, sizeof(*need));
	*need = (struct need_status){ .name = "answer",
		.detail = arena_copy(&w->arena, err.detail),
		.since = clock_now() };
	*status = (struct service_status){ .service = report->service,
		.version = "",
		.needs = need,
		.needs_count = 1 };
}

/* Every daemon of services.def: all of the registry but "common". */
static void
open_round(struct round *round)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	must(count - 1 <= SERVICES_MOST);
	*round = (struct round){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.left = count - 2 };
	for (size_t i = 1; i < count; i++)
		round->reports[round->count++] =
		    (struct report){ round, services[i].name, { 0 }, { 0 } };
}

bool
get_system_status(struct worker *w, struct call *call, struct err *err)
{
	struct round *round = arena_alloc(&w->arena, sizeof(*round));
	struct system_status status = { 0 };

	(void)err;
	open_round(round);
	ask_all(w, call, round);
	wait_for_all(round);
	status.services_count = round->count;
	status.services =
	    arena_array(&w->arena, round->count, sizeof(*status.services));
	for (size_t i = 0; i < round->count; i++) {
		read_report(w, &round->reports[i], &status.services[i]);
		buf_close(&round->reports[i].body);
	}
	return reply(call, 200, &system_status_message, &status);
}
