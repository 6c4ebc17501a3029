/*
 * rules.c - rules: list, make, read, change, remove; and the ones that a
 * tenant begins with.
 */
#include <string.h>

#include "base/uuid.h"
#include "db/row.h"
#include "service/lists.h"
#include "services/notification/notification.h"
#include "services/notification/queries.h"
#include "services/notification/resource.h"

enum { QUIET_DAYS = 14 };

static const char *staff[] = { "admin", "counselor", "educator" };
static const char *operators[] = { "admin", "operator" };
static const char *readers[] = { "admin", "operator", "analyst" };

/* What a tenant begins with. */
static const struct rule first_rules[] = {
	{ .name = "A student reached the category high or critical",
	    .kind = RULE_RISK,
	    .category = LEVEL_HIGH,
	    .has_category = true,
	    .roles = staff,
	    .roles_count = ARRAY_SIZE(staff) },
	{ .name = "An import failed",
	    .kind = RULE_IMPORT,
	    .roles = operators,
	    .roles_count = ARRAY_SIZE(operators) },
	{ .name = "A training failed",
	    .kind = RULE_TRAINING,
	    .roles = operators,
	    .roles_count = ARRAY_SIZE(operators) },
	{ .name = "Features have drifted",
	    .kind = RULE_DRIFT,
	    .roles = readers,
	    .roles_count = ARRAY_SIZE(readers) },
};

/* The columns of rule_add and rule_change behind tenant, id and revision. */
#define RULE_COLUMNS(rule)                                                    \
	db_text((rule)->name), db_text(rule_kind_choice.names[(rule)->kind]), \
	    (rule)->has_category                                              \
	    ? db_text(risk_level_choice.names[(rule)->category])              \
	    : db_null(),                                                      \
	    db_integer(                                                       \
		(rule)->has_quiet_days ? (rule)->quiet_days : QUIET_DAYS),    \
	    db_texts((rule)->courses, (rule)->courses_count),                 \
	    db_texts((rule)->schools, (rule)->schools_count),                 \
	    db_texts((rule)->sections, (rule)->sections_count),               \
	    db_texts((rule)->recipients, (rule)->recipients_count),           \
	    db_texts((rule)->roles, (rule)->roles_count),                     \
	    db_flag(!(rule)->has_active || (rule)->active)

static bool
add_rule(struct worker *w, const char *tenant, const struct rule *rule,
    char id[UUID_TEXT_SIZE], struct err *err)
{
	uuid_make(id);
	return db_exec(w->db, &query_rule_add,
	    DB_ARGS(db_text(tenant), db_text(id), RULE_COLUMNS(rule)), NULL,
	    err);
}

static bool
start_tenant(struct worker *w, const char *tenant, struct err *err)
{
	char id[UUID_TEXT_SIZE];
	size_t is_new;

	if (!db_exec(w->db, &query_tenant_start, DB_ARGS(db_text(tenant)),
		&is_new, err))
		return false;
	for (size_t i = 0; is_new > 0 && i < ARRAY_SIZE(first_rules); i++)
		if (!add_rule(w, tenant, &first_rules[i], id, err))
			return false;
	return true;
}

bool
rules_active(struct worker *w, const char *tenant, struct arena *arena,
    struct rule **rules, size_t *count, struct err *err)
{
	void *rows;

	if (!start_tenant(w, tenant, err) ||
	    !db_read_many(w->db, &query_rules_read,
		DB_ARGS(db_text(tenant), db_null(), db_null(), db_flag(true),
		    db_integer(RULES_MOST)),
		&rule_message, arena, &rows, count, err))
		return false;
	*rules = rows;
	return true;
}

static bool
find_rule(struct worker *w, const char *tenant, const char *id,
    struct rule *rule, struct err *err)
{
	void *rows;
	size_t count;

	if (!resource_id("rule", id, err) ||
	    !db_read_many(w->db, &query_rules_read,
		DB_ARGS(db_text(tenant), db_text(id), db_null(), db_flag(false),
		    db_integer(1)),
		&rule_message, &w->arena, &rows, &count, err))
		return false;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no rule %s", id);
	*rule = *(struct rule *)rows;
	return true;
}

static bool
reply_rule(struct worker *w, struct call *call, int status, const char *id,
    struct err *err)
{
	struct rule rule;

	return find_rule(w, call->head->tenant, id, &rule, err) &&
	    resource_reply_revision(call, status, rule.revision, &rule_message,
		&rule);
}

/* What a rule about a kind has, and what it has not. */
static bool
check_kind(const struct rule *rule, struct err *err)
{
	bool is_of_students = rule->kind == RULE_RISK;

	if (is_of_students && !rule->has_category)
		return err_at(err, "category",
		    "a rule of kind risk says from which category up");
	if (!is_of_students &&
	    (rule->has_category || rule->has_quiet_days ||
		rule->courses_count > 0 || rule->schools_count > 0 ||
		rule->sections_count > 0))
		return err_at(err, "kind",
		    "category, quiet_days, courses, schools and sections are "
		    "for the kind risk");
	return true;
}

static bool
check_roles(const struct rule *rule, struct err *err)
{
	for (size_t i = 0; i < rule->roles_count; i++)
		if (choice_value(&role_choice, rule->roles[i]) < 0)
			return err_at(err, "roles", "%.40s is no role",
			    rule->roles[i]);
	return true;
}

static bool
check_recipients(struct worker *w, const char *tenant, const struct rule *rule,
    struct err *err)
{
	struct db_result result = { 0 };
	bool is_good;

	if (!db_query(w->db, &query_recipients_missing,
		DB_ARGS(db_text(tenant),
		    db_texts(rule->recipients, rule->recipients_count)),
		&result, err))
		return false;
	is_good = result.row_count == 0 ||
	    err_at(err, "recipients", "there is no recipient %.40s",
		db_get_text(&result, 0, 0, &w->arena));
	db_result_close(&result);
	return is_good;
}

static bool
read_rule(struct worker *w, struct call *call, struct rule *rule,
    struct err *err)
{
	return call_read(call, rule, err) && check_kind(rule, err) &&
	    check_roles(rule, err) &&
	    check_recipients(w, call->head->tenant, rule, err);
}

bool
list_rules(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct list_question question;
	struct rule_list list = { 0 };
	int64_t limit;
	void *rows;

	if (!call_read(call, &question, err) ||
	    !resource_cursor(question.cursor, err) ||
	    !start_tenant(w, tenant, err))
		return false;
	limit = question.has_limit ? question.limit : LIST_USUAL;
	if (!db_read_many(w->db, &query_rules_read,
		DB_ARGS(db_text(tenant), db_null(), db_text(question.cursor),
		    db_flag(false), db_integer(limit + 1)),
		&rule_message, call->arena, &rows, &list.items_count, err))
		return false;
	list.items = rows;
	if (list_cut(&list.items_count, limit))
		list.next = list.items[limit - 1].rule_id;
	return reply(call, 200, &rule_list_message, &list);
}

bool
create_rule(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	struct db_result result = { 0 };
	char id[UUID_TEXT_SIZE];
	struct rule rule;
	bool is_full;

	if (!read_rule(w, call, &rule, err) || !start_tenant(w, tenant, err) ||
	    !db_query(w->db, &query_rule_count, DB_ARGS(db_text(tenant)),
		&result, err))
		return false;
	is_full = db_get_integer(&result, 0, 0) >= RULES_MOST;
	db_result_close(&result);
	if (is_full)
		return err_set(err, ERR_CONFLICT,
		    "there are %d rules already, and no more than that",
		    RULES_MOST);
	if (!add_rule(w, tenant, &rule, id, err))
		return false;
	call->answer.location =
	    arena_printf(call->arena, "/api/v1/rules/%s", id);
	return reply_rule(w, call, 201, id, err);
}

bool
get_rule(struct worker *w, struct call *call, struct err *err)
{
	return reply_rule(w, call, 200, call_path(call, "rule_id"), err);
}

bool
put_rule(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	const char *id = call_path(call, "rule_id");
	struct rule rule, before;
	int64_t revision;
	size_t touched;

	return find_rule(w, tenant, id, &before, err) &&
	    resource_revision(call, &revision, err) &&
	    read_rule(w, call, &rule, err) &&
	    db_exec(w->db, &query_rule_change,
		DB_ARGS(db_text(tenant), db_text(id), db_integer(revision),
		    RULE_COLUMNS(&rule)),
		&touched, err) &&
	    resource_changed(touched, err) && reply_rule(w, call, 200, id, err);
}

bool
delete_rule(struct worker *w, struct call *call, struct err *err)
{
	const char *tenant = call->head->tenant;
	const char *id = call_path(call, "rule_id");
	struct rule rule;
	int64_t revision;
	size_t touched;

	return find_rule(w, tenant, id, &rule, err) &&
	    resource_revision(call, &revision, err) &&
	    db_exec(w->db, &query_rule_remove,
		DB_ARGS(db_text(tenant), db_text(id), db_integer(revision)),
		&touched, err) &&
	    resource_changed(touched, err) && reply_nothing(call, 204);
}
