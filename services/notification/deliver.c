/*
 * deliver.c - the job that brings mails on their way, one recipient at a time.
 *
 * Three steps, and between them nothing is open in the database:
 *
 *	take	what waits for the recipient becomes one mail: an id and a
 *		moment, stored before anything is sent.  A mail that was tried
 *		before keeps both, and what it holds.
 *	send	to the server, which answers or does not.
 *	note	delivered, set aside, or put off.
 *
 * A kill between send and note sends the same mail again, under the same
 * Message-ID, by which mail programs know it.  While a mail is on its way to a
 * recipient, what comes in for them waits and goes out together afterwards.
 */
#include <string.h>

#include "base/backoff.h"
#include "base/log.h"
#include "base/uuid.h"
#include "services/notification/address.h"
#include "services/notification/mail.h"
#include "services/notification/notification.h"
#include "services/notification/queries.h"

enum { PAUSE_MOST = 3600 };

/* A recipient's mail in hand; texts are in the worker's arena. */
struct task {
	struct worker *w;
	const char *tenant;
	const char *recipient_id;
	const char *mail_id;
	int64_t mail_at;
	int64_t attempts; /* before this one */
	struct recipient recipient;
	int64_t counts[MAIL_KINDS]; /* messages of each kind */
};

/* Why a mail could not even be tried. */
static const char gone[] = "the recipient has no valid address any more";

bool
is_mail_on(const struct worker *w)
{
	const struct notification_settings *settings = w->settings;

	return settings->smtp_url[0] != '\0';
}

struct smtp
smtp_of(const struct worker *w)
{
	const struct notification_settings *settings = w->settings;

	return (struct smtp){ .url = settings->smtp_url,
		.from = settings->smtp_from,
		.user = settings->smtp_user,
		.password_file = settings->smtp_password_file,
		.ca_file = settings->smtp_ca_file };
}

/* False without an error: nothing is due. */
static bool
take_row(struct task *task, struct err *err)
{
	struct arena *arena = &task->w->arena;
	struct db_result rows = { 0 };

	if (!db_query(task->w->db, &query_mail_task_take, DB_NO_ARGS, &rows,
		err))
		return false;
	if (rows.row_count > 0) {
		task->tenant = db_get_text(&rows, 0, 0, arena);
		task->recipient_id = db_get_text(&rows, 0, 1, arena);
		task->mail_id = db_get_text(&rows, 0, 2, arena);
		if (task->mail_id != NULL)
			task->mail_at = db_get_time(&rows, 0, 3);
		task->attempts = db_get_integer(&rows, 0, 4);
	}
	db_result_close(&rows);
	return task->tenant != NULL;
}

/* What waits becomes a mail. */
static bool
make_mail(struct task *task, struct err *err)
{
	struct db *db = task->w->db;
	struct db_result row = { 0 };
	char id[UUID_TEXT_SIZE];

	uuid_make(id);
	task->mail_id = arena_copy(&task->w->arena, id);
	if (!db_exec(db, &query_mail_make,
		DB_ARGS(db_text(task->tenant), db_text(task->recipient_id),
		    db_text(id)),
		NULL, err) ||
	    !db_query(db, &query_mail_task_make,
		DB_ARGS(db_text(task->tenant), db_text(task->recipient_id),
		    db_text(id)),
		&row, err))
		return false;
	task->mail_at = db_get_time(&row, 0, 0);
	db_result_close(&row);
	return true;
}

static bool
count_messages(struct task *task, struct err *err)
{
	struct db_result rows = { 0 };

	if (!db_query(task->w->db, &query_mail_content,
		DB_ARGS(db_text(task->tenant), db_text(task->mail_id)), &rows,
		err))
		return false;
	for (size_t i = 0; i < rows.row_count; i++) {
		int kind = choice_value(&rule_kind_choice,
		    db_get_text(&rows, i, 0, &task->w->arena));

		if (kind >= 0)
			task->counts[kind] = db_get_integer(&rows, i, 1);
	}
	db_result_close(&rows);
	return true;
}

/* One who was removed is one without an address. */
static bool
find_recipient(struct task *task, struct err *err)
{
	if (recipient_find(task->w, task->tenant, task->recipient_id,
		&task->recipient, err))
		return true;
	if (err->code != ERR_NOT_FOUND)
		return false;
	err_clear(err);
	return true;
}

/* False without an error: nothing is due. */
static bool
take(struct task *task, struct err *err)
{
	return work_begin(task->w, NULL, err) && take_row(task, err) &&
	    work_tenant(task->w, task->tenant, err) &&
	    (task->mail_id != NULL || make_mail(task, err)) &&
	    count_messages(task, err) && find_recipient(task, err) &&
	    work_commit(task->w, err);
}

static bool
has_content(const struct task *task)
{
	for (size_t i = 0; i < MAIL_KINDS; i++)
		if (task->counts[i] > 0)
			return true;
	return false;
}

static bool
is_over(void *user)
{
	return service_is_stopping(user);
}

static void
send(const struct task *task, struct smtp_answer *answer)
{
	const struct notification_settings *settings = task->w->settings;
	const struct recipient *to = &task->recipient;
	const struct smtp smtp = smtp_of(task->w);
	struct buf subject = { 0 }, text = { 0 }, mail = { 0 };

	mail_subject(&subject, task->counts);
	mail_text(&text, task->counts, settings->public_url);
	mail_print(&mail,
	    &(struct mail){ .from = smtp.from,
		.to_name = name_is_plain(to->name) ? to->name : "",
		.to = to->email,
		.subject = subject.data,
		.id = task->mail_id,
		.date = task->mail_at,
		.text = buf_slice(&text) });
	smtp_send(&smtp, to->email, buf_slice(&mail), is_over, task->w->service,
	    answer);
	buf_close(&subject);
	buf_close(&text);
	buf_close(&mail);
}

static bool
put_off(const struct task *task, const char *why, struct err *err)
{
	const struct notification_settings *settings = task->w->settings;
	struct db_value tenant = db_text(task->tenant);
	struct db_value attempts = db_integer(task->attempts + 1);
	struct db_value pause = db_integer(
	    backoff_ms(settings->smtp_pause, PAUSE_MOST, task->attempts + 1));

	return db_exec(task->w->db, &query_mail_put_off,
		   DB_ARGS(tenant, db_text(task->mail_id), attempts,
		       db_text(why), pause),
		   NULL, err) &&
	    db_exec(task->w->db, &query_mail_task_put_off,
		DB_ARGS(tenant, db_text(task->recipient_id), attempts, pause),
		NULL, err);
}

/* The mail's end; what has come in meanwhile is next. */
static bool
end(const struct task *task, enum delivery_state state, int64_t tried,
    const char *why, struct err *err)
{
	struct db_value tenant = db_text(task->tenant);
	struct db_value recipient = db_text(task->recipient_id);
	struct db *db = task->w->db;
	struct db_result locked = { 0 };
	size_t goes_on;

	if (!db_exec(db, &query_mail_end,
		DB_ARGS(tenant, db_text(task->mail_id),
		    db_text(delivery_state_choice.names[state]),
		    db_integer(task->attempts + tried), db_text(why)),
		NULL, err) ||
	    !db_query(db, &query_mail_task_lock, DB_ARGS(tenant, recipient),
		&locked, err))
		return false;
	db_result_close(&locked);
	return db_exec(db, &query_mail_task_go_on, DB_ARGS(tenant, recipient),
		   &goes_on, err) &&
	    (goes_on > 0 ||
		db_exec(db, &query_mail_task_end, DB_ARGS(tenant, recipient),
		    NULL, err));
}

static bool
note(const struct task *task, const struct smtp_answer *answer, struct err *err)
{
	const struct notification_settings *settings = task->w->settings;
	bool was_last = task->attempts + 1 >= settings->smtp_attempts;

	if (answer->outcome == SMTP_TAKEN) {
		metric_add(&METRIC_MAILS, 0, 1);
		log_info("mail was delivered: mail=%s", task->mail_id);
		return end(task, DELIVERY_DELIVERED, 1, NULL, err);
	}
	if (answer->outcome == SMTP_LATER && !was_last) {
		metric_add(&METRIC_MAILS, 1, 1);
		log_warn("mail was put off: mail=%s attempt=%lld code=%d",
		    task->mail_id, (long long)task->attempts + 1, answer->code);
		return put_off(task, answer->detail, err);
	}
	metric_add(&METRIC_MAILS, 2, 1);
	log_error("mail was set aside: mail=%s attempt=%lld code=%d",
	    task->mail_id, (long long)task->attempts + 1, answer->code);
	return end(task, DELIVERY_SET_ASIDE, 1, answer->detail, err);
}

/* Send and note; a mail that nobody can get, or that holds nothing any more,
 * ends unsent. */
static bool
work_off(const struct task *task, bool *goes_on, struct err *err)
{
	const char *email = task->recipient.email;
	bool is_sendable =
	    email != NULL && address_is_valid(email) && has_content(task);
	struct smtp_answer answer = { .outcome = SMTP_TAKEN };

	if (is_sendable)
		send(task, &answer);
	/* Broken off by ourselves: the next start does it again. */
	if (answer.outcome == SMTP_LATER &&
	    service_is_stopping(task->w->service))
		return true;
	*goes_on = answer.outcome != SMTP_LATER;
	return work_begin(task->w, task->tenant, err) &&
	    (is_sendable ? note(task, &answer, err)
			 : end(task, DELIVERY_SET_ASIDE, 0, gone, err)) &&
	    work_commit(task->w, err);
}

bool
deliver_mails(struct worker *w, bool *again, struct err *err)
{
	struct task task = { .w = w };

	*again = false;
	if (!is_mail_on(w))
		return true;
	if (!take(&task, err))
		return err->code == ERR_NONE;
	return work_off(&task, again, err);
}
