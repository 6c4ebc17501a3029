/*
 * risk_test.c - the ranked list: its order, pages and filters; and whose rows
 * a caller sees, there and wherever else a score is asked for.
 */
#include <stdio.h>

#include "tests/unit/prediction/school.h"

static void
the_list_is_ranked_and_its_pages_join(void **state)
{
	struct rig rig;
	struct risk_list list;
	double scores[STUDENTS], last = 2;
	char query[300] = "limit=7", cursor[280] = "";
	size_t seen = 0;

	(void)state;
	open_school(&rig);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", NULL));
	rig_read(&rig, &risk_list_message, &list);
	/* s1 ...; `both` twice and `new` are active without a score. */
	assert_int_equal(list.items_count, STUDENTS);
	assert_int_equal(list.scored, STUDENTS);
	assert_int_equal(list.active, STUDENTS + 3);
	assert_null(list.next);
	for (size_t i = 0; i < STUDENTS; i++) {
		scores[i] = list.items[i].risk_score;
		assert_true(scores[i] <= last);
		last = scores[i];
		assert_int_equal(list.items[i].explanations_count, 3);
	}
	for (;;) {
		if (!rig_call(&rig, route_of("list_risk"), "north", query,
			NULL))
			fail_msg("%s", rig.err.detail);
		rig_read(&rig, &risk_list_message, &list);
		for (size_t i = 0; i < list.items_count; i++)
			assert_true(list.items[i].risk_score == scores[seen++]);
		if (list.next == NULL)
			break;
		snprintf(cursor, sizeof(cursor), "%s", list.next);
		snprintf(query, sizeof(query), "limit=7&cursor=%s", cursor);
	}
	assert_int_equal(seen, STUDENTS);
	rig_close(&rig);
}

static void
the_list_follows_new_records_and_filters(void **state)
{
	struct rig rig;
	struct risk_list list;
	size_t before;

	(void)state;
	open_school(&rig);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=1", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, 1);
	/* 101 has now what a score needs. */
	add_records(&rig, 101, MONDAY);
	rig_apply(&rig);
	assert_true(rig_call(&rig, route_of("list_risk"), "north",
	    "top=500&course_id=math", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, STUDENTS + 1);
	assert_int_equal(list.active, STUDENTS + 1);
	assert_true(rig_call(&rig, route_of("list_risk"), "north",
	    "top=500&course_id=art", NULL));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, 0);
	assert_int_equal(list.active, 2);
	before = 0;
	for (int level = 0; level < 4; level++) {
		char query[64];

		snprintf(query, sizeof(query), "top=500&category=%s",
		    risk_level_choice.names[level]);
		assert_true(rig_call(&rig, route_of("list_risk"), "north",
		    query, NULL));
		rig_read(&rig, &risk_list_message, &list);
		for (size_t i = 0; i < list.items_count; i++)
			assert_int_equal(list.items[i].risk_category, level);
		before += list.items_count;
	}
	assert_int_equal(before, STUDENTS + 1);
	rig_close(&rig);
}

static void
other_schools_students_are_not_there(void **state)
{
	struct rig rig;
	struct prediction p;
	struct risk_list list;
	char id[64];

	(void)state;
	open_school(&rig);
	ask_for(&rig, "{\"student_id\": \"s5\"}", &p);
	snprintf(id, sizeof(id), "%s", p.prediction_id);
	assert_false(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s5\"}", "even"));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_true(rig_call(&rig, route_of("predict"), "north",
	    "{\"student_id\": \"s6\"}", "even"));
	assert_false(
	    rig_call(&rig, route_of("get_prediction"), "north", id, "even"));
	assert_int_equal(rig.err.code, ERR_NOT_FOUND);
	assert_true(
	    rig_call(&rig, route_of("list_risk"), "north", "top=500", "even"));
	rig_read(&rig, &risk_list_message, &list);
	assert_int_equal(list.items_count, STUDENTS / 2);
	assert_int_equal(list.active, STUDENTS / 2);
	rig_close(&rig);
}

/* What the caller sees of s6, of s6's prediction `id` and of the list. */
static void
sees(struct rig *rig, const struct bus_head *who, const char *id, bool is_seen,
    int64_t active)
{
	struct predict_batch_answer batch;
	struct risk_list list;

	assert_int_equal(rig_call_as(rig, route_of("predict"), who,
			     "{\"student_id\": \"s6\"}"),
	    is_seen);
	assert_int_equal(rig_call_as(rig, route_of("get_prediction"), who, id),
	    is_seen);
	assert_true(rig_call_as(rig, route_of("predict_batch"), who,
	    "{\"items\": [{\"student_id\": \"s6\"}]}"));
	rig_read(rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.items_count, is_seen);
	assert_true(rig_call_as(rig, route_of("predict_batch"), who,
	    "{\"top_k\": 100}"));
	rig_read(rig, &predict_batch_answer_message, &batch);
	assert_int_equal(batch.active, active);
	assert_true(rig_call_as(rig, route_of("list_risk"), who, "top=500"));
	rig_read(rig, &risk_list_message, &list);
	assert_int_equal(list.active, active);
	assert_int_equal(list.items_count,
	    active < STUDENTS ? active : STUDENTS);
}

/* Educators by section, counselors by school; one who was given none sees
 * nothing, and the others see all. */
static void
each_role_sees_its_own_rows(void **state)
{
	const char *even[] = { "even" }, *blue[] = { "blue" };
	struct bus_head who = { .tenant = "north", .role = ROLE_EDUCATOR };
	struct rig rig;
	struct prediction p;
	char id[64];

	(void)state;
	open_school(&rig);
	ask_for(&rig, "{\"student_id\": \"s6\"}", &p);
	snprintf(id, sizeof(id), "%s", p.prediction_id);
	sees(&rig, &who, id, false, 0);
	who.sections = blue;
	who.sections_count = 1;
	sees(&rig, &who, id, true, STUDENTS / 4);
	who = (struct bus_head){ .tenant = "north", .role = ROLE_COUNSELOR };
	sees(&rig, &who, id, false, 0);
	who.schools = even;
	who.schools_count = 1;
	sees(&rig, &who, id, true, STUDENTS / 2);
	who = (struct bus_head){ .tenant = "north", .role = ROLE_OPERATOR };
	sees(&rig, &who, id, true, STUDENTS + 3);
	rig_close(&rig);
}

RUN_TESTS(cmocka_unit_test(the_list_is_ranked_and_its_pages_join),
    cmocka_unit_test(the_list_follows_new_records_and_filters),
    cmocka_unit_test(other_schools_students_are_not_there),
    cmocka_unit_test(each_role_sees_its_own_rows))
