/*
 * http_listen.c - where the server listens, and taking clients in.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/http_conn.h"

enum { BACKLOG = 511 };

/* Close the connection that waits longest for a next request. */
static void
close_idlest(struct http_server *server)
{
	struct http_conn *conn, *idlest = NULL;

	TAILQ_FOREACH(conn, &server->conns, link)
	if (conn->state == CONN_IDLE && conn->in_flight == 0 &&
	    (idlest == NULL || conn->since < idlest->since))
		idlest = conn;
	if (idlest != NULL)
		http_conn_close(idlest);
}

static void
note_remote(struct http_conn *conn)
{
	struct sockaddr_storage address;
	int size = sizeof(address);

	snprintf(conn->remote, sizeof(conn->remote), "unix");
	if (conn->io.handle.type != UV_TCP)
		return;
	uv_tcp_nodelay(&conn->io.tcp, 1);
	if (uv_tcp_getpeername(&conn->io.tcp, (struct sockaddr *)&address,
		&size) != 0 ||
	    uv_ip_name((const struct sockaddr *)&address, conn->remote,
		sizeof(conn->remote)) != 0)
		snprintf(conn->remote, sizeof(conn->remote), "unknown");
}

static void
take_client(struct http_listener *listener)
{
	struct http_server *server = listener->server;
	struct http_conn *conn = http_conn_new(server);

	listener->is_waiting = false;
	if (listener->io.handle.type == UV_TCP)
		uv_tcp_init(server->loop, &conn->io.tcp);
	else
		uv_pipe_init(server->loop, &conn->io.pipe, 0);
	if (uv_accept(&listener->io.stream, &conn->io.stream) != 0) {
		http_conn_close(conn);
		return;
	}
	note_remote(conn);
	http_conn_start(conn);
}

static void
meet_client(uv_stream_t *stream, int status)
{
	struct http_listener *listener = stream->data;
	struct http_server *server = listener->server;

	if (status < 0) {
		log_warn("client not accepted: reason=%s", uv_err_name(status));
		return;
	}
	listener->is_waiting = true;
	if (server->conn_count >= server->settings.connections_max)
		close_idlest(server);
	else
		take_client(listener);
}

/* There is room again for a client that was announced. */
void
http_listen_again(struct http_server *server)
{
	struct http_listener *listener;

	SLIST_FOREACH(listener, &server->listeners, link)
	if (listener->is_waiting &&
	    server->conn_count < server->settings.connections_max)
		take_client(listener);
}

static void
end_listener(uv_handle_t *handle)
{
	struct http_listener *listener = handle->data;

	http_server_let_go(listener->server);
	free(listener);
}

void
http_listen_stop(struct http_server *server)
{
	struct http_listener *listener;

	while ((listener = SLIST_FIRST(&server->listeners)) != NULL) {
		SLIST_REMOVE_HEAD(&server->listeners, link);
		uv_close(&listener->io.handle, end_listener);
	}
}

static bool
uv_err(struct err *err, int reason, const char *address)
{
	return err_set(err, ERR_UNAVAILABLE, "listen on %s: %s", address,
	    uv_strerror(reason));
}

/* Take "[host]:port" apart; false when it is not of that form. */
static bool
split(char *address, const char **host, const char **port)
{
	char *colon = strrchr(address, ':');

	if (colon == NULL)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = address;
	if (address[0] == '[' && colon > address && colon[-1] == ']') {
		colon[-1] = '\0';
		*host = address + 1;
	}
	if (**host == '\0' || strcmp(*host, "*") == 0)
		*host = NULL;
	return **port != '\0';
}

static bool
resolve(const char *address, struct addrinfo **found, struct err *err)
{
	struct addrinfo want = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	const char *host, *port;
	char text[300];
	int reason;

	snprintf(text, sizeof(text), "%s", address);
	if (!split(text, &host, &port))
		return err_set(err, ERR_INVALID,
		    "%s is no address: write host:port or unix:/path", address);
	if (host == NULL)
		want.ai_family = AF_INET;
	reason = getaddrinfo(host, port, &want, found);
	if (reason != 0)
		return err_set(err, ERR_INVALID, "listen on %s: %s", address,
		    gai_strerror(reason));
	return true;
}

static bool
bind_tcp(struct http_listener *listener, const char *address, struct err *err)
{
	struct http_server *server = listener->server;
	struct sockaddr_storage bound;
	int size = sizeof(bound), reason;
	struct addrinfo *found;

	uv_tcp_init(server->loop, &listener->io.tcp);
	if (!resolve(address, &found, err))
		return false;
	reason = uv_tcp_bind(&listener->io.tcp, found->ai_addr, 0);
	freeaddrinfo(found);
	if (reason == 0)
		reason = uv_tcp_getsockname(&listener->io.tcp,
		    (struct sockaddr *)&bound, &size);
	if (reason != 0)
		return uv_err(err, reason, address);
	if (server->port == 0)
		server->port = ntohs(bound.ss_family == AF_INET6
			? ((struct sockaddr_in6 *)&bound)->sin6_port
			: ((struct sockaddr_in *)&bound)->sin_port);
	return true;
}

/* Remove a socket file that nobody listens on any more. */
static void
remove_stale(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat stat;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path) ||
	    lstat(path, &stat) != 0 || !S_ISSOCK(stat.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 &&
	    errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

static bool
bind_pipe(struct http_listener *listener, const char *address, struct err *err)
{
	const char *path = address + strlen("unix:");
	struct sockaddr_un limit;
	int reason;

	uv_pipe_init(listener->server->loop, &listener->io.pipe, 0);
	if (strlen(path) >= sizeof(limit.sun_path))
		return err_set(err, ERR_INVALID,
		    "the socket path %s has more than %zu bytes", path,
		    sizeof(limit.sun_path) - 1);
	remove_stale(path);
	reason = uv_pipe_bind(&listener->io.pipe, path);
	return reason == 0 || uv_err(err, reason, address);
}

bool
http_server_listen(struct http_server *server, const char *address,
    struct err *err)
{
	struct http_listener *listener = mem_alloc(1, sizeof(*listener));
	bool is_pipe = strncmp(address, "unix:", 5) == 0;
	int reason;

	listener->server = server;
	server->handles++;
	SLIST_INSERT_HEAD(&server->listeners, listener, link);
	if (is_pipe ? !bind_pipe(listener, address, err)
		    : !bind_tcp(listener, address, err))
		goto out;
	listener->io.handle.data = listener;
	reason = uv_listen(&listener->io.stream, BACKLOG, meet_client);
	if (reason == 0)
		return true;
	(void)uv_err(err, reason, address);
out:
	listener->io.handle.data = listener;
	SLIST_REMOVE_HEAD(&server->listeners, link);
	uv_close(&listener->io.handle, end_listener);
	return false;
}

int
http_server_port(const struct http_server *server)
{
	return server->port;
}
