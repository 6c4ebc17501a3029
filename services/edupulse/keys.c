/* keys.c - `edupulse keys`: list, create, revoke. */
#include <stdio.h>
#include <string.h>

#include "proto/gateway.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"
#include "services/edupulse/tagged.h"
#include "services/edupulse/verbs.h"

static bool
list_keys(struct client *client, const char *word, const void *said,
    struct err *err)
{
	struct table table =
	    TABLE("id", "name", "role", "made", "ends", "revoked");
	struct key_list list;

	(void)word;
	(void)said;
	if (!client_ask(client, "GET", "api-keys", NULL, NULL,
		&key_list_message, &list, err))
		return false;
	if (client->is_json)
		return true;
	for (size_t i = 0; i < list.items_count; i++) {
		const struct api_key *key = &list.items[i];

		table_cell(&table, "%s", key->key_id);
		table_cell(&table, "%s", key->name);
		table_cell(&table, "%s", role_choice.names[key->role]);
		table_day(&table, true, key->created_at);
		table_day(&table, key->has_expires_at, key->expires_at);
		table_day(&table, key->has_revoked_at, key->revoked_at);
	}
	table_print(&table);
	return true;
}

/* What the options of `keys create` say; NULL: not given. */
struct wanted_key {
	const char *name, *role, *tenant;
	const char *schools, *sections; /* with commas between */
};

static bool
create_key(struct client *client, const char *word, const void *said,
    struct err *err)
{
	const struct wanted_key *wanted = said;
	struct key_question question = { .name = wanted->name,
		.tenant = wanted->tenant };
	struct api_key key;

	(void)word;
	if (wanted->name == NULL || wanted->role == NULL)
		return err_set(err, ERR_MALFORMED,
		    "keys create wants --name and --role");
	if (!option_role(wanted->role,
		"admin, operator, educator, counselor, analyst, student or "
		"service",
		&question.role, err) ||
	    !option_names(client, wanted->schools, &question.schools,
		&question.schools_count, err) ||
	    !option_names(client, wanted->sections, &question.sections,
		&question.sections_count, err) ||
	    !client_ask(client, "POST", "api-keys", &key_question_message,
		&question, &api_key_message, &key, err))
		return false;
	if (!client->is_json)
		printf("%s\nThis key is shown once: keep it now.  Its id is "
		       "%s.\n",
		    text_shown(&client->arena, key.key != NULL ? key.key : ""),
		    text_shown(&client->arena, key.key_id));
	return true;
}

static bool
revoke_key(struct client *client, const char *id, const void *said,
    struct err *err)
{
	struct buf answer = { 0 };
	bool done = client_call(client, "DELETE",
	    tagged_path(client, "api-keys", id), NULL, &answer, err);

	(void)said;
	if (done && !client->is_json)
		printf("Revoked %s\n", text_shown(&client->arena, id));
	buf_close(&answer);
	return done;
}

static const struct verb verbs[] = {
	{ "", 0, 0, "", list_keys },
	{ "create", 0, 0,
	    "create --name NAME --role ROLE [--schools A,B] [--sections A,B] "
	    "[--tenant TENANT]",
	    create_key },
	{ "revoke", 1, 1, "revoke ID", revoke_key },
};

bool
run_keys(struct client *client, struct words words, struct err *err)
{
	struct wanted_key wanted = { 0 };
	const struct option_row rows[] = {
		{ "name", &wanted.name, NULL },
		{ "role", &wanted.role, NULL },
		{ "tenant", &wanted.tenant, NULL },
		{ "schools", &wanted.schools, NULL },
		{ "sections", &wanted.sections, NULL },
	};
	const struct verb_table table = { "keys", verbs, ARRAY_SIZE(verbs),
		rows, ARRAY_SIZE(rows), &wanted };

	return verbs_run(client, words, &table, err);
}
