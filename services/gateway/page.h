/*
 * page.h - what the gateway answers itself, to anyone: GET /, /healthz,
 * /openapi.json, /asyncapi.json, /problems/{slug}, /v2/health/live and
 * /v2/health/ready.
 */
#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

#include "io/http_server.h"

struct gateway;
struct passage;

struct page {
	struct buf openapi;      /* owned: printed once, at start */
	struct buf asyncapi;     /* owned: likewise */
	struct buf home;         /* owned: the start page as it was last made */
	bool has_predictions;    /* prediction is ready, as it was then */
	int64_t fresh_until;     /* clock_ticks: both hold until then */
	bool is_asking;          /* for the status that they are made of */
	struct passage *waiting; /* held: want to see one of them */
};

void page_init(struct page *page);
void page_close(struct page *page);

/* Is it a page's path?  `*body` is what on_head returns: page_show follows, or
 * the request was refused. */
bool page_take(struct http_request *request, enum http_body *body);
void page_show(struct gateway *gateway, struct http_request *request);

#endif
