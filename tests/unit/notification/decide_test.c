/*
 * decide_test.c - who hears what: each rule of decide.h, by hand.
 */
#include "services/notification/decide.h"

#include "tests/support/test.h"

static const char *north[] = { "north" };
static const char *section_8a[] = { "8a" };
static const char *nobody[] = { "0199f3a2-0000-7000-8000-000000000000" };
static const char *counselors[] = { "counselor" };

/* A rule that counts, about students from high up. */
static struct rule
rule_of_students(void)
{
	return (struct rule){ .kind = RULE_RISK,
		.category = LEVEL_HIGH,
		.has_category = true,
		.quiet_days = 14,
		.has_quiet_days = true,
		.active = true,
		.has_active = true };
}

static struct alert
alert_of(enum risk_level level, int before)
{
	return (struct alert){ .kind = RULE_RISK,
		.subject = "enrollment 1",
		.title = "",
		.body = "",
		.course = "MATH",
		.school = "north",
		.section = "8a",
		.level = level,
		.before = before };
}

static struct recipient
recipient_of(enum role role)
{
	return (struct recipient){ .recipient_id =
				       "0199f3a2-0000-7000-8000-000000000001",
		.role = role,
		.active = true,
		.has_active = true };
}

static void
a_category_counts_when_it_is_reached_from_below_or_as_the_first(void **state)
{
	static const struct {
		enum risk_level level;
		int before;
		bool counts;
	} rows[] = {
		{ LEVEL_HIGH, -1, true },
		{ LEVEL_CRITICAL, -1, true },
		{ LEVEL_MEDIUM, -1, false },
		{ LEVEL_HIGH, LEVEL_LOW, true },
		{ LEVEL_HIGH, LEVEL_MEDIUM, true },
		{ LEVEL_HIGH, LEVEL_HIGH, false },
		{ LEVEL_HIGH, LEVEL_CRITICAL, false },
		{ LEVEL_CRITICAL, LEVEL_HIGH, true },
		{ LEVEL_CRITICAL, LEVEL_CRITICAL, false },
		{ LEVEL_MEDIUM, LEVEL_LOW, false },
		{ LEVEL_LOW, LEVEL_CRITICAL, false },
	};
	struct rule rule = rule_of_students();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct alert alert = alert_of(rows[i].level, rows[i].before);

		if (rule_matches(&rule, &alert) != rows[i].counts)
			fail_msg("row %zu", i);
	}
}

static void
filters_name_what_passes(void **state)
{
	struct rule rule = rule_of_students();
	struct alert alert = alert_of(LEVEL_HIGH, -1);

	(void)state;
	rule.schools = north;
	rule.schools_count = 1;
	assert_true(rule_matches(&rule, &alert));
	alert.school = "south";
	assert_false(rule_matches(&rule, &alert));
	alert.school = NULL;
	assert_false(rule_matches(&rule, &alert));
	rule.schools_count = 0;
	assert_true(rule_matches(&rule, &alert));
	rule.sections = section_8a;
	rule.sections_count = 1;
	assert_true(rule_matches(&rule, &alert));
	alert.section = "8b";
	assert_false(rule_matches(&rule, &alert));
	rule.sections_count = 0;
	rule.courses = north;
	rule.courses_count = 1;
	assert_false(rule_matches(&rule, &alert));
	rule.courses_count = 0;
	rule.active = false;
	assert_false(rule_matches(&rule, &alert));
}

static void
a_rule_is_about_its_own_kind(void **state)
{
	struct rule rule = rule_of_students();
	struct alert alert = { .kind = RULE_IMPORT };

	(void)state;
	assert_false(rule_matches(&rule, &alert));
	rule = (struct rule){ .kind = RULE_IMPORT };
	assert_true(rule_matches(&rule, &alert));
	alert.kind = RULE_TRAINING;
	assert_false(rule_matches(&rule, &alert));
}

static void
a_rule_means_whom_it_names_and_else_all(void **state)
{
	struct rule rule = rule_of_students();
	struct recipient counselor = recipient_of(ROLE_COUNSELOR);
	struct recipient admin = recipient_of(ROLE_ADMIN);
	const char *own[] = { admin.recipient_id };

	(void)state;
	assert_true(rule_means(&rule, &admin));
	rule.roles = counselors;
	rule.roles_count = 1;
	assert_true(rule_means(&rule, &counselor));
	assert_false(rule_means(&rule, &admin));
	rule.recipients = own;
	rule.recipients_count = 1;
	assert_true(rule_means(&rule, &admin));
	rule.recipients = nobody;
	rule.roles_count = 0;
	assert_false(rule_means(&rule, &admin));
}

/* Of a student in north, section 8a. */
static bool
hears(enum role role, bool has_schools, bool has_sections)
{
	struct alert alert = alert_of(LEVEL_HIGH, -1);
	struct recipient recipient = recipient_of(role);

	recipient.schools = north;
	recipient.schools_count = has_schools;
	recipient.sections = section_8a;
	recipient.sections_count = has_sections;
	return recipient_may_hear(&recipient, &alert);
}

static void
of_a_student_hears_who_is_entitled(void **state)
{
	(void)state;
	assert_true(hears(ROLE_ADMIN, false, false));
	assert_true(hears(ROLE_OPERATOR, true, false));
	assert_false(hears(ROLE_COUNSELOR, false, false));
	assert_true(hears(ROLE_COUNSELOR, true, false));
	assert_false(hears(ROLE_COUNSELOR, false, true));
	assert_false(hears(ROLE_EDUCATOR, false, false));
	assert_true(hears(ROLE_EDUCATOR, false, true));
	assert_false(hears(ROLE_EDUCATOR, true, false));
	assert_false(hears(ROLE_ANALYST, true, true));
	assert_false(hears(ROLE_SERVICE, false, false));
	assert_false(hears(ROLE_STUDENT, true, true));
}

static void
a_scope_covers_its_students_and_no_others(void **state)
{
	struct alert alert = alert_of(LEVEL_HIGH, -1);
	struct recipient admin = recipient_of(ROLE_ADMIN);

	(void)state;
	admin.schools = north;
	admin.schools_count = 1;
	assert_true(recipient_may_hear(&admin, &alert));
	alert.school = "south";
	assert_false(recipient_may_hear(&admin, &alert));
	alert.school = NULL;
	assert_false(recipient_may_hear(&admin, &alert));
	alert.school = "north";
	admin.sections = north; /* no section of ours */
	admin.sections_count = 1;
	assert_false(recipient_may_hear(&admin, &alert));
	admin.sections_count = 0;
	admin.active = false;
	assert_false(recipient_may_hear(&admin, &alert));
}

static void
what_is_about_no_student_needs_no_scope(void **state)
{
	struct alert alert = { .kind = RULE_TRAINING };
	struct recipient analyst = recipient_of(ROLE_ANALYST);

	(void)state;
	assert_true(recipient_may_hear(&analyst, &alert));
}

static void
of_several_rules_the_least_quiet_decides(void **state)
{
	struct rule rules[3] = { rule_of_students(), rule_of_students(),
		rule_of_students() };
	struct alert alert = alert_of(LEVEL_HIGH, LEVEL_LOW);
	struct recipient admin = recipient_of(ROLE_ADMIN);

	(void)state;
	rules[1].quiet_days = 3;
	rules[2].quiet_days = 1;
	rules[2].category = LEVEL_CRITICAL;
	assert_ptr_equal(decide(rules, 3, &alert, &admin), &rules[1]);
	assert_null(decide(rules, 0, &alert, &admin));
	admin.role = ROLE_ANALYST;
	assert_null(decide(rules, 3, &alert, &admin));
}

RUN_TESTS(cmocka_unit_test(
	      a_category_counts_when_it_is_reached_from_below_or_as_the_first),
    cmocka_unit_test(filters_name_what_passes),
    cmocka_unit_test(a_rule_is_about_its_own_kind),
    cmocka_unit_test(a_rule_means_whom_it_names_and_else_all),
    cmocka_unit_test(of_a_student_hears_who_is_entitled),
    cmocka_unit_test(a_scope_covers_its_students_and_no_others),
    cmocka_unit_test(what_is_about_no_student_needs_no_scope),
    cmocka_unit_test(of_several_rules_the_least_quiet_decides))
