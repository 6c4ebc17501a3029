/*
 * project_test.c - pages of the record log become facts, once, each under its
 * tenant.  What is expected follows from the rules of project.h by hand.
 */
#include "tests/unit/prediction/rig.h"

enum { MONDAY = 20367 }; /* 2025-10-06; 20367 = 7 * 2909 + 4 */

static struct subject
subject_of(struct rig *rig, const char *tenant, int64_t enrollment_id)
{
	struct subjects subjects = { .arena = &rig->w.arena };
	struct rules rules;
	struct err err = { 0 };

	if (!work_begin(&rig->w, tenant, &err) ||
	    !rules_load(&rig->w, tenant, &rig->w.arena, &rules, &err) ||
	    !subjects_by_id(&rig->w, tenant, &rules, &enrollment_id, 1,
		&subjects, &err) ||
	    !subjects_load_facts(&rig->w, tenant, &subjects, &err) ||
	    !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	assert_int_equal(subjects.count, 1);
	return subjects.rows[0];
}

static void
add_registers(struct rig *rig, const char *tenant, int64_t enrollment_id)
{
	rig_rules(rig, tenant, MONDAY + 100);
	rig_course(rig, tenant, "math", MONDAY, MONDAY + 200);
	rig_enrollment(rig, tenant, enrollment_id, "ada", "math");
}

static void
correct(struct rig *rig, int64_t enrollment_id, int64_t corrected, int32_t day,
    int32_t known)
{
	struct log_entry *entry =
	    rig_record(rig, "north", RECORD_GRADE, enrollment_id, day);

	entry->value = 90;
	entry->has_value = true;
	entry->known_on = known;
	entry->supersedes = corrected;
	entry->has_supersedes = true;
	entry->superseded_enrollment_id = enrollment_id;
	entry->has_superseded_enrollment_id = true;
	entry->superseded_on = day;
	entry->has_superseded_on = true;
}

static int64_t
grade(struct rig *rig, const char *tenant, int64_t enrollment_id, int32_t day,
    double score)
{
	struct log_entry *entry =
	    rig_record(rig, tenant, RECORD_GRADE, enrollment_id, day);

	entry->value = score;
	entry->has_value = true;
	entry->value_code = TYPE_QUIZ;
	entry->has_value_code = true;
	return entry->position;
}

static void
records_become_facts_of_their_enrollment_in_one_page(void **state)
{
	struct rig rig;
	struct subject subject;

	(void)state;
	rig_open(&rig);
	/* Facts may come before the registers they belong to. */
	grade(&rig, "north", 7, MONDAY + 1, 71.5);
	add_registers(&rig, "north", 7);
	grade(&rig, "north", 7, MONDAY + 30, 60);
	rig_apply(&rig);
	subject = subject_of(&rig, "north", 7);
	assert_string_equal(subject.student_id, "ada");
	assert_string_equal(subject.course_id, "math");
	assert_string_equal(subject.term, "2025");
	assert_int_equal(subject.features.course_start_day, MONDAY);
	assert_int_equal(subject.log_position, 5);
	assert_true(subject.register_revision > 0);
	assert_int_equal(subject.facts.count, 2);
	assert_int_equal(subject.facts.facts[0].occurred_day, MONDAY + 1);
	assert_true(subject.facts.facts[0].value == 71.5f);
	assert_int_equal(fact_grade_assessment(subject.facts.facts[0].detail),
	    ASSESSMENT_TEST);
	assert_int_equal(subject.facts.facts[1].superseded_day, FACT_DAY_NEVER);
	rig_close(&rig);
}

/* What a visit sees. */
struct visits {
	struct rig *rig;
	size_t rows, facts;
	size_t most_bytes; /* of facts at once */
};

static bool
count_facts(void *user, struct subject *subject, struct err *err)
{
	struct visits *visits = user;
	const struct tools *tools = visits->rig->w.scratch;

	(void)err;
	visits->rows++;
	visits->facts += subject->facts.count;
	if (tools->facts.used_bytes > visits->most_bytes)
		visits->most_bytes = tools->facts.used_bytes;
	return true;
}

static struct visits
visit_all(struct rig *rig, size_t students)
{
	struct visits visits = { .rig = rig };
	struct subjects subjects = { .arena = &rig->w.arena };
	struct subject_filter everyone = { 0 };
	struct rules rules;
	struct err err = { 0 };

	if (!work_begin(&rig->w, "north", &err) ||
	    !rules_load(&rig->w, "north", &rig->w.arena, &rules, &err) ||
	    !subjects_after(&rig->w, "north", &rules, &everyone, 0, students,
		&subjects, &err) ||
	    !subjects_visit(&rig->w, "north", &subjects, count_facts, &visits,
		&err) ||
	    !work_commit(&rig->w, &err))
		fail_msg("%s", err.detail);
	assert_int_equal(subjects.count, students);
	for (size_t i = 0; i < students; i++) {
		assert_true(subjects.rows[i].log_position > 0);
		assert_int_equal(subjects.rows[i].facts.count, 0);
	}
	return visits;
}

static void
many_are_visited_in_the_memory_of_a_few(void **state)
{
	enum { STUDENTS = 50, GRADES = 30, FEW = 10 };
	struct visits few, all;
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_rules(&rig, "north", MONDAY + 100);
	rig_course(&rig, "north", "math", MONDAY, MONDAY + 200);
	for (int i = 1; i <= STUDENTS; i++) {
		rig_enrollment(&rig, "north", i, "ada", "math");
		for (int k = 0; k < GRADES; k++)
			grade(&rig, "north", i, MONDAY + 3 * k, 70);
	}
	rig_apply(&rig);
	few = visit_all(&rig, FEW);
	all = visit_all(&rig, STUDENTS);
	assert_int_equal(few.facts, FEW * GRADES);
	assert_int_equal(all.rows, STUDENTS);
	assert_int_equal(all.facts, STUDENTS * GRADES);
	assert_true(all.most_bytes > 0);
	assert_true(all.most_bytes <= few.most_bytes);
	rig_close(&rig);
}

static void
a_page_applied_twice_leaves_the_same_facts(void **state)
{
	struct rig rig;
	struct subject subject;

	(void)state;
	rig_open(&rig);
	for (int i = 0; i < 2; i++) {
		rig.position = 0;
		add_registers(&rig, "north", 7);
		grade(&rig, "north", 7, MONDAY + 1, 70);
		grade(&rig, "north", 7, MONDAY + 2, 80);
		rig_apply(&rig);
	}
	subject = subject_of(&rig, "north", 7);
	assert_int_equal(subject.facts.count, 2);
	assert_int_equal(subject.log_position, 5);
	rig_close(&rig);
}

static void
a_correction_ends_what_it_corrects_on_the_day_it_was_known(void **state)
{
	struct rig rig;
	struct subject subject;
	int64_t first;

	(void)state;
	rig_open(&rig);
	add_registers(&rig, "north", 7);
	first = grade(&rig, "north", 7, MONDAY + 1, 40);
	rig_apply(&rig);
	correct(&rig, 7, first, MONDAY + 1, MONDAY + 50);
	rig_apply(&rig);
	subject = subject_of(&rig, "north", 7);
	assert_int_equal(subject.facts.count, 2);
	assert_true(subject.facts.facts[0].value == 40.0f);
	assert_int_equal(subject.facts.facts[0].superseded_day, MONDAY + 50);
	assert_true(subject.facts.facts[1].value == 90.0f);
	assert_int_equal(subject.facts.facts[1].known_day, MONDAY + 50);
	rig_close(&rig);
}

static void
a_correction_read_before_its_record_waits_for_it(void **state)
{
	struct rig rig;
	struct subject subject;

	(void)state;
	rig_open(&rig);
	rig.position = 10;
	add_registers(&rig, "north", 7);
	correct(&rig, 7, 5, MONDAY + 1, MONDAY + 50);
	rig_apply(&rig);
	subject = subject_of(&rig, "north", 7);
	assert_int_equal(subject.facts.count, 1);
	rig.position = 4;
	assert_int_equal(grade(&rig, "north", 7, MONDAY + 1, 40), 5);
	rig_apply(&rig);
	subject = subject_of(&rig, "north", 7);
	assert_int_equal(subject.facts.count, 2);
	assert_true(subject.facts.facts[0].value == 40.0f);
	assert_int_equal(subject.facts.facts[0].superseded_day, MONDAY + 50);
	/* The newest record that was counted is still the correction. */
	assert_int_equal(subject.log_position, 14);
	rig_close(&rig);
}

static void
a_page_of_two_tenants_gives_each_its_own(void **state)
{
	struct rig rig;
	struct subject north, south;

	(void)state;
	rig_open(&rig);
	add_registers(&rig, "south", 7);
	grade(&rig, "north", 7, MONDAY + 1, 10);
	grade(&rig, "south", 7, MONDAY + 1, 20);
	add_registers(&rig, "north", 7);
	grade(&rig, "south", 7, MONDAY + 2, 30);
	rig_apply(&rig);
	north = subject_of(&rig, "north", 7);
	south = subject_of(&rig, "south", 7);
	assert_int_equal(north.facts.count, 1);
	assert_true(north.facts.facts[0].value == 10.0f);
	assert_int_equal(south.facts.count, 2);
	assert_true(south.facts.facts[1].value == 30.0f);
	rig_close(&rig);
}

static void
an_older_register_entry_does_not_replace_a_newer_one(void **state)
{
	struct rig rig;
	struct subject subject;

	(void)state;
	rig_open(&rig);
	add_registers(&rig, "north", 7);
	rig_apply(&rig);
	rig.position = 90;
	rig_enrollment(&rig, "north", 7, "ada", "math")->school = "new";
	rig_apply(&rig);
	rig.position = 80;
	rig_enrollment(&rig, "north", 7, "ada", "math")->school = "old";
	rig_apply(&rig);
	subject = subject_of(&rig, "north", 7);
	assert_string_equal(subject.school, "new");
	assert_int_equal(subject.register_revision, 91 + 2);
	rig_close(&rig);
}

RUN_TESTS(
    cmocka_unit_test(records_become_facts_of_their_enrollment_in_one_page),
    cmocka_unit_test(many_are_visited_in_the_memory_of_a_few),
    cmocka_unit_test(a_page_applied_twice_leaves_the_same_facts),
    cmocka_unit_test(
	a_correction_ends_what_it_corrects_on_the_day_it_was_known),
    cmocka_unit_test(a_correction_read_before_its_record_waits_for_it),
    cmocka_unit_test(a_page_of_two_tenants_gives_each_its_own),
    cmocka_unit_test(an_older_register_entry_does_not_replace_a_newer_one))
