/*
 * smtp_test.c - what is made of a mail server's replies: a server of our own
 * that follows a script, reply by reply, as RFC 5321 has the order.
 */
#include "io/smtp.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/transfer.h"
#include "tests/support/test.h"

#define MAIL "Subject: x\r\n\r\nOne.\r\n.\r\n..two\r\n"

/* The replies to: connecting, EHLO, MAIL, RCPT, DATA, the text, QUIT.  A
 * script that ends early hangs up. */
struct script {
	const char *replies[8];
	int listener;
	char heard[4096]; /* all that the client has sent */
	size_t size;
};

/* Read up to and with `end`; false: the client has gone. */
static bool
hear(struct script *script, int peer, const char *end)
{
	size_t from = script->size;

	while (strstr(script->heard + from, end) == NULL) {
		ssize_t got = read(peer, script->heard + script->size,
		    sizeof(script->heard) - script->size - 1);

		if (got <= 0)
			return false;
		script->size += (size_t)got;
		script->heard[script->size] = '\0';
	}
	return true;
}

static void *
serve(void *user)
{
	struct script *script = user;
	int peer = accept(script->listener, NULL, NULL);

	for (const char **reply = script->replies; *reply != NULL; reply++) {
		bool is_data = strncmp(*reply, "354", 3) == 0;

		if (send(peer, *reply, strlen(*reply), MSG_NOSIGNAL) < 0 ||
		    !hear(script, peer, is_data ? "\r\n.\r\n" : "\r\n"))
			break;
	}
	close(peer);
	return NULL;
}

static int
listen_somewhere(int listener)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	assert_int_equal(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static struct smtp_answer
send_to(struct script *script, const char *host)
{
	struct smtp smtp = { .from = "edupulse@north.example",
		.user = "",
		.password_file = "",
		.ca_file = "" };
	struct smtp_answer answer;
	char url[64];
	pthread_t thread;

	script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(url, sizeof(url), "smtp://%s:%d", host,
	    listen_somewhere(script->listener));
	smtp.url = url;
	assert_int_equal(pthread_create(&thread, NULL, serve, script), 0);
	smtp_send(&smtp, "ana@north.example", slice_of(MAIL), NULL, NULL,
	    &answer);
	pthread_join(thread, NULL);
	close(script->listener);
	return answer;
}

#define GREETING "220 mail.example\r\n"
#define HELLO    "250-mail.example\r\n250 8BITMIME\r\n"
#define FINE     "250 2.0.0 OK\r\n"
#define GO_ON    "354 Go on\r\n"
#define BYE      "221 Bye\r\n"

static void
a_mail_is_taken_as_it_was_given(void **state)
{
	struct script script = { .replies = { GREETING, HELLO, FINE, FINE,
				     GO_ON, FINE, BYE } };
	struct smtp_answer answer = send_to(&script, "127.0.0.1");

	(void)state;
	assert_int_equal(answer.outcome, SMTP_TAKEN);
	assert_int_equal(answer.code, 250);
	assert_string_equal(answer.detail, "250 2.0.0 OK");
	assert_non_null(
	    strstr(script.heard, "MAIL FROM:<edupulse@north.example>"));
	assert_non_null(
	    strstr(script.heard, "RCPT TO:<ana@north.example>\r\n"));
	/* Lines that begin with a dot got another one (RFC 5321, 4.5.2). */
	assert_non_null(strstr(script.heard,
	    "Subject: x\r\n\r\nOne.\r\n..\r\n...two\r\n.\r\n"));
}

static void
replies_say_whether_to_try_again(void **state)
{
	static const struct {
		const char *replies[8];
		enum smtp_outcome outcome;
		int code;
		const char *detail; /* how it begins */
	} rows[] = {
		{ { GREETING, HELLO, FINE, "550 5.1.1 Nobody\r\n", BYE },
		    SMTP_REFUSED, 550, "550 5.1.1 Nobody" },
		{ { GREETING, HELLO, "553 Not from you\r\n", BYE },
		    SMTP_REFUSED, 553, "553 Not" },
		{ { GREETING, HELLO, FINE, FINE, GO_ON,
		      "554 5.7.1 No such text\r\n", BYE },
		    SMTP_REFUSED, 554, "554 5.7.1 No" },
		{ { GREETING, HELLO, FINE, "451 4.7.1 Later\r\n", BYE },
		    SMTP_LATER, 451, "451 4.7.1 Later" },
		{ { GREETING, HELLO, FINE, FINE, "452 Full\r\n", BYE },
		    SMTP_LATER, 452, "452 Full" },
		{ { GREETING, HELLO, "530 5.7.0 Who are you\r\n", BYE },
		    SMTP_LATER, 530, "530 5.7.0" },
		{ { "554 No service here\r\n", BYE }, SMTP_LATER, 554,
		    "554 No service here" },
		{ { "421 Too many\r\n" }, SMTP_LATER, 421, "421 Too many" },
		{ { GREETING, HELLO, FINE, FINE, GO_ON }, SMTP_LATER, 0, "" },
		{ { GREETING, HELLO, FINE, "550 a\1b\n\r\n", BYE },
		    SMTP_REFUSED, 550, "550 a?b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct script script = { .size = 0 };
		struct smtp_answer answer;

		memcpy(script.replies, rows[i].replies, sizeof(script.replies));
		answer = send_to(&script, "127.0.0.1");
		if (answer.outcome != rows[i].outcome ||
		    (rows[i].code != 0 && answer.code != rows[i].code) ||
		    strncmp(answer.detail, rows[i].detail,
			strlen(rows[i].detail)) != 0)
			fail_msg("row %zu: %d %d %s", i, (int)answer.outcome,
			    answer.code, answer.detail);
	}
}

/* Linux takes 0.0.0.0 for this machine; to us it is any other. */
static void
without_tls_nothing_is_told_to_another_machine(void **state)
{
	struct script script = { .replies = { GREETING, HELLO, FINE, FINE,
				     GO_ON, FINE, BYE } };
	struct smtp_answer answer = send_to(&script, "0.0.0.0");

	(void)state;
	assert_int_equal(answer.outcome, SMTP_LATER);
	assert_non_null(strstr(script.heard, "EHLO"));
	assert_null(strstr(script.heard, "MAIL FROM"));
	assert_true(answer.detail[0] != '\0');
}

static void
a_server_that_is_not_there_is_tried_later(void **state)
{
	struct smtp smtp = { .url = "smtp://127.0.0.1:1",
		.from = "a@b",
		.user = "",
		.password_file = "",
		.ca_file = "" };
	struct smtp_answer answer;

	(void)state;
	smtp_send(&smtp, "a@b", slice_of(MAIL), NULL, NULL, &answer);
	assert_int_equal(answer.outcome, SMTP_LATER);
	assert_int_equal(answer.code, 0);
	assert_true(answer.detail[0] != '\0');
	smtp.user = "a";
	smtp.password_file = "/nowhere";
	smtp_send(&smtp, "a@b", slice_of(MAIL), NULL, NULL, &answer);
	assert_int_equal(answer.outcome, SMTP_LATER);
	assert_non_null(strstr(answer.detail, "/nowhere"));
}

static void
an_address_of_a_server_is_checked(void **state)
{
	static const char *const bad[] = { "mail.example",
		"http://mail.example", "smtp://user:secret@mail.example",
		"smtps://user@mail.example", "smtp://", "smtp://mail example" };
	struct smtp smtp = { .url = "smtps://mail.example:465" };
	struct err err = { 0 };

	(void)state;
	assert_true(smtp_check(&smtp, &err));
	smtp.url = "smtp://[::1]:25";
	assert_true(smtp_check(&smtp, &err));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		smtp.url = bad[i];
		if (smtp_check(&smtp, &err))
			fail_msg("%s", bad[i]);
		assert_null(strstr(err.detail, "secret"));
	}
}

static int
start(void **state)
{
	struct err err;

	(void)state;
	return transfers_start(&err) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	transfers_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_taken_as_it_was_given),
		cmocka_unit_test(replies_say_whether_to_try_again),
		cmocka_unit_test(
		    without_tls_nothing_is_told_to_another_machine),
		cmocka_unit_test(a_server_that_is_not_there_is_tried_later),
		cmocka_unit_test(an_address_of_a_server_is_checked),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
