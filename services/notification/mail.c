/* mail.c - header, text, words. */
#include "services/notification/mail.h"

#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/utf8.h"

enum {
	/* Bytes of UTF-8 in an encoded-word: with its frame it has 60
	 * characters, and 75 are allowed. */
	WORD_BYTES = 36,
	LINE_MOST = 75 /* characters before the = of a soft line break */
};

static const char end[] = "\r\n";

/* Letters, digits, blanks and hyphens: a phrase that needs no quotes. */
static bool
is_phrase(const char *text)
{
	for (; *text != '\0'; text++) {
		char c = *text;
		bool is_plain = (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == ' ' || c == '-';

		if (!is_plain)
			return false;
	}
	return true;
}

static void
add_encoded_words(struct buf *out, struct slice text)
{
	const char *between = "";

	while (text.size > 0) {
		size_t size = utf8_cut(text, WORD_BYTES);

		/* What is no UTF-8 goes on byte by byte. */
		if (size == 0)
			size = 1;
		buf_printf(out, "%s=?UTF-8?B?", between);
		base64_encode(out, (struct slice){ text.data, size });
		buf_text(out, "?=");
		text = (struct slice){ text.data + size, text.size - size };
		between = "\r\n ";
	}
}

static void
add_phrase(struct buf *out, const char *text)
{
	if (is_phrase(text))
		buf_text(out, text);
	else
		add_encoded_words(out, slice_of(text));
}

/* Sat, 28 Nov 2026 08:00:00 +0000 */
static void
add_date(struct buf *out, int64_t time)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int32_t day = day_of(time);
	int64_t second = (time - day * DAY_US) / SECOND_US;
	int year, month, month_day;

	day_to_civil(day, &year, &month, &month_day);
	buf_printf(out, "%s, %d %s %d %02d:%02d:%02d +0000",
	    days[day_of_week(day)], month_day, months[month - 1], year,
	    (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

/* RFC 2045, 6.7: one line, in several where it is too long. */
static void
add_quoted_line(struct buf *out, struct slice line)
{
	size_t width = 0;

	for (size_t i = 0; i < line.size; i++) {
		unsigned char c = (unsigned char)line.data[i];
		bool is_last = i + 1 == line.size;
		bool is_plain =
		    (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !is_last);
		size_t wanted = is_plain ? 1 : 3;

		if (width + wanted > LINE_MOST) {
			buf_text(out, "=\r\n");
			width = 0;
		}
		if (is_plain)
			buf_byte(out, (char)c);
		else
			buf_printf(out, "=%02X", c);
		width += wanted;
	}
	buf_text(out, end);
}

static void
add_quoted(struct buf *out, struct slice text)
{
	while (text.size > 0) {
		const char *stop = memchr(text.data, '\n', text.size);
		size_t size =
		    stop != NULL ? (size_t)(stop - text.data) : text.size;

		add_quoted_line(out, (struct slice){ text.data, size });
		size += stop != NULL;
		text = (struct slice){ text.data + size, text.size - size };
	}
}

void
mail_print(struct buf *out, const struct mail *mail)
{
	const char *domain = strchr(mail->from, '@');

	must(domain != NULL);
	buf_text(out, "Date: ");
	add_date(out, mail->date);
	buf_printf(out, "\r\nFrom: EduPulse <%s>\r\nTo: ", mail->from);
	add_phrase(out, mail->to_name);
	buf_printf(out, "\r\n <%s>\r\nSubject: ", mail->to);
	add_phrase(out, mail->subject);
	buf_printf(out, "\r\nMessage-ID: <%s%s>\r\n", mail->id, domain);
	buf_text(out,
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	add_quoted(out, mail->text);
}

static int64_t
sum_of(const int64_t counts[MAIL_KINDS])
{
	int64_t sum = 0;

	for (size_t i = 0; i < MAIL_KINDS; i++)
		sum += counts[i];
	return sum;
}

void
mail_subject(struct buf *out, const int64_t counts[MAIL_KINDS])
{
	int64_t sum = sum_of(counts);

	buf_printf(out, "EduPulse - %lld new message%s", (long long)sum,
	    sum == 1 ? "" : "s");
}

void
mail_text(struct buf *out, const int64_t counts[MAIL_KINDS], const char *url)
{
	static const struct {
		const char *one, *many;
	} words[MAIL_KINDS] = {
		[RULE_RISK] = { "student reached a risk category that is "
				"watched",
		    "students reached a risk category that is watched" },
		[RULE_IMPORT] = { "import failed", "imports failed" },
		[RULE_TRAINING] = { "training failed", "trainings failed" },
		[RULE_DRIFT] = { "finding of drift", "findings of drift" },
	};
	int64_t sum = sum_of(counts);

	buf_printf(out, "There %s for you in EduPulse:\n\n",
	    sum == 1 ? "is a new message" : "are new messages");
	for (size_t i = 0; i < MAIL_KINDS; i++)
		if (counts[i] > 0)
			buf_printf(out, "  %lld %s\n", (long long)counts[i],
			    counts[i] == 1 ? words[i].one : words[i].many);
	buf_text(out, "\nYour inbox says more: ");
	if (url[0] != '\0')
		buf_printf(out, "%s/api/v1/inbox, or ", url);
	buf_text(out,
	    "the command edupulse inbox.\n"
	    "Names and marks do not stand in mails.\n");
}
