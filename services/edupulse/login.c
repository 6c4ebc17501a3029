/* login.c - `edupulse login`: GET auth/me, then remember. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "proto/gateway.h"
#include "secure/digest.h"
#include "services/edupulse/commands.h"

enum { KEY_MOST = 256 };

static bool
take_key(struct client *client, const char *key, const char *key_file,
    struct err *err)
{
	struct buf text = { 0 };

	if (key_file != NULL) {
		if (!secret_read(key_file, KEY_MOST, &text, err))
			return false;
		key = text.data;
	}
	if (key != NULL) {
		free(client->key);
		client->key = mem_text(key);
	}
	buf_close(&text);
	return client->key != NULL ||
	    err_set(err, ERR_MALFORMED, "login wants --key or --key-file");
}

bool
run_login(struct client *client, struct words words, struct err *err)
{
	const char *url = NULL, *key = NULL, *key_file = NULL;
	const struct option_row rows[] = {
		{ "url", &url, NULL },
		{ "key", &key, NULL },
		{ "key-file", &key_file, NULL },
	};
	struct who who;
	size_t none;

	if (!options_read(words, rows, ARRAY_SIZE(rows), NULL, 0, &none, err) ||
	    !take_key(client, key, key_file, err))
		return false;
	if (url != NULL) {
		free(client->url);
		client->url = mem_text(url);
	}
	if (!client_ask(client, "GET", "auth/me", NULL, NULL, &who_message,
		&who, err) ||
	    !client_remember(client, err))
		return false;
	if (!client->is_json)
		printf("Logged in to %s as %s (%s), tenant %s\n", client->url,
		    role_choice.names[who.role], who.principal, who.tenant);
	return true;
}
