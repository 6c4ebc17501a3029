/*
 * http_hand.c - a request as it comes in, handed to the handler: its head, the
 * pieces of its body if they are wanted, its end.
 */
#include <string.h>

#include "io/http_conn.h"

static bool
refuse_size(struct http_conn *conn)
{
	struct err err;

	(void)err_set(&err, ERR_TOO_LARGE, "send a smaller body");
	http_refuse(conn, &err);
	return false;
}

/* The connection ends after this request; what is left of it is not read. */
static void
read_no_more(struct http_conn *conn, struct http_exchange *exchange)
{
	exchange->is_last = true;
	conn->current = NULL;
	http_conn_set(conn, CONN_LAST);
}

/* Say what to do with the body the handler wants, or does not. */
static void
expect_body(struct http_conn *conn, struct http_exchange *exchange)
{
	const struct http_request *request = &exchange->request;

	if (exchange->wanted == HTTP_DROP && !http_may_drop(exchange)) {
		read_no_more(conn, exchange);
		return;
	}
	if (exchange->wanted != HTTP_DROP && request->content_length > 0 &&
	    (uint64_t)request->content_length > request->body_max) {
		refuse_size(conn);
		return;
	}
	http_conn_set(conn, CONN_BODY);
	if (exchange->wanted != HTTP_DROP && exchange->has_expected) {
		exchange->has_expected = false;
		http_emit(exchange, slice_of("HTTP/1.1 100 Continue\r\n\r\n"));
	}
}

void
http_hand_end(struct http_conn *conn, struct http_exchange *exchange)
{
	const struct http_server *server = conn->server;

	exchange->is_received = true;
	conn->current = NULL;
	http_conn_set(conn, exchange->is_last ? CONN_LAST : CONN_IDLE);
	if (exchange->wanted == HTTP_DROP || exchange->answer == ANSWER_DONE)
		return;
	exchange->request.body = buf_slice(&exchange->body);
	server->handler.on_request(&exchange->request, server->user);
}

static enum http_body
ask_handler(struct http_conn *conn, struct http_exchange *exchange)
{
	const struct http_server *server = conn->server;
	struct http_request *request = &exchange->request;

	if (strcmp(request->path, "*") == 0) {
		http_reply(request, 204, NULL, 0, slice_of(""));
		return HTTP_DROP;
	}
	exchange->is_handed = true;
	return server->handler.on_head(request, server->user);
}

void
http_hand_head(struct http_conn *conn, struct http_exchange *exchange)
{
	enum http_body wanted;

	exchange->is_received = exchange->request.content_length == 0;
	wanted = ask_handler(conn, exchange);
	if (conn->current != exchange)
		return; /* answered, and nothing more is read */
	exchange->wanted = exchange->answer == ANSWER_DONE ? HTTP_DROP : wanted;
	if (exchange->is_received)
		http_hand_end(conn, exchange);
	else
		expect_body(conn, exchange);
}

bool
http_hand_piece(struct http_conn *conn, struct http_exchange *exchange)
{
	const struct http_server *server = conn->server;
	struct slice piece = { conn->piece, conn->piece_size };

	exchange->body_bytes += piece.size;
	switch (exchange->wanted) {
	case HTTP_DROP:
		if (exchange->body_bytes > HTTP_DROP_BYTES)
			read_no_more(conn, exchange);
		return true;
	case HTTP_BUFFER:
	case HTTP_STREAM:
		break;
	}
	if (exchange->body_bytes > exchange->request.body_max)
		return refuse_size(conn);
	if (exchange->wanted == HTTP_BUFFER)
		buf_add(&exchange->body, piece.data, piece.size);
	else
		server->handler.on_chunk(&exchange->request, piece,
		    server->user);
	return true;
}
