/*
 * http_ask_test.c - questions to a server of our own that says what it is told
 * to, byte by byte, as RFC 9112 has the messages.
 */
#include "io/http_ask.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/test.h"

/* Takes one connection, hears until `until`, says `says` and hangs up. */
struct server {
	const char *until, *says;
	int listener;
	pthread_t thread;
	char heard[2048];
	char url[64];
	int count; /* of questions, where it counts */
};

static void *
serve(void *user)
{
	struct server *server = user;
	int peer = accept(server->listener, NULL, NULL);
	size_t size = 0;

	while (strstr(server->heard, server->until) == NULL) {
		ssize_t got = read(peer, server->heard + size,
		    sizeof(server->heard) - size - 1);

		if (got <= 0)
			break;
		size += (size_t)got;
	}
	if (send(peer, server->says, strlen(server->says), MSG_NOSIGNAL) < 0)
		server->heard[0] = '\0';
	close(peer);
	return NULL;
}

static void
open_server_with(struct server *server, void *(*body)(void *))
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	server->count = 0;
	assert_int_equal(
	    bind(server->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server->listener, 1), 0);
	assert_int_equal(
	    getsockname(server->listener, (struct sockaddr *)&at, &size), 0);
	snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d/a?b=1",
	    ntohs(at.sin_port));
	assert_int_equal(pthread_create(&server->thread, NULL, body, server),
	    0);
}

static void
open_server(struct server *server, const char *until, const char *says)
{
	*server = (struct server){ .until = until, .says = says };
	open_server_with(server, serve);
}

static void
close_server(struct server *server)
{
	/* Nobody may have come. */
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
}

static bool
ask_server(struct server *server, struct http_question *question,
    struct http_answer *answer, struct err *err)
{
	struct http_line *line = http_line_new();
	bool is_answered;

	err_clear(err);
	question->url = server->url;
	question->stall_seconds = 10;
	is_answered = http_ask(line, question, answer, err);
	http_line_free(line);
	close_server(server);
	return is_answered;
}

static void
a_question_goes_out_and_its_answer_comes_back(void **state)
{
	struct http_question question = { .method = "PUT",
		.headers = { "If-Match: \"7\"", "Content-Type: text/plain" },
		.body = slice_of("four") };
	struct buf body = { 0 };
	struct http_answer answer = { .body = &body };
	struct server server;
	struct err err;

	(void)state;
	open_server(&server, "four",
	    "HTTP/1.1 412 No\r\nETag: \"8\"\r\nContent-Length: 3\r\n\r\nno!");
	assert_true(ask_server(&server, &question, &answer, &err));
	assert_int_equal(answer.status, 412);
	assert_string_equal(answer.etag, "\"8\"");
	assert_string_equal(body.data, "no!");
	assert_non_null(strstr(server.heard, "PUT /a?b=1 HTTP/1.1\r\n"));
	assert_non_null(strstr(server.heard, "If-Match: \"7\"\r\n"));
	assert_non_null(strstr(server.heard, "Content-Length: 4\r\n"));
	assert_null(strstr(server.heard, "Expect"));
	buf_close(&body);
}

static void
a_redirect_is_an_answer_and_is_not_followed(void **state)
{
	struct http_question question = { .method = "GET" };
	struct buf body = { 0 };
	struct http_answer answer = { .body = &body };
	struct server server;
	struct err err;

	(void)state;
	open_server(&server, "\r\n\r\n",
	    "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_true(ask_server(&server, &question, &answer, &err));
	assert_int_equal(answer.status, 302);
	buf_close(&body);
}

/* A question on a connection: the first is answered, and the connection stays
 * open; at the others it hangs up. */
static void
answer_first(struct server *server, struct pollfd *peer)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
				     "Content-Length: 0\r\n\r\n";
	char heard[512];

	if (recv(peer->fd, heard, sizeof(heard), 0) > 0 &&
	    server->count++ == 0 &&
	    send(peer->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) > 0)
		return;
	close(peer->fd);
	peer->fd = -1;
}

static void *
answer_once(void *user)
{
	struct server *server = user;
	struct pollfd peers[8] = { { server->listener, POLLIN, 0 } };
	nfds_t count = 1;

	while (poll(peers, count, -1) > 0) {
		for (nfds_t i = 1; i < count; i++)
			if (peers[i].fd != -1 && peers[i].revents != 0)
				answer_first(server, &peers[i]);
		if (peers[0].revents == 0)
			continue;
		must(count < ARRAY_SIZE(peers));
		peers[count] =
		    (struct pollfd){ accept(server->listener, NULL, NULL),
			    POLLIN, 0 };
		if (peers[count++].fd == -1)
			break;
	}
	return NULL;
}

static void
what_goes_once_is_not_sent_again_where_a_line_has_died(void **state)
{
	(void)state;
	for (int is_once = 0; is_once < 2; is_once++) {
		struct http_line *line = http_line_new();
		struct http_question question = { .method = "POST",
			.is_once = is_once == 1,
			.body = slice_of(""),
			.stall_seconds = 10 };
		struct http_answer answer = { .body = &(struct buf){ 0 } };
		struct server server;
		struct err err = { 0 };

		open_server_with(&server, answer_once);
		question.url = server.url;
		assert_true(http_ask(line, &question, &answer, &err));
		assert_false(http_ask(line, &question, &answer, &err));
		http_line_free(line);
		close_server(&server);
		assert_int_equal(server.count, is_once == 1 ? 2 : 3);
	}
}

static bool
always(void *user)
{
	(void)user;
	return true;
}

static void
what_is_no_whole_answer_is_unavailable(void **state)
{
	static const struct {
		const char *says;
		bool (*is_over)(void *user);
	} cases[] = {
		{ "", NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive.", NULL },
		/* More than answer_most. */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789",
		    NULL },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", always },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_question question = { .method = "GET",
			.answer_most = 8,
			.is_over = cases[i].is_over };
		struct buf body = { 0 };
		struct http_answer answer = { .body = &body };
		struct server server;
		struct err err;

		open_server(&server, "\r\n\r\n", cases[i].says);
		assert_false(ask_server(&server, &question, &answer, &err));
		assert_int_equal(err.code, ERR_UNAVAILABLE);
		assert_int_not_equal(err.detail[0], '\0');
		buf_close(&body);
	}
}

RUN_TESTS(cmocka_unit_test(a_question_goes_out_and_its_answer_comes_back),
    cmocka_unit_test(a_redirect_is_an_answer_and_is_not_followed),
    cmocka_unit_test(what_goes_once_is_not_sent_again_where_a_line_has_died),
    cmocka_unit_test(what_is_no_whole_answer_is_unavailable))
