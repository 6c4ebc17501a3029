/*
 * page.h - what the gateway answers itself, to anyone: GET /, /healthz,
 * /openapi.json, /asyncapi.json, /problems/{slug}.
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
	int64_t home_until;      /* clock_ticks: shown as it is until then */
	bool is_asking;          /* for the status that is on it */
	struct passage *waiting; /* held: want to see it */
};

void page_init(struct page *page);
void page_close(struct page *page);

/* Is it a page's path?  `*body` is what on_head returns: page_show follows, or
 * the request was refused. */
bool page_take(struct http_request *request, enum http_body *body);
void page_show(struct gateway *gateway, struct http_request *request);

#endif
