/* rules.c - `edupulse rules`: when something is told, and to whom. */
#include <stdio.h>
#include <string.h>

#include "proto/notification.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/tagged.h"
#include "services/edupulse/verbs.h"

static void
rule_row(struct table *table, const struct rule *rule)
{
	table_cell(table, "%s", rule->rule_id);
	table_cell(table, "%s", rule->name);
	table_cell(table, "%s", rule_kind_choice.names[rule->kind]);
	table_cell(table, "%s",
	    rule->has_category ? risk_level_choice.names[rule->category] : "-");
	if (rule->kind == RULE_RISK)
		table_cell(table, "%lld", (long long)rule->quiet_days);
	else
		table_cell(table, "-");
	if (rule->roles_count == 0 && rule->recipients_count == 0)
		table_cell(table, "all");
	else
		table_names(table, rule->roles, rule->roles_count);
	table_cell(table, "%zu", rule->recipients_count);
	table_cell(table, "%s", rule->active ? "on" : "off");
}

static bool
list_rules(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct table table = TABLE("id", "name", "about", "from", ">quiet days",
	    "roles", ">named", "state");
	struct rule_list list;

	(void)word;
	(void)said;
	if (!client_ask(client, "GET", "rules?limit=500", NULL, NULL,
		&rule_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++)
		rule_row(&table, &list.items[i]);
	table_print(&table);
	return true;
}

/* What the options of `rules add` say; NULL: not given. */
struct wanted_rule {
	const char *name, *kind, *category, *quiet_days;
	const char *courses, *schools, *sections, *recipients, *roles;
};

static bool
read_kind(const struct wanted_rule *wanted, struct rule *rule, struct err *err)
{
	int kind = choice_value(&rule_kind_choice, wanted->kind);

	if (kind < 0)
		return err_set(err, ERR_MALFORMED,
		    "%s is no kind of rule: docs/openapi.json names them",
		    wanted->kind);
	rule->kind = (enum rule_kind)kind;
	rule->has_category = wanted->category != NULL;
	rule->has_quiet_days = wanted->quiet_days != NULL;
	return option_category(wanted->category, &rule->category, err) &&
	    option_integer("quiet-days", wanted->quiet_days, 0, 366,
		&rule->quiet_days, err);
}

static bool
read_rule(struct client *client, const struct wanted_rule *wanted,
    struct rule *rule, struct err *err)
{
	*rule = (struct rule){ .name = wanted->name };
	if (wanted->name == NULL || wanted->kind == NULL)
		return err_set(err, ERR_MALFORMED,
		    "rules add wants --name and --kind");
	return read_kind(wanted, rule, err) &&
	    option_names(client, wanted->courses, &rule->courses,
		&rule->courses_count, err) &&
	    option_names(client, wanted->schools, &rule->schools,
		&rule->schools_count, err) &&
	    option_names(client, wanted->sections, &rule->sections,
		&rule->sections_count, err) &&
	    option_names(client, wanted->recipients, &rule->recipients,
		&rule->recipients_count, err) &&
	    option_names(client, wanted->roles, &rule->roles,
		&rule->roles_count, err);
}

static bool
add_rule(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct rule rule, added;

	(void)word;
	if (!read_rule(client, said, &rule, err) ||
	    !client_ask(client, "POST", "rules", &rule_message, &rule,
		&rule_message, &added, err))
		return false;
	if (!client->is_json)
		printf("Added rule %s\n", added.rule_id);
	return true;
}

static bool
switch_rule(struct client *client, const char *id, bool active, struct err *err)
{
	struct tagged tagged;
	struct rule rule;

	if (!tagged_read(client, "rules", id, &rule_message, &rule, &tagged,
		err))
		return false;
	rule.active = active;
	if (!tagged_put(client, &tagged, &rule_message, &rule, err))
		return false;
	if (!client->is_json)
		printf("%s is %s\n", rule.name, active ? "on" : "off");
	return true;
}

static bool
switch_on(struct client *client, const char *id, const void *said,
    struct err *err)
{
	(void)said;
	return switch_rule(client, id, true, err);
}

static bool
switch_off(struct client *client, const char *id, const void *said,
    struct err *err)
{
	(void)said;
	return switch_rule(client, id, false, err);
}

static bool
remove_rule(struct client *client, const char *id, const void *said,
    struct err *err)
{
	struct tagged tagged;

	(void)said;
	if (!tagged_read(client, "rules", id, NULL, NULL, &tagged, err) ||
	    !tagged_remove(client, &tagged, err))
		return false;
	if (!client->is_json)
		printf("Removed rule %s\n", id);
	return true;
}

static const struct verb verbs[] = {
	{ "", 0, 0, "", list_rules },
	{ "add", 0, 0,
	    "add --name NAME --kind KIND [--category C] [--quiet-days N] "
	    "[--courses A,B] [--schools A,B] [--sections A,B] [--roles R,S] "
	    "[--recipients ID,ID]",
	    add_rule },
	{ "on", 1, 1, "on ID", switch_on },
	{ "off", 1, 1, "off ID", switch_off },
	{ "remove", 1, 1, "remove ID", remove_rule },
};

bool
run_rules(struct client *client, struct words words, struct err *err)
{
	struct wanted_rule wanted = { 0 };
	const struct option_row rows[] = {
		{ "name", &wanted.name, NULL },
		{ "kind", &wanted.kind, NULL },
		{ "category", &wanted.category, NULL },
		{ "quiet-days", &wanted.quiet_days, NULL },
		{ "courses", &wanted.courses, NULL },
		{ "schools", &wanted.schools, NULL },
		{ "sections", &wanted.sections, NULL },
		{ "recipients", &wanted.recipients, NULL },
		{ "roles", &wanted.roles, NULL },
	};
	const struct verb_table table = { "rules", verbs, ARRAY_SIZE(verbs),
		rows, ARRAY_SIZE(rows), &wanted };

	return verbs_run(client, words, &table, err);
}
