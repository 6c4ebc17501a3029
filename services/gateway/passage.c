/* passage.c - life of a passage, heads of questions, answers. */
#include "services/gateway/passage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "services/gateway/fault.h"
#include "services/gateway/gateway.h"

enum { HEADERS_MOST = 8, NUMBER_TEXT = 24 };

struct passage *
passage_new(struct gateway *gateway, struct http_request *request,
    const struct manner *manner)
{
	struct passage *passage = mem_alloc(1, manner->size);

	passage->gateway = gateway;
	passage->request = request;
	passage->manner = manner;
	request->user = passage;
	head_trace(request, passage->traceparent);
	metric_move(&METRIC_PASSAGES, 0, 1);
	return passage;
}

static void
free_if_over(struct passage *passage)
{
	if (passage->request != NULL || passage->holds > 0)
		return;
	if (passage->manner->close != NULL)
		passage->manner->close(passage);
	key_holder_unref(passage->holder);
	metric_move(&METRIC_PASSAGES, 0, -1);
	free(passage);
}

void
passage_hold(struct passage *passage)
{
	passage->holds++;
}

void
passage_release(struct passage *passage)
{
	must(passage->holds > 0);
	passage->holds--;
	free_if_over(passage);
}

void
passage_over(struct passage *passage)
{
	passage->request = NULL;
	if (passage->manner->over != NULL)
		passage->manner->over(passage);
	free_if_over(passage);
}

void
passage_gone(struct passage *passage)
{
	passage_over(passage);
}

/* "the role analyst may not POST /api/v1/imports; admin, operator may" */
static void
refuse_role(const struct route *route, enum role role, struct err *err)
{
	struct buf who = { 0 };

	for (size_t i = 0; i < role_choice.count; i++)
		if ((route->roles & MAY(i)) != 0)
			buf_printf(&who, "%s%s", who.size > 0 ? ", " : "",
			    role_choice.names[i]);
	(void)err_set(err, ERR_FORBIDDEN, "the role %s may not %s %s; %s may",
	    role_choice.names[role], route->method, route->path, who.data);
	buf_close(&who);
}

void
passage_admit(struct passage *passage, struct key_holder *holder)
{
	struct err err = { 0 };

	if (passage->request == NULL)
		return;
	if ((passage->route->roles & MAY(holder->who.role)) == 0) {
		refuse_role(passage->route, (enum role)holder->who.role, &err);
		passage_fail(passage, &err);
		return;
	}
	passage->holder = key_holder_ref(holder);
	passage->manner->admitted(passage);
}

/* The path as it stands in the request line, without scheme and host. */
static const char *
target_of(struct http_request *request)
{
	if (request->query[0] == '\0')
		return request->path;
	return arena_printf(&request->arena, "%s?%s", request->path,
	    request->query);
}

void
passage_head(const struct passage *passage, struct bus_head *head)
{
	struct http_request *request = passage->request;
	const struct key_check *who = &passage->holder->who;

	*head = (struct bus_head){
		.method = passage->route->method,
		.target = target_of(request),
		.request_id = request->id,
		.tenant = who->tenant,
		.principal = passage->holder->principal,
		.role = who->role,
		.schools = who->schools,
		.schools_count = who->schools_count,
		.sections = who->sections,
		.sections_count = who->sections_count,
		.deadline = clock_now() + passage->route->deadline * SECOND_US,
		.traceparent = passage->traceparent,
		.content_type = http_header(request, "Content-Type"),
		.if_match = http_header(request, "If-Match"),
		.if_none_match = http_header(request, "If-None-Match"),
	};
	head->has_json_size = head_json_size(request, &head->json_size);
}

static void
add(struct http_header *headers, size_t *count, const char *name,
    const char *value)
{
	if (value == NULL)
		return;
	must(*count < HEADERS_MOST);
	headers[(*count)++] = (struct http_header){ name, value };
}

void
passage_answer(struct passage *passage, const struct answer *answer)
{
	const struct bus_answer *head = &answer->head;
	struct http_header headers[HEADERS_MOST];
	char seconds[NUMBER_TEXT], json_size[NUMBER_TEXT];
	struct slice body = answer->body;
	size_t count = 0;

	if (passage->request == NULL)
		return;
	add(headers, &count, "Content-Type",
	    fault_reword(passage->request, head->content_type, &body));
	add(headers, &count, "ETag", head->etag);
	add(headers, &count, "Location", head->location);
	add(headers, &count, "Cache-Control", "no-store");
	add(headers, &count, "X-Content-Type-Options", "nosniff");
	if (head->has_retry_after) {
		snprintf(seconds, sizeof(seconds), "%lld",
		    (long long)head->retry_after);
		add(headers, &count, "Retry-After", seconds);
	}
	if (head->has_replayed && head->replayed)
		add(headers, &count, "Idempotency-Replayed", "true");
	if (head->has_json_size) {
		snprintf(json_size, sizeof(json_size), "%lld",
		    (long long)head->json_size);
		add(headers, &count, "Inference-Header-Content-Length",
		    json_size);
	}
	http_reply(passage->request, (int)head->status, headers, count, body);
	passage_over(passage);
}

void
request_fail(struct http_request *request, const struct err *err,
    const struct http_header *more)
{
	static const struct http_header challenge = { "WWW-Authenticate",
		"Bearer realm=\"edupulse\"" };
	struct http_header headers[HEADERS_MOST];
	char seconds[NUMBER_TEXT];
	struct buf body = { 0 };
	size_t count = 0;

	add(headers, &count, "Content-Type", fault_write(request, err, &body));
	add(headers, &count, "Cache-Control", "no-store");
	add(headers, &count, "X-Content-Type-Options", "nosniff");
	if (err->code == ERR_UNAUTHENTICATED)
		more = &challenge;
	if (more != NULL)
		add(headers, &count, more->name, more->value);
	if (err->retry_after > 0) {
		snprintf(seconds, sizeof(seconds), "%d", err->retry_after);
		add(headers, &count, "Retry-After", seconds);
	}
	http_reply(request, err_row(err->code)->status, headers, count,
	    buf_slice(&body));
	buf_close(&body);
}

void
passage_fail(struct passage *passage, const struct err *err)
{
	if (passage->request == NULL)
		return;
	request_fail(passage->request, err, NULL);
	passage_over(passage);
}

void
passage_answered(void *user, const struct answer *answer, const struct err *err)
{
	struct passage *passage = user;

	if (answer != NULL)
		passage_answer(passage, answer);
	else
		passage_fail(passage, err);
	passage_release(passage);
}
