/*
 * visible_test.c - who sees which rows, role by role (visible.h).
 */
#include "service/visible.h"
#include "tests/support/test.h"

static const char *names[] = { "one", "two" };

static void
sees_all(struct db_value value)
{
	assert_int_equal(value.type, DB_NULL);
}

static void
sees_named(struct db_value value, size_t count)
{
	assert_int_equal(value.type, DB_TEXTS);
	assert_int_equal(value.texts.count, count);
}

static void
an_educator_sees_its_sections(void **state)
{
	struct bus_head head = { .role = ROLE_EDUCATOR,
		.sections = names,
		.sections_count = 2 };

	(void)state;
	sees_all(visible_schools(&head));
	sees_named(visible_sections(&head), 2);
	head.sections_count = 0;
	sees_named(visible_sections(&head), 0);
	/* A school does not stand for its sections. */
	head.schools = names;
	head.schools_count = 1;
	sees_named(visible_schools(&head), 1);
	sees_named(visible_sections(&head), 0);
}

static void
a_counselor_sees_its_schools(void **state)
{
	struct bus_head head = { .role = ROLE_COUNSELOR,
		.schools = names,
		.schools_count = 2 };

	(void)state;
	sees_named(visible_schools(&head), 2);
	sees_all(visible_sections(&head));
	head.schools_count = 0;
	sees_named(visible_schools(&head), 0);
}

static void
a_student_sees_nothing_of_others(void **state)
{
	struct bus_head head = { .role = ROLE_STUDENT,
		.schools = names,
		.schools_count = 2,
		.sections = names,
		.sections_count = 2 };

	(void)state;
	sees_named(visible_schools(&head), 0);
	sees_named(visible_sections(&head), 0);
}

static void
the_others_see_all_unless_something_is_named(void **state)
{
	static const enum role roles[] = { ROLE_ADMIN, ROLE_OPERATOR,
		ROLE_ANALYST, ROLE_SERVICE, ROLE_INTERNAL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		struct bus_head head = { .role = roles[i] };

		sees_all(visible_schools(&head));
		sees_all(visible_sections(&head));
		head.schools = names;
		head.schools_count = 1;
		sees_named(visible_schools(&head), 1);
		sees_all(visible_sections(&head));
	}
}

static void
only_educators_and_counselors_must_name_something(void **state)
{
	(void)state;
	assert_string_equal(visible_need(ROLE_EDUCATOR), "sections");
	assert_string_equal(visible_need(ROLE_COUNSELOR), "schools");
	assert_null(visible_need(ROLE_ADMIN));
	assert_null(visible_need(ROLE_ANALYST));
	assert_null(visible_need(ROLE_STUDENT));
	assert_null(visible_need(ROLE_SERVICE));
}

RUN_TESTS(cmocka_unit_test(an_educator_sees_its_sections),
    cmocka_unit_test(a_counselor_sees_its_schools),
    cmocka_unit_test(a_student_sees_nothing_of_others),
    cmocka_unit_test(the_others_see_all_unless_something_is_named),
    cmocka_unit_test(only_educators_and_counselors_must_name_something))
