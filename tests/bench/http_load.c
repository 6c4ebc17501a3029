/*
 * http_load.c - a bounded load on a server of this machine: requests over a
 * few keep-alive connections, as fast as answers come.
 *
 *	http_load PORT CONNECTIONS SECONDS KEY METHOD PATH [BODIES]
 *
 * BODIES is a file with one body a line, sent in turn.  Connects to 127.0.0.1
 * alone.  Prints one JSON object: answers, errors (status 400 and up), seconds
 * and the 50th and 99th percentile of the time to an answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/must.h"

enum { CONNECTIONS_MOST = 256, TIMES_MOST = 4000000, READ_SIZE = 65536 };

struct connection {
	int fd;
	int64_t sent; /* clock_ticks of the request that waits; 0: none */
	struct buf in;
};

struct load {
	int port, connections;
	const char *key, *method, *path;
	char **bodies; /* owned */
	size_t body_count, next_body;
	int64_t until; /* clock_ticks */
	struct connection slots[CONNECTIONS_MOST];
	uint32_t *times; /* owned: microseconds */
	size_t answers, errors;
};

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "http_load: %s: %s\n", what, strerrordesc_np(errno));
	exit(1);
}

static int
connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd == -1 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) !=
		0)
		give_up("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
send_all(int fd, struct slice bytes)
{
	while (bytes.size > 0) {
		ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		if (sent <= 0)
			give_up("send");
		bytes.data += sent;
		bytes.size -= (size_t)sent;
	}
}

static void
send_request(struct load *load, struct connection *connection)
{
	const char *body = load->body_count > 0
	    ? load->bodies[load->next_body++ % load->body_count]
	    : "";
	struct buf out = { 0 };

	buf_printf(&out,
	    "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n",
	    load->method, load->path, load->key);
	if (load->body_count > 0)
		buf_printf(&out,
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		    strlen(body));
	buf_printf(&out, "\r\n%s", body);
	connection->sent = clock_ticks();
	send_all(connection->fd, buf_slice(&out));
	buf_close(&out);
}

/* Bytes of the answer that stands complete at the front; 0: not yet. */
static size_t
answer_size(const struct buf *in)
{
	const char *end = in->size > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
	const char *length;
	size_t size;

	if (end == NULL)
		return 0;
	length = strcasestr(in->data, "content-length:");
	if (length == NULL || length > end)
		return (size_t)(end - in->data) + 4;
	size = (size_t)(end - in->data) + 4 + strtoul(length + 15, NULL, 10);
	return in->size >= size ? size : 0;
}

static void
take_answer(struct load *load, struct connection *connection, size_t size)
{
	int64_t took = clock_ticks() - connection->sent;

	if (connection->in.size > 9 && connection->in.data[9] >= '4')
		load->errors++;
	if (load->answers < TIMES_MOST)
		load->times[load->answers] = (uint32_t)took;
	load->answers++;
	must(connection->in.size == size);
	buf_clear(&connection->in);
}

static void
read_answer(struct load *load, struct connection *connection)
{
	char *room = buf_reserve(&connection->in, READ_SIZE);
	ssize_t got = recv(connection->fd, room, READ_SIZE, 0);
	size_t size;

	if (got <= 0)
		give_up("the server closed");
	connection->in.size += (size_t)got;
	connection->in.data[connection->in.size] = '\0';
	size = answer_size(&connection->in);
	if (size == 0)
		return;
	take_answer(load, connection, size);
	if (clock_ticks() < load->until)
		send_request(load, connection);
	else
		connection->sent = 0;
}

static bool
is_waiting(const struct load *load)
{
	for (int i = 0; i < load->connections; i++)
		if (load->slots[i].sent != 0)
			return true;
	return false;
}

static void
run(struct load *load)
{
	struct pollfd polls[CONNECTIONS_MOST];

	for (int i = 0; i < load->connections; i++) {
		load->slots[i].fd = connect_to(load->port);
		polls[i] = (struct pollfd){ load->slots[i].fd, POLLIN, 0 };
		send_request(load, &load->slots[i]);
	}
	while (is_waiting(load)) {
		if (poll(polls, (nfds_t)load->connections, 30000) <= 0)
			give_up("no answer in 30 seconds");
		for (int i = 0; i < load->connections; i++)
			if (polls[i].revents != 0)
				read_answer(load, &load->slots[i]);
	}
	for (int i = 0; i < load->connections; i++) {
		close(load->slots[i].fd);
		buf_close(&load->slots[i].in);
	}
}

static void
read_bodies(struct load *load, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (file == NULL)
		give_up(path);
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		load->bodies = mem_resize(load->bodies, load->body_count + 1,
		    sizeof(char *));
		load->bodies[load->body_count++] = mem_text(line);
	}
	free(line);
	fclose(file);
}

static int
compare_times(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void
print_result(struct load *load, double seconds)
{
	size_t kept = load->answers < TIMES_MOST ? load->answers : TIMES_MOST;

	qsort(load->times, kept, sizeof(uint32_t), compare_times);
	printf("{\"answers\":%zu,\"errors\":%zu,\"seconds\":%.3f,"
	       "\"p50_us\":%u,\"p99_us\":%u}\n",
	    load->answers, load->errors, seconds,
	    kept > 0 ? load->times[kept / 2] : 0,
	    kept > 0 ? load->times[kept * 99 / 100] : 0);
}

int
main(int argc, char **argv)
{
	static struct load load;
	int64_t began;

	if (argc < 7) {
		fputs("http_load PORT CONNECTIONS SECONDS KEY METHOD PATH "
		      "[BODIES]\n",
		    stderr);
		return 2;
	}
	load.port = (int)strtol(argv[1], NULL, 10);
	load.connections = (int)strtol(argv[2], NULL, 10);
	load.key = argv[4];
	load.method = argv[5];
	load.path = argv[6];
	if (load.connections < 1 || load.connections > CONNECTIONS_MOST)
		return 2;
	if (argc > 7)
		read_bodies(&load, argv[7]);
	load.times = mem_alloc(TIMES_MOST, sizeof(uint32_t));
	began = clock_ticks();
	load.until = began + (int64_t)(strtod(argv[3], NULL) * 1e6);
	run(&load);
	print_result(&load,
	    (double)(clock_ticks() - began) / (double)SECOND_US);
	return load.errors > 0 ? 1 : 0;
}
