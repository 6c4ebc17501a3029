/*
 * problem.c - errors as RFC 9457 problems, and back when another service
 * answered with one.
 */
#include <string.h>

#include "service/inside.h"
#include "wire/json.h"

#define PROBLEM_TYPE "application/problem+json"
#define TYPE_PREFIX  "/problems/"

/* What is meant for our log only is told to the caller in general. */
static const char *
public_detail(const struct err *err)
{
	if (err->code == ERR_INTERNAL)
		return "The request could not be worked on; quote the "
		       "request_id when you ask for help.";
	return err->detail;
}

static void
fill_places(struct problem *problem, const struct err *err, struct arena *arena)
{
	size_t count =
	    err->place_count < ERR_PLACES ? err->place_count : ERR_PLACES;

	problem->errors = arena_array(arena, count, sizeof(*problem->errors));
	problem->errors_count = count;
	for (size_t i = 0; i < count; i++) {
		problem->errors[i].pointer = err->places[i].pointer;
		problem->errors[i].message = err->places[i].message;
	}
}

void
problem_answer(const struct err *err, const struct call *call,
    struct bus_answer *answer, struct buf *body)
{
	const struct err_row *row = err_row(err->code);
	struct problem problem = {
		.type = arena_printf(call->arena, TYPE_PREFIX "%s", row->slug),
		.title = row->title,
		.status = row->status,
		.detail = public_detail(err),
		.instance =
		    arena_text(call->arena, call->path.data, call->path.size),
		.request_id = call->head->request_id,
	};

	fill_places(&problem, err, call->arena);
	*answer = (struct bus_answer){ .status = row->status,
		.content_type = PROBLEM_TYPE,
		.retry_after = err->retry_after,
		.has_retry_after = err->retry_after > 0 };
	buf_clear(body);
	json_encode(&problem_message, &problem, body);
}

void
problem_read(const char *peer, const struct answer *answer, struct arena *arena,
    struct err *err)
{
	struct err broken = { 0 };
	struct problem problem;
	size_t prefix = strlen(TYPE_PREFIX);

	if (answer->head.content_type == NULL ||
	    strcmp(answer->head.content_type, PROBLEM_TYPE) != 0 ||
	    !json_decode(&problem_message, answer->body, JSON_LENIENT, arena,
		&problem, &broken) ||
	    strncmp(problem.type, TYPE_PREFIX, prefix) != 0) {
		err_set(err, ERR_BAD_UPSTREAM, "%s answered %d without reason",
		    peer, (int)answer->head.status);
		return;
	}
	err_set(err, err_code_of(problem.type + prefix), "%s",
	    problem.detail != NULL ? problem.detail : problem.title);
	if (err->code == ERR_INTERNAL)
		err_set(err, ERR_BAD_UPSTREAM, "%s failed", peer);
	for (size_t i = 0; i < problem.errors_count; i++)
		err_at(err, problem.errors[i].pointer, "%s",
		    problem.errors[i].message);
	if (answer->head.has_retry_after)
		err->retry_after = (int)answer->head.retry_after;
}
