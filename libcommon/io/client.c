/* client.c - HTTP through libcurl, problems back into errors. */
#include "io/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/common.h"
#include "wire/json.h"

enum { CONNECT_SECONDS = 5, ANSWER_SECONDS = 120 };

/* What a problem says; false always. */
static bool
take_problem(struct client *client, const struct buf *body, struct err *err)
{
	struct problem problem;
	struct err unread = { 0 };
	const char *slash;

	if (!json_decode(&problem_message, buf_slice(body), JSON_LENIENT,
		&client->arena, &problem, &unread))
		return err_set(err, ERR_BAD_UPSTREAM,
		    "%s answered %ld with something that is no problem "
		    "document: is it EduPulse?",
		    client->url, client->status);
	slash = strrchr(problem.type, '/');
	err_set(err, err_code_of(slash != NULL ? slash + 1 : problem.type),
	    "%s", problem.detail != NULL ? problem.detail : problem.title);
	for (size_t i = 0; i < problem.errors_count; i++)
		err_at(err, problem.errors[i].pointer, "%s",
		    problem.errors[i].message);
	return false;
}

static size_t
take_bytes(char *data, size_t size, size_t count, void *user)
{
	buf_add(user, data, size * count);
	return size * count;
}

static size_t
take_header(char *data, size_t size, size_t count, void *user)
{
	struct client *client = user;
	static const char name[] = "etag:";
	size_t length = size * count;
	size_t skip = sizeof(name) - 1;

	if (length <= skip || strncasecmp(data, name, skip) != 0)
		return length;
	while (skip < length && data[skip] == ' ')
		skip++;
	snprintf(client->etag, sizeof(client->etag), "%.*s",
	    (int)strcspn(data + skip, "\r\n"), data + skip);
	return length;
}

static int
tell_progress(void *user, curl_off_t down_total, curl_off_t down,
    curl_off_t up_total, curl_off_t up)
{
	const struct client_body *body = user;

	(void)down_total;
	(void)down;
	if (up_total > 0)
		body->progress(body->user, (double)up, (double)up_total);
	return 0;
}

static struct curl_slist *
add_header(struct client *client, struct curl_slist *headers, const char *name,
    const char *value)
{
	struct curl_slist *more = curl_slist_append(headers,
	    arena_printf(&client->arena, "%s: %s", name, value));

	must(more != NULL);
	return more;
}

static struct curl_slist *
make_headers(struct client *client, const struct client_body *body)
{
	struct curl_slist *headers = NULL;

	headers = add_header(client, headers, "Authorization",
	    arena_printf(&client->arena, "Bearer %s", client->key));
	headers = add_header(client, headers, "Expect", "");
	if (body == NULL)
		return headers;
	if (body->content_type != NULL)
		headers = add_header(client, headers, "Content-Type",
		    body->content_type);
	if (body->if_match != NULL)
		headers =
		    add_header(client, headers, "If-Match", body->if_match);
	return headers;
}

/* The file to send, or NULL; a file that cannot be opened is an error. */
static bool
set_body(struct client *client, const struct client_body *body, FILE **file,
    struct err *err)
{
	CURL *curl = client->curl;

	*file = NULL;
	if (body == NULL || body->file == NULL) {
		struct slice bytes =
		    body != NULL ? body->bytes : (struct slice){ "", 0 };

		if (body == NULL)
			return true;
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)bytes.size);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
		    bytes.size > 0 ? bytes.data : "");
		return true;
	}
	*file = fopen(body->file, "rbe");
	if (*file == NULL)
		return err_os(err, "open %s", body->file);
	fseek(*file, 0, SEEK_END);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READDATA, *file);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
	    (curl_off_t)ftell(*file));
	rewind(*file);
	if (body->progress == NULL)
		return true;
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, body);
	return true;
}

static void
set_answer(struct client *client, struct buf *answer)
{
	CURL *curl = client->curl;

	client->etag[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	/* Long uploads may take their time, but not stand still. */
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, client);
}

static bool
is_loopback(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL;
	bool is_ours = false;

	must(parts != NULL);
	if (curl_url_set(parts, CURLUPART_URL, url, CURLU_GUESS_SCHEME) ==
		CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		is_ours = strcasecmp(host, "localhost") == 0 ||
		    strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0;
	curl_free(host);
	curl_url_cleanup(parts);
	return is_ours;
}

static void
set_target(struct client *client, const char *method, const char *path)
{
	CURL *curl = client->curl;

	curl_easy_setopt(curl, CURLOPT_URL,
	    arena_printf(&client->arena, "%s/api/v1/%s", client->url, path));
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	/* Empty means none; without it libcurl looks into the environment. */
	if (is_loopback(client->url))
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

bool
client_call(struct client *client, const char *method, const char *path,
    const struct client_body *body, struct buf *answer, struct err *err)
{
	struct curl_slist *headers;
	CURLcode code;
	FILE *file;

	client->status = 0;
	curl_easy_reset(client->curl);
	if (!set_body(client, body, &file, err))
		return false;
	headers = make_headers(client, body);
	set_answer(client, answer);
	set_target(client, method, path);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(client->curl);
	curl_slist_free_all(headers);
	if (file != NULL)
		fclose(file);
	if (code != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s does not answer (%s): is the platform up? "
		    "`make up` starts it",
		    client->url, curl_easy_strerror(code));
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE,
	    &client->status);
	return client->status < 400 || take_problem(client, answer, err);
}

bool
client_ask(struct client *client, const char *method, const char *path,
    const struct message *question, const void *asked,
    const struct message *message, void *value, struct err *err)
{
	struct client_body body = { .content_type = "application/json" };
	struct buf json = { 0 }, answer = { 0 };
	bool done;

	if (question != NULL)
		json_encode(question, asked, &json);
	body.bytes = buf_slice(&json);
	done = client_call(client, method, path,
	    question != NULL ? &body : NULL, &answer, err);
	if (done && message != NULL)
		done = json_decode(message, buf_slice(&answer), JSON_LENIENT,
		    &client->arena, value, err);
	if (done && client->is_json && answer.size > 0)
		printf("%s\n", answer.data);
	buf_close(&json);
	buf_close(&answer);
	return done;
}

void
client_escape(struct buf *out, const char *text)
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

int
client_exit_status(const struct err *err)
{
	if (err->code == ERR_UNAVAILABLE || err->code == ERR_DEADLINE ||
	    err->code == ERR_BAD_UPSTREAM)
		return 3;
	if (err->code == ERR_UNAUTHENTICATED || err->code == ERR_FORBIDDEN)
		return 4;
	return 1;
}
