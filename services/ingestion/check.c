/* check.c - which records are taken. */
#include "services/ingestion/check.h"

#include "base/clock.h"

enum { DAYS_AHEAD = 3653 };

#define KIND(kind) (1u << (kind))

/* A field that not every kind has. */
struct part {
	const char *name;
	bool is_there;
	unsigned int kinds; /* to which it belongs */
	bool is_wanted;     /* may not be absent there */
};

bool
day_is_plausible(int32_t day, int32_t today)
{
	return day >= day_from_civil(1990, 1, 1) && day <= today + DAYS_AHEAD;
}

static void
check_parts(const struct record *r, struct err *err)
{
	const struct part parts[] = {
		{ "status", r->has_status, KIND(RECORD_ATTENDANCE), true },
		{ "period", r->period != NULL, KIND(RECORD_ATTENDANCE), false },
		{ "score", r->has_score, KIND(RECORD_GRADE), true },
		{ "assessment_type", r->has_assessment_type, KIND(RECORD_GRADE),
		    false },
		{ "assessment_id", r->assessment_id != NULL, KIND(RECORD_GRADE),
		    false },
		{ "severity", r->has_severity, KIND(RECORD_INCIDENT), true },
		{ "incident_type", r->incident_type != NULL,
		    KIND(RECORD_INCIDENT), false },
		{ "count", r->has_count, KIND(RECORD_ACTIVITY), false },
		{ "activity_type", r->activity_type != NULL,
		    KIND(RECORD_ACTIVITY), false },
		{ "result", r->has_result, KIND(RECORD_OUTCOME), true },
	};
	const char *kind = record_kind_choice.names[r->kind];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bool belongs = (parts[i].kinds & KIND(r->kind)) != 0;

		if (parts[i].is_there && !belongs)
			(void)err_at(err, parts[i].name,
			    "does not belong to the kind %s", kind);
		if (!parts[i].is_there && belongs && parts[i].is_wanted)
			(void)err_at(err, parts[i].name,
			    "is missing; the kind %s needs it", kind);
	}
}

static void
check_day(const struct record *r, int32_t day, const struct check_rules *rules,
    struct err *err)
{
	const char *name = r->has_date ? "date" : "occurred_at";
	char text[DAY_TEXT_SIZE];

	day_print(day, text);
	if (!day_is_plausible(day, rules->today))
		(void)err_at(err, name,
		    "%s is not between 1990 and ten years from now", text);
	else if (day > rules->today + 1 && !rules->may_tell_history)
		(void)err_at(err, name, "%s is in the future", text);
}

static void
check_known(const struct record *r, int32_t day,
    const struct check_rules *rules, struct err *err)
{
	char text[DAY_TEXT_SIZE];

	if (!r->has_known_on)
		return;
	day_print(r->known_on, text);
	if (!rules->may_tell_history)
		(void)err_at(err, "known_on",
		    "only an administrator, operator or import may say when "
		    "something was known; leave it out");
	else if (!day_is_plausible(r->known_on, rules->today))
		(void)err_at(err, "known_on",
		    "%s is not between 1990 and ten years from now", text);
	else if (r->known_on < day)
		(void)err_at(err, "known_on", "%s is before it happened", text);
}

bool
record_check(const struct record *record, int32_t occurred_on,
    const struct check_rules *rules, struct err *err)
{
	err_clear(err);
	if (record->kind > RECORD_OUTCOME)
		return err_at(err, "kind",
		    "%s is not sent as a record; see the registers and "
		    "feedback",
		    record_kind_choice.names[record->kind]);
	check_parts(record, err);
	if (record->has_date && record->has_occurred_at)
		(void)err_at(err, "occurred_at",
		    "send either date or occurred_at, not both");
	else if (!record->has_date && !record->has_occurred_at)
		(void)err_at(err, "date", "is missing; or send occurred_at");
	else {
		check_day(record, occurred_on, rules, err);
		check_known(record, occurred_on, rules, err);
	}
	return err->place_count == 0;
}
