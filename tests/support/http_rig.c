/* http_rig.c - an HTTP server and plain sockets to it, on one thread. */
#include "tests/support/http_rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum { PATIENCE_S = 10, PART_BYTES = 1000 };

static void
send_parts(struct rig *rig, struct http_request *request)
{
	static const char part[PART_BYTES] = { 'p' };
	size_t backlog = 0;
	bool has_room = true;

	while (has_room && rig->parts_sent < rig->parts) {
		has_room = http_reply_part(request,
		    (struct slice){ part, sizeof(part) });
		rig->parts_sent++;
		backlog += sizeof(part);
	}
	if (backlog > rig->largest_backlog)
		rig->largest_backlog = backlog;
	if (has_room)
		http_reply_end(request);
}

static enum http_body
on_head(struct http_request *request, void *user)
{
	struct rig *rig = user;
	struct err err;

	rig->heads++;
	request->body_max = 1000;
	if (strcmp(request->path, "/drop") == 0) {
		rig->waiting[rig->waiting_count++] = request;
		return HTTP_DROP;
	}
	if (strcmp(request->path, "/early") == 0) {
		(void)err_set(&err, ERR_UNAUTHENTICATED, "log in");
		http_reply_error(request, &err);
	}
	if (strcmp(request->path, "/echo-stream") == 0)
		http_reply_start(request, 200, NULL, 0);
	if (strstr(request->path, "stream") == NULL)
		return HTTP_BUFFER;
	request->body_max = SIZE_MAX;
	return HTTP_STREAM;
}

static void
on_chunk(struct http_request *request, struct slice chunk, void *user)
{
	struct rig *rig = user;

	rig->streamed += chunk.size;
	if (strcmp(request->path, "/echo-stream") == 0)
		http_reply_part(request, chunk);
	if (rig->pause_at > 0 && rig->streamed > rig->pause_at) {
		http_body_pause(request);
		rig->paused = request;
	}
}

static void
reply_count(struct rig *rig, struct http_request *request)
{
	char *text =
	    arena_printf(&request->arena, "streamed %zu", rig->streamed);

	http_reply(request, 200, NULL, 0, slice_of(text));
}

static void
on_request(struct http_request *request, void *user)
{
	struct rig *rig = user;
	struct http_header type = { "Content-Type", "text/plain" };
	struct err err;

	rig->requests++;
	if (strcmp(request->path, "/hello") == 0) {
		http_reply(request, 200, &type, 1, slice_of("hello"));
	} else if (strcmp(request->path, "/echo") == 0) {
		http_reply(request, 200, &type, 1, request->body);
	} else if (strcmp(request->path, "/later") == 0) {
		assert_true(rig->waiting_count < RIG_WAITING);
		rig->waiting[rig->waiting_count++] = request;
	} else if (strcmp(request->path, "/stream") == 0) {
		reply_count(rig, request);
	} else if (strcmp(request->path, "/echo-stream") == 0) {
		http_reply_end(request);
	} else if (strcmp(request->path, "/parts") == 0) {
		http_reply_start(request, 200, &type, 1);
		send_parts(rig, request);
	} else {
		(void)err_set(&err, ERR_NOT_FOUND, "no such path");
		http_reply_error(request, &err);
	}
}

static void
on_abort(struct http_request *request, void *user)
{
	struct rig *rig = user;

	rig->aborts++;
	if (rig->paused == request)
		rig->paused = NULL;
	for (size_t i = 0; i < rig->waiting_count; i++)
		if (rig->waiting[i] == request)
			rig->waiting[i] = NULL;
}

static void
on_drain(struct http_request *request, void *user)
{
	struct rig *rig = user;

	rig->drains++;
	send_parts(rig, request);
}

static void
on_answer(const struct http_request *request, int status, void *user)
{
	struct rig *rig = user;

	(void)request;
	rig->answers++;
	rig->last_status = status;
}

void
rig_open(struct rig *rig, const struct http_server_settings *settings)
{
	static const struct http_handler handler = { .on_head = on_head,
		.on_request = on_request,
		.on_chunk = on_chunk,
		.on_abort = on_abort,
		.on_drain = on_drain,
		.on_answer = on_answer };
	struct err err;

	memset(rig, 0, sizeof(*rig));
	uv_loop_init(&rig->loop);
	rig->server = http_server_new(&rig->loop, settings, &handler, rig);
	assert_true(http_server_listen(rig->server, "127.0.0.1:0", &err));
}

void
rig_close(struct rig *rig)
{
	http_server_close(rig->server);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
}

int
rig_setup(void **state)
{
	static struct rig rig;

	rig_open(&rig, NULL);
	*state = &rig;
	return 0;
}

int
rig_teardown(void **state)
{
	rig_close(*state);
	return 0;
}

static void
dial(struct client *client, struct rig *rig, const struct sockaddr *address,
    socklen_t size)
{
	*client = (struct client){ .rig = rig };
	client->fd = socket(address->sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(client->fd != -1);
	assert_true(
	    connect(client->fd, address, size) == 0 || errno == EINPROGRESS);
}

void
client_open(struct client *client, struct rig *rig)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)http_server_port(rig->server)) };

	dial(client, rig, (struct sockaddr *)&address, sizeof(address));
}

void
client_open_unix(struct client *client, struct rig *rig, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, path, strlen(path));
	dial(client, rig, (struct sockaddr *)&address, sizeof(address));
}

void
client_close(struct client *client)
{
	if (client->fd != -1)
		close(client->fd);
	client->fd = -1;
	buf_close(&client->got);
}

void
client_turn(struct client *client)
{
	char bytes[65536];
	struct pollfd wait = { .fd = client->fd, .events = POLLIN };
	ssize_t size;

	uv_run(&client->rig->loop, UV_RUN_NOWAIT);
	if (client->has_ended || poll(&wait, 1, 1) < 1)
		return;
	size = read(client->fd, bytes, sizeof(bytes));
	if (size > 0)
		buf_add(&client->got, bytes, (size_t)size);
	else if (size == 0 || errno != EAGAIN)
		client->has_ended = true;
}

static void
check_time(int64_t began, const struct client *client, const char *what)
{
	if (clock_ticks() - began < PATIENCE_S * SECOND_US)
		return;
	fail_msg("waited in vain for %s; got: %s", what,
	    client == NULL ? "" : buf_slice(&client->got).data);
}

void
client_send(struct client *client, const char *data, size_t size)
{
	int64_t began = clock_ticks();

	while (size > 0) {
		ssize_t sent = send(client->fd, data, size, MSG_NOSIGNAL);

		if (sent > 0) {
			data += sent;
			size -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN)
			return; /* the server has closed: the test sees */
		client_turn(client);
		check_time(began, client, "room to send");
	}
}

void
client_say(struct client *client, const char *text)
{
	client_send(client, text, strlen(text));
}

/* Count from *at on; *at moves behind the last one found. */
static size_t
count_on(const struct client *client, const char *text, size_t *at)
{
	struct slice got = buf_slice(&client->got);
	const char *found;
	size_t times = 0;

	while ((found = memmem(got.data + *at, got.size - *at, text,
		    strlen(text))) != NULL) {
		*at = (size_t)(found - got.data) + strlen(text);
		times++;
	}
	return times;
}

size_t
client_count(const struct client *client, const char *text)
{
	size_t at = 0;

	return count_on(client, text, &at);
}

void
client_await(struct client *client, const char *text, size_t times)
{
	int64_t began = clock_ticks();
	size_t seen = 0, at = 0;

	for (;;) {
		seen += count_on(client, text, &at);
		if (seen >= times)
			return;
		if (client->got.size > at + strlen(text)) /* seen in vain */
			at = client->got.size - strlen(text);
		client_turn(client);
		check_time(began, client, text);
	}
}

void
client_await_end(struct client *client)
{
	int64_t began = clock_ticks();

	while (!client->has_ended) {
		client_turn(client);
		check_time(began, client, "the end");
	}
}

void
rig_await(struct rig *rig, const size_t *value, size_t least)
{
	int64_t began = clock_ticks();

	while (*value < least) {
		uv_run(&rig->loop, UV_RUN_NOWAIT);
		check_time(began, NULL, "a count");
	}
}

void
client_ask(struct rig *rig, struct buf *got, const char *text,
    const char *until)
{
	struct client client;

	client_open(&client, rig);
	client_say(&client, text);
	if (until != NULL)
		client_await(&client, until, 1);
	else
		client_await_end(&client);
	*got = client.got;
	client.got = (struct buf){ 0 };
	client_close(&client);
}

void
check_in(const struct buf *got, const char *text)
{
	if (strstr(got->data, text) == NULL)
		fail_msg("no %s in: %s", text, got->data);
}
