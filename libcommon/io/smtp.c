/* smtp.c - one connection a mail; replies are read as libcurl hands them on. */
#include "io/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "io/transfer.h"
#include "secure/digest.h"

enum {
	CONNECT_SECONDS = 10,
	SEND_SECONDS = 30,
	PASSWORD_MOST = 1024,
	/* Replies of RFC 4954 about who we are: ours to mend, whatever the
	 * mail. */
	AUTH_REQUIRED = 530,
	AUTH_TOO_WEAK = 534,
	AUTH_INVALID = 535,
	AUTH_NEEDS_TLS = 538
};

/* A mail on its way. */
struct sending {
	struct slice left; /* of the mail */
	bool (*is_over)(void *user);
	void *user;
	bool was_greeted; /* the server has said 2xx once */
	char reply[200];  /* its last line */
};

bool
smtp_check(const struct smtp *smtp, struct err *err)
{
	static const char *const schemes[2] = { "smtp", "smtps" };

	return transfer_check(smtp->url, schemes, "mail server", err);
}

static size_t
give_bytes(char *data, size_t size, size_t count, void *user)
{
	struct sending *sending = user;
	size_t room = size * count;
	size_t given = sending->left.size < room ? sending->left.size : room;

	memcpy(data, sending->left.data, given);
	sending->left.data += given;
	sending->left.size -= given;
	return given;
}

/* A line of a reply.  What is not printable could end a line of ours.  The
 * first refusal is the one that counts: what follows is a farewell. */
static size_t
take_reply(char *data, size_t size, size_t count, void *user)
{
	struct sending *sending = user;
	size_t length = size * count, kept = 0;

	if (sending->reply[0] == '4' || sending->reply[0] == '5')
		return length;
	for (size_t i = 0; i < length && kept + 1 < sizeof(sending->reply); i++)
		if (data[i] != '\r' && data[i] != '\n')
			sending->reply[kept++] =
			    data[i] >= ' ' && data[i] <= '~' ? data[i] : '?';
	sending->reply[kept] = '\0';
	if (sending->reply[0] == '2')
		sending->was_greeted = true;
	return length;
}

static int
look_whether_over(void *user, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
	const struct sending *sending = user;

	(void)down_total;
	(void)down;
	(void)up_total;
	(void)up;
	return sending->is_over != NULL && sending->is_over(sending->user);
}

static void
set_server(CURL *curl, const struct smtp *smtp)
{
	curl_easy_setopt(curl, CURLOPT_URL, smtp->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SEND_SECONDS);
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
	    (long)(transfer_is_local(smtp->url) ? CURLUSESSL_NONE
						: CURLUSESSL_ALL));
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	if (smtp->ca_file[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, smtp->ca_file);
}

static void
set_mail(CURL *curl, struct sending *sending)
{
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
	curl_easy_setopt(curl, CURLOPT_READDATA, sending);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
	    (curl_off_t)sending->left.size);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, sending);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_whether_over);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, sending);
}

static bool
set_login(CURL *curl, const struct smtp *smtp, struct err *err)
{
	struct buf password = { 0 };

	if (smtp->user[0] == '\0')
		return true;
	if (smtp->password_file[0] != '\0' &&
	    !secret_read(smtp->password_file, PASSWORD_MOST, &password, err))
		return false;
	curl_easy_setopt(curl, CURLOPT_USERNAME, smtp->user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD,
	    password.size > 0 ? password.data : "");
	buf_close(&password);
	return true;
}

/* A refusal lasts when it is about the mail: not when it is about who we are,
 * nor when the server did not even greet. */
static bool
is_lasting(int code, const struct sending *sending)
{
	return code >= 500 && code <= 599 && sending->was_greeted &&
	    code != AUTH_REQUIRED && code != AUTH_TOO_WEAK &&
	    code != AUTH_INVALID && code != AUTH_NEEDS_TLS;
}

static void
judge(CURL *curl, CURLcode result, const struct sending *sending,
    struct smtp_answer *answer)
{
	long code = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	answer->code = code >= 200 && code <= 599 ? (int)code : 0;
	if (result == CURLE_OK)
		answer->outcome = SMTP_TAKEN;
	else if (is_lasting(answer->code, sending))
		answer->outcome = SMTP_REFUSED;
	/* A reply that was no refusal does not say what went wrong. */
	snprintf(answer->detail, sizeof(answer->detail), "%s",
	    result == CURLE_OK || answer->code >= 400
		? sending->reply
		: curl_easy_strerror(result));
}

void
smtp_send(const struct smtp *smtp, const char *to, struct slice mail,
    bool (*is_over)(void *user), void *user, struct smtp_answer *answer)
{
	struct sending sending = { .left = mail,
		.is_over = is_over,
		.user = user };
	CURL *curl = curl_easy_init();
	struct curl_slist *recipients = curl_slist_append(NULL, to);
	struct err err = { 0 };

	must(curl != NULL && recipients != NULL);
	*answer = (struct smtp_answer){ .outcome = SMTP_LATER };
	set_server(curl, smtp);
	set_mail(curl, &sending);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, smtp->from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
	if (set_login(curl, smtp, &err))
		judge(curl, curl_easy_perform(curl), &sending, answer);
	else
		snprintf(answer->detail, sizeof(answer->detail), "%s",
		    err.detail);
	curl_easy_cleanup(curl);
	curl_slist_free_all(recipients);
}
