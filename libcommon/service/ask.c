/*
 * ask.c - asking other services.
 *
 * Call threads that ask each other in a circle would starve: all of A's wait
 * for B while all of B's wait for A.  So a call thread asks only services that
 * stand to the right of its own; event and job threads may ask anyone.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "service/inside.h"
#include "wire/json.h"

enum { ASK_SECONDS = 10 };

static const char *const order[] = { "gateway", "notification", "drift-monitor",
	"prediction", "training", "ingestion" };

/* Place in the order; -1: stands in none, as in tests. */
static int
place_of(const char *service)
{
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (strcmp(order[i], service) == 0)
			return (int)i;
	return -1;
}

bool
may_ask(const char *asker, const char *asked)
{
	int from = place_of(asker), to = place_of(asked);

	return from == -1 || to == -1 || from < to;
}

/* On behalf of the call: who, whose, until when, which request. */
static void
head_of_call(const struct call *call, struct bus_head *head)
{
	const struct bus_head *from = call->head;

	head->request_id = from->request_id;
	head->tenant = from->tenant;
	head->principal = from->principal;
	head->role = from->role;
	head->schools = from->schools;
	head->schools_count = from->schools_count;
	head->sections = from->sections;
	head->sections_count = from->sections_count;
	head->deadline = from->deadline;
	head->traceparent = from->traceparent;
}

static void
head_of_our_own(struct worker *w, int seconds, struct bus_head *head)
{
	char id[UUID_TEXT_SIZE];

	uuid_make(id);
	head->request_id = arena_copy(&w->arena, id);
	head->tenant = service_tenant(w->service);
	head->principal =
	    arena_printf(&w->arena, "service:%s", w->service->kind->name);
	head->role = ROLE_INTERNAL;
	head->deadline =
	    clock_now() + (seconds > 0 ? seconds : ASK_SECONDS) * SECOND_US;
}

bool
ask(struct worker *w, const struct ask *question, struct answer *answer,
    struct err *err)
{
	struct bus_head head = { .method = question->method,
		.target = question->target };

	must(
	    w->call == NULL || may_ask(w->service->kind->name, question->peer));
	if (w->call != NULL)
		head_of_call(w->call, &head);
	else
		head_of_our_own(w, question->seconds, &head);
	/* What lies below /internal/ is between services, whoever began. */
	if (strncmp(question->target, "/internal/", 10) == 0)
		head.role = ROLE_INTERNAL;
	if (question->tenant != NULL)
		head.tenant = question->tenant;
	if (question->body.size > 0)
		head.content_type = question->content_type != NULL
		    ? question->content_type
		    : "application/json";
	if (!bus_ask(w->bus, question->peer, &head, question->body, &w->arena,
		answer, err))
		return false;
	if (answer->head.status < 400)
		return true;
	problem_read(question->peer, answer, &w->arena, err);
	return false;
}

bool
ask_message(struct worker *w, const struct ask *question,
    const struct message *message, void *value, struct err *err)
{
	struct answer answer;

	if (!ask(w, question, &answer, err))
		return false;
	if (json_decode(message, answer.body, JSON_LENIENT, &w->arena, value,
		err))
		return true;
	err->code = ERR_BAD_UPSTREAM;
	return err_in(err, "the answer of %s", question->peer);
}
