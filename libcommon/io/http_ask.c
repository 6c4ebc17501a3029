/* http_ask.c - a question by libcurl's easy interface. */
#include "io/http_ask.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/transfer.h"

enum { CONNECT_SECONDS = 5 };

struct http_line {
	CURL *curl; /* owned */
};

struct http_line *
http_line_new(void)
{
	struct http_line *line = mem_alloc(1, sizeof(*line));

	line->curl = curl_easy_init();
	must(line->curl != NULL);
	return line;
}

void
http_line_free(struct http_line *line)
{
	curl_easy_cleanup(line->curl);
	free(line);
}

/* One question on its way. */
struct asking {
	const struct http_question *question;
	struct http_answer *answer;
};

/* Fewer bytes taken than given breaks off. */
static size_t
take_bytes(char *data, size_t size, size_t count, void *user)
{
	const struct asking *asking = user;
	struct buf *body = asking->answer->body;
	size_t most = asking->question->answer_most;

	if (most > 0 && body->size + size * count > most)
		return 0;
	buf_add(body, data, size * count);
	return size * count;
}

static size_t
take_header(char *data, size_t size, size_t count, void *user)
{
	static const char name[] = "etag:";
	struct asking *asking = user;
	char *etag = asking->answer->etag;
	size_t length = size * count;
	size_t skip = sizeof(name) - 1;

	if (length <= skip || strncasecmp(data, name, skip) != 0)
		return length;
	while (skip < length && data[skip] == ' ')
		skip++;
	snprintf(etag, sizeof(asking->answer->etag), "%.*s",
	    (int)strcspn(data + skip, "\r\n"), data + skip);
	return length;
}

static int
look_on(void *user, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
    curl_off_t up)
{
	const struct asking *asking = user;
	const struct http_question *question = asking->question;

	(void)down_total;
	(void)down;
	if (question->progress != NULL && up_total > 0)
		question->progress(question->user, (double)up,
		    (double)up_total);
	return question->is_over != NULL && question->is_over(question->user);
}

static struct curl_slist *
add_header(struct curl_slist *headers, const char *header)
{
	struct curl_slist *more = curl_slist_append(headers, header);

	must(more != NULL);
	return more;
}

static struct curl_slist *
make_headers(const struct http_question *question)
{
	/* Never asked whether a body may come: it comes. */
	struct curl_slist *headers = add_header(NULL, "Expect:");

	for (size_t i = 0; i < HTTP_ASK_HEADERS && question->headers[i] != NULL;
	     i++)
		headers = add_header(headers, question->headers[i]);
	return headers;
}

static void
set_file(CURL *curl, FILE *file)
{
	fseek(file, 0, SEEK_END);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READDATA, file);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
	    (curl_off_t)ftell(file));
	rewind(file);
}

static void
set_question(CURL *curl, const struct http_question *question)
{
	curl_easy_setopt(curl, CURLOPT_URL, question->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (question->file != NULL) {
		set_file(curl, question->file);
	} else if (question->body.data != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)question->body.size);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question->body.data);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)question->is_once);
	/* Empty means none; without it libcurl looks into the environment. */
	if (transfer_is_local(question->url))
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2);
	if (question->ca_file != NULL && question->ca_file[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, question->ca_file);
}

static void
set_limits(CURL *curl, const struct http_question *question)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	/* Long uploads may take their time, but not stand still. */
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, question->stall_seconds);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, question->most_seconds);
}

static void
set_answer(CURL *curl, struct asking *asking)
{
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, asking);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, asking);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_on);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, asking);
}

bool
http_ask(struct http_line *line, const struct http_question *question,
    struct http_answer *answer, struct err *err)
{
	struct asking asking = { question, answer };
	struct curl_slist *headers = make_headers(question);
	CURL *curl = line->curl;
	CURLcode code;

	answer->status = 0;
	answer->etag[0] = '\0';
	curl_easy_reset(curl);
	set_question(curl, question);
	set_limits(curl, question);
	set_answer(curl, &asking);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE, "%s",
		    curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	return true;
}

void
http_escape(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_plain = (c >= '0' && c <= '9') ||
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr("-._~", c) != NULL;

		if (is_plain)
			buf_byte(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}
