/*
 * page.c - the start page: what runs where, and how to begin; and the few
 * other things that need no key.
 *
 * The start page and the readiness of the Open Inference Protocol show the
 * status of the daemons as it was at most two seconds ago, so that strangers
 * who ask for it often ask no daemon often.
 */
#include "services/gateway/page.h"

#include <string.h>

#include "base/uuid.h"
#include "proto/print/print.h"
#include "proto/registry.h"
#include "services/gateway/gateway.h"
#include "services/gateway/home.h"
#include "services/gateway/passage.h"
#include "wire/json.h"

enum { STATUS_SECONDS = 5 };
#define FRESH_US (2 * SECOND_US)

static const char problems[] = "/problems/";

void
page_init(struct page *page)
{
	print_openapi(&page->openapi);
	print_asyncapi(&page->asyncapi);
}

void
page_close(struct page *page)
{
	buf_close(&page->openapi);
	buf_close(&page->asyncapi);
	buf_close(&page->home);
}

static void
answer(struct http_request *request, const char *type, struct slice body)
{
	const struct http_header headers[] = {
		{ "Content-Type", type },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'" },
	};

	http_reply(request, 200, headers, ARRAY_SIZE(headers), body);
}

static void
answer_html(struct http_request *request, const struct buf *html)
{
	answer(request, "text/html; charset=utf-8", buf_slice(html));
}

static void
show_to_all(struct gateway *gateway)
{
	struct page *page = &gateway->page;
	struct passage *passage = page->waiting;

	page->waiting = NULL;
	while (passage != NULL) {
		struct passage *next = passage->next_waiting;

		if (passage->request != NULL) {
			page_show(gateway, passage->request);
			passage_over(passage);
		}
		passage_release(passage);
		passage = next;
	}
}

static bool
is_ready(const struct system_status *status, const char *service)
{
	for (size_t i = 0; i < status->services_count; i++)
		if (strcmp(status->services[i].service, service) == 0)
			return status->services[i].ready;
	return false;
}

static void
status_came(void *user, const struct answer *answer_of, const struct err *err)
{
	struct gateway *gateway = user;
	struct page *page = &gateway->page;
	struct system_status status = { 0 };
	struct err fault = *err;
	bool is_known = answer_of != NULL && answer_of->head.status == 200 &&
	    json_decode(&system_status_message, answer_of->body, JSON_LENIENT,
		&gateway->asks.arena, &status, &fault);

	page->is_asking = false;
	page->has_predictions = is_known && is_ready(&status, "prediction");
	buf_clear(&page->home);
	home_print(&page->home, is_known ? &status : NULL);
	page->fresh_until = clock_ticks() + FRESH_US;
	show_to_all(gateway);
}

static void
ask_status(struct gateway *gateway)
{
	char id[UUID_TEXT_SIZE];
	struct bus_head head = { .method = "GET",
		.target = "/api/v1/system/status",
		.request_id = id,
		.tenant = service_tenant(gateway->service),
		.principal = "service:gateway",
		.role = ROLE_OPERATOR,
		.deadline = clock_now() + STATUS_SECONDS * SECOND_US };

	uuid_make(id);
	gateway->page.is_asking = true;
	asks_send(&gateway->asks, "gateway", &head, slice_of(""), status_came,
	    gateway);
}

/* False: the request waits for a status, and is shown its page then. */
static bool
has_status(struct gateway *gateway, struct http_request *request)
{
	static const struct manner manner = { .size = sizeof(struct passage),
		.body = HTTP_BUFFER };
	struct page *page = &gateway->page;
	struct passage *passage;

	if (!page->is_asking && clock_ticks() < page->fresh_until)
		return true;
	passage = passage_new(gateway, request, &manner);
	passage_hold(passage);
	passage->next_waiting = page->waiting;
	page->waiting = passage;
	if (!page->is_asking)
		ask_status(gateway);
	return false;
}

static void
show_home(struct gateway *gateway, struct http_request *request)
{
	if (has_status(gateway, request))
		answer_html(request, &gateway->page.home);
}

/* The Open Inference Protocol's two questions about the server: the status
 * code is the answer. */
static void
show_live(struct gateway *gateway, struct http_request *request)
{
	(void)gateway;
	answer(request, "application/json", slice_of("{\"live\":true}"));
}

static void
show_ready(struct gateway *gateway, struct http_request *request)
{
	struct err err = { 0 };

	if (!has_status(gateway, request))
		return;
	if (gateway->page.has_predictions) {
		answer(request, "application/json",
		    slice_of("{\"ready\":true}"));
		return;
	}
	(void)err_set(&err, ERR_UNAVAILABLE,
	    "prediction is not ready; GET / shows what it waits for");
	request_fail(request, &err, NULL);
}

static void
show_health(struct gateway *gateway, struct http_request *request)
{
	(void)gateway;
	answer(request, "application/json", slice_of("{\"status\":\"alive\"}"));
}

static void
show_openapi(struct gateway *gateway, struct http_request *request)
{
	answer(request, "application/json", buf_slice(&gateway->page.openapi));
}

static void
show_asyncapi(struct gateway *gateway, struct http_request *request)
{
	answer(request, "application/json", buf_slice(&gateway->page.asyncapi));
}

static void
show_problem(struct http_request *request)
{
	const char *slug = request->path + strlen(problems);
	enum err_code code = err_code_of(slug);
	struct buf html = { 0 };
	struct err err = { 0 };

	if (strcmp(err_row(code)->slug, slug) != 0) {
		(void)err_set(&err, ERR_NOT_FOUND, "there is no such problem");
		request_fail(request, &err, NULL);
		return;
	}
	home_print_problem(&html, code);
	answer_html(request, &html);
	buf_close(&html);
}

static const struct {
	const char *path;
	void (*show)(struct gateway *gateway, struct http_request *request);
} pages[] = {
	{ "/", show_home },
	{ "/healthz", show_health },
	{ "/openapi.json", show_openapi },
	{ "/asyncapi.json", show_asyncapi },
	{ "/v2/health/live", show_live },
	{ "/v2/health/ready", show_ready },
};

static bool
is_page(const char *path)
{
	if (strncmp(path, problems, strlen(problems)) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (strcmp(path, pages[i].path) == 0)
			return true;
	return false;
}

bool
page_take(struct http_request *request, enum http_body *body)
{
	static const struct http_header allow = { "Allow", "GET, HEAD" };
	struct err err = { 0 };

	if (!is_page(request->path))
		return false;
	*body = HTTP_BUFFER;
	if (strcmp(request->method, "GET") == 0 ||
	    strcmp(request->method, "HEAD") == 0)
		return true;
	(void)err_set(&err, ERR_METHOD, "%s answers GET and HEAD",
	    request->path);
	request_fail(request, &err, &allow);
	*body = HTTP_DROP;
	return true;
}

void
page_show(struct gateway *gateway, struct http_request *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (strcmp(request->path, pages[i].path) == 0) {
			pages[i].show(gateway, request);
			return;
		}
	show_problem(request);
}
