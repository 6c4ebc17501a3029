/* login.c - `edupulse login`: GET auth/me, then remember. */
#include <stdio.h>

#include "proto/gateway.h"
#include "services/edupulse/commands.h"
#include "services/edupulse/screen.h"

bool
run_login(struct client *client, struct words words, struct err *err)
{
	struct client_account given = { 0 };
	const struct option_row rows[] = {
		{ "url", &given.url, NULL },
		{ "key", &given.key, NULL },
		{ "key-file", &given.key_file, NULL },
	};
	struct who who;
	size_t none;

	if (!options_read(words, rows, ARRAY_SIZE(rows), NULL, 0, &none, err) ||
	    !client_take(client, &given, err))
		return false;
	if (!client_ask(client, "GET", "auth/me", NULL, NULL, &who_message,
		&who, err) ||
	    !client_remember(client, err))
		return false;
	if (!client->is_json)
		printf("Logged in to %s as %s (%s), tenant %s\n", client->url,
		    role_choice.names[who.role],
		    text_shown(&client->arena, who.principal),
		    text_shown(&client->arena, who.tenant));
	return true;
}
