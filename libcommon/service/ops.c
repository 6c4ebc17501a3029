/*
 * ops.c - what a supervisor and a monitor ask of a daemon, over HTTP.
 *
 *	GET /healthz	200 while the loop turns
 *	GET /readyz	200 or 503, with what is missing and since when
 *	GET /metrics	text for Prometheus
 *	GET /version	name and version
 */
#include <stdio.h>
#include <string.h>

#include "io/http_server.h"
#include "observe/metrics.h"
#include "service/inside.h"
#include "wire/json.h"

enum { ADDRESS_SIZE = 256 };

static void
answer_json(struct http_request *request, int status, struct slice body)
{
	const struct http_header headers[] = {
		{ "Content-Type", "application/json" },
		{ "Cache-Control", "no-store" },
	};

	http_reply(request, status, headers, 2, body);
}

static void
answer_message(struct http_request *request, int status,
    const struct message *message, const void *value)
{
	struct buf body = { 0 };

	json_encode(message, value, &body);
	answer_json(request, status, buf_slice(&body));
	buf_close(&body);
}

static void
get_health(struct service *service, struct http_request *request)
{
	(void)service;
	answer_json(request, 200, slice_of("{\"status\":\"alive\"}"));
}

static void
get_ready(struct service *service, struct http_request *request)
{
	struct readiness readiness = { .ready = is_ready(service),
		.stopping = service_is_stopping(service) };

	readiness.needs_count =
	    needs_copy(service, &request->arena, &readiness.needs);
	answer_message(request, readiness.ready ? 200 : 503, &readiness_message,
	    &readiness);
}

static void
get_metrics(struct service *service, struct http_request *request)
{
	const struct http_header type = { "Content-Type",
		"text/plain; version=0.0.4; charset=utf-8" };
	struct buf text = { 0 };

	metrics_print(&common_metric_table, &text);
	if (service->kind->metrics != NULL)
		metrics_print(service->kind->metrics, &text);
	http_reply(request, 200, &type, 1, buf_slice(&text));
	buf_close(&text);
}

static void
get_version(struct service *service, struct http_request *request)
{
	struct program program = { .service = service->kind->name,
		.version = EDUPULSE_VERSION };

	answer_message(request, 200, &program_message, &program);
}

static const struct {
	const char *path;
	void (*get)(struct service *service, struct http_request *request);
} pages[] = {
	{ "/healthz", get_health },
	{ "/readyz", get_ready },
	{ "/metrics", get_metrics },
	{ "/version", get_version },
};

static enum http_body
take_no_body(struct http_request *request, void *user)
{
	(void)request;
	(void)user;
	return HTTP_BUFFER;
}

static void
answer(struct http_request *request, void *user)
{
	struct service *service = user;
	struct err err = { 0 };
	bool is_read = strcmp(request->method, "GET") == 0 ||
	    strcmp(request->method, "HEAD") == 0;

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		if (strcmp(request->path, pages[i].path) != 0)
			continue;
		if (is_read) {
			pages[i].get(service, request);
			return;
		}
		err_set(&err, ERR_METHOD, "only GET is answered here");
	}
	if (err.code == ERR_NONE)
		err_set(&err, ERR_NOT_FOUND, "there is no such page");
	http_reply_error(request, &err);
}

static void
forget(struct http_request *request, void *user)
{
	(void)request;
	(void)user;
}

bool
ops_listen(struct service *service, struct err *err)
{
	static const struct http_handler handler = { .on_head = take_no_body,
		.on_request = answer,
		.on_abort = forget };
	static const struct http_server_settings settings = { .connections_max =
								  64 };
	const char *given = service->common->ops_listen;
	char address[ADDRESS_SIZE];

	if (given[0] != '\0')
		snprintf(address, sizeof(address), "%s", given);
	else
		snprintf(address, sizeof(address), "unix:%s/%s.ops",
		    service->common->run_folder, service->kind->name);
	service->ops =
	    http_server_new(&service->loop, &settings, &handler, service);
	return http_server_listen(service->ops, address, err);
}
