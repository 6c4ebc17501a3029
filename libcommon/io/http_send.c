/*
 * http_send.c - a connection's output: as much as the client takes at once,
 * the rest when it has room.
 */
#include "io/http_conn.h"

size_t
http_conn_unsent(const struct http_conn *conn)
{
	return conn->out.size +
	    (conn->is_sending ? conn->io.stream.write_queue_size : 0);
}

static void
clear(struct buf *buf)
{
	if (buf->room > HTTP_KEEP_BYTES)
		buf_close(buf);
	else
		buf_clear(buf);
}

static void
end_write(uv_write_t *write, int status)
{
	struct http_conn *conn = write->data;

	conn->is_sending = false;
	clear(&conn->sending);
	conn->is_doomed = conn->is_doomed || status < 0;
	http_conn_changed(conn);
}

/* Send the rest of `out` from number `sent` on when the client has room. */
static bool
send_later(struct http_conn *conn, size_t sent)
{
	struct buf empty = conn->sending;
	uv_buf_t bytes;

	conn->sending = conn->out;
	conn->out = empty;
	bytes = uv_buf_init(conn->sending.data + sent,
	    (unsigned int)(conn->sending.size - sent));
	conn->is_sending = true;
	conn->write_since = uv_now(conn->server->loop);
	conn->write_left = bytes.len;
	return uv_write(&conn->write, &conn->io.stream, &bytes, 1, end_write) ==
	    0;
}

bool
http_send(struct http_conn *conn)
{
	uv_buf_t bytes;
	int sent;

	if (conn->is_sending || conn->out.size == 0)
		return true;
	if (conn->is_detached) {
		clear(&conn->out);
		return true;
	}
	bytes = uv_buf_init(conn->out.data, (unsigned int)conn->out.size);
	sent = uv_try_write(&conn->io.stream, &bytes, 1);
	if (sent < 0 && sent != UV_EAGAIN)
		return false;
	if (sent < 0 || (size_t)sent < conn->out.size)
		return send_later(conn, sent < 0 ? 0 : (size_t)sent);
	clear(&conn->out);
	return true;
}

void
http_send_wake(struct http_conn *conn)
{
	struct http_exchange *first = TAILQ_FIRST(&conn->exchanges);
	const struct http_server *server = conn->server;

	if (first == NULL || !first->is_full ||
	    http_conn_unsent(conn) > server->settings.output_max_bytes / 2)
		return;
	first->is_full = false;
	if (first->is_handed && server->handler.on_drain != NULL)
		server->handler.on_drain(&first->request, server->user);
}

bool
http_send_is_stuck(struct http_conn *conn)
{
	size_t left = conn->io.stream.write_queue_size;

	if (!conn->is_sending || left == 0)
		return false;
	if (left != conn->write_left)
		conn->write_since = uv_now(conn->server->loop);
	conn->write_left = left;
	return uv_now(conn->server->loop) - conn->write_since >=
	    (uint64_t)conn->server->settings.write_timeout_ms;
}
