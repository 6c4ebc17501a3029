/*
 * rules_test.c - rules and recipients over a real database: what a tenant
 * begins with, what is refused, entity tags, other tenants.
 */
#include "tests/unit/notification/rig.h"

static struct rig rig;

static int
open_rig(void **state)
{
	(void)state;
	if (getenv("EDUPULSE_TEST_DATABASE") != NULL)
		rig_open(&rig);
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

static int
get(const char *path)
{
	return rig_ask(&rig, (struct asked){ .method = "GET", .path = path });
}

static int
post(const char *path, const char *body)
{
	return rig_ask(&rig,
	    (struct asked){ .method = "POST", .path = path, .body = body });
}

static int
change(const char *method, const char *path, const char *body,
    const char *if_match)
{
	return rig_ask(&rig,
	    (struct asked){ .method = method,
		.path = path,
		.body = body,
		.if_match = if_match });
}

/* The path of what was created last; until rig_close. */
static const char *
location(void)
{
	return arena_copy(&rig.w.arena, rig.head.location);
}

static size_t
count_rules(const char *tenant)
{
	struct rule_list list;

	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = "/api/v1/rules",
				 .tenant = tenant }),
	    200);
	rig_read(&rig, &rule_list_message, &list);
	return list.items_count;
}

static void
a_tenant_begins_with_rules_and_may_remove_them(void **state)
{
	struct rule_list list;
	size_t first;

	(void)state;
	database_or_skip();
	first = count_rules("fresh");
	assert_int_equal(first, rule_kind_choice.count);
	assert_int_equal(count_rules("fresh"), first);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = "/api/v1/rules",
				 .tenant = "fresh" }),
	    200);
	rig_read(&rig, &rule_list_message, &list);
	for (size_t i = 0; i < list.items_count; i++) {
		if (list.items[i].kind == RULE_RISK) {
			assert_int_equal(list.items[i].category, LEVEL_HIGH);
			assert_int_equal(list.items[i].quiet_days, 14);
		}
		assert_int_equal(
		    rig_ask(&rig,
			(struct asked){ .method = "DELETE",
			    .path = arena_printf(&rig.w.arena,
				"/api/v1/rules/%s", list.items[i].rule_id),
			    .if_match = "\"1\"",
			    .tenant = "fresh" }),
		    204);
	}
	assert_int_equal(count_rules("fresh"), 0);
}

static void
a_rule_is_made_read_changed_and_removed(void **state)
{
	static const char body[] =
	    "{\"name\":\"North\",\"kind\":\"risk\",\"category\":\"critical\","
	    "\"quiet_days\":0,\"schools\":[\"north\"],\"roles\":[\"admin\"]}";
	static const char other[] = "{\"name\":\"Imports\",\"kind\":\"import\","
				    "\"active\":false}";
	const char *path;
	struct rule rule;

	(void)state;
	database_or_skip();
	assert_int_equal(post("/api/v1/rules", body), 201);
	assert_string_equal(rig.head.etag, "\"1\"");
	path = location();
	assert_int_equal(get(path), 200);
	rig_read(&rig, &rule_message, &rule);
	assert_int_equal(rule.quiet_days, 0);
	assert_string_equal(rule.schools[0], "north");
	assert_true(rule.active);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = path,
				 .if_none_match = "\"1\"" }),
	    304);
	assert_int_equal(change("PUT", path, other, NULL), 428);
	assert_int_equal(change("PUT", path, other, "\"2\""), 412);
	assert_int_equal(change("PUT", path, other, "\"one\""), 412);
	assert_int_equal(change("PUT", path, other, "\"1\""), 200);
	assert_string_equal(rig.head.etag, "\"2\"");
	rig_read(&rig, &rule_message, &rule);
	assert_int_equal(rule.kind, RULE_IMPORT);
	assert_int_equal(rule.schools_count, 0);
	assert_false(rule.active);
	/* What was read can be sent back. */
	assert_int_equal(change("PUT", path,
			     arena_copy(&rig.w.arena, rig.body.data), "\"2\""),
	    200);
	assert_int_equal(change("DELETE", path, NULL, "\"2\""), 412);
	assert_int_equal(change("DELETE", path, NULL, NULL), 428);
	assert_int_equal(change("DELETE", path, NULL, "\"3\""), 204);
	assert_int_equal(get(path), 404);
	assert_int_equal(change("PUT", path, other, "\"2\""), 404);
}

static void
a_rule_that_makes_no_sense_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"name\":\"x\",\"kind\":\"risk\"}",
		"{\"name\":\"x\",\"kind\":\"import\",\"category\":\"high\"}",
		"{\"name\":\"x\",\"kind\":\"training\",\"quiet_days\":3}",
		"{\"name\":\"x\",\"kind\":\"import\",\"schools\":[\"a\"]}",
		"{\"name\":\"x\",\"kind\":\"import\",\"roles\":[\"king\"]}",
		"{\"name\":\"x\",\"kind\":\"import\",\"recipients\":[\"me\"]}",
		"{\"name\":\"\",\"kind\":\"import\"}",
		"{\"kind\":\"import\"}",
		"{\"name\":\"x\",\"kind\":\"party\"}",
	};

	(void)state;
	database_or_skip();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		if (post("/api/v1/rules", bodies[i]) != 422)
			fail_msg("%s", bodies[i]);
	assert_int_equal(get("/api/v1/rules/nothing"), 404);
	assert_int_equal(get("/api/v1/rules?cursor=x"), 422);
}

static void
a_recipient_is_added_read_changed_and_removed(void **state)
{
	static const char body[] =
	    "{\"name\":\"Ana\",\"email\":\"ana@north.example\","
	    "\"role\":\"counselor\",\"schools\":[\"north\"],"
	    "\"principal\":\"key:ana\"}";
	static const char other[] =
	    "{\"name\":\"Ana\",\"role\":\"admin\",\"principal\":\"key:ana\"}";
	struct recipient recipient;
	const char *path;

	(void)state;
	database_or_skip();
	assert_int_equal(post("/api/v1/recipients", body), 201);
	path = location();
	assert_int_equal(post("/api/v1/recipients", body), 409);
	assert_int_equal(change("PUT", path, other, NULL), 428);
	assert_int_equal(change("PUT", path, other, "\"1\""), 200);
	rig_read(&rig, &recipient_message, &recipient);
	assert_null(recipient.email);
	assert_int_equal(recipient.role, ROLE_ADMIN);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "GET",
				 .path = path,
				 .tenant = "south" }),
	    404);
	assert_int_equal(rig_ask(&rig,
			     (struct asked){ .method = "DELETE",
				 .path = path,
				 .tenant = "south",
				 .if_match = "\"2\"" }),
	    404);
	assert_int_equal(change("DELETE", path, NULL, "\"2\""), 204);
	assert_int_equal(get(path), 404);
}

static void
a_recipient_that_cannot_be_reached_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"name\":\"Ana\",\"role\":\"student\"}",
		"{\"name\":\"Ana\",\"role\":\"service\"}",
		"{\"name\":\"Ana\",\"role\":\"internal\"}",
		"{\"name\":\"Ana\\r\\nBcc: x\",\"role\":\"admin\"}",
		"{\"name\":\"Ana\",\"role\":\"admin\",\"email\":\"ana\"}",
		"{\"name\":\"Ana\",\"role\":\"admin\","
		"\"email\":\"ana@b\\r\\nRCPT TO:<x@y>\"}",
		"{\"name\":\"Ana\",\"role\":\"admin\",\"schools\":[]}",
		"{\"name\":\"Ana\",\"role\":\"admin\",\"principal\":\"me\"}",
	};

	(void)state;
	database_or_skip();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		if (post("/api/v1/recipients", bodies[i]) != 422)
			fail_msg("%s", bodies[i]);
}

static void
lists_go_on_behind_their_cursor(void **state)
{
	struct recipient_list list;
	const char *first;

	(void)state;
	database_or_skip();
	for (int i = 0; i < 3; i++)
		assert_int_equal(post("/api/v1/recipients",
				     "{\"name\":\"Bo\",\"role\":\"analyst\"}"),
		    201);
	assert_int_equal(get("/api/v1/recipients?limit=2"), 200);
	rig_read(&rig, &recipient_list_message, &list);
	assert_int_equal(list.items_count, 2);
	assert_string_equal(list.next, list.items[1].recipient_id);
	first = list.items[0].recipient_id;
	assert_int_equal(
	    get(arena_printf(&rig.w.arena,
		"/api/v1/recipients?limit=2&cursor=%s", list.next)),
	    200);
	rig_read(&rig, &recipient_list_message, &list);
	assert_int_equal(list.items_count, 1);
	assert_null(list.next);
	assert_true(strcmp(list.items[0].recipient_id, first) > 0);
}

static void
without_a_server_no_mail_can_be_tried(void **state)
{
	struct recipient recipient;

	(void)state;
	database_or_skip();
	assert_int_equal(post("/api/v1/recipients",
			     "{\"name\":\"Cy\",\"role\":\"admin\","
			     "\"email\":\"cy@north.example\"}"),
	    201);
	rig_read(&rig, &recipient_message, &recipient);
	assert_int_equal(
	    post("/api/v1/channels/smtp/test",
		arena_printf(&rig.w.arena, "{\"recipient_id\":\"%s\"}",
		    recipient.recipient_id)),
	    409);
	assert_non_null(strstr(rig.err.detail, "smtp_url"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_tenant_begins_with_rules_and_may_remove_them),
		cmocka_unit_test(a_rule_is_made_read_changed_and_removed),
		cmocka_unit_test(a_rule_that_makes_no_sense_is_refused),
		cmocka_unit_test(a_recipient_is_added_read_changed_and_removed),
		cmocka_unit_test(a_recipient_that_cannot_be_reached_is_refused),
		cmocka_unit_test(lists_go_on_behind_their_cursor),
		cmocka_unit_test(without_a_server_no_mail_can_be_tried),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
