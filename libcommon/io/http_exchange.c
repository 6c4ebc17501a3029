/*
 * http_exchange.c - requests and their memory, and what handlers ask them.
 *
 * An exchange is used again and again with its buffers and arena; what grew
 * beyond HTTP_KEEP_BYTES is given back.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/http_conn.h"

enum { ARENA_BLOCK_BYTES = 2048 };

static void
keep_small(struct buf *buf)
{
	if (buf->room > HTTP_KEEP_BYTES)
		buf_close(buf);
	else
		buf_clear(buf);
}

/* Zero all but the memory that is kept. */
static void
reset(struct http_exchange *exchange, struct http_conn *conn)
{
	*exchange = (struct http_exchange){ .conn = conn,
		.head = exchange->head,
		.body = exchange->body,
		.out = exchange->out,
		.request = { .method = "",
		    .target = "",
		    .path = "",
		    .query = "",
		    .host = "",
		    .remote = conn->remote,
		    .began = clock_ticks(),
		    .arena = exchange->request.arena,
		    .exchange = exchange } };
}

struct http_exchange *
http_exchange_take(struct http_conn *conn)
{
	struct http_server *server = conn->server;
	struct http_exchange *exchange = TAILQ_FIRST(&server->spare);

	if (exchange != NULL) {
		TAILQ_REMOVE(&server->spare, exchange, link);
		server->spare_count--;
	} else {
		exchange = mem_alloc(1, sizeof(*exchange));
		arena_init(&exchange->request.arena, ARENA_BLOCK_BYTES);
	}
	reset(exchange, conn);
	return exchange;
}

void
http_exchange_free(struct http_exchange *exchange)
{
	arena_close(&exchange->request.arena);
	buf_close(&exchange->head);
	buf_close(&exchange->body);
	buf_close(&exchange->out);
	free(exchange);
}

void
http_exchange_give(struct http_exchange *exchange)
{
	struct http_server *server = exchange->conn->server;
	struct arena *arena = &exchange->request.arena;

	if (server->spare_count >= HTTP_SPARE_MAX) {
		http_exchange_free(exchange);
		return;
	}
	keep_small(&exchange->head);
	keep_small(&exchange->body);
	keep_small(&exchange->out);
	if (arena->used_bytes > HTTP_KEEP_BYTES)
		arena_close(arena);
	else
		arena_reset(arena);
	TAILQ_INSERT_HEAD(&server->spare, exchange, link);
	server->spare_count++;
}

const char *
http_header(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcasecmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

bool
http_query(struct http_request *request, const char *name, const char **value,
    struct err *err)
{
	struct slice query = slice_of(request->query), key, text;
	const char *decoded;

	*value = NULL;
	while (http_next_param(&query, &key, &text)) {
		decoded = http_decode(&request->arena, key, true);
		if (decoded == NULL)
			return err_set(err, ERR_MALFORMED,
			    "a query parameter's name is not percent-encoded");
		if (strcmp(decoded, name) != 0)
			continue;
		*value = http_decode(&request->arena, text, true);
		if (*value == NULL)
			return err_set(err, ERR_MALFORMED,
			    "query parameter %s is not percent-encoded", name);
		return true;
	}
	return true;
}

void
http_body_pause(struct http_request *request)
{
	request->exchange->is_paused = true;
}

void
http_body_resume(struct http_request *request)
{
	request->exchange->is_paused = false;
	http_conn_changed(request->exchange->conn);
}
