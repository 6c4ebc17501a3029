/*
 * calls.c - a call thread: take a question, find its route, may they, run the
 * handler in a transaction, answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "observe/metrics.h"
#include "service/inside.h"

/* What a thread keeps for its next answer: a large one is rare, and each thread
 * would keep the room of its largest. */
enum { BODY_KEPT = 256 * 1024 }; /* bytes */

/* Routes of the skeleton itself. */
static const struct route own_routes[] = {
#define PROTO_DEF "proto/common.def"
#include "proto/as_routes.h"
};

static void
split_target(struct call *call)
{
	const char *target = call->head->target;
	size_t size = strcspn(target, "?");

	call->path = (struct slice){ target, size };
	call->query = slice_of(target[size] == '?' ? target + size + 1 : "");
}

static bool
find_route(struct worker *w, struct call *call, struct err *err)
{
	const struct service_kind *kind = w->service->kind;
	struct routes tables[] = { { kind->routes, kind->route_count },
		{ own_routes, ARRAY_SIZE(own_routes) } };
	struct slice method = slice_of(call->head->method);
	bool is_path_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		bool is_known_here = false;

		call->route = route_find(&tables[i], method, call->path,
		    &call->parameters, &is_known_here);
		if (call->route != NULL)
			return true;
		is_path_known = is_path_known || is_known_here;
	}
	if (is_path_known)
		return err_set(err, ERR_METHOD, "%s is not answered here",
		    call->head->method);
	return err_set(err, ERR_NOT_FOUND, "there is no %.*s",
	    (int)call->path.size, call->path.data);
}

static bool
check(struct worker *w, const struct call *call, struct err *err)
{
	const struct route *route = call->route;

	if ((route->roles & MAY(call->head->role)) == 0)
		return err_set(err, ERR_FORBIDDEN, "the role %s may not %s %s",
		    role_choice.names[call->head->role], route->method,
		    route->path);
	if (call->body.size > route->body_most)
		return err_set(err, ERR_TOO_LARGE,
		    "the body has %zu bytes; %zu are taken", call->body.size,
		    route->body_most);
	if (route->handle == service_status ||
	    need_is_met_soon(w->service, "migrations"))
		return true;
	err_set(err, ERR_UNAVAILABLE,
	    "%s waits for its database and its migrations",
	    w->service->kind->name);
	err->retry_after = 2;
	return false;
}

static bool
run_once(struct worker *w, struct call *call, struct once *once,
    struct err *err)
{
	if (!work_begin(w, call->head->tenant, err) ||
	    !once_begin(w, call, once, err))
		return false;
	if (once->is_replay)
		return work_commit(w, err);
	if (!call->route->handle(w, call, err))
		return false;
	must(call->answer.status != 0);
	if (call->answer.status >= 400)
		return true;
	return once_end(w, call, once, err) && work_commit(w, err);
}

/* Run the handler between begin and commit. */
static bool
run_in_transaction(struct worker *w, struct call *call, struct err *err)
{
	struct once once = { 0 };
	bool is_good;

	if (w->db == NULL)
		return call->route->handle(w, call, err);
	db_deadline(w->db, call->deadline);
	is_good = run_once(w, call, &once, err);
	db_rollback(w->db);
	db_deadline(w->db, 0);
	once_close(w, &once);
	w->said = false;
	return is_good;
}

static bool
work_on(struct worker *w, struct call *call, struct err *err)
{
	if (call->head->deadline <= clock_now())
		return err_set(err, ERR_DEADLINE,
		    "the time for this request was over before work began");
	return find_route(w, call, err) && check(w, call, err) &&
	    run_in_transaction(w, call, err);
}

static void
fail(struct worker *w, struct call *call, struct err *err)
{
	int status;

	must(err->code != ERR_NONE);
	needs_note(w->service, err);
	status = err_row(err->code)->status;
	if (status == 500)
		log_error("call failed: operation=%s error=%s",
		    call->route != NULL ? call->route->operation : "",
		    err->detail);
	else if (status > 500)
		log_warn("call failed: operation=%s status=%d error=%s",
		    call->route != NULL ? call->route->operation : "", status,
		    err->detail);
	problem_answer(err, call, &call->answer, call->answer_body);
}

static void
finish(struct worker *w, struct bus_seat *seat, struct call *call,
    int64_t began)
{
	int status = (int)call->answer.status;
	double seconds = (double)(clock_ticks() - began) / SECOND_US;

	bus_answer(seat, &call->answer, buf_slice(call->answer_body));
	rate_count(w->service);
	metric_add(&METRIC_CALLS, (size_t)(status / 100 - 1), 1);
	metric_observe(&METRIC_CALL_SECONDS, seconds);
	log_debug("call was answered: operation=%s status=%d ms=%.3f",
	    call->route != NULL ? call->route->operation : "", status,
	    seconds * 1e3);
}

static void
answer_question(struct worker *w, struct bus_seat *seat,
    const struct question *question, struct buf *body)
{
	int64_t began = clock_ticks();
	struct err err = { 0 };
	struct call call = { .head = &question->head,
		.body = question->body,
		.arena = &w->arena,
		.deadline = began + (question->head.deadline - clock_now()),
		.answer_body = body };
	bool is_good;

	log_request(question->head.request_id);
	buf_clear(body);
	split_target(&call);
	w->call = &call;
	is_good = work_on(w, &call, &err);
	if (!is_good)
		fail(w, &call, &err);
	else if (call.after != NULL)
		call.after(w, &call);
	finish(w, seat, &call, began);
	w->call = NULL;
	log_request(NULL);
}

void *
call_thread(void *user)
{
	struct service *service = user;
	struct bus_seat *seat = bus_seat_new(service->bus);
	struct buf body = { 0 };
	struct question question;
	struct worker w;
	struct err err = { 0 };

	worker_init_watched(&w, service);
	while (bus_take(seat, &w.arena, &question, &err)) {
		answer_question(&w, seat, &question, &body);
		worker_clear(&w);
		if (body.room > BODY_KEPT)
			buf_close(&body);
	}
	if (err.code != ERR_NONE)
		log_error("calls were no longer taken: error=%s", err.detail);
	buf_close(&body);
	worker_close(&w);
	bus_seat_free(seat);
	thread_ended(service);
	return NULL;
}
