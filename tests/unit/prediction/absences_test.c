/*
 * absences_test.c - a student's roll call, as it was told by hand below: what
 * is counted, from whom, and for whom.
 */
#include "tests/unit/prediction/school.h"

static struct log_entry *
roll(struct rig *rig, const char *tenant, int64_t id, int32_t day,
    enum attendance_status status)
{
	struct log_entry *entry =
	    rig_record(rig, tenant, RECORD_ATTENDANCE, id, day);

	entry->value_code = (int64_t)status;
	entry->has_value_code = true;
	return entry;
}

/* s1 is in math and art of north, and another s1 is in south. */
static void
open_class(struct rig *rig)
{
	struct enrollment *math;

	rig_open(rig);
	rig_rules(rig, "north", TODAY);
	rig_course(rig, "north", "math", MONDAY, MONDAY + 200);
	rig_course(rig, "north", "art", MONDAY, MONDAY + 200);
	math = rig_enrollment(rig, "north", 1, "s1", "math");
	math->school = "even";
	math->section = "blue";
	rig_enrollment(rig, "north", 2, "s1", "art")->school = "odd";
	rig_enrollment(rig, "north", 3, "s2", "art")->school = "odd";
	/* Three periods of one day. */
	roll(rig, "north", 1, TODAY - 3, STATUS_ABSENT);
	roll(rig, "north", 1, TODAY - 3, STATUS_PRESENT);
	roll(rig, "north", 1, TODAY - 3, STATUS_TARDY);
	roll(rig, "north", 2, TODAY - 3, STATUS_EXCUSED);
	roll(rig, "north", 1, TODAY - 1, STATUS_PRESENT);
	roll(rig, "north", 1, TODAY, STATUS_ABSENT);
	roll(rig, "north", 1, TODAY - 90, STATUS_ABSENT);
	roll(rig, "north", 1, TODAY - 91, STATUS_ABSENT);
	rig_rules(rig, "south", TODAY);
	rig_course(rig, "south", "math", MONDAY, MONDAY + 200);
	rig_enrollment(rig, "south", 4, "s1", "math");
	roll(rig, "south", 4, TODAY - 2, STATUS_TARDY);
	rig_apply(rig);
}

static void
list(struct rig *rig, const char *tenant, const char *target,
    struct absence_list *list)
{
	if (!rig_call(rig, route_of("list_absences"), tenant, target, NULL))
		fail_msg("%s", rig->err.detail);
	assert_int_equal(rig->status, 200);
	rig_read(rig, &absence_list_message, list);
}

static void
is_item(const struct absence *item, int32_t day, const char *course_id,
    int64_t rows, int64_t absent, int64_t excused, int64_t tardy)
{
	assert_int_equal(item->date, day);
	assert_string_equal(item->course_id, course_id);
	assert_int_equal(item->rows, rows);
	assert_int_equal(item->absent, absent);
	assert_int_equal(item->excused, excused);
	assert_int_equal(item->tardy, tardy);
}

static void
absences_come_by_day_and_course_newest_first(void **state)
{
	struct rig rig;
	struct absence_list absences;

	(void)state;
	open_class(&rig);
	list(&rig, "north", "s1", &absences);
	assert_int_equal(absences.items_count, 4);
	is_item(&absences.items[0], TODAY, "math", 1, 1, 0, 0);
	is_item(&absences.items[1], TODAY - 3, "art", 1, 0, 1, 0);
	is_item(&absences.items[2], TODAY - 3, "math", 3, 1, 0, 1);
	is_item(&absences.items[3], TODAY - 90, "math", 1, 1, 0, 0);
	assert_int_equal(absences.tracked, 5);
	assert_int_equal(absences.from, TODAY - 90);
	assert_int_equal(absences.to, TODAY);
	rig_close(&rig);
}

static void
a_student_of_another_tenant_is_another_student(void **state)
{
	struct rig rig;
	struct absence_list absences;

	(void)state;
	open_class(&rig);
	list(&rig, "south", "s1", &absences);
	assert_int_equal(absences.items_count, 1);
	is_item(&absences.items[0], TODAY - 2, "math", 1, 0, 0, 1);
	assert_false(
	    rig_call(&rig, route_of("list_absences"), "south", "s2", NULL));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	rig_close(&rig);
}

static void
days_and_course_narrow_the_list(void **state)
{
	struct rig rig;
	struct absence_list absences;
	char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE], target[128];

	(void)state;
	open_class(&rig);
	list(&rig, "north", "s1?course_id=art", &absences);
	assert_int_equal(absences.items_count, 1);
	is_item(&absences.items[0], TODAY - 3, "art", 1, 0, 1, 0);
	day_print(TODAY - 91, first);
	day_print(TODAY - 3, last);
	snprintf(target, sizeof(target), "s1?from=%s&to=%s&course_id=math",
	    first, last);
	list(&rig, "north", target, &absences);
	assert_int_equal(absences.items_count, 3);
	is_item(&absences.items[0], TODAY - 3, "math", 3, 1, 0, 1);
	is_item(&absences.items[2], TODAY - 91, "math", 1, 1, 0, 0);
	/* Both ends lie within a block of seven days. */
	day_print(TODAY - 89, first);
	day_print(TODAY - 4, last);
	snprintf(target, sizeof(target), "s1?from=%s&to=%s", first, last);
	list(&rig, "north", target, &absences);
	assert_int_equal(absences.items_count, 0);
	assert_int_equal(absences.tracked, 0);
	/* Nothing was told, and that is no fault. */
	list(&rig, "north", "s2", &absences);
	assert_int_equal(absences.items_count, 0);
	assert_int_equal(absences.tracked, 0);
	rig_close(&rig);
}

static void
is_refused(struct rig *rig, const char *target, enum err_code code,
    const char *detail)
{
	assert_false(
	    rig_call(rig, route_of("list_absences"), "north", target, NULL));
	assert_int_equal(rig->err.code, code);
	assert_non_null(strstr(rig->err.detail, detail));
}

static void
days_that_cannot_be_answered_are_named(void **state)
{
	struct rig rig;

	(void)state;
	open_class(&rig);
	is_refused(&rig, "s1?to=2199-01-01", ERR_INVALID, "lies ahead");
	is_refused(&rig, "s1?from=2026-01-02&to=2026-01-01", ERR_INVALID,
	    "is after");
	is_refused(&rig, "s1?from=2024-01-01&to=2025-01-01", ERR_INVALID,
	    "at most 366 days");
	is_refused(&rig, "s1?course_id=old", ERR_NOT_FOUND, "no such student");
	rig_rules(&rig, "north", TODAY);
	rig.entries[0].rules->attendance_from = SOURCE_ACTIVITY;
	rig_apply(&rig);
	is_refused(&rig, "s1", ERR_CONFLICT, "no roll call");
	rig_close(&rig);
}

/* 14 courses and 366 days make 5,124 absences; 5,000 can be answered. */
static void
more_than_the_answer_holds_is_refused(void **state)
{
	struct rig rig;
	struct absence_list absences;
	char name[16], first[DAY_TEXT_SIZE], target[64];

	(void)state;
	open_class(&rig);
	for (int64_t id = 10; id < 24; id++) {
		snprintf(name, sizeof(name), "c%d", (int)id);
		rig_course(&rig, "north", name, TODAY - 365, TODAY + 100);
		rig_enrollment(&rig, "north", id, "many", name);
		for (int32_t day = TODAY - 365; day <= TODAY; day++)
			roll(&rig, "north", id, day, STATUS_EXCUSED);
		rig_apply(&rig);
	}
	day_print(TODAY - 365, first);
	snprintf(target, sizeof(target), "many?from=%s", first);
	is_refused(&rig, target, ERR_INVALID, "more than 5000 absences");
	snprintf(target, sizeof(target), "many?from=%s&course_id=c12", first);
	list(&rig, "north", target, &absences);
	assert_int_equal(absences.items_count, 366);
	assert_int_equal(absences.tracked, 366);
	rig_close(&rig);
}

static void
each_role_sees_its_own(void **state)
{
	const char *blue[] = { "blue" }, *odd[] = { "odd" };
	struct bus_head who = { .tenant = "north", .role = ROLE_EDUCATOR };
	const struct route *route = route_of("list_absences");
	struct absence_list absences;
	struct rig rig;

	(void)state;
	open_class(&rig);
	assert_false(rig_call_as(&rig, route, &who, "s1"));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	who.sections = blue;
	who.sections_count = 1;
	assert_true(rig_call_as(&rig, route, &who, "s1"));
	rig_read(&rig, &absence_list_message, &absences);
	assert_int_equal(absences.items_count, 3);
	who = (struct bus_head){ .tenant = "north", .role = ROLE_COUNSELOR };
	assert_false(rig_call_as(&rig, route, &who, "s1"));
	who.schools = odd;
	who.schools_count = 1;
	assert_true(rig_call_as(&rig, route, &who, "s1"));
	rig_read(&rig, &absence_list_message, &absences);
	assert_int_equal(absences.items_count, 1);
	assert_string_equal(absences.items[0].course_id, "art");
	rig_close(&rig);
}

static void
a_correction_counts_from_the_day_it_was_known(void **state)
{
	struct rig rig;
	struct absence_list absences;
	struct log_entry *correction;
	int64_t wrong;

	(void)state;
	open_class(&rig);
	wrong = roll(&rig, "north", 3, TODAY - 5, STATUS_ABSENT)->position;
	correction = roll(&rig, "north", 3, TODAY - 5, STATUS_PRESENT);
	correction->known_on = TODAY;
	correction->supersedes = wrong;
	correction->has_supersedes = true;
	correction->superseded_enrollment_id = 3;
	correction->has_superseded_enrollment_id = true;
	correction->superseded_on = TODAY - 5;
	correction->has_superseded_on = true;
	rig_apply(&rig);
	list(&rig, "north", "s2", &absences);
	assert_int_equal(absences.items_count, 0);
	assert_int_equal(absences.tracked, 1);
	rig_rules(&rig, "north", TODAY - 1);
	rig_apply(&rig);
	list(&rig, "north", "s2", &absences);
	assert_int_equal(absences.items_count, 1);
	is_item(&absences.items[0], TODAY - 5, "art", 1, 1, 0, 0);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(absences_come_by_day_and_course_newest_first),
    cmocka_unit_test(a_student_of_another_tenant_is_another_student),
    cmocka_unit_test(days_and_course_narrow_the_list),
    cmocka_unit_test(days_that_cannot_be_answered_are_named),
    cmocka_unit_test(more_than_the_answer_holds_is_refused),
    cmocka_unit_test(each_role_sees_its_own),
    cmocka_unit_test(a_correction_counts_from_the_day_it_was_known))
