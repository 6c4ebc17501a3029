/* oulad.c - the mapping of spec and paper, day by day. */
#include "services/ingestion/oulad.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ml/facts.h"

bool
oulad_day0(const char *presentation, int32_t *day0)
{
	int year = 0;

	if (strlen(presentation) != 5)
		return false;
	for (int i = 0; i < 4; i++) {
		if (!isdigit((unsigned char)presentation[i]))
			return false;
		year = 10 * year + presentation[i] - '0';
	}
	if (year < 1990 || year > 2100 ||
	    (presentation[4] != 'B' && presentation[4] != 'J'))
		return false;
	*day0 = day_from_civil(year, presentation[4] == 'B' ? 2 : 10, 1);
	*day0 += (5 - day_of_week(*day0) + 7) % 7;
	return true;
}

bool
oulad_tracked_until(const struct oulad_course *course, int32_t *day)
{
	int32_t end = course->length - 1;

	if (!course->has_feed || course->feed_last < 1)
		return false;
	*day = course->day0 +
	    (course->feed_last >= end ? end : course->feed_last - 1);
	return true;
}

bool
oulad_day(const char *text, bool *is_there, int32_t *day)
{
	long value;
	char *end;

	*is_there = false;
	if (strcmp(text, "?") == 0 || text[0] == '\0')
		return true;
	if (!isdigit((unsigned char)text[text[0] == '-' ? 1 : 0]) ||
	    strlen(text) > 5)
		return false;
	value = strtol(text, &end, 10);
	if (*end != '\0' || value < -3000 || value > 3000)
		return false;
	*is_there = true;
	*day = (int32_t)value;
	return true;
}

static struct entry
begin(enum record_kind kind, const struct oulad_course *course,
    const struct oulad_enrollment *enrollment, int32_t day)
{
	return (struct entry){ .kind = kind,
		.enrollment_id = enrollment->enrollment_id,
		.occurred_on = course->day0 + day,
		.known_on = course->day0 + day,
		.label = "" };
}

static void
set_incident(struct entry *entry, const char *type, int severity)
{
	entry->has_value = true;
	entry->value = severity;
	entry->has_type = true;
	entry->type = fact_type_code(type);
	entry->label = type;
}

bool
oulad_deadline(const struct oulad_assessment *assessment, int32_t *day)
{
	if (!assessment->has_due || assessment->type == TYPE_EXAM)
		return false;
	*day = assessment->due +
	    (assessment->type == TYPE_QUIZ ? OULAD_CMA_GRACE : 0);
	return true;
}

bool
oulad_missed(const struct oulad_course *course,
    const struct oulad_assessment *assessment,
    const struct oulad_enrollment *enrollment, struct entry *entry)
{
	int16_t submitted = enrollment->submitted[assessment->place];
	int32_t day;

	if (!oulad_deadline(assessment, &day) || submitted == OULAD_BANKED ||
	    (submitted != OULAD_NEVER && submitted <= day) ||
	    (enrollment->has_registered && enrollment->registered > day) ||
	    (enrollment->has_unregistered && enrollment->unregistered <= day))
		return false;
	*entry = begin(RECORD_INCIDENT, course, enrollment, day);
	set_incident(entry, "missed_deadline", OULAD_MISSED_SEVERITY);
	return true;
}

bool
oulad_late(const struct oulad_course *course,
    const struct oulad_assessment *assessment,
    const struct oulad_enrollment *enrollment, int32_t submitted,
    struct entry *entry)
{
	int32_t day;

	if (!oulad_deadline(assessment, &day) || submitted <= day)
		return false;
	*entry = begin(RECORD_INCIDENT, course, enrollment, submitted);
	set_incident(entry, "late_submission", OULAD_LATE_SEVERITY);
	return true;
}

void
oulad_outcome(const struct oulad_course *course,
    const struct oulad_enrollment *enrollment, struct entry *entry)
{
	bool ends_early = enrollment->has_unregistered &&
	    (enrollment->result == RESULT_WITHDRAWN ||
		enrollment->result == RESULT_FAIL);
	int32_t day =
	    ends_early ? enrollment->unregistered : course->length - 1;

	*entry = begin(RECORD_OUTCOME, course, enrollment, day);
	entry->has_code = true;
	entry->code = (uint8_t)enrollment->result;
	if (ends_early && enrollment->result == RESULT_FAIL)
		entry->code = RESULT_CENSORED;
}

void
oulad_grade(const struct oulad_course *course,
    const struct oulad_assessment *assessment,
    const struct oulad_enrollment *enrollment, int32_t submitted, double score,
    struct entry *entry)
{
	int32_t due =
	    assessment->has_due ? assessment->due : course->length - 1;

	*entry = begin(RECORD_GRADE, course, enrollment, submitted);
	entry->known_on = course->day0 + (due > submitted ? due : submitted) +
	    OULAD_GRADE_DAYS;
	entry->has_code = true;
	entry->code = (uint8_t)assessment->type;
	entry->has_value = true;
	entry->value = score;
	entry->label = assessment->id;
}

void
oulad_activity(const struct oulad_course *course,
    const struct oulad_enrollment *enrollment, int32_t day, int64_t clicks,
    const char *site_type, struct entry *entry)
{
	*entry = begin(RECORD_ACTIVITY, course, enrollment, day);
	entry->has_value = true;
	entry->value = (double)clicks;
	entry->label = site_type;
}
