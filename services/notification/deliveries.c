/*
 * deliveries.c - GET deliveries; POST channels/smtp/test, which sends a mail
 * now, from the call itself, and says what the server answered.
 */
#include "base/clock.h"
#include "base/uuid.h"
#include "db/row.h"
#include "service/lists.h"
#include "services/notification/address.h"
#include "services/notification/mail.h"
#include "services/notification/notification.h"
#include "services/notification/queries.h"
#include "services/notification/resource.h"

bool
list_deliveries(struct worker *w, struct call *call, struct err *err)
{
	struct delivery_question question;
	struct delivery_list list = { 0 };
	int64_t limit;
	void *rows;

	if (!call_read(call, &question, err) ||
	    !resource_cursor(question.cursor, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_deliveries_read,
		DB_ARGS(db_text(call->head->tenant),
		    question.has_state
			? db_text(delivery_state_choice.names[question.state])
			: db_null(),
		    db_text(question.cursor), db_integer(limit + 1)),
		&delivery_message, call->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].delivery_id;
	return reply(call, 200, &delivery_list_message, &list);
}

static bool
find_address(struct worker *w, struct call *call, struct recipient *recipient,
    struct err *err)
{
	struct smtp_test question;

	if (!call_read(call, &question, err) ||
	    !recipient_find(w, call->head->tenant, question.recipient_id,
		recipient, err))
		return false;
	if (recipient->email == NULL || !address_is_valid(recipient->email))
		return err_set(err, ERR_CONFLICT,
		    "this recipient has no mail address");
	return is_mail_on(w) ||
	    err_set(err, ERR_CONFLICT,
		"mail is off: the settings name no server (smtp_url)");
}

/* The call whose mail it is, and the service that works on it. */
struct sending {
	const struct worker *w;
	const struct call *call;
};

static bool
is_over(void *user)
{
	const struct sending *sending = user;

	return service_is_stopping(sending->w->service) ||
	    clock_ticks() >= sending->call->deadline;
}

/* A server may take its time: nothing is open in the database meanwhile. */
bool
test_smtp(struct worker *w, struct call *call, struct err *err)
{
	const struct smtp smtp = smtp_of(w);
	struct sending sending = { w, call };
	struct smtp_test_answer said;
	struct recipient recipient;
	struct smtp_answer answer;
	char id[UUID_TEXT_SIZE];
	struct buf text = { 0 };

	if (!find_address(w, call, &recipient, err) || !work_commit(w, err))
		return false;
	uuid_make(id);
	mail_print(&text,
	    &(struct mail){ .from = smtp.from,
		.to_name = recipient.name,
		.to = recipient.email,
		.subject = "EduPulse - a test",
		.id = id,
		.date = clock_now(),
		.text = slice_of("Mails of EduPulse reach you.\n") });
	smtp_send(&smtp, recipient.email, buf_slice(&text), is_over, &sending,
	    &answer);
	buf_close(&text);
	said =
	    (struct smtp_test_answer){ .accepted = answer.outcome == SMTP_TAKEN,
		    .has_code = answer.code > 0,
		    .code = answer.code,
		    .detail = answer.detail };
	return work_begin(w, call->head->tenant, err) &&
	    reply(call, 200, &smtp_test_answer_message, &said);
}
