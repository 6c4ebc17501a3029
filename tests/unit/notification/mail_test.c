/*
 * mail_test.c - mails to the byte.  The encoded-word of "Keld Jørn Simonsen"
 * is that of RFC 2047, section 8, in UTF-8 and base64 as coreutils' base64
 * gives it; the quoted-printable lines are Python's quopri's.  The scenario
 * test_notification.py has Python's email package read mails of ours.
 */
#include "services/notification/mail.h"

#include <string.h>

#include "base/clock.h"
#include "services/notification/address.h"
#include "tests/support/test.h"

/* 2026-11-28 03:05:09. */
#define MOMENT (INT64_C(20785) * DAY_US + 11109 * SECOND_US)

static struct buf out;

static const char *
print(const char *name, const char *subject, const char *text)
{
	buf_clear(&out);
	mail_print(&out,
	    &(struct mail){ .from = "edupulse@north.example",
		.to_name = name,
		.to = "ana@north.example",
		.subject = subject,
		.id = "0199f3b0-2e55-7a60-94fd-b38d05c6e7f1",
		.date = MOMENT,
		.text = slice_of(text) });
	return out.data;
}

static int
close_out(void **state)
{
	(void)state;
	buf_close(&out);
	return 0;
}

static void
a_mail_is_a_header_and_a_text(void **state)
{
	(void)state;
	assert_string_equal(print("Ana Lopez", "EduPulse - a test", "One.\n"),
	    "Date: Sat, 28 Nov 2026 03:05:09 +0000\r\n"
	    "From: EduPulse <edupulse@north.example>\r\n"
	    "To: Ana Lopez\r\n"
	    " <ana@north.example>\r\n"
	    "Subject: EduPulse - a test\r\n"
	    "Message-ID: <0199f3b0-2e55-7a60-94fd-b38d05c6e7f1@north.example>"
	    "\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "One.\r\n");
}

static void
what_is_not_plain_in_a_header_is_encoded(void **state)
{
	(void)state;
	assert_non_null(strstr(print("Keld J\303\270rn Simonsen", "S", ""),
	    "To: =?UTF-8?B?S2VsZCBKw7hybiBTaW1vbnNlbg==?=\r\n <ana@"));
	assert_non_null(strstr(print("Smith, J. <a@b>", "S", ""),
	    "To: =?UTF-8?B?U21pdGgsIEouIDxhQGI+?=\r\n"));
}

static void
long_names_are_cut_between_characters(void **state)
{
	const char *text;

	(void)state;
	/* 35 letters, then one of two bytes: it begins the second word. */
	text = print("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\303\270b", "S", "");
	assert_non_null(strstr(text,
	    "To: =?UTF-8?B?"
	    "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n"
	    " =?UTF-8?B?w7hi?=\r\n"));
}

/* Whatever a name or subject holds, the header has its ten lines. */
static void
nothing_entered_ends_a_line_of_the_header(void **state)
{
	static const char *const hostile[] = {
		"Ana\r\nBcc: all@north.example",
		"Ana\nX: 1",
		"Ana\rX: 1",
		"Ana\r\n\r\nA text of their own",
		"=?UTF-8?Q?=0D=0ABcc:_x?=",
		"\303",
		"\377\376\n.\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		const char *text = print(hostile[i], hostile[i], "T\n");
		const char *end = strstr(text, "\r\n\r\n");
		size_t lines = 1;

		assert_non_null(end);
		assert_string_equal(end + 4, "T\r\n");
		for (const char *at = text; at < end; at++) {
			assert_true(*at != '\n' || at[-1] == '\r');
			assert_true(*at != '\r' || at[1] == '\n');
			assert_false((unsigned char)*at > '~');
			lines += *at == '\n';
		}
		assert_int_equal(lines, 10);
		assert_null(strstr(text, "Bcc"));
		assert_null(strstr(text, "=?UTF-8?Q?"));
	}
}

static void
a_text_is_quoted_printable(void **state)
{
	const char *text;

	(void)state;
	text = strstr(print("A", "S", "a=b \n.\nUn \303\251t\303\251\t\n"),
	    "\r\n\r\n");
	assert_string_equal(text + 4,
	    "a=3Db=20\r\n.\r\nUn =C3=A9t=C3=A9=09\r\n");
	text = strstr(
	    print("A", "S",
		"0123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789"),
	    "\r\n\r\n");
	assert_string_equal(text + 4,
	    "01234567890123456789012345678901234567890123456789012345678901234"
	    "5678901234=\r\n56789\r\n");
}

static const char *
words(int64_t risk, int64_t import, int64_t drift, const char *url)
{
	int64_t counts[MAIL_KINDS] = { 0 };

	counts[RULE_RISK] = risk;
	counts[RULE_IMPORT] = import;
	counts[RULE_DRIFT] = drift;
	buf_clear(&out);
	mail_text(&out, counts, url);
	return out.data;
}

static void
a_mail_says_how_many_and_no_more(void **state)
{
	int64_t one[MAIL_KINDS] = { [RULE_IMPORT] = 1 };

	(void)state;
	assert_string_equal(words(12, 1, 0, "https://edupulse.north.example"),
	    "There are new messages for you in EduPulse:\n\n"
	    "  12 students reached a risk category that is watched\n"
	    "  1 import failed\n\n"
	    "Your inbox says more: https://edupulse.north.example/api/v1/inbox"
	    ", or the command edupulse inbox.\n"
	    "Names and marks do not stand in mails.\n");
	assert_string_equal(words(0, 0, 1, ""),
	    "There is a new message for you in EduPulse:\n\n"
	    "  1 finding of drift\n\n"
	    "Your inbox says more: the command edupulse inbox.\n"
	    "Names and marks do not stand in mails.\n");
	buf_clear(&out);
	mail_subject(&out, one);
	assert_string_equal(out.data, "EduPulse - 1 new message");
}

static void
an_address_is_one_that_fits_between_angle_brackets(void **state)
{
	static const char *const good[] = { "a@b", "ana.lopez@north.example",
		"o'brien+school@mail-1.north.example", "x@1.2.example" };
	static const char *const bad[] = { "", "@", "a", "a@", "@b", "a@b@c",
		"a b@c", "a@b c", "a@b\r\n", "a@b\nRCPT TO:<x@y>", "<a@b>",
		"a@b>", "a,b@c", "\"a b\"@c", "a@[127.0.0.1]", ".a@b", "a.@b",
		"a..b@c", "a@.b", "a@b.", "a@b..c", "a@-b", "a@b-.c",
		"\303\251@b", "a@\303\251", "a@b\t", "a;b@c", "a@b_c" };
	char text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!address_is_valid(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (address_is_valid(bad[i]))
			fail_msg("%s", bad[i]);
	memset(text, 'a', sizeof(text));
	text[65] = '@';
	text[70] = '\0';
	assert_false(address_is_valid(text));
	text[64] = '@';
	text[65] = 'a';
	assert_true(address_is_valid(text));
	assert_true(name_is_plain("Ana M\303\274ller"));
	assert_false(name_is_plain("Ana\rX"));
	assert_false(name_is_plain("Ana\177"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_a_header_and_a_text),
		cmocka_unit_test(what_is_not_plain_in_a_header_is_encoded),
		cmocka_unit_test(long_names_are_cut_between_characters),
		cmocka_unit_test(nothing_entered_ends_a_line_of_the_header),
		cmocka_unit_test(a_text_is_quoted_printable),
		cmocka_unit_test(a_mail_says_how_many_and_no_more),
		cmocka_unit_test(
		    an_address_is_one_that_fits_between_angle_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, close_out);
}
