/* mlflow_call.c - one call: who we are, what goes out, what an answer means. */
#include "services/training/mlflow_call.h"

#include <string.h>

#include "base/base64.h"
#include "io/transfer.h"
#include "wire/json.h"

enum {
	STALL_SECONDS = 20,
	CALL_SECONDS = 300, /* a model file over a slow line */
	ANSWER_MOST = 16 * 1024 * 1024,
	WORDS_MOST = 200 /* of the server's, in an error */
};

bool
mlflow_is_on(const struct training_settings *settings)
{
	return settings->mlflow_tracking_uri[0] != '\0';
}

bool
mlflow_check(const struct training_settings *settings, struct err *err)
{
	static const char *const schemes[2] = { "http", "https" };

	if (!mlflow_is_on(settings))
		return true;
	return transfer_check(settings->mlflow_tracking_uri, schemes,
		   "tracking server", err) ||
	    err_in(err, "mlflow_tracking_uri (or MLFLOW_TRACKING_URI)");
}

/* As MLflow's own client chooses: user and password before the token. */
static const char *
authorization_of(const struct training_settings *settings, struct arena *arena)
{
	struct buf plain = { 0 }, text = { 0 };
	const char *header = NULL;

	if (settings->mlflow_tracking_username[0] != '\0' &&
	    settings->mlflow_tracking_password[0] != '\0') {
		buf_printf(&plain, "%s:%s", settings->mlflow_tracking_username,
		    settings->mlflow_tracking_password);
		base64_encode(&text, buf_slice(&plain));
		header =
		    arena_printf(arena, "Authorization: Basic %s", text.data);
	} else if (settings->mlflow_tracking_token[0] != '\0') {
		header = arena_printf(arena, "Authorization: Bearer %s",
		    settings->mlflow_tracking_token);
	}
	buf_close(&plain);
	buf_close(&text);
	return header;
}

void
mlflow_init(struct mlflow *m, struct worker *w)
{
	*m = (struct mlflow){ .w = w,
		.settings = w->settings,
		.line = http_line_new() };
	m->authorization = authorization_of(m->settings, &w->arena);
}

void
mlflow_close(struct mlflow *m)
{
	http_line_free(m->line);
}

static bool
is_over(void *user)
{
	const struct worker *w = user;

	return service_is_stopping(w->service);
}

static const char *
url_of(struct mlflow *m, const char *target)
{
	const char *base = m->settings->mlflow_tracking_uri;
	size_t size = strlen(base);

	while (size > 0 && base[size - 1] == '/')
		size--;
	return arena_printf(&m->w->arena, "%.*s%s", (int)size, base, target);
}

/* What is not printable could end a line of ours. */
static const char *
plain_words(struct mlflow *m, const char *words)
{
	char *plain = arena_printf(&m->w->arena, "%.*s", WORDS_MOST, words);

	for (char *c = plain; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return plain;
}

static enum err_code
code_of(long status, const char *error_code)
{
	if (strcmp(error_code, "RESOURCE_DOES_NOT_EXIST") == 0)
		return ERR_NOT_FOUND;
	if (strcmp(error_code, "RESOURCE_ALREADY_EXISTS") == 0)
		return ERR_CONFLICT;
	/* Also by a proxy, in no words of MLflow's: it will be no better. */
	if (status == 400 || status == 405 || status == 413 || status == 415)
		return ERR_INVALID;
	if (status == 401 || status == 403 || status == 408 || status == 429 ||
	    status >= 500)
		return ERR_UNAVAILABLE;
	return status >= 400 && error_code[0] != '\0' ? ERR_INVALID
						      : ERR_BAD_UPSTREAM;
}

static bool
refuse(struct mlflow *m, const char *target, long status,
    const struct buf *body, struct err *err)
{
	struct mlflow_problem problem;
	struct err unread = { 0 };

	if (!json_decode(&mlflow_problem_message, buf_slice(body), JSON_LENIENT,
		&m->w->arena, &problem, &unread))
		problem = (struct mlflow_problem){ "", NULL };
	return err_set(err, code_of(status, problem.error_code),
	    "the tracking server answered %ld to %.*s: %s %s", status,
	    (int)strcspn(target, "?"), target,
	    plain_words(m, problem.error_code),
	    plain_words(m, problem.message != NULL ? problem.message : ""));
}

/* Send `bytes` (data NULL: none) and have the answer's. */
static bool
send(struct mlflow *m, const char *method, const char *target,
    struct slice bytes, struct buf *body, struct err *err)
{
	struct http_question question = { .method = method,
		.url = url_of(m, target),
		.headers = { strcmp(method, "PUT") == 0
			? "Content-Type: application/octet-stream"
			: "Content-Type: application/json",
		    m->authorization },
		.is_once = strcmp(method, "POST") == 0,
		.body = bytes,
		.ca_file = m->settings->mlflow_tracking_server_cert_path,
		.stall_seconds = STALL_SECONDS,
		.most_seconds = CALL_SECONDS,
		.answer_most = ANSWER_MOST,
		.is_over = is_over,
		.user = m->w };
	struct http_answer answer = { .body = body };

	if (!http_ask(m->line, &question, &answer, err))
		return err_in(err, "the tracking server was not reached");
	return (answer.status >= 200 && answer.status < 300) ||
	    refuse(m, target, answer.status, body, err);
}

/* `message` NULL: the answer does not matter. */
static bool
have_answer(struct mlflow *m, const char *method, const char *target,
    struct slice bytes, const struct message *message, void *value,
    struct err *err)
{
	struct buf body = { 0 };
	struct err unread = { 0 };
	bool is_good = send(m, method, target, bytes, &body, err);

	if (is_good && message != NULL &&
	    !json_decode(message, buf_slice(&body), JSON_LENIENT, &m->w->arena,
		value, &unread))
		is_good = err_set(err, ERR_BAD_UPSTREAM,
		    "the tracking server's answer to %.*s is none of MLflow's: "
		    "%s",
		    (int)strcspn(target, "?"), target,
		    plain_words(m, unread.detail));
	buf_close(&body);
	return is_good;
}

bool
mlflow_post(struct mlflow *m, const char *target,
    const struct message *question, const void *asked,
    const struct message *message, void *value, struct err *err)
{
	struct buf json = { 0 };
	bool is_good;

	json_encode(question, asked, &json);
	is_good = have_answer(m, "POST", target, buf_slice(&json), message,
	    value, err);
	buf_close(&json);
	return is_good;
}

bool
mlflow_get(struct mlflow *m, const char *target, const char *value,
    const struct message *message, void *answer, struct err *err)
{
	struct buf text = { 0 };
	const char *whole;

	http_escape(&text, value);
	whole = arena_printf(&m->w->arena, "%s%s", target, text.data);
	buf_close(&text);
	return have_answer(m, "GET", whole, (struct slice){ NULL, 0 }, message,
	    answer, err);
}

bool
mlflow_put(struct mlflow *m, const char *target, struct slice bytes,
    struct err *err)
{
	return have_answer(m, "PUT", target, bytes, NULL, NULL, err);
}
