/*
 * door.c - the public HTTP server: from a request's head to whoever takes it.
 *
 * Before a byte of body is taken: is there such a page or route, does it
 * answer this method, may a body of this type and size come, is there a key.
 * Whose key it is may be known only later (guard.h); until then nothing is
 * forwarded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/http_text.h"
#include "services/gateway/fault.h"
#include "services/gateway/gateway.h"
#include "services/gateway/passage.h"

enum { SINGLE_RECORD_MOST = 256 * 1024, DRAIN_MS_A_SECOND = 750 };

static bool
is_json(const char *type)
{
	return http_media_is(type, "application/json");
}

static bool
is_lines(const char *type)
{
	return http_media_is(type, "application/x-ndjson");
}

/* May a body of this type come?  `wanted` says what may. */
static bool
takes_type(const struct route *route, const char *type, const char **wanted)
{
	switch (route->body) {
	case BODY_JSON:
		*wanted = "application/json";
		return is_json(type);
	case BODY_BATCH:
	case BODY_STREAM:
		*wanted = "application/json or application/x-ndjson";
		return is_json(type) || is_lines(type);
	case BODY_UPLOAD:
		*wanted = "the file itself as the body, such as text/csv or "
			  "application/zip";
		return !http_media_is(type, "multipart/form-data") &&
		    !http_media_is(type, "application/x-www-form-urlencoded");
	case BODY_TENSORS: /* whose clients often name none */
		*wanted = "application/json or application/octet-stream";
		return type[0] == '\0' || is_json(type) ||
		    http_media_is(type, "application/octet-stream");
	case BODY_NONE:
	case BODY_BINARY:
		break;
	}
	*wanted = "no body";
	return false;
}

static bool
check_media(const struct http_request *request, const struct route *route,
    struct err *err)
{
	const char *type = http_header(request, "Content-Type");
	const char *coding = http_header(request, "Content-Encoding");
	const char *wanted;

	if (request->content_length == 0 || route->body == BODY_NONE)
		return true; /* a body where none belongs is 413 */
	if (coding != NULL && strcmp(coding, "identity") != 0)
		return err_set(err, ERR_MEDIA_TYPE,
		    "send the body without Content-Encoding");
	if (takes_type(route, type != NULL ? type : "", &wanted))
		return true;
	return err_set(err, ERR_MEDIA_TYPE, "%s takes %s; Content-Type is %s",
	    route->operation, wanted, type != NULL ? type : "not given");
}

/* How the body crosses; sets how much of it may come. */
static const struct manner *
choose_manner(struct http_request *request, const struct route *route)
{
	const char *type = http_header(request, "Content-Type");

	request->body_max = route->body_most;
	if (route->body == BODY_UPLOAD)
		return &upload_manner;
	if (route->body != BODY_STREAM)
		return &forward_manner;
	request->body_max = SIZE_MAX;
	if (type != NULL && is_lines(type))
		return &stream_manner;
	request->body_max = SINGLE_RECORD_MOST;
	return &forward_manner;
}

/* NULL after having refused. */
static const struct route *
find_route(struct gateway *gateway, struct http_request *request,
    const char **peer)
{
	struct buf allow = { 0 };
	struct http_header header = { "Allow", "" };
	struct err err = { 0 };
	const struct route *route = paths_find(&gateway->paths, request->method,
	    request->path, peer, &allow);

	if (route == NULL && allow.size > 0) {
		(void)err_set(&err, ERR_METHOD, "%s answers %s", request->path,
		    allow.data);
		header.value = allow.data;
		request_fail(request, &err, &header);
	} else if (route == NULL) {
		(void)err_set(&err, ERR_NOT_FOUND,
		    "there is no %s; /openapi.json lists what there is",
		    request->path);
		request_fail(request, &err, NULL);
	}
	buf_close(&allow);
	return route;
}

static enum http_body
begin_passage(struct gateway *gateway, struct http_request *request,
    const struct route *route, const char *peer)
{
	unsigned char hash[DIGEST_SIZE];
	struct err err = { 0 };
	const struct manner *manner;
	struct passage *passage;
	bool is_over;

	if (!head_check(request, &err) || !guard_read(request, hash, &err) ||
	    !check_media(request, route, &err)) {
		request_fail(request, &err, NULL);
		return HTTP_DROP;
	}
	manner = choose_manner(request, route);
	passage = passage_new(gateway, request, manner);
	passage->route = route;
	passage->peer = peer;
	passage_hold(passage);
	if (manner->open != NULL && !manner->open(passage, &err))
		passage_fail(passage, &err);
	else
		guard_admit(gateway, passage, hash);
	is_over = passage->request == NULL;
	passage_release(passage);
	return is_over ? HTTP_DROP : manner->body;
}

static enum http_body
on_head(struct http_request *request, void *user)
{
	struct gateway *gateway = user;
	const struct route *route;
	enum http_body body;
	const char *peer;

	request->user = NULL;
	if (page_take(request, &body))
		return body;
	route = find_route(gateway, request, &peer);
	if (route == NULL)
		return HTTP_DROP;
	return begin_passage(gateway, request, route, peer);
}

static void
on_chunk(struct http_request *request, struct slice chunk, void *user)
{
	struct passage *passage = request->user;

	(void)user;
	passage->manner->chunk(passage, chunk);
}

static void
on_request(struct http_request *request, void *user)
{
	struct passage *passage = request->user;

	if (passage == NULL) {
		page_show(user, request);
		return;
	}
	passage->is_complete = true;
	passage->manner->complete(passage);
}

static void
on_abort(struct http_request *request, void *user)
{
	(void)user;
	if (request->user != NULL)
		passage_gone(request->user);
}

static void
on_room(struct http_request *request, void *user)
{
	struct passage *passage = request->user;

	(void)user;
	if (passage != NULL && passage->manner->drained != NULL)
		passage->manner->drained(passage);
}

static void
on_answer(const struct http_request *request, int status, void *user)
{
	const struct gateway *gateway = user;

	metric_set(&METRIC_OPEN_CONNECTIONS, 0,
	    (double)http_server_connections(gateway->server));
	metric_add(&METRIC_REQUESTS, (size_t)(status / 100 - 1), 1);
	log_debug("request was answered: request=%s method=%s status=%d "
		  "ms=%.3f",
	    request->id, request->method, status,
	    (double)(clock_ticks() - request->began) / 1e3);
}

bool
gateway_start(struct worker *w, void **state, struct err *err)
{
	struct gateway *gateway = mem_alloc(1, sizeof(*gateway));

	(void)err;
	gateway->service = w->service;
	asks_init(&gateway->asks, w->bus);
	guard_init(&gateway->guard);
	paths_init(&gateway->paths);
	page_init(&gateway->page);
	first_key_is_needed(gateway);
	*state = gateway;
	return true;
}

void
gateway_stop(void *state)
{
	struct gateway *gateway = state;

	asks_close(&gateway->asks);
	guard_close(&gateway->guard);
	paths_close(&gateway->paths);
	page_close(&gateway->page);
	free(gateway);
}

bool
gateway_open(struct service *service, void *state, uv_loop_t *loop,
    struct err *err)
{
	static const struct http_handler handler = { .on_head = on_head,
		.on_request = on_request,
		.on_chunk = on_chunk,
		.on_abort = on_abort,
		.on_drain = on_room,
		.on_answer = on_answer,
		.problem = fault_write };
	static const struct http_server_settings settings = { 0 };
	const struct gateway_settings *own = service_settings(service);
	struct gateway *gateway = state;

	gateway->loop = loop;
	asks_open(&gateway->asks, loop);
	gateway->server = http_server_new(loop, &settings, &handler, gateway);
	if (!http_server_listen(gateway->server, own->listen, err)) {
		http_server_close(gateway->server);
		return err_in(err, "listen");
	}
	log_info("door was opened: address=%s", own->listen);
	return true;
}

static void
drained(void *user)
{
	struct gateway *gateway = user;

	http_server_close(gateway->server);
	gateway->server = NULL;
	service_loop_done(gateway->service);
}

void
gateway_drain(struct service *service, void *state)
{
	struct gateway *gateway = state;
	int seconds = (int)service_common_settings(service)->stop_seconds;

	http_server_drain(gateway->server, seconds * DRAIN_MS_A_SECOND,
	    drained);
}
