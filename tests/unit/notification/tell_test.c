/*
 * tell_test.c - from an event to inboxes and the queue of mails, over a real
 * database: once, to those who may hear, quiet for a while.
 */
#include "tests/unit/notification/rig.h"

static struct rig rig;

/* Each test has a database of its own: mail is on, ana (counselor of north)
 * and the admin are there. */
static int
open_rig(void **state)
{
	static const char *const recipients[] = {
		"{\"name\":\"Ana\",\"email\":\"ana@north.example\","
		"\"role\":\"counselor\",\"schools\":[\"north\"],"
		"\"principal\":\"key:ana\"}",
		"{\"name\":\"Head\",\"role\":\"admin\","
		"\"principal\":\"key:admin\"}",
	};

	(void)state;
	if (getenv("EDUPULSE_TEST_DATABASE") == NULL)
		return 0;
	rig_open(&rig);
	rig.settings.smtp_url = "smtp://localhost:1";
	for (size_t i = 0; i < ARRAY_SIZE(recipients); i++)
		assert_int_equal(rig_ask(&rig,
				     (struct asked){ .method = "POST",
					 .path = "/api/v1/recipients",
					 .body = recipients[i] }),
		    201);
	return 0;
}

static int
close_rig(void **state)
{
	(void)state;
	if (rig.owner != NULL)
		rig_close(&rig);
	return 0;
}

static struct inbox_list
inbox_of(const char *principal, enum role role, const char *school)
{
	struct inbox_list list;
	int status = rig_ask(&rig,
	    (struct asked){ .method = "GET",
		.path = "/api/v1/inbox",
		.principal = principal,
		.role = role,
		.school = school });

	if (status != 200)
		fail_msg("%s", rig.err.detail);
	rig_read(&rig, &inbox_list_message, &list);
	return list;
}

static size_t
ana_has(void)
{
	return inbox_of("key:ana", ROLE_COUNSELOR, "north").items_count;
}

static size_t
head_has(void)
{
	return inbox_of("key:admin", ROLE_ADMIN, NULL).items_count;
}

static int64_t
count_deliveries(void)
{
	return rig_count(&rig, "deliveries", "SELECT count(*) FROM delivery");
}

static int64_t
count_tasks(void)
{
	return rig_count(&rig, "tasks", "SELECT count(*) FROM mail_task");
}

static struct scored_enrollment
scored(int64_t id, enum risk_level level, int before)
{
	static const char values[184];

	return (struct scored_enrollment){ .enrollment_id = id,
		.student_id = "N-0042",
		.course_id = "MATH-2025",
		.school = "north",
		.risk_score = .613,
		.risk_category = level,
		.has_category_before = before >= 0,
		.category_before = before >= 0 ? (enum risk_level)before : 0,
		.week = 5,
		.features = { values, sizeof(values) } };
}

static void
hear_scores(const char *event_id, int32_t day, struct scored_enrollment *items,
    size_t count)
{
	struct prediction_made made = { .model_version =
					    "0123456789abcdef0123456789abcdef"
					    "0123456789abcdef0123456789abcdef",
		.reference_date = day,
		.items = items,
		.items_count = count };

	rig_hear(&rig, "prediction.made", event_id, &prediction_made_message,
	    &made);
}

static void
hear_score(const char *event_id, int32_t day, struct scored_enrollment item)
{
	hear_scores(event_id, day, &item, 1);
}

static void
an_event_is_told_once_however_often_it_is_heard(void **state)
{
	struct scored_enrollment items[] = { scored(1, LEVEL_HIGH, LEVEL_LOW),
		scored(2, LEVEL_CRITICAL, -1), scored(3, LEVEL_MEDIUM, -1) };
	struct inbox_list list;

	(void)state;
	database_or_skip();
	for (int i = 0; i < 3; i++)
		hear_scores("1.10.1", 20000, items, 3);
	assert_int_equal(head_has(), 2);
	list = inbox_of("key:ana", ROLE_COUNSELOR, "north");
	assert_int_equal(list.items_count, 2);
	assert_int_equal(list.unread, 2);
	assert_int_equal(list.items[0].kind, RULE_RISK);
	/* Ana has an address, the head has none. */
	assert_int_equal(count_deliveries(), 2);
	assert_int_equal(count_tasks(), 1);
}

static void
a_message_says_what_has_happened(void **state)
{
	struct inbox_list list;

	(void)state;
	database_or_skip();
	hear_score("1.10.1", 20000, scored(1, LEVEL_HIGH, LEVEL_LOW));
	list = inbox_of("key:admin", ROLE_ADMIN, NULL);
	assert_string_equal(list.items[0].title,
	    "Student N-0042 reached the category high in MATH-2025");
	assert_string_equal(list.items[0].body,
	    "The score of student N-0042 in MATH-2025 is 61.3 % now (high; it "
	    "was low).");
	assert_string_equal(list.items[0].link, "/api/v1/students/N-0042");
}

static void
the_same_category_again_within_the_quiet_days_is_not_told_again(void **state)
{
	(void)state;
	database_or_skip();
	hear_score("1.10.1", 20000, scored(1, LEVEL_HIGH, LEVEL_LOW));
	hear_score("1.11.1", 20013, scored(1, LEVEL_HIGH, LEVEL_MEDIUM));
	hear_score("1.11.2", 19990, scored(1, LEVEL_HIGH, LEVEL_MEDIUM));
	assert_int_equal(ana_has(), 1);
	/* Another category, another student, and after the quiet days. */
	hear_score("1.12.1", 20001, scored(1, LEVEL_CRITICAL, LEVEL_HIGH));
	assert_int_equal(ana_has(), 2);
	hear_score("1.13.1", 20001, scored(2, LEVEL_HIGH, LEVEL_MEDIUM));
	assert_int_equal(ana_has(), 3);
	hear_score("1.14.1", 20014, scored(1, LEVEL_HIGH, LEVEL_MEDIUM));
	assert_int_equal(ana_has(), 4);
}

static void
a_student_outside_of_the_scope_is_not_told(void **state)
{
	struct scored_enrollment item = scored(1, LEVEL_CRITICAL, -1);

	(void)state;
	database_or_skip();
	item.school = "south";
	hear_score("1.10.1", 20000, item);
	assert_int_equal(ana_has(), 0);
	assert_int_equal(head_has(), 1);
	assert_int_equal(count_deliveries(), 0);
}

static void
an_inbox_shows_what_its_readers_key_may_see(void **state)
{
	(void)state;
	database_or_skip();
	hear_score("1.10.1", 20000, scored(1, LEVEL_HIGH, -1));
	assert_int_equal(
	    inbox_of("key:ana", ROLE_COUNSELOR, "north").items_count, 1);
	assert_int_equal(
	    inbox_of("key:ana", ROLE_COUNSELOR, "south").items_count, 0);
	assert_int_equal(inbox_of("key:ana", ROLE_COUNSELOR, "south").unread,
	    0);
	assert_int_equal(inbox_of("key:ana", ROLE_COUNSELOR, NULL).items_count,
	    0);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = "/api/v1/inbox",
				 .principal = "key:stranger" }),
	    404);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = "/api/v1/inbox",
				 .tenant = "south" }),
	    404);
}

static void
a_message_is_read_once_by_its_own_reader(void **state)
{
	struct inbox_list list;
	struct inbox_item item;
	struct asked asked = { .method = "POST" };
	int64_t first;

	(void)state;
	database_or_skip();
	hear_score("1.10.1", 20000, scored(1, LEVEL_HIGH, -1));
	list = inbox_of("key:admin", ROLE_ADMIN, NULL);
	asked.path = arena_printf(&rig.w.arena, "/api/v1/inbox/%s/read",
	    list.items[0].message_id);
	asked.principal = "key:ana";
	asked.role = ROLE_COUNSELOR;
	asked.school = "north";
	assert_int_equal(rig_ask(&rig, asked), 404);
	asked.principal = "key:admin";
	asked.role = ROLE_ADMIN;
	asked.school = NULL;
	assert_int_equal(rig_ask(&rig, asked), 200);
	rig_read(&rig, &inbox_item_message, &item);
	assert_true(item.has_read_at);
	first = item.read_at;
	assert_int_equal(rig_ask(&rig, asked), 200);
	rig_read(&rig, &inbox_item_message, &item);
	assert_int_equal(item.read_at, first);
	list = inbox_of("key:admin", ROLE_ADMIN, NULL);
	assert_int_equal(list.items_count, 1);
	assert_int_equal(list.unread, 0);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = "/api/v1/inbox?unread=true" }),
	    200);
	rig_read(&rig, &inbox_list_message, &list);
	assert_int_equal(list.items_count, 0);
}

static void
failures_are_told_and_nothing_else_of_jobs(void **state)
{
	struct import import = { .id = "0199f3b0-2e55-7a60-94fd-b38d05c6e7f1",
		.created_by = "key:admin",
		.state = IMPORT_DONE };
	struct train_job job = { .job_id = import.id, .state = JOB_SUCCEEDED };
	struct inbox_list list;

	(void)state;
	database_or_skip();
	rig_hear(&rig, "import.finished", "1.1.1", &import_message, &import);
	rig_hear(&rig, "training.finished", "1.1.1", &train_job_message, &job);
	job.state = JOB_CANCELLED;
	rig_hear(&rig, "training.finished", "1.1.2", &train_job_message, &job);
	assert_int_equal(head_has(), 0);
	import.state = IMPORT_FAILED;
	import.error = "no file of the bundle is known";
	job.state = JOB_FAILED;
	job.error = "the child gave no result";
	rig_hear(&rig, "import.finished", "1.2.1", &import_message, &import);
	rig_hear(&rig, "training.finished", "1.2.1", &train_job_message, &job);
	list = inbox_of("key:admin", ROLE_ADMIN, NULL);
	assert_int_equal(list.items_count, 2);
	for (size_t i = 0; i < list.items_count; i++)
		assert_non_null(strstr(list.items[i].body,
		    list.items[i].kind == RULE_IMPORT ? import.error
						      : job.error));
	assert_int_equal(ana_has(), 0);
}

static void
drift_is_told_in_the_words_of_its_report(void **state)
{
	struct drift_feature found[] = {
		{ .name = "score_recent",
		    .label = "Average of the latest scores" },
		{ .name = "absence_rate", .label = "Share of days absent" },
	};
	struct drift_report report = {
		.report_id = "0199f3b0-2e55-7a60-94fd-b38d05c6e7f1",
		.features = found,
		.features_count = ARRAY_SIZE(found)
	};
	const char *names[] = { "absence_rate", "score_recent", "c", "d", "e",
		"f", "g" };
	struct drift_detected drift = { .model_version =
					    "0123456789abcdef0123456789abcdef"
					    "0123456789abcdef0123456789abcdef",
		.features = names,
		.features_count = 1,
		.report = &report };
	struct inbox_list list;

	(void)state;
	database_or_skip();
	rig_hear(&rig, "drift.detected", "1.1.1", &drift_detected_message,
	    &drift);
	list = inbox_of("key:admin", ROLE_ADMIN, NULL);
	assert_int_equal(list.items_count, 1);
	assert_string_equal(list.items[0].title, "A feature has drifted");
	assert_string_equal(list.items[0].body,
	    "Model 0123456789ab sees other data than it learned from. New "
	    "since the check before: Share of days absent.");
	assert_string_equal(list.items[0].link,
	    "/api/v1/drift/reports/0199f3b0-2e55-7a60-94fd-b38d05c6e7f1");
	drift.features_count = ARRAY_SIZE(names);
	rig_hear(&rig, "drift.detected", "1.2.1", &drift_detected_message,
	    &drift);
	list = inbox_of("key:admin", ROLE_ADMIN, NULL);
	assert_string_equal(list.items[0].title, "7 features have drifted");
	assert_non_null(strstr(list.items[0].body,
	    "before: Share of days absent, Average of the latest scores, c, d, "
	    "e and 2 more."));
	/* A counselor is not told by the rules to begin with. */
	assert_int_equal(ana_has(), 0);
}

static void
while_mail_is_off_nothing_waits_to_go_out(void **state)
{
	bool again = true;
	struct err err = { 0 };

	(void)state;
	database_or_skip();
	rig.settings.smtp_url = "";
	hear_score("1.10.1", 20000, scored(1, LEVEL_HIGH, -1));
	assert_int_equal(ana_has(), 1);
	assert_int_equal(count_deliveries(), 0);
	assert_int_equal(count_tasks(), 0);
	assert_true(deliver_mails(&rig.w, &again, &err));
	assert_false(again);
}

static void
more_messages_than_one_statement_takes_are_all_told(void **state)
{
	enum { MANY_ITEMS = 500 };
	struct scored_enrollment items[MANY_ITEMS];

	(void)state;
	database_or_skip();
	for (size_t i = 0; i < MANY_ITEMS; i++)
		items[i] = scored((int64_t)i + 1, LEVEL_HIGH, -1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(rig_ask(&rig,
				     (struct asked){ .method = "POST",
					 .path = "/api/v1/recipients",
					 .body = "{\"name\":\"B\",\"role\":"
						 "\"admin\"}" }),
		    201);
	hear_scores("1.10.1", 20000, items, MANY_ITEMS);
	assert_int_equal(
	    rig_count(&rig, "messages", "SELECT count(*) FROM message"),
	    6 * MANY_ITEMS);
	assert_int_equal(count_tasks(), 1);
}

static void
old_messages_are_forgotten_with_their_deliveries(void **state)
{
	bool again;
	struct err err = { 0 };

	(void)state;
	database_or_skip();
	hear_score("1.10.1", 20000, scored(1, LEVEL_HIGH, -1));
	assert_true(forget_old_messages(&rig.w, &again, &err));
	assert_int_equal(ana_has(), 1);
	database_run(rig.owner,
	    "UPDATE message SET created_at = now() - interval '401 days'");
	assert_true(forget_old_messages(&rig.w, &again, &err));
	assert_int_equal(ana_has(), 0);
	assert_int_equal(count_deliveries(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

RUN_TESTS(TEST(an_event_is_told_once_however_often_it_is_heard),
    TEST(a_message_says_what_has_happened),
    TEST(the_same_category_again_within_the_quiet_days_is_not_told_again),
    TEST(a_student_outside_of_the_scope_is_not_told),
    TEST(an_inbox_shows_what_its_readers_key_may_see),
    TEST(a_message_is_read_once_by_its_own_reader),
    TEST(failures_are_told_and_nothing_else_of_jobs),
    TEST(drift_is_told_in_the_words_of_its_report),
    TEST(while_mail_is_off_nothing_waits_to_go_out),
    TEST(more_messages_than_one_statement_takes_are_all_told),
    TEST(old_messages_are_forgotten_with_their_deliveries))
