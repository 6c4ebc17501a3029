/*
 * http_fuzz.c - any bytes into the HTTP server, without a socket.
 *
 *	make fuzz && build/fuzz/http_fuzz tests/fuzz/corpus/http
 *
 * The first byte chooses the size of the pieces that the rest comes in and
 * what the handler does; what is checked is that every request that was
 * handed over ends exactly once, and that nothing is left when the client
 * has gone.
 */
#include <stdint.h>
#include <string.h>

#include "io/http_conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	size_t open; /* handed over, neither answered nor aborted */
	uint8_t choice;
};

static enum http_body
on_head(struct http_request *request, void *user)
{
	struct tally *tally = user;

	tally->open++;
	request->body_max = 4096;
	(void)http_header(request, "content-type");
	switch (tally->choice & 3) {
	case 0:
		return HTTP_STREAM;
	case 1:
		return HTTP_DROP;
	}
	return HTTP_BUFFER;
}

static void
on_chunk(struct http_request *request, struct slice chunk, void *user)
{
	(void)user;
	must(chunk.size > 0);
	http_body_pause(request);
	http_body_resume(request);
}

static void
on_request(struct http_request *request, void *user)
{
	struct tally *tally = user;
	const char *value;
	struct err err;

	if ((tally->choice & 3) == 3)
		return; /* never answered: aborted at the end */
	tally->open--;
	if (http_query(request, "q", &value, &err)) {
		http_reply_start(request, 200, NULL, 0);
		http_reply_part(request, request->body);
		http_reply_end(request);
	} else {
		http_reply_error(request, &err);
	}
}

static void
on_abort(struct http_request *request, void *user)
{
	struct tally *tally = user;

	(void)request;
	must(tally->open > 0);
	tally->open--;
}

static void
feed(struct http_conn *conn, const uint8_t *data, size_t size, size_t piece)
{
	const struct http_server *server = conn->server;
	char bytes[256];

	while (size > 0) {
		size_t part = size < piece ? size : piece;

		uv_run(server->loop, UV_RUN_NOWAIT);
		if (http_server_connections(server) == 0 || !conn->is_reading)
			return; /* closed, or held back for ever */
		memcpy(bytes, data, part);
		http_conn_input(conn, bytes, part);
		data += part;
		size -= part;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_handler handler = { .on_head = on_head,
		.on_request = on_request,
		.on_chunk = on_chunk,
		.on_abort = on_abort };
	struct tally tally = { 0 };
	struct http_server *server;
	struct http_conn *conn;
	uv_loop_t loop;

	if (size == 0)
		return 0;
	tally.choice = data[0];
	uv_loop_init(&loop);
	server = http_server_new(&loop, NULL, &handler, &tally);
	conn = http_conn_new(server);
	conn->is_detached = true;
	uv_idle_init(&loop, &conn->io.none);
	http_conn_start(conn);
	feed(conn, data + 1, size - 1, (size_t)(data[0] >> 2) * 4 + 1);
	http_server_close(server);
	uv_run(&loop, UV_RUN_DEFAULT);
	must(uv_loop_close(&loop) == 0);
	must(tally.open == 0);
	return 0;
}
