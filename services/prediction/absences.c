/*
 * absences.c - GET /api/v1/students/{student_id}/absences.
 *
 * Roll call as it is known on the tenant's day, corrections included.  A day
 * has an item for each course in which one of its rows says tardy, absent or
 * excused.  Facts are read block by block; what stays is one count a course
 * and day.
 */
#include <string.h>

#include "base/clock.h"
#include "service/visible.h"
#include "services/prediction/prediction.h"
#include "services/prediction/project.h"
#include "services/prediction/queries.h"

/* Days; and what absence_list has room for. */
enum { USUAL_DAYS = 91, DAYS_MOST = 366, ITEMS_MOST = 5000 };

struct course_days {
	const char *course_id;
	struct absence days[DAYS_MOST]; /* the first is question->from */
};

struct roll {
	const struct absence_question *question; /* borrowed */
	int32_t today;
	struct arena *arena;          /* borrowed: the call's */
	struct course_days **courses; /* in the arena, by id */
	size_t count;
};

/* The days asked about, from the tenant's day back. */
static bool
settle_days(struct absence_question *question, int32_t today, struct err *err)
{
	char latest[DAY_TEXT_SIZE];

	if (!question->has_to)
		question->to = today;
	if (!question->has_from)
		question->from = question->to - (USUAL_DAYS - 1);
	day_print(today, latest);
	if (question->to > today)
		return err_at(err, "to", "lies ahead: the latest day is %s",
		    latest);
	if (question->from > question->to)
		return err_at(err, "from", "is after the last day, to");
	if (question->to - question->from >= DAYS_MOST)
		return err_at(err, "from",
		    "at most %d days are looked at at once", DAYS_MOST);
	return true;
}

static bool
query_facts(struct worker *w, struct call *call,
    const struct absence_question *question, struct db_result *result,
    struct err *err)
{
	if (!db_query(w->db, &query_facts_of_student,
		DB_ARGS(db_text(call->head->tenant),
		    db_text(call_path(call, "student_id")),
		    db_text(question->course_id), visible_schools(call->head),
		    visible_sections(call->head),
		    db_integer(week_of_day(question->from)),
		    db_integer(week_of_day(question->to))),
		result, err))
		return false;
	if (result->row_count > 0)
		return true;
	db_result_close(result);
	return err_set(err, ERR_NOT_FOUND,
	    "no such student is enrolled (in this course, if one was named)");
}

/* The course of the next row; rows come by course. */
static struct course_days *
find_course(struct roll *roll, const char *course_id)
{
	struct course_days *course =
	    roll->count > 0 ? roll->courses[roll->count - 1] : NULL;

	if (course != NULL && strcmp(course->course_id, course_id) == 0)
		return course;
	course = arena_alloc(roll->arena, sizeof(*course));
	*course = (struct course_days){ .course_id = course_id };
	roll->courses[roll->count++] = course;
	return course;
}

static void
count_fact(const struct roll *roll, const struct fact *fact,
    struct course_days *course)
{
	const struct absence_question *question = roll->question;
	struct absence *day;

	if (fact->kind != FACT_ATTENDANCE ||
	    fact->occurred_day < question->from ||
	    fact->occurred_day > question->to ||
	    !fact_is_known(fact, roll->today))
		return;
	day = &course->days[fact->occurred_day - question->from];
	day->date = fact->occurred_day;
	day->course_id = course->course_id;
	day->rows++;
	day->absent += fact->detail == ATTENDANCE_ABSENT;
	day->excused += fact->detail == ATTENDANCE_EXCUSED;
	day->tardy += fact->detail == ATTENDANCE_TARDY;
}

/* Columns of facts_of_student. */
enum { COURSE_ID, FACTS };

/* `block` is emptied for each block of facts. */
static bool
read_roll(const struct db_result *result, struct arena *block,
    struct roll *roll, struct err *err)
{
	roll->courses = arena_array(roll->arena, result->row_count,
	    sizeof(struct course_days *));
	for (size_t i = 0; i < result->row_count; i++) {
		struct fact_list list = { .arena = block };
		struct course_days *course = find_course(roll,
		    db_get_text(result, i, COURSE_ID, roll->arena));

		arena_reset(block);
		if (db_is_null(result, i, FACTS))
			continue;
		if (!facts_unpack(db_get_bytes(result, i, FACTS), &list, err))
			return false;
		for (size_t k = 0; k < list.count; k++)
			count_fact(roll, &list.facts[k], course);
	}
	return true;
}

/* Newest first, and the courses of a day by id. */
static bool
fill_list(const struct roll *roll, struct absence_list *list, struct err *err)
{
	int32_t days = list->to - list->from + 1;

	list->items =
	    arena_array(roll->arena, ITEMS_MOST, sizeof(*list->items));
	for (size_t i = 0; i < (size_t)days * roll->count; i++) {
		const struct course_days *course =
		    roll->courses[i % roll->count];
		const struct absence *day =
		    &course->days[days - 1 - (int32_t)(i / roll->count)];

		list->tracked += day->rows > 0;
		if (day->absent + day->excused + day->tardy == 0)
			continue;
		if (list->items_count == ITEMS_MOST)
			return err_at(err, "from",
			    "there are more than %d absences: ask for fewer "
			    "days, or for one course",
			    ITEMS_MOST);
		list->items[list->items_count++] = *day;
	}
	return true;
}

static bool
read_list(struct worker *w, struct call *call, struct roll *roll,
    struct absence_list *list, struct err *err)
{
	struct tools *tools = w->scratch;
	struct db_result result;
	bool is_good;

	if (!query_facts(w, call, roll->question, &result, err))
		return false;
	is_good = read_roll(&result, &tools->facts, roll, err);
	db_result_close(&result);
	return is_good && fill_list(roll, list, err);
}

bool
list_absences(struct worker *w, struct call *call, struct err *err)
{
	struct absence_question question;
	struct absence_list list;
	struct roll roll = { .question = &question, .arena = call->arena };
	struct rules rules;

	if (!call_read(call, &question, err) ||
	    !rules_load(w, call->head->tenant, call->arena, &rules, err) ||
	    !settle_days(&question, rules.today, err))
		return false;
	if (rules.text.attendance_from != SOURCE_ROLL_CALL)
		return err_set(err, ERR_CONFLICT,
		    "there is no roll call: attendance is known from activity");
	roll.today = rules.today;
	list =
	    (struct absence_list){ .from = question.from, .to = question.to };
	return read_list(w, call, &roll, &list, err) &&
	    reply(call, 200, &absence_list_message, &list);
}
