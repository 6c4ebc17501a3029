/* http_refuse_test.c - what is wrong gets an answer, then the end. */
#include <stdio.h>
#include <string.h>

#include "tests/support/http_rig.h"

#define END "\r\n\r\n"
#define H   "\r\nHost: a\r\n"

/* Statuses after RFC 9110 and 9112; smuggling: RFC 9112, 11.2. */
static const struct {
	const char *name;
	const char *text;
	const char *status;
} wrong[] = {
	{ "no HTTP", "\x16\x03\x01\x02\r\n\r\n", "400" },
	{ "no HTTP, unended", "\x16\x03\x01\x02", "400" },
	{ "unknown method", "BREW / HTTP/1.1" H "\r\n", "501" },
	{ "small letters", "get / HTTP/1.1" H "\r\n", "501" },
	{ "CONNECT", "CONNECT a:1 HTTP/1.1" H "\r\n", "501" },
	{ "RTSP's method", "PLAY / RTSP/1.0" H "\r\n", "505" },
	{ "RTSP", "GET / RTSP/1.0" H "\r\n", "505" },
	{ "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505" },
	{ "version 2.0", "GET / HTTP/2.0" H "\r\n", "505" },
	{ "version 1.2", "GET / HTTP/1.2" H "\r\n", "505" },
	{ "version 0.9", "GET / HTTP/0.9" H "\r\n", "505" },
	{ "HTTP/0.9", "GET /\r\n\r\n", "505" },
	{ "no protocol", "GET / XTTP/1.1" H "\r\n", "400" },
	{ "no path", "GET hello HTTP/1.1" H "\r\n", "400" },
	{ "star", "GET * HTTP/1.1" H "\r\n", "400" },
	{ "fragment", "GET /a#b HTTP/1.1" H "\r\n", "400" },
	{ "high byte in path", "GET /\xc3\xa9 HTTP/1.1" H "\r\n", "400" },
	{ "no host in the target", "GET http:///a HTTP/1.1" H "\r\n", "400" },
	{ "port without host", "GET http://:80/a HTTP/1.1" H "\r\n", "400" },
	{ "user in the target", "GET http://u@b/ HTTP/1.1" H "\r\n", "400" },
	{ "other scheme", "GET ftp://b/ HTTP/1.1" H "\r\n", "400" },
	{ "no Host", "GET / HTTP/1.1\r\n\r\n", "400" },
	{ "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a" END, "400" },
	{ "path in Host", "GET / HTTP/1.1\r\nHost: a/b" END, "400" },
	{ "user in Host", "GET / HTTP/1.1\r\nHost: a@b" END, "400" },
	{ "blank in Host", "GET / HTTP/1.1\r\nHost: a b" END, "400" },
	{ "bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400" },
	{ "bare CR in value", "GET / HTTP/1.1" H "A: b\rC: d" END, "400" },
	{ "bare CR as end", "GET / HTTP/1.1" H "A: b\r\r\n\r\n", "400" },
	{ "folded", "GET / HTTP/1.1" H "A: b\r\n c" END, "400" },
	{ "folded first", "GET / HTTP/1.1\r\n Host: a" END, "400" },
	{ "blank before colon", "GET / HTTP/1.1" H "A : b" END, "400" },
	{ "no name", "GET / HTTP/1.1" H ": b" END, "400" },
	{ "no colon", "GET / HTTP/1.1" H "abc" END, "400" },
	{ "control byte", "GET / HTTP/1.1" H "A: b\x01" END, "400" },
	{ "length and coding",
	    "POST /echo HTTP/1.1" H "Content-Length: 5\r\n"
	    "Transfer-Encoding: chunked" END "0" END,
	    "400" },
	{ "coding and length",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked\r\n"
	    "Content-Length: 5" END "0" END,
	    "400" },
	{ "two lengths",
	    "POST /echo HTTP/1.1" H "Content-Length: 5\r\n"
	    "Content-Length: 5" END "hello",
	    "400" },
	{ "a list of lengths",
	    "POST /echo HTTP/1.1" H "Content-Length: 5, 5" END "hello", "400" },
	{ "two numbers as length",
	    "POST /echo HTTP/1.1" H "Content-Length: 5 5" END "hello", "400" },
	{ "blank before the colon of the length",
	    "POST /echo HTTP/1.1" H "Content-Length : 5" END "hello", "400" },
	{ "blank before the colon of the coding",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding : chunked" END "0" END,
	    "400" },
	{ "coding with a control byte",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: \x0b"
	    "chunked" END "0" END,
	    "400" },
	{ "signed length", "POST /echo HTTP/1.1" H "Content-Length: +5" END,
	    "400" },
	{ "negative length", "POST /echo HTTP/1.1" H "Content-Length: -5" END,
	    "400" },
	{ "hexadecimal length",
	    "POST /echo HTTP/1.1" H "Content-Length: 0x5" END, "400" },
	{ "no length", "POST /echo HTTP/1.1" H "Content-Length:" END, "400" },
	{ "length beyond 64 bits",
	    "POST /echo HTTP/1.1" H "Content-Length: 18446744073709551617" END,
	    "400" },
	{ "length beyond 63 bits",
	    "POST /echo HTTP/1.1" H "Content-Length: 18446744073709551615" END,
	    "413" },
	{ "other coding", "POST /echo HTTP/1.1" H "Transfer-Encoding: gzip" END,
	    "501" },
	{ "two codings",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: gzip, chunked" END,
	    "501" },
	{ "chunked twice",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked" END,
	    "400" },
	{ "chunked not last",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked, gzip" END,
	    "400" },
	{ "coding in disguise",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: xchunked" END, "501" },
	{ "chunks in HTTP/1.0",
	    "POST /echo HTTP/1.0" H "Transfer-Encoding: chunked" END, "400" },
	{ "bad chunk size",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END "g\r\n",
	    "400" },
	{ "chunk size with a sign",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END "+1\r\n",
	    "400" },
	{ "chunk size with 0x",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "0x1\r\na\r\n0" END,
	    "400" },
	{ "chunk size beyond 64 bits",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "10000000000000001\r\n",
	    "400" },
	{ "chunk longer than its size",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1\r\nab\r\n0" END,
	    "400" },
	{ "chunk ended by LF",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1\na\n0\n\n",
	    "400" },
	{ "chunk size ended by CR",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1\ra\r\n0" END,
	    "400" },
	{ "chunk extension ended by LF",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1;a\na\r\n0" END,
	    "400" },
	{ "chunk size with a blank before",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    " 1\r\na\r\n0" END,
	    "400" },
	{ "last chunk ended by LF",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1\r\na\r\n0\n\r\n",
	    "400" },
	{ "trailer ended by LF",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1\r\na\r\n0\r\nX: y\n\r\n",
	    "400" },
	{ "folded trailer",
	    "POST /echo HTTP/1.1" H "Transfer-Encoding: chunked" END
	    "1\r\na\r\n0\r\nX: y\r\n z" END,
	    "400" },
	{ "other expectation", "POST /echo HTTP/1.1" H "Expect: cake" END,
	    "417" },
	{ "body over the limit",
	    "POST /echo HTTP/1.1" H "Content-Length: 1001" END, "413" },
	{ "body over the limit, asked before",
	    "POST /echo HTTP/1.1" H "Expect: 100-continue\r\n"
	    "Content-Length: 1001" END,
	    "413" },
};

static bool
is_refused(struct rig *rig, const char *text, size_t size, const char *status)
{
	struct client client;
	char line[32];
	bool is_good;

	snprintf(line, sizeof(line), "HTTP/1.1 %s ", status);
	client_open(&client, rig);
	client_send(&client, text, size);
	client_await(&client, "}", 1);
	if (client_count(&client, "Connection: close\r\n") == 1)
		client_await_end(&client);
	is_good = client.got.size > 0 &&
	    strncmp(client.got.data, line, strlen(line)) == 0 &&
	    client_count(&client, "HTTP/1.1 ") == 1 && client.has_ended &&
	    client_count(&client, "application/problem+json") == 1;
	if (!is_good)
		print_error("wanted %s, got %s\n", status,
		    buf_slice(&client.got).data);
	client_close(&client);
	return is_good;
}

static void
what_is_wrong_gets_its_status_and_the_end(void **state)
{
	struct rig rig;
	size_t bad = 0;

	(void)state;
	rig_open(&rig, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (is_refused(&rig, wrong[i].text, strlen(wrong[i].text),
			wrong[i].status))
			continue;
		print_error("that was: %s\n", wrong[i].name);
		bad++;
	}
	assert_int_equal(bad, 0);
	assert_int_equal(rig.requests, 0);
	rig_close(&rig);
}

/* The answers keep their order, and nothing behind the fault is a request. */
static void
a_fault_among_pipelined_requests_is_answered_in_its_turn(void **state)
{
	struct rig rig;
	struct client client;

	(void)state;
	rig_open(&rig, NULL);
	client_open(&client, &rig);
	client_say(&client,
	    "GET /later HTTP/1.1" H "\r\n"
	    "GET /hello HTTP/1.1" H "A : b" END "GET /hello HTTP/1.1" H "\r\n");
	rig_await(&rig, &rig.waiting_count, 1);
	http_reply(rig.waiting[0], 200, NULL, 0, slice_of("first"));
	client_await_end(&client);
	assert_int_equal(client_count(&client, "HTTP/1.1 "), 2);
	assert_int_equal(client_count(&client, "HTTP/1.1 400 "), 1);
	assert_non_null(strstr(client.got.data, "first"));
	assert_true(strstr(client.got.data, "first") <
	    strstr(client.got.data, "HTTP/1.1 400 "));
	assert_int_equal(rig.requests, 1);
	client_close(&client);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(what_is_wrong_gets_its_status_and_the_end),
    cmocka_unit_test(a_fault_among_pipelined_requests_is_answered_in_its_turn))
