/*
 * http_conn.c - one connection: its states and what it reads.
 *
 * Bytes come in by http_conn_input() and are given to the step of the state
 * (http_parse.c).  Everything else that may happen - an answer, a written
 * buffer, room again, the end of the client - marks the connection as
 * changed, and http_conn_turn() does what has become possible, always in the
 * same order: parse what was held back, send, wake the handler, settle.
 */
#include "io/http_conn.h"

#include <string.h>

#include "base/mem.h"
static uint64_t
now(const struct http_conn *conn)
{
	return uv_now(conn->server->loop);
}

struct http_conn *
http_conn_new(struct http_server *server)
{
	struct http_conn *conn = mem_alloc(1, sizeof(*conn));

	conn->server = server;
	TAILQ_INIT(&conn->exchanges);
	TAILQ_INSERT_TAIL(&server->conns, conn, link);
	server->conn_count++;
	server->handles++;
	conn->since = now(conn);
	conn->io.handle.data = conn;
	conn->write.data = conn;
	return conn;
}

void
http_conn_set(struct http_conn *conn, enum conn_state state)
{
	must(conn->state != CONN_CLOSED);
	must(conn->state != CONN_LINGER || state == CONN_CLOSED);
	must(conn->state != CONN_LAST || state >= CONN_LAST);
	conn->state = state;
	conn->since = now(conn);
}

void
http_conn_changed(struct http_conn *conn)
{
	if (conn->is_changed || conn->is_turning || conn->state == CONN_CLOSED)
		return;
	conn->is_changed = true;
	TAILQ_INSERT_TAIL(&conn->server->changed, conn, changed);
	conn->server->changed_count++;
}

static bool
may_parse(const struct http_conn *conn)
{
	const struct http_server *server = conn->server;

	switch (conn->state) {
	case CONN_IDLE:
		return !server->is_draining &&
		    conn->in_flight < server->settings.in_flight_max &&
		    http_conn_unsent(conn) < server->settings.output_max_bytes;
	case CONN_BODY:
		return !conn->current->is_paused;
	case CONN_HEAD:
	case CONN_LAST:
	case CONN_LINGER:
		return !conn->is_doomed;
	case CONN_CLOSED:
		return false;
	}
	return false;
}

static size_t
begin(struct http_conn *conn, const char *data)
{
	if (data[0] == '\r' || data[0] == '\n')
		return 1; /* empty lines before a request: RFC 9112, 2.2 */
	http_parse_begin(conn);
	return 0;
}

/* When the time of a body runs from, now that more of it has come.  What is
 * streamed may pause and go on.  What is collected, or dropped, has to come at
 * HTTP_SLOWEST on the whole, or anyone could hold a connection with a byte now
 * and then. */
static void
note_body(struct http_conn *conn, size_t size)
{
	const struct http_exchange *exchange = conn->current;
	uint64_t before = exchange->body_bytes + exchange->frame_bytes;
	uint64_t gained = (before + size) * 1000 / HTTP_SLOWEST -
	    before * 1000 / HTTP_SLOWEST;

	if (exchange->wanted == HTTP_STREAM || conn->since + gained > now(conn))
		conn->since = now(conn);
	else
		conn->since += gained;
}

static size_t
step(struct http_conn *conn, char *data, size_t size)
{
	switch (conn->state) {
	case CONN_IDLE:
		return begin(conn, data);
	case CONN_HEAD:
		return http_parse_head(conn, data, size);
	case CONN_BODY:
		note_body(conn, size);
		return http_parse_body(conn, data, size);
	case CONN_LAST:
	case CONN_LINGER:
	case CONN_CLOSED:
		return size;
	}
	return size;
}

/* Let go of exchanges that are over; the next one's bytes may be sent. */
static void
advance(struct http_conn *conn)
{
	struct http_exchange *first;

	while ((first = TAILQ_FIRST(&conn->exchanges)) != NULL) {
		if (first->out.size > 0)
			buf_add(&conn->out, first->out.data, first->out.size);
		buf_clear(&first->out);
		if (first->answer != ANSWER_DONE || first == conn->current)
			return;
		TAILQ_REMOVE(&conn->exchanges, first, link);
		conn->in_flight--;
		conn->answered++;
		if (conn->state == CONN_IDLE)
			conn->since = now(conn);
		http_exchange_give(first);
	}
}

static size_t
parse(struct http_conn *conn, char *data, size_t size)
{
	size_t used = 0;

	while (used < size && may_parse(conn)) {
		used += step(conn, data + used, size - used);
		advance(conn);
	}
	return used;
}

static void
offer_memory(uv_handle_t *handle, size_t suggested, uv_buf_t *memory)
{
	struct http_conn *conn = handle->data;

	(void)suggested;
	*memory = uv_buf_init(conn->server->input, HTTP_INPUT_BYTES);
}

/* The client has shut its side.  Requests that came whole are answered. */
static void
end_input(struct http_conn *conn)
{
	struct err err;

	conn->is_ended = true;
	switch (conn->state) {
	case CONN_IDLE:
		http_conn_set(conn, CONN_LAST);
		break;
	case CONN_HEAD:
	case CONN_BODY:
		(void)err_set(&err, ERR_MALFORMED,
		    "the connection ended in the middle of the request");
		http_refuse(conn, &err);
		break;
	case CONN_LINGER:
		conn->is_doomed = true;
		break;
	case CONN_LAST:
	case CONN_CLOSED:
		break;
	}
	http_conn_changed(conn);
}

static void
take_input(uv_stream_t *stream, ssize_t size, const uv_buf_t *memory)
{
	struct http_conn *conn = stream->data;

	(void)memory;
	if (size > 0) {
		http_conn_input(conn, conn->server->input, (size_t)size);
	} else if (size < 0) {
		conn->is_reading = false;
		conn->is_doomed = conn->is_doomed || size != UV_EOF;
		end_input(conn);
	}
}

/* Read exactly while what comes could be used. */
static void
set_reading(struct http_conn *conn)
{
	bool wanted =
	    conn->rest.size == 0 && !conn->is_ended && may_parse(conn);

	if (wanted == conn->is_reading)
		return;
	conn->is_reading = wanted;
	if (wanted && conn->state == CONN_BODY)
		conn->since = now(conn);
	if (conn->is_detached)
		return;
	if (!wanted)
		uv_read_stop(&conn->io.stream);
	else if (uv_read_start(&conn->io.stream, offer_memory, take_input) != 0)
		conn->is_doomed = true;
}

void
http_conn_input(struct http_conn *conn, char *data, size_t size)
{
	size_t used = parse(conn, data, size);

	if (used < size)
		buf_add(&conn->rest, data + used, size - used);
	set_reading(conn);
	http_conn_changed(conn);
}

static void
parse_rest(struct http_conn *conn)
{
	struct buf *rest = &conn->rest;
	size_t used;

	if (rest->size == 0 || !may_parse(conn))
		return;
	used = parse(conn, rest->data, rest->size);
	memmove(rest->data, rest->data + used, rest->size - used);
	rest->size -= used;
	if (rest->size == 0)
		buf_close(rest);
}

static void
end_shutdown(uv_shutdown_t *shutdown, int status)
{
	(void)shutdown;
	(void)status; /* lingering ends by itself */
}

static void
linger(struct http_conn *conn)
{
	http_conn_set(conn, CONN_LINGER);
	if (conn->is_ended || conn->is_detached ||
	    uv_shutdown(&conn->shutdown, &conn->io.stream, end_shutdown) != 0)
		http_conn_close(conn);
}

/* When all is said: end what must end; else read on or not. */
static void
settle(struct http_conn *conn)
{
	bool is_quiet = conn->in_flight == 0 && http_conn_unsent(conn) == 0;

	if (is_quiet && conn->state == CONN_LAST)
		linger(conn);
	else if (is_quiet && conn->state == CONN_IDLE &&
	    conn->server->is_draining)
		http_conn_close(conn);
	if (conn->state != CONN_CLOSED)
		set_reading(conn);
}

void
http_conn_turn(struct http_conn *conn)
{
	conn->is_turning = true;
	advance(conn);
	if (!conn->is_doomed)
		parse_rest(conn);
	if (conn->is_doomed || !http_send(conn)) {
		http_conn_close(conn);
		return;
	}
	http_send_wake(conn);
	advance(conn);
	settle(conn);
	conn->is_turning = false;
	if (conn->state != CONN_CLOSED &&
	    (conn->is_doomed || (conn->out.size > 0 && !conn->is_sending) ||
		(conn->rest.size > 0 && may_parse(conn))))
		http_conn_changed(conn);
}

static void
forget_exchange(struct http_conn *conn, struct http_exchange *exchange)
{
	struct http_server *server = conn->server;

	TAILQ_REMOVE(&conn->exchanges, exchange, link);
	conn->in_flight--;
	if (exchange->is_handed && exchange->answer != ANSWER_DONE)
		server->handler.on_abort(&exchange->request, server->user);
	http_exchange_give(exchange);
}

static void
end_close(uv_handle_t *handle)
{
	struct http_conn *conn = handle->data;

	buf_close(&conn->rest);
	buf_close(&conn->out);
	buf_close(&conn->sending);
	http_server_lost(conn);
}

void
http_conn_close(struct http_conn *conn)
{
	if (conn->state == CONN_CLOSED)
		return;
	http_conn_set(conn, CONN_CLOSED);
	if (conn->is_changed) {
		TAILQ_REMOVE(&conn->server->changed, conn, changed);
		conn->server->changed_count--;
	}
	conn->is_changed = false;
	conn->current = NULL;
	while (!TAILQ_EMPTY(&conn->exchanges))
		forget_exchange(conn, TAILQ_FIRST(&conn->exchanges));
	uv_close(&conn->io.handle, end_close);
}

/* How long this state may last in milliseconds; 0: as long as it likes. */
static int
patience(const struct http_conn *conn)
{
	const struct http_server_settings *settings = &conn->server->settings;

	switch (conn->state) {
	case CONN_IDLE:
		if (conn->in_flight > 0)
			return 0;
		return conn->answered > 0 ? settings->idle_timeout_ms
					  : settings->head_timeout_ms;
	case CONN_HEAD:
		return settings->head_timeout_ms;
	case CONN_BODY:
		return conn->is_reading ? settings->body_timeout_ms : 0;
	case CONN_LINGER:
		return settings->linger_ms;
	case CONN_LAST:
	case CONN_CLOSED:
		return 0;
	}
	return 0;
}

static void
time_out(struct http_conn *conn)
{
	struct err err;

	if (conn->state != CONN_HEAD && conn->state != CONN_BODY) {
		http_conn_close(conn);
		return;
	}
	(void)err_set(&err, ERR_SLOW_REQUEST, "the %s did not come in time",
	    conn->state == CONN_HEAD ? "header" : "body");
	http_refuse(conn, &err);
}

void
http_conn_sweep(struct http_conn *conn)
{
	uint64_t allowed = (uint64_t)patience(conn);

	if (conn->state == CONN_CLOSED)
		return;
	if (http_send_is_stuck(conn))
		http_conn_close(conn);
	else if (allowed > 0 && now(conn) - conn->since >= allowed)
		time_out(conn);
}

void
http_conn_start(struct http_conn *conn)
{
	set_reading(conn);
	http_conn_changed(conn);
}
