/*
 * features.c - from the facts of an enrollment to what the model reads.
 *
 * Facts are sifted once: roll-call and activity into a grid of days, grades
 * and incidents into ordered arrays; then each group goes over its windows.
 */
#include "ml/features.h"

#include <stdlib.h>

#include "base/clock.h"
#include "ml/feature_parts.h"

enum { MINIMUM_DAYS = 28 };

static bool
is_active(const struct feature_subject *subject, int32_t day)
{
	return subject->registered_day <= day && subject->withdrawn_day > day;
}

static size_t
count_steps(const struct feature_subject *subject, int32_t reference_day)
{
	int64_t days = (int64_t)reference_day - subject->course_start_day;

	if (days < 0)
		return 0;
	days = days / BLOCK_DAYS + 1;
	return days < FEATURE_STEPS ? (size_t)days : FEATURE_STEPS;
}

static int
by_day(const void *left, const void *right)
{
	const struct mark *a = left;
	const struct mark *b = right;

	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	return 0;
}

static void
sort_marks(struct marks *all)
{
	for (size_t i = 1; i < all->count; i++) {
		if (by_day(&all->marks[i - 1], &all->marks[i]) <= 0)
			continue;
		qsort(all->marks, all->count, sizeof(*all->marks), by_day);
		return;
	}
}

static void
add_mark(struct marks *all, const struct fact *fact)
{
	all->marks[all->count++] = (struct mark){
		.position = fact->position,
		.day = fact->occurred_day,
		.value = fact->value,
		.code = fact->code,
		.detail = fact->detail,
	};
}

/* Days on which attendance counts: none when last is before first. */
static struct day_range
tracked_days(const struct feature_task *task)
{
	const struct feature_subject *subject = task->subject;
	struct day_range days = { subject->course_start_day,
		task->reference_day };

	if (subject->attendance_from == FROM_ROLL_CALL)
		return days;
	if (subject->tracked_from > days.first)
		days.first = subject->tracked_from;
	if (subject->tracked_until < days.last)
		days.last = subject->tracked_until;
	if (subject->course_end_day < days.last)
		days.last = subject->course_end_day;
	return days;
}

static void
add_row(struct day_tally *day, uint8_t status)
{
	day->rows++;
	day->tardy += status == ATTENDANCE_TARDY;
	day->absent += status == ATTENDANCE_ABSENT;
	day->excused += status == ATTENDANCE_EXCUSED;
}

/* Every tracked day is an absence until activity says otherwise. */
static void
assume_absent(struct feature_task *task, struct day_range tracked)
{
	int32_t day = tracked.first;

	if (day < task->first_day)
		day = task->first_day;
	for (; day <= tracked.last; day++)
		add_row(&task->days[day - task->first_day], ATTENDANCE_ABSENT);
}

/* A fact of attendance or activity on a tracked day of the grid. */
static void
add_attendance(struct feature_task *task, const struct fact *fact)
{
	struct day_tally *day =
	    &task->days[fact->occurred_day - task->first_day];
	bool from_activity = task->subject->attendance_from == FROM_ACTIVITY;

	if (from_activity && fact->kind == FACT_ACTIVITY && fact->value > 0)
		day->absent = 0;
	if (!from_activity && fact->kind == FACT_ATTENDANCE)
		add_row(day, fact->detail);
}

/* What the sifting tells about the whole history. */
struct history {
	bool has_tracked_day;
	bool has_grade;
};

static bool
is_tracked(const struct fact *fact, const struct feature_task *task,
    struct day_range tracked)
{
	enum fact_kind kind = task->subject->attendance_from == FROM_ROLL_CALL
	    ? FACT_ATTENDANCE
	    : FACT_ACTIVITY;

	return fact->kind == kind && fact->occurred_day >= tracked.first &&
	    fact->occurred_day <= tracked.last;
}

static void
sift_fact(struct feature_task *task, const struct fact *fact,
    struct day_range tracked, struct history *history)
{
	bool is_in_grid = fact->occurred_day >= task->first_day;

	if (is_tracked(fact, task, tracked)) {
		history->has_tracked_day = true;
		if (is_in_grid)
			add_attendance(task, fact);
	}
	if (fact->kind == FACT_GRADE) {
		history->has_grade = true;
		if (is_in_grid)
			add_mark(&task->grades, fact);
	}
	if (fact->kind == FACT_INCIDENT && is_in_grid)
		add_mark(&task->incidents, fact);
}

static struct history
sift(struct feature_task *task, const struct fact *facts, size_t count)
{
	struct day_range tracked = tracked_days(task);
	struct history history = { 0 };

	if (task->subject->attendance_from == FROM_ACTIVITY) {
		history.has_tracked_day = tracked.first <= tracked.last;
		assume_absent(task, tracked);
	}
	for (size_t i = 0; i < count; i++)
		if (facts[i].occurred_day <= task->reference_day &&
		    fact_is_known(&facts[i], task->reference_day))
			sift_fact(task, &facts[i], tracked, &history);
	sort_marks(&task->grades);
	sort_marks(&task->incidents);
	return history;
}

static void
judge(const struct feature_subject *subject, int32_t reference_day,
    const struct history *history, struct feature_sequence *out)
{
	int64_t begin = subject->course_start_day;
	int64_t from;

	if (subject->registered_day > begin)
		begin = subject->registered_day;
	from = begin + MINIMUM_DAYS - 1;
	if (reference_day < from)
		out->missing |= MISSING_WEEKS;
	if (!history->has_tracked_day && !history->has_grade) {
		out->missing |= MISSING_RECORDS;
		if (from <= reference_day)
			from = (int64_t)reference_day + 1;
	}
	if (!out->missing)
		return;
	out->status = FEATURES_INSUFFICIENT_HISTORY;
	out->possible_from_day = from < INT32_MAX ? (int32_t)from : INT32_MAX;
}

static struct feature_task
plan(const struct feature_subject *subject, size_t fact_count,
    int32_t reference_day, struct arena *arena)
{
	struct feature_task task = {
		.subject = subject,
		.calendar = subject->attendance_from == FROM_ACTIVITY
		    ? calendar_all_days()
		    : subject->calendar,
		.reference_day = reference_day,
		.step_count = count_steps(subject, reference_day),
		.arena = arena,
	};
	size_t days = BLOCK_DAYS * (task.step_count + FEATURE_WINDOW_WEEKS - 1);

	task.first_day = reference_day - (int32_t)days + 1;
	task.days = arena_array(arena, days, sizeof(*task.days));
	task.grades.marks = arena_array(arena, fact_count, sizeof(struct mark));
	task.incidents.marks =
	    arena_array(arena, fact_count, sizeof(struct mark));
	return task;
}

void
features_build(const struct feature_subject *subject, const struct fact *facts,
    size_t count, int32_t reference_day, struct arena *arena,
    struct feature_sequence *out)
{
	struct feature_task task;
	struct history history;

	*out = (struct feature_sequence){ .status = FEATURES_READY };
	context_features(subject, reference_day, out->context);
	if (!is_active(subject, reference_day)) {
		out->status = FEATURES_NOT_ACTIVE;
		return;
	}
	task = plan(subject, count, reference_day, arena);
	history = sift(&task, facts, count);
	judge(subject, reference_day, &history, out);
	out->step_count = task.step_count;
	out->steps = arena_alloc_aligned(arena,
	    task.step_count * FEATURE_COUNT * sizeof(float));
	attendance_features(&task, out->steps);
	grade_features(&task, out->steps);
	discipline_features(&task, out->steps);
}

const char *
features_missing_text(const struct feature_sequence *sequence,
    struct arena *arena)
{
	static const char *const lacks[] = {
		[MISSING_WEEKS] =
		    "fewer than 4 weeks have passed since the course start "
		    "and the registration",
		[MISSING_RECORDS] = "there is no day with attendance and no "
				    "grade on record",
		[MISSING_WEEKS | MISSING_RECORDS] =
		    "fewer than 4 weeks have passed since the course start "
		    "and the registration, and there is no day with "
		    "attendance and no grade on record",
	};
	char day[DAY_TEXT_SIZE];

	if (sequence->status != FEATURES_INSUFFICIENT_HISTORY)
		return "";
	must(sequence->missing < ARRAY_SIZE(lacks));
	day_print(sequence->possible_from_day, day);
	return arena_printf(arena, "%s; a score is possible from %s%s",
	    lacks[sequence->missing], day,
	    sequence->missing & MISSING_RECORDS ? ", once there is one" : "");
}
