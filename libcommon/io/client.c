/* client.c - the gateway is asked (http_ask.h), problems become errors. */
#include "io/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/http_ask.h"
#include "proto/common.h"
#include "wire/json.h"

enum { ANSWER_SECONDS = 120 };

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

static void
set_headers(struct client *client, const struct client_body *body,
    const char **headers)
{
	struct arena *arena = &client->arena;

	*headers++ =
	    arena_printf(arena, "Authorization: Bearer %s", client->key);
	if (body != NULL && body->content_type != NULL)
		*headers++ =
		    arena_printf(arena, "Content-Type: %s", body->content_type);
	if (body != NULL && body->if_match != NULL)
		*headers++ =
		    arena_printf(arena, "If-Match: %s", body->if_match);
}

/* The body of a question, a file's or bytes. */
static bool
set_body(struct http_question *question, const struct client_body *body,
    struct err *err)
{
	if (body == NULL)
		return true;
	if (body->file == NULL) {
		question->body = body->bytes.data != NULL
		    ? body->bytes
		    : (struct slice){ "", 0 };
		return true;
	}
	question->progress = body->progress;
	question->user = body->user;
	question->file = fopen(body->file, "rbe");
	return question->file != NULL || err_os(err, "open %s", body->file);
}

static bool
ask(struct client *client, const struct http_question *question,
    struct buf *answer, struct err *err)
{
	struct http_answer got = { .body = answer };
	bool is_answered = http_ask(client->line, question, &got, err);

	client->status = got.status;
	snprintf(client->etag, sizeof(client->etag), "%s", got.etag);
	if (is_answered)
		return true;
	return err_set(err, ERR_UNAVAILABLE,
	    "%s does not answer (%s): is the platform up? "
	    "`make up` starts it",
	    client->url, arena_copy(&client->arena, err->detail));
}

bool
client_call(struct client *client, const char *method, const char *path,
    const struct client_body *body, struct buf *answer, struct err *err)
{
	struct http_question question = { .method = method,
		.url = arena_printf(&client->arena, "%s/api/v1/%s", client->url,
		    path),
		.stall_seconds = ANSWER_SECONDS };
	bool is_answered;

	client->status = 0;
	if (!set_body(&question, body, err))
		return false;
	set_headers(client, body, question.headers);
	is_answered = ask(client, &question, answer, err);
	if (question.file != NULL)
		fclose(question.file);
	return is_answered &&
	    (client->status < 400 || take_problem(client, answer, err));
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
