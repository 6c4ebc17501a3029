/* subject.c - reads enrollments, their courses' rules and their facts. */
#include "services/prediction/subject.h"

#include <math.h>
#include <string.h>

#include "services/prediction/prediction.h"
#include "services/prediction/queries.h"
#include "wire/json.h"

/* Enrollments whose facts are in memory together (subjects_visit). */
enum { FACTS_TOGETHER = 8 };

/* Columns of a subject. */
enum {
	ENROLLMENT_ID,
	STUDENT_ID,
	COURSE_ID,
	REGISTERED_ON,
	WITHDRAWN_ON,
	PREVIOUS_ATTEMPTS,
	CREDITS,
	SCHOOL,
	SECTION,
	TERM,
	START_DATE,
	END_DATE,
	TRACKED_FROM,
	TRACKED_UNTIL,
	LOG_POSITION,
	FACTS_REVISION,
	REGISTER_REVISION
};
_Static_assert(REGISTER_REVISION + 1 == SUBJECT_COLUMNS, "all of them");

static struct calendar
calendar_of(const struct tenant_rules *rules, struct arena *arena)
{
	struct day_range *ranges =
	    arena_array(arena, rules->holidays_count, sizeof(*ranges));

	for (size_t i = 0; i < rules->holidays_count; i++) {
		ranges[i].first = rules->holidays[i].first;
		ranges[i].last = rules->holidays[i].last;
	}
	return (struct calendar){ (uint8_t)rules->school_days, ranges,
		rules->holidays_count };
}

bool
rules_missing(struct err *err)
{
	return err_set(err, ERR_CONFLICT,
	    "nothing has come in for this tenant yet: import its registers and "
	    "records first");
}

bool
rules_load(struct worker *w, const char *tenant, struct arena *arena,
    struct rules *rules, struct err *err)
{
	struct db_result result;
	const char *text;

	if (!db_query(w->db, &query_rules_of_tenant, DB_ARGS(db_text(tenant)),
		&result, err))
		return err->code == ERR_NOT_FOUND ? rules_missing(err) : false;
	text = db_get_text(&result, 0, 0, arena);
	rules->position = db_get_integer(&result, 0, 1);
	rules->today = db_get_day(&result, 0, 2);
	db_result_close(&result);
	if (!json_decode(&tenant_rules_message, slice_of(text), JSON_LENIENT,
		arena, &rules->text, err))
		return false;
	rules->calendar = calendar_of(&rules->text, arena);
	return calendar_check(&rules->calendar, err);
}

bool
subject_is_active(const struct subject *subject, int32_t day)
{
	const struct feature_subject *features = &subject->features;

	return features->registered_day <= day &&
	    features->withdrawn_day > day && features->course_end_day >= day;
}

static int32_t
day_or(const struct db_result *result, size_t row, int column, int32_t other)
{
	return db_is_null(result, row, column)
	    ? other
	    : db_get_day(result, row, column);
}

static float
real_or_nan(const struct db_result *result, size_t row, int column)
{
	if (db_is_null(result, row, column))
		return NAN;
	return column == PREVIOUS_ATTEMPTS
	    ? (float)db_get_integer(result, row, column)
	    : (float)db_get_real(result, row, column);
}

static struct feature_subject
read_features(const struct rules *rules, const struct db_result *result,
    size_t row)
{
	const struct tenant_rules *text = &rules->text;

	return (struct feature_subject){
		.course_start_day = db_get_day(result, row, START_DATE),
		.course_end_day = db_get_day(result, row, END_DATE),
		.registered_day = day_or(result, row, REGISTERED_ON, INT32_MIN),
		.withdrawn_day = day_or(result, row, WITHDRAWN_ON, INT32_MAX),
		.attendance_from = text->attendance_from == SOURCE_ACTIVITY
		    ? FROM_ACTIVITY
		    : FROM_ROLL_CALL,
		/* until before from: the course has no feed */
		.tracked_from = day_or(result, row, TRACKED_FROM, INT32_MIN),
		.tracked_until = day_or(result, row, TRACKED_UNTIL, INT32_MIN),
		.calendar = rules->calendar,
		.pass_mark = (float)text->pass_mark,
		.previous_attempts =
		    real_or_nan(result, row, PREVIOUS_ATTEMPTS),
		.credits = real_or_nan(result, row, CREDITS),
		.full_load = (float)text->full_load,
	};
}

static void
read_subject(const struct rules *rules, const struct db_result *result,
    size_t row, struct arena *arena, struct subject *subject)
{
	subject->enrollment_id = db_get_integer(result, row, ENROLLMENT_ID);
	subject->student_id = db_get_text(result, row, STUDENT_ID, arena);
	subject->course_id = db_get_text(result, row, COURSE_ID, arena);
	subject->term = db_get_text(result, row, TERM, arena);
	subject->school = db_get_text(result, row, SCHOOL, arena);
	subject->section = db_get_text(result, row, SECTION, arena);
	subject->log_position = db_get_integer(result, row, LOG_POSITION);
	subject->facts_revision = db_get_integer(result, row, FACTS_REVISION);
	subject->register_revision =
	    db_get_integer(result, row, REGISTER_REVISION);
	subject->features = read_features(rules, result, row);
	subject->facts = (struct fact_list){ .arena = arena };
}

void
subjects_fill(const struct rules *rules, const struct db_result *result,
    struct subjects *subjects)
{
	struct arena *arena = subjects->arena;

	subjects->count = 0;
	subjects->rows =
	    arena_array(arena, result->row_count, sizeof(struct subject));
	for (size_t i = 0; i < result->row_count; i++)
		if (!db_is_null(result, i, ENROLLMENT_ID))
			read_subject(rules, result, i, arena,
			    &subjects->rows[subjects->count++]);
}

/* Run a query whose columns are those above. */
static bool
read_subjects(struct worker *w, const struct rules *rules,
    const struct query *query, struct db_args args, struct subjects *subjects,
    struct err *err)
{
	struct db_result result;

	if (!db_query(w->db, query, args, &result, err))
		return false;
	subjects_fill(rules, &result, subjects);
	db_result_close(&result);
	return true;
}

bool
subjects_of_students(struct worker *w, const char *tenant,
    const struct rules *rules, const struct student_filter *filter,
    struct subjects *subjects, struct err *err)
{
	return read_subjects(w, rules, &query_subjects_of_students,
	    DB_ARGS(db_text(tenant),
		db_texts(filter->student_ids, filter->count),
		db_text(filter->course_id), visible_schools(filter->who),
		visible_sections(filter->who)),
	    subjects, err);
}

bool
subjects_by_id(struct worker *w, const char *tenant, const struct rules *rules,
    const int64_t *ids, size_t count, struct subjects *subjects,
    struct err *err)
{
	return read_subjects(w, rules, &query_subjects_by_id,
	    DB_ARGS(db_text(tenant), db_integers(ids, count)), subjects, err);
}

bool
subjects_after(struct worker *w, const char *tenant, const struct rules *rules,
    const struct subject_filter *filter, int64_t after, size_t limit,
    struct subjects *subjects, struct err *err)
{
	return read_subjects(w, rules, &query_subjects_after,
	    DB_ARGS(db_text(tenant), db_integer(after),
		db_texts(filter->terms, filter->term_count),
		db_texts(filter->courses, filter->course_count),
		db_integer((int64_t)limit)),
	    subjects, err);
}

bool
subjects_count(struct worker *w, const char *tenant,
    const struct subject_filter *filter, int64_t *count, struct err *err)
{
	struct db_result result;

	if (!db_query(w->db, &query_count_subjects,
		DB_ARGS(db_text(tenant),
		    db_texts(filter->terms, filter->term_count),
		    db_texts(filter->courses, filter->course_count)),
		&result, err))
		return false;
	*count = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return true;
}

/* Columns of facts_of_enrollments. */
enum { FACTS_OF, FACTS, POSITION, REVISION };

/* Rows come by enrollment and so do most lists of subjects: the search goes
 * on where the last one ended. */
static struct subject *
find_subject(struct subjects *subjects, int64_t enrollment_id, size_t *from)
{
	for (size_t i = 0; i < subjects->count; i++) {
		size_t at = (*from + i) % subjects->count;

		if (subjects->rows[at].enrollment_id == enrollment_id) {
			*from = at;
			return &subjects->rows[at];
		}
	}
	return NULL;
}

static bool
unpack_rows(struct subjects *subjects, const struct db_result *result,
    struct err *err)
{
	size_t from = 0;

	for (size_t i = 0; i < result->row_count; i++) {
		struct subject *subject = find_subject(subjects,
		    db_get_integer(result, i, FACTS_OF), &from);

		must(subject != NULL);
		subject->log_position = db_get_integer(result, i, POSITION);
		subject->facts_revision = db_get_integer(result, i, REVISION);
		if (!facts_unpack(db_get_bytes(result, i, FACTS),
			&subject->facts, err))
			return false;
	}
	return true;
}

bool
subjects_load_facts(struct worker *w, const char *tenant,
    struct subjects *subjects, struct err *err)
{
	int64_t *ids =
	    arena_array(subjects->arena, subjects->count, sizeof(int64_t));
	struct db_result result;
	bool done;

	for (size_t i = 0; i < subjects->count; i++)
		ids[i] = subjects->rows[i].enrollment_id;
	if (!db_query(w->db, &query_facts_of_enrollments,
		DB_ARGS(db_text(tenant), db_integers(ids, subjects->count)),
		&result, err))
		return false;
	done = unpack_rows(subjects, &result, err);
	db_result_close(&result);
	return done;
}

static bool
visit_rows(struct subjects *subjects, subject_visitor *visit, void *user,
    struct err *err)
{
	bool is_good = true;

	for (size_t i = 0; i < subjects->count; i++) {
		is_good =
		    is_good && visit(user, &subjects->rows[i], err);
		subjects->rows[i].facts = (struct fact_list){ .arena = NULL };
	}
	return is_good;
}

bool
subjects_visit(struct worker *w, const char *tenant, struct subjects *subjects,
    subject_visitor *visit, void *user, struct err *err)
{
	struct tools *tools = w->scratch;

	for (size_t i = 0; i < subjects->count; i += FACTS_TOGETHER) {
		size_t rest = subjects->count - i;
		struct subjects few = { &tools->facts, subjects->rows + i,
			rest < FACTS_TOGETHER ? rest : FACTS_TOGETHER };

		arena_reset(&tools->facts);
		for (size_t k = 0; k < few.count; k++)
			few.rows[k].facts =
			    (struct fact_list){ .arena = &tools->facts };
		if (!subjects_load_facts(w, tenant, &few, err) ||
		    !visit_rows(&few, visit, user, err))
			return false;
	}
	return true;
}
