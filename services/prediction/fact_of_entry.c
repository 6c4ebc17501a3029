/*
 * fact_of_entry.c - which fact an entry of the record log stands for.
 */
#include "services/prediction/project.h"

int32_t
week_of_day(int32_t day)
{
	int32_t week = day / 7;

	return day % 7 < 0 ? week - 1 : week;
}

static uint8_t
assessment_of(int64_t type)
{
	if (type == TYPE_TEST || type == TYPE_EXAM || type == TYPE_QUIZ)
		return ASSESSMENT_TEST;
	if (type == TYPE_HOMEWORK || type == TYPE_ASSIGNMENT)
		return ASSESSMENT_HOMEWORK;
	return ASSESSMENT_OTHER;
}

static uint8_t
grade_detail(const struct log_entry *entry)
{
	enum fact_course course = COURSE_UNKNOWN;

	if (entry->has_core)
		course = entry->core ? COURSE_CORE : COURSE_ELECTIVE;
	return fact_grade_detail(assessment_of(entry->value_code), course);
}

static uint8_t
outcome_of(int64_t result)
{
	if (result == RESULT_FAIL || result == RESULT_WITHDRAWN)
		return OUTCOME_ADVERSE;
	return result == RESULT_CENSORED ? OUTCOME_CENSORED : OUTCOME_FAVORABLE;
}

bool
fact_of_entry(const struct log_entry *entry, struct fact *fact)
{
	*fact = (struct fact){ .position = (uint64_t)entry->position,
		.occurred_day = entry->occurred_on,
		.known_day = entry->known_on,
		.superseded_day = FACT_DAY_NEVER,
		.value = (float)entry->value };
	switch (entry->kind) {
	case RECORD_ATTENDANCE:
		fact->kind = FACT_ATTENDANCE;
		fact->detail = (uint8_t)entry->value_code;
		return true;
	case RECORD_GRADE:
		fact->kind = FACT_GRADE;
		fact->detail = grade_detail(entry);
		return true;
	case RECORD_INCIDENT:
		fact->kind = FACT_INCIDENT;
		fact->code = (uint16_t)entry->type_code;
		return true;
	case RECORD_ACTIVITY:
		fact->kind = FACT_ACTIVITY;
		return true;
	case RECORD_OUTCOME:
		/* Which result it was stays beside adverse or not: the report
		 * tells Fail from Withdrawn. */
		fact->kind = FACT_OUTCOME;
		fact->detail = outcome_of(entry->value_code);
		fact->code = (uint16_t)entry->value_code;
		return true;
	case RECORD_FEEDBACK:
	case RECORD_ATTEMPT:
	case RECORD_COURSE:
	case RECORD_ENROLLMENT:
	case RECORD_TENANT:
		return false;
	}
	return false;
}
