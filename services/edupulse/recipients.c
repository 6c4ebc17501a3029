/* recipients.c - `edupulse recipients`: who can be told. */
#include <stdio.h>
#include <string.h>

#include "proto/notification.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/tagged.h"
#include "services/edupulse/verbs.h"

static const char key_prefix[] = "key:";

static bool
list_recipients(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct table table = TABLE("id", "name", "role", "mail", "schools",
	    "sections", "inbox of", "state");
	struct recipient_list list;

	(void)word;
	(void)said;
	if (!client_ask(client, "GET", "recipients?limit=500", NULL, NULL,
		&recipient_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++) {
		const struct recipient *one = &list.items[i];

		table_cell(&table, "%s", one->recipient_id);
		table_cell(&table, "%s", one->name);
		table_cell(&table, "%s", role_choice.names[one->role]);
		table_cell(&table, "%s", one->email != NULL ? one->email : "-");
		table_names(&table, one->schools, one->schools_count);
		table_names(&table, one->sections, one->sections_count);
		table_cell(&table, "%s",
		    one->principal != NULL ? one->principal : "-");
		table_cell(&table, "%s", one->active ? "on" : "off");
	}
	table_print(&table);
	return true;
}

/* What the options of `recipients add` say; NULL: not given. */
struct wanted_recipient {
	const char *name, *role, *email, *key, *schools, *sections;
};

/* A key's id, with or without what stands before it in a principal. */
static const char *
principal_of(struct client *client, const char *key)
{
	if (key == NULL ||
	    strncmp(key, key_prefix, sizeof(key_prefix) - 1) == 0)
		return key;
	return arena_printf(&client->arena, "%s%s", key_prefix, key);
}

static bool
add_recipient(struct client *client, const char *word, const void *said,
    struct err *err)
{
	const struct wanted_recipient *wanted = said;
	struct recipient recipient = { .name = wanted->name,
		.email = wanted->email,
		.principal = principal_of(client, wanted->key) };
	struct recipient added;

	(void)word;
	if (wanted->name == NULL || wanted->role == NULL)
		return err_set(err, ERR_MALFORMED,
		    "recipients add wants --name and --role");
	if (!option_role(wanted->role,
		"admin, operator, educator, counselor or analyst",
		&recipient.role, err) ||
	    !option_names(client, wanted->schools, &recipient.schools,
		&recipient.schools_count, err) ||
	    !option_names(client, wanted->sections, &recipient.sections,
		&recipient.sections_count, err) ||
	    !client_ask(client, "POST", "recipients", &recipient_message,
		&recipient, &recipient_message, &added, err))
		return false;
	if (!client->is_json)
		printf("Added recipient %s\n", added.recipient_id);
	return true;
}

static bool
remove_recipient(struct client *client, const char *id, const void *said,
    struct err *err)
{
	struct tagged tagged;

	(void)said;
	if (!tagged_read(client, "recipients", id, NULL, NULL, &tagged, err) ||
	    !tagged_remove(client, &tagged, err))
		return false;
	if (!client->is_json)
		printf("Removed recipient %s\n", id);
	return true;
}

static bool
send_test(struct client *client, const char *id, const void *said,
    struct err *err)
{
	struct smtp_test question = { .recipient_id = id };
	struct smtp_test_answer answer;

	(void)said;
	if (!client_ask(client, "POST", "channels/smtp/test",
		&smtp_test_message, &question, &smtp_test_answer_message,
		&answer, err))
		return false;
	if (!client->is_json)
		printf("The mail was %s: %s\n",
		    answer.accepted ? "taken" : "not taken", answer.detail);
	return answer.accepted ||
	    err_set(err, ERR_CONFLICT, "the test mail did not go out");
}

static const struct verb verbs[] = {
	{ "", 0, 0, "", list_recipients },
	{ "add", 0, 0,
	    "add --name NAME --role ROLE [--email ADDRESS] [--key ID] "
	    "[--schools A,B] [--sections A,B]",
	    add_recipient },
	{ "remove", 1, 1, "remove ID", remove_recipient },
	{ "test", 1, 1, "test ID", send_test },
};

bool
run_recipients(struct client *client, struct words words, struct err *err)
{
	struct wanted_recipient wanted = { 0 };
	const struct option_row rows[] = {
		{ "name", &wanted.name, NULL },
		{ "role", &wanted.role, NULL },
		{ "email", &wanted.email, NULL },
		{ "key", &wanted.key, NULL },
		{ "schools", &wanted.schools, NULL },
		{ "sections", &wanted.sections, NULL },
	};
	const struct verb_table table = { "recipients", verbs,
		ARRAY_SIZE(verbs), rows, ARRAY_SIZE(rows), &wanted };

	return verbs_run(client, words, &table, err);
}
