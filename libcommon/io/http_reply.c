/*
 * http_reply.c - answers to bytes, in the order of the requests.
 *
 * The oldest exchange writes straight into the connection's output; those
 * behind it into buffers of their own, which http_conn.c appends when their
 * turn comes.  A reply never frees or closes anything by itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/log.h"
#include "base/uuid.h"
#include "io/http_conn.h"

static struct buf *
output(struct http_exchange *exchange)
{
	struct http_conn *conn = exchange->conn;
	bool is_first = TAILQ_FIRST(&conn->exchanges) == exchange &&
	    exchange->out.size == 0;

	return is_first ? &conn->out : &exchange->out;
}

void
http_emit(struct http_exchange *exchange, struct slice bytes)
{
	buf_add(output(exchange), bytes.data, bytes.size);
	http_conn_changed(exchange->conn);
}

static bool
are_sound(const struct http_header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!http_is_token(slice_of(headers[i].name)) ||
		    !http_is_value(headers[i].value))
			return false;
	return true;
}

/* 204 and 304 have no body, whatever the method. */
static bool
has_content(int status)
{
	return status != 204 && status != 304;
}

static bool
is_head_only(const struct http_exchange *exchange)
{
	return strcmp(exchange->request.method, "HEAD") == 0;
}

bool
http_may_drop(const struct http_exchange *exchange)
{
	int64_t length = exchange->request.content_length;

	return length >= 0 && !exchange->has_expected &&
	    (uint64_t)length - exchange->body_bytes <= HTTP_DROP_BYTES;
}

/* Is body still on its way that nobody wants to read? */
static bool
leaves_body(const struct http_exchange *exchange)
{
	return exchange->conn->current == exchange && !exchange->is_received &&
	    !http_may_drop(exchange);
}

static const char *
date(struct http_server *server)
{
	time_t now = time(NULL);

	if (now != server->date_of)
		http_date(now, server->date);
	server->date_of = now;
	return server->date;
}

static void
put_field(struct buf *out, const char *name, const char *value)
{
	buf_text(out, name);
	buf_add(out, ": ", 2);
	buf_text(out, value);
	buf_add(out, "\r\n", 2);
}

static void
put_length(struct buf *out, size_t length)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + length % 10);
		length /= 10;
	} while (length > 0);
	buf_add(out, "Content-Length: ", 16);
	buf_add(out, digits + at, sizeof(digits) - at);
	buf_add(out, "\r\n", 2);
}

static void
put_status(struct buf *out, int status)
{
	char line[] = "HTTP/1.1 000 ";

	must(status >= 200 && status <= 599);
	line[9] = (char)('0' + status / 100);
	line[10] = (char)('0' + status / 10 % 10);
	line[11] = (char)('0' + status % 10);
	buf_add(out, line, 13);
	buf_text(out, http_reason(status));
	buf_add(out, "\r\n", 2);
}

/* Everything up to the headers of the caller. */
static void
begin_head(struct http_exchange *exchange, int status)
{
	struct http_conn *conn = exchange->conn;
	struct http_server *server = conn->server;
	struct buf *out = output(exchange);

	must(exchange->answer == ANSWER_OPEN);
	exchange->status = status;
	if (server->is_draining &&
	    TAILQ_LAST(&conn->exchanges, http_exchanges) == exchange)
		exchange->is_last = true;
	put_status(out, status);
	put_field(out, "Date", date(server));
	put_field(out, "X-Request-Id", exchange->request.id);
	if (exchange->is_last)
		buf_add(out, "Connection: close\r\n", 19);
}

static void
end_head(struct http_exchange *exchange, const struct http_header *headers,
    size_t count)
{
	struct buf *out = output(exchange);

	for (size_t i = 0; i < count; i++)
		put_field(out, headers[i].name, headers[i].value);
	buf_add(out, "\r\n", 2);
	http_conn_changed(exchange->conn);
}

/* The answer is complete; go on with what is left of the request. */
static void
finish(struct http_exchange *exchange)
{
	struct http_conn *conn = exchange->conn;
	struct http_server *server = conn->server;

	exchange->answer = ANSWER_DONE;
	if (server->handler.on_answer != NULL)
		server->handler.on_answer(&exchange->request, exchange->status,
		    server->user);
	if (conn->current == exchange && !exchange->is_received) {
		exchange->wanted = HTTP_DROP;
		exchange->is_paused = false;
		if (exchange->is_last) {
			conn->current = NULL;
			http_conn_set(conn, CONN_LAST);
		}
	} else if (exchange->is_last && conn->current != exchange) {
		http_conn_set(conn, CONN_LAST);
	}
	http_conn_changed(conn);
}

static void
refuse_headers(struct http_request *request)
{
	struct err err;

	(void)err_set(&err, ERR_INTERNAL,
	    "a header of the answer cannot be sent by HTTP");
	http_reply_error(request, &err);
}

void
http_reply(struct http_request *request, int status,
    const struct http_header *headers, size_t header_count, struct slice body)
{
	struct http_exchange *exchange = request->exchange;

	if (!are_sound(headers, header_count)) {
		refuse_headers(request);
		return;
	}
	exchange->is_last = exchange->is_last || leaves_body(exchange);
	begin_head(exchange, status);
	if (has_content(status))
		put_length(output(exchange), body.size);
	end_head(exchange, headers, header_count);
	if (has_content(status) && !is_head_only(exchange))
		http_emit(exchange, body);
	finish(exchange);
}

void
http_reply_error(struct http_request *request, const struct err *err)
{
	const struct http_handler *handler =
	    &request->exchange->conn->server->handler;
	struct http_header headers[2] = { { "Content-Type", "" } };
	struct buf body = { 0 };
	char seconds[16];
	size_t count = 1;

	if (err->code == ERR_INTERNAL)
		log_error("request failed: request=%s detail=%s", request->id,
		    err->detail);
	if (err->retry_after > 0) {
		snprintf(seconds, sizeof(seconds), "%d", err->retry_after);
		headers[count++] =
		    (struct http_header){ "Retry-After", seconds };
	}
	headers[0].value = handler->problem != NULL
	    ? handler->problem(request, err, &body)
	    : http_problem(request, err, &body);
	http_reply(request, err_row(err->code)->status, headers, count,
	    buf_slice(&body));
	buf_close(&body);
}

void
http_reply_start(struct http_request *request, int status,
    const struct http_header *headers, size_t header_count)
{
	struct http_exchange *exchange = request->exchange;

	if (!are_sound(headers, header_count)) {
		refuse_headers(request);
		return;
	}
	exchange->is_chunked = !exchange->is_old && has_content(status);
	begin_head(exchange, status);
	if (exchange->is_chunked)
		buf_text(output(exchange), "Transfer-Encoding: chunked\r\n");
	end_head(exchange, headers, header_count);
	exchange->answer = ANSWER_STARTED;
}

bool
http_reply_part(struct http_request *request, struct slice part)
{
	struct http_exchange *exchange = request->exchange;
	struct http_conn *conn = exchange->conn;
	struct buf *out = output(exchange);

	if (part.size > 0 && has_content(exchange->status) &&
	    !is_head_only(exchange)) {
		if (exchange->is_chunked)
			buf_printf(out, "%zx\r\n", part.size);
		buf_add(out, part.data, part.size);
		if (exchange->is_chunked)
			buf_add(out, "\r\n", 2);
		http_conn_changed(conn);
	}
	exchange->is_full = http_conn_unsent(conn) + exchange->out.size >=
	    conn->server->settings.output_max_bytes;
	return !exchange->is_full;
}

void
http_reply_end(struct http_request *request)
{
	struct http_exchange *exchange = request->exchange;

	must(exchange->answer == ANSWER_STARTED);
	if (exchange->is_chunked && !is_head_only(exchange))
		http_emit(exchange, slice_of("0\r\n\r\n"));
	exchange->is_last = exchange->is_last || leaves_body(exchange);
	exchange->is_full = false;
	finish(exchange);
}

void
http_refuse(struct http_conn *conn, const struct err *err)
{
	struct http_server *server = conn->server;
	struct http_exchange *exchange = conn->current;
	bool is_awaited =
	    exchange->is_handed && exchange->answer != ANSWER_DONE;

	conn->current = NULL;
	http_conn_set(conn, CONN_LAST);
	exchange->is_last = true;
	exchange->is_handed = false;
	if (is_awaited)
		server->handler.on_abort(&exchange->request, server->user);
	if (exchange->request.id[0] == '\0')
		uuid_make(exchange->request.id);
	if (exchange->answer == ANSWER_OPEN)
		http_reply_error(&exchange->request, err);
	else if (exchange->answer == ANSWER_STARTED)
		conn->is_doomed = true;
	http_conn_changed(conn);
}
