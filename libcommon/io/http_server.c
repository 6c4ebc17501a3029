/*
 * http_server.c - the server around the connections: accept, sweep, drain.
 *
 * libuv stops accepting by itself while a client that it announced is not
 * taken; that is how connections_max is kept.  One timer looks at all
 * connections now and then instead of one timer a connection: a limit is
 * overstepped by at most a quarter of the shortest.
 */
#include "io/http_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/http_conn.h"

void
http_server_let_go(struct http_server *server)
{
	struct http_exchange *exchange;

	if (--server->handles > 0)
		return;
	while ((exchange = TAILQ_FIRST(&server->spare)) != NULL) {
		TAILQ_REMOVE(&server->spare, exchange, link);
		http_exchange_free(exchange);
	}
	free(server);
}

static void
end_handle(uv_handle_t *handle)
{
	http_server_let_go(handle->data);
}

/* While the idle handle is active, the loop does not wait. */
static void
do_nothing(uv_idle_t *again)
{
	(void)again;
}

static void
turn_changed(uv_prepare_t *prepare)
{
	struct http_server *server = prepare->data;

	for (size_t left = server->changed_count; left > 0; left--) {
		struct http_conn *conn = TAILQ_FIRST(&server->changed);

		if (conn == NULL)
			break;
		TAILQ_REMOVE(&server->changed, conn, changed);
		server->changed_count--;
		conn->is_changed = false;
		http_conn_turn(conn);
	}
	if (server->is_closing && server->conn_count == 0) {
		uv_close((uv_handle_t *)&server->prepare, end_handle);
		uv_close((uv_handle_t *)&server->again, end_handle);
		return;
	}
	if (server->changed_count > 0)
		uv_idle_start(&server->again, do_nothing);
	else
		uv_idle_stop(&server->again);
}

static void
sweep(uv_timer_t *timer)
{
	struct http_server *server = timer->data;
	struct http_conn *conn, *next;

	for (conn = TAILQ_FIRST(&server->conns); conn != NULL; conn = next) {
		next = TAILQ_NEXT(conn, link);
		http_conn_sweep(conn);
	}
}

static void
set_defaults(struct http_server_settings *settings)
{
	static const struct http_server_settings usual = { .connections_max =
							       4096,
		.in_flight_max = 32,
		.head_max_bytes = 16384,
		.target_max_bytes = 8192,
		.output_max_bytes = 262144,
		.head_timeout_ms = 10000,
		.body_timeout_ms = 30000,
		.idle_timeout_ms = 75000,
		.write_timeout_ms = 30000,
		.linger_ms = 2000 };

#define SETTING(name) \
	settings->name = settings->name != 0 ? settings->name : usual.name
	SETTING(connections_max);
	SETTING(in_flight_max);
	SETTING(head_max_bytes);
	SETTING(target_max_bytes);
	SETTING(output_max_bytes);
	SETTING(head_timeout_ms);
	SETTING(body_timeout_ms);
	SETTING(idle_timeout_ms);
	SETTING(write_timeout_ms);
	SETTING(linger_ms);
#undef SETTING
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static void
start_timers(struct http_server *server)
{
	const struct http_server_settings *settings = &server->settings;
	int shortest =
	    least(settings->head_timeout_ms, settings->body_timeout_ms);
	uint64_t period;

	shortest = least(shortest, settings->idle_timeout_ms);
	shortest = least(shortest, settings->write_timeout_ms);
	shortest = least(shortest, settings->linger_ms);
	period = shortest < 8 ? 2 : (uint64_t)shortest / 4;
	uv_timer_init(server->loop, &server->sweep);
	uv_timer_init(server->loop, &server->deadline);
	uv_prepare_init(server->loop, &server->prepare);
	uv_idle_init(server->loop, &server->again);
	uv_timer_start(&server->sweep, sweep, period, period);
	uv_prepare_start(&server->prepare, turn_changed);
	uv_unref((uv_handle_t *)&server->sweep);
	server->sweep.data = server->deadline.data = server;
	server->prepare.data = server->again.data = server;
	server->handles = 4;
}

struct http_server *
http_server_new(uv_loop_t *loop, const struct http_server_settings *settings,
    const struct http_handler *handler, void *user)
{
	struct http_server *server = mem_alloc(1, sizeof(*server));

	must(handler->on_head != NULL && handler->on_request != NULL);
	must(handler->on_abort != NULL);
	server->loop = loop;
	server->handler = *handler;
	server->user = user;
	if (settings != NULL)
		server->settings = *settings;
	set_defaults(&server->settings);
	SLIST_INIT(&server->listeners);
	TAILQ_INIT(&server->conns);
	TAILQ_INIT(&server->changed);
	TAILQ_INIT(&server->spare);
	start_timers(server);
	return server;
}

static void
doom_all(struct http_server *server)
{
	struct http_conn *conn;

	TAILQ_FOREACH(conn, &server->conns, link)
	{
		conn->is_doomed = true;
		http_conn_changed(conn);
	}
}

/* The deadline has come, or the last connection is gone. */
static void
end_drain(uv_timer_t *deadline)
{
	struct http_server *server = deadline->data;
	void (*done)(void *user) = server->drained;

	if (server->conn_count > 0) {
		doom_all(server);
		return;
	}
	uv_timer_stop(deadline);
	server->drained = NULL;
	if (done != NULL)
		done(server->user);
}

void
http_server_lost(struct http_conn *conn)
{
	struct http_server *server = conn->server;

	TAILQ_REMOVE(&server->conns, conn, link);
	server->conn_count--;
	free(conn);
	http_listen_again(server);
	if (server->is_draining && !server->is_closing &&
	    server->conn_count == 0)
		end_drain(&server->deadline);
	http_server_let_go(server);
}

size_t
http_server_connections(const struct http_server *server)
{
	return server->conn_count;
}

void
http_server_drain(struct http_server *server, int deadline_ms,
    void (*done)(void *user))
{
	struct http_conn *conn;

	server->is_draining = true;
	server->drained = done;
	http_listen_stop(server);
	TAILQ_FOREACH(conn, &server->conns, link)
	http_conn_changed(conn);
	uv_timer_start(&server->deadline, end_drain,
	    server->conn_count == 0 ? 0 : (uint64_t)deadline_ms, 0);
}

void
http_server_close(struct http_server *server)
{
	must(!server->is_closing);
	server->is_closing = true;
	server->drained = NULL;
	http_listen_stop(server);
	doom_all(server);
	/* what is doomed has a last turn: turn_changed() closes the rest */
	uv_close((uv_handle_t *)&server->sweep, end_handle);
	uv_close((uv_handle_t *)&server->deadline, end_handle);
}
