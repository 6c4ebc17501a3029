/*
 * tell.c - decides for each recipient and alert, and stores what is to be
 * told, with one statement for PART messages.
 *
 * A page of events may be heard at once, and a tenant may have many
 * recipients: what is needed for one event only lies in an arena of its own.
 */
#include "services/notification/tell.h"

#include "base/uuid.h"
#include "services/notification/notification.h"
#include "services/notification/queries.h"

enum { PART = 250, BLOCK = 16384 };

/* Messages on their way into the database, column by column. */
struct telling {
	struct worker *w;
	struct arena *arena; /* of this event */
	const struct event *event;
	enum rule_kind kind;
	size_t count;
	const char *message_ids[PART], *delivery_ids[PART], *recipients[PART];
	const char *subjects[PART], *titles[PART], *bodies[PART], *links[PART];
	const char *schools[PART], *sections[PART]; /* "": none */
	int64_t levels[PART];                       /* -1: of no student */
	int64_t days[PART], quiet_days[PART];
};

static const char *
new_id(struct telling *telling)
{
	char id[UUID_TEXT_SIZE];

	uuid_make(id);
	return arena_copy(telling->arena, id);
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static bool
store(struct telling *telling, struct err *err)
{
	struct worker *w = telling->w;
	const struct event *event = telling->event;
	size_t n = telling->count;
	const char *name =
	    arena_printf(telling->arena, "%s %s", event->source, event->id);
	struct db_result result = { 0 };

	if (n == 0)
		return true;
	telling->count = 0;
	if (!db_query(w->db, &query_tell,
		DB_ARGS(db_text(event->tenant), db_text(name),
		    db_text(rule_kind_choice.names[telling->kind]),
		    db_texts(telling->message_ids, n),
		    db_texts(telling->delivery_ids, n),
		    db_texts(telling->recipients, n),
		    db_texts(telling->subjects, n),
		    db_texts(telling->titles, n), db_texts(telling->bodies, n),
		    db_texts(telling->links, n), db_texts(telling->schools, n),
		    db_texts(telling->sections, n),
		    db_integers(telling->levels, n),
		    db_integers(telling->days, n),
		    db_integers(telling->quiet_days, n),
		    db_flag(is_mail_on(w))),
		&result, err))
		return false;
	metric_add(&METRIC_MESSAGES, telling->kind,
	    (size_t)db_get_integer(&result, 0, 0));
	db_result_close(&result);
	return true;
}

static bool
add(struct telling *telling, const struct alert *alert, const struct rule *rule,
    const char *recipient_id, struct err *err)
{
	size_t at = telling->count++;
	bool is_of_student = alert->kind == RULE_RISK;

	telling->message_ids[at] = new_id(telling);
	telling->delivery_ids[at] = new_id(telling);
	telling->recipients[at] = recipient_id;
	telling->subjects[at] = alert->subject;
	telling->titles[at] = alert->title;
	telling->bodies[at] = alert->body;
	telling->links[at] = or_empty(alert->link);
	telling->schools[at] = or_empty(alert->school);
	telling->sections[at] = or_empty(alert->section);
	telling->levels[at] = is_of_student ? (int64_t)alert->level : -1;
	telling->days[at] = alert->day;
	telling->quiet_days[at] = rule->quiet_days;
	return telling->count < PART || store(telling, err);
}

/* What nobody has a rule for needs no recipients. */
static bool
is_of_interest(const struct rule *rules, size_t rule_count,
    const struct alert *alerts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < rule_count; j++)
			if (rule_matches(&rules[j], &alerts[i]))
				return true;
	return false;
}

static bool
tell_recipients(struct telling *telling, const struct rule *rules,
    size_t rule_count, const struct alert *alerts, size_t count,
    struct err *err)
{
	struct recipient *recipients;
	size_t recipient_count;

	if (!recipients_active(telling->w, telling->event->tenant,
		telling->arena, &recipients, &recipient_count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < recipient_count; j++) {
			const struct rule *rule = decide(rules, rule_count,
			    &alerts[i], &recipients[j]);

			if (rule != NULL &&
			    !add(telling, &alerts[i], rule,
				recipients[j].recipient_id, err))
				return false;
		}
	return store(telling, err);
}

static bool
tell_in(struct worker *w, struct arena *arena, const struct event *event,
    const struct alert *alerts, size_t count, struct err *err)
{
	struct telling *telling;
	struct rule *rules;
	size_t rule_count;

	if (!rules_active(w, event->tenant, arena, &rules, &rule_count, err))
		return false;
	if (!is_of_interest(rules, rule_count, alerts, count))
		return true;
	telling = arena_alloc(arena, sizeof(*telling));
	telling->w = w;
	telling->arena = arena;
	telling->event = event;
	telling->kind = alerts[0].kind;
	return tell_recipients(telling, rules, rule_count, alerts, count, err);
}

bool
tell(struct worker *w, const struct event *event, const struct alert *alerts,
    size_t count, struct err *err)
{
	struct arena arena;
	bool is_good;

	if (count == 0)
		return true;
	arena_init(&arena, BLOCK);
	is_good = tell_in(w, &arena, event, alerts, count, err);
	arena_close(&arena);
	if (is_good && is_mail_on(w))
		service_wake(w->service);
	return is_good;
}
