/* ending.c - outcomes of records, else what staff told. */
#include "services/prediction/ending.h"

#include <string.h>

#include "proto/prediction.h"
#include "services/prediction/queries.h"

/* What is told so far. */
struct tale {
	const struct fact *adverse; /* the first one after the day */
	const struct fact *other;   /* after the day as well */
	bool has_ended;             /* adversely, by the day */
	bool has_begun;             /* something was told, of whatever day */
};

static void
hear(struct tale *tale, const struct fact *fact, const struct subject *subject,
    int32_t known_by, int32_t day)
{
	if (fact->kind != FACT_OUTCOME || !fact_is_known(fact, known_by) ||
	    fact->occurred_day > subject->features.course_end_day ||
	    fact->detail == OUTCOME_CENSORED)
		return;
	tale->has_begun = true;
	if (fact->occurred_day <= day)
		tale->has_ended |= fact->detail == OUTCOME_ADVERSE;
	else if (fact->detail != OUTCOME_ADVERSE)
		tale->other = fact;
	else if (tale->adverse == NULL ||
	    fact->occurred_day < tale->adverse->occurred_day)
		tale->adverse = fact;
}

const struct fact *
ending_find(const struct subject *subject, int32_t known_by, int32_t day)
{
	struct tale tale = { 0 };

	for (size_t i = 0; i < subject->facts.count; i++)
		hear(&tale, &subject->facts.facts[i], subject, known_by, day);
	if (subject->has_told && !tale.has_begun)
		hear(&tale, &subject->told, subject, known_by, day);
	return tale.adverse != NULL || tale.has_ended ? tale.adverse
						      : tale.other;
}

/* Columns of newest_feedback. */
enum { ENROLLMENT_ID, OUTCOME, HAPPENED_ON, KNOWN_ON };

/* The codes of results are those of records (proto/ingestion.def). */
static const struct {
	uint8_t detail;
	uint16_t code;
} results[] = {
	[TOLD_PASS] = { OUTCOME_FAVORABLE, RESULT_PASS },
	[TOLD_DISTINCTION] = { OUTCOME_FAVORABLE, RESULT_DISTINCTION },
	[TOLD_FAIL] = { OUTCOME_ADVERSE, RESULT_FAIL },
	[TOLD_WITHDRAWN] = { OUTCOME_ADVERSE, RESULT_WITHDRAWN },
};

static struct fact
fact_of(const struct db_result *rows, size_t row, struct arena *arena)
{
	const char *text = db_get_text(rows, row, OUTCOME, arena);
	size_t outcome = 0;

	while (outcome < told_outcome_choice.count &&
	    strcmp(told_outcome_choice.names[outcome], text) != 0)
		outcome++;
	must(outcome < ARRAY_SIZE(results));
	return (struct fact){ .kind = FACT_OUTCOME,
		.detail = results[outcome].detail,
		.code = results[outcome].code,
		.occurred_day = db_get_day(rows, row, HAPPENED_ON),
		.known_day = db_get_day(rows, row, KNOWN_ON),
		.superseded_day = FACT_DAY_NEVER };
}

/* Rows and subjects are both by id. */
static void
hand_out(const struct db_result *rows, struct subjects *subjects,
    struct arena *arena)
{
	size_t row = 0;

	for (size_t i = 0; i < subjects->count; i++) {
		struct subject *subject = &subjects->rows[i];

		while (row < rows->row_count &&
		    db_get_integer(rows, row, ENROLLMENT_ID) <
			subject->enrollment_id)
			row++;
		subject->has_told = row < rows->row_count &&
		    db_get_integer(rows, row, ENROLLMENT_ID) ==
			subject->enrollment_id;
		if (!subject->has_told)
			continue;
		/* It is often told when all is over: then it was so at the
		 * end. */
		subject->told = fact_of(rows, row, arena);
		if (subject->told.occurred_day >
		    subject->features.course_end_day)
			subject->told.occurred_day =
			    subject->features.course_end_day;
	}
}

bool
endings_load(struct worker *w, const char *tenant, struct subjects *subjects,
    struct err *err)
{
	int64_t *ids =
	    arena_array(&w->arena, subjects->count + 1, sizeof(*ids));
	struct db_result rows = { 0 };

	for (size_t i = 0; i < subjects->count; i++)
		ids[i] = subjects->rows[i].enrollment_id;
	if (!db_query(w->db, &query_newest_feedback,
		DB_ARGS(db_text(tenant), db_integers(ids, subjects->count)),
		&rows, err))
		return false;
	hand_out(&rows, subjects, &w->arena);
	db_result_close(&rows);
	return true;
}

size_t
ids_take(struct db_result *page, int64_t *ids, int64_t *after)
{
	size_t count = page->row_count;

	for (size_t i = 0; i < count; i++)
		*after = ids[i] = db_get_integer(page, i, 0);
	db_result_close(page);
	return count;
}

bool
endings_visit(struct worker *w, const char *tenant, const struct rules *rules,
    const int64_t *ids, size_t count, subject_visitor *visit, void *user,
    struct err *err)
{
	struct subjects subjects = { .arena = &w->arena };

	return subjects_by_id(w, tenant, rules, ids, count, &subjects, err) &&
	    endings_load(w, tenant, &subjects, err) &&
	    subjects_visit(w, tenant, &subjects, visit, user, err);
}
