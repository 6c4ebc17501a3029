/*
 * jobs.c - jobs as callers see them: start, list, look at, cancel.
 *
 * A job is a row of `job` and, while it waits or runs, one of `job_queue`.
 * Cancelling takes the second away: whoever works on it finds out within a
 * second and stops.  Everyone who touches both begins with the second, so that
 * nobody waits in a circle.
 */
#include "base/uuid.h"
#include "db/row.h"
#include "services/training/queries.h"
#include "services/training/tracking.h"
#include "services/training/training.h"
#include "wire/json.h"

enum { PAGE = 50 };

bool
job_find(struct worker *w, const char *tenant, const char *job_id,
    struct train_job *job, struct err *err)
{
	struct db_result result = { 0 };
	bool is_good;

	if (!uuid_is_valid(job_id))
		return err_set(err, ERR_NOT_FOUND, "there is no job %.40s",
		    job_id);
	if (!db_query(w->db, &query_job_find,
		DB_ARGS(db_text(tenant), db_text(job_id)), &result, err))
		return false;
	is_good = result.row_count == 1
	    ? row_read(&result, 0, &train_job_message, &w->arena, job, err)
	    : err_set(err, ERR_NOT_FOUND, "there is no job %s", job_id);
	db_result_close(&result);
	return is_good;
}

bool
job_say_end(struct worker *w, const char *tenant, const char *job_id,
    struct train_job *job, struct err *err)
{
	return job_find(w, tenant, job_id, job, err) &&
	    say(w, "training.finished", tenant, job_id, &train_job_message, job,
		err) &&
	    tracking_want(w, tenant, TRACKED_JOB, job_id, err);
}

/* Weeks are whole numbers that prediction will answer. */
static bool
check_weeks(const char *name, const double *weeks, size_t count,
    struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		bool is_week = weeks[i] >= 1 && weeks[i] <= 64 &&
		    weeks[i] == (double)(int)weeks[i];

		if (!is_week || (i > 0 && weeks[i] <= weeks[i - 1]))
			return err_at(err, name,
			    "weeks are whole numbers from 1 to 64 in "
			    "ascending order");
	}
	return true;
}

static bool
check_question(const struct train_question *question, struct err *err)
{
	if (question->has_hidden && question->hidden % 8 != 0)
		return err_at(err, "hidden", "%lld is no multiple of 8",
		    (long long)question->hidden);
	return check_weeks("train_weeks", question->train_weeks,
		   question->train_weeks_count, err) &&
	    check_weeks("test_weeks", question->test_weeks,
		question->test_weeks_count, err);
}

static void
wake_jobs(struct worker *w, struct call *call)
{
	(void)call;
	service_wake(w->service);
}

bool
start_training(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct train_question question;
	struct train_job job;
	struct buf json = { 0 };
	char job_id[UUID_TEXT_SIZE];
	bool is_good;

	if (!call_read(call, &question, err) || !check_question(&question, err))
		return false;
	uuid_make(job_id);
	json_encode(&train_question_message, &question, &json);
	is_good =
	    db_exec(w->db, &query_job_add,
		DB_ARGS(db_text(tenant), db_text(job_id),
		    db_slice(buf_slice(&json)), db_text(call->head->principal)),
		NULL, err) &&
	    db_exec(w->db, &query_queue_add,
		DB_ARGS(db_text(job_id), db_text(tenant)), NULL, err) &&
	    job_find(w, tenant, job_id, &job, err);
	buf_close(&json);
	if (!is_good)
		return false;
	call->after = wake_jobs;
	call->answer.location =
	    arena_printf(call->arena, "/api/v1/train/jobs/%s", job_id);
	return reply(call, 202, &train_job_message, &job);
}

bool
get_job(struct worker *w, struct call *call, struct err *err)
{
	struct train_job job;

	return job_find(w, call->head->tenant, call_path(call, "job_id"), &job,
		   err) &&
	    reply(call, 200, &train_job_message, &job);
}

bool
list_jobs(struct worker *w, struct call *call, struct err *err)
{
	struct job_question question;
	struct job_list list = { 0 };
	void *rows;
	size_t limit;

	if (!call_read(call, &question, err))
		return false;
	if (question.cursor != NULL && !uuid_is_valid(question.cursor))
		return err_at(err, "cursor", "is not one of ours");
	limit = question.has_limit ? (size_t)question.limit : PAGE;
	if (!db_read_many(w->db, &query_job_page,
		DB_ARGS(db_text(call->head->tenant), db_text(question.cursor),
		    db_integer((int64_t)limit)),
		&train_job_message, &w->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	if (list.items_count == limit)
		list.next = list.items[limit - 1].job_id;
	return reply(call, 200, &job_list_message, &list);
}

bool
cancel_job(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	const char *job_id = call_path(call, "job_id");
	struct train_job job;
	size_t cancelled;

	if (!job_find(w, tenant, job_id, &job, err) ||
	    !db_exec(w->db, &query_queue_remove, DB_ARGS(db_text(job_id)), NULL,
		err) ||
	    !db_exec(w->db, &query_job_cancel,
		DB_ARGS(db_text(tenant), db_text(job_id)), &cancelled, err) ||
	    !job_find(w, tenant, job_id, &job, err))
		return false;
	if (cancelled == 0 && job.state != JOB_CANCELLED)
		return err_set(err, ERR_CONFLICT, "the job has %s already",
		    job_state_choice.names[job.state]);
	if (cancelled > 0 && !job_say_end(w, tenant, job_id, &job, err))
		return false;
	return reply(call, 200, &train_job_message, &job);
}
