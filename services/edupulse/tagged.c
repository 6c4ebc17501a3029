/* tagged.c - GET, then PUT or DELETE with If-Match. */
#include "services/edupulse/tagged.h"

#include <stdio.h>

#include "wire/json.h"

const char *
tagged_path(struct client *client, const char *folder, const char *id)
{
	struct buf path = { 0 };
	const char *text;

	buf_printf(&path, "%s/", folder);
	http_escape(&path, id);
	text = arena_copy(&client->arena, path.data);
	buf_close(&path);
	return text;
}

bool
tagged_read(struct client *client, const char *folder, const char *id,
    const struct message *message, void *value, struct tagged *tagged,
    struct err *err)
{
	struct buf answer = { 0 };
	bool done;

	tagged->path = tagged_path(client, folder, id);
	done = client_call(client, "GET", tagged->path, NULL, &answer, err) &&
	    (value == NULL ||
		json_decode(message, buf_slice(&answer), JSON_LENIENT,
		    &client->arena, value, err));
	tagged->etag = arena_copy(&client->arena, client->etag);
	buf_close(&answer);
	return done;
}

static bool
send(struct client *client, const char *method, const struct tagged *tagged,
    struct slice bytes, struct err *err)
{
	struct client_body body = { .content_type = "application/json",
		.bytes = bytes,
		.if_match = tagged->etag };
	struct buf answer = { 0 };
	bool done;

	if (bytes.size == 0)
		body.content_type = NULL;
	done = client_call(client, method, tagged->path, &body, &answer, err);
	if (done && client->is_json && answer.size > 0)
		printf("%s\n", answer.data);
	buf_close(&answer);
	return done;
}

bool
tagged_put(struct client *client, const struct tagged *tagged,
    const struct message *message, const void *value, struct err *err)
{
	struct buf json = { 0 };
	bool done;

	json_encode(message, value, &json);
	done = send(client, "PUT", tagged, buf_slice(&json), err);
	buf_close(&json);
	return done;
}

bool
tagged_remove(struct client *client, const struct tagged *tagged,
    struct err *err)
{
	return send(client, "DELETE", tagged, slice_of(""), err);
}

bool
tagged_do(struct client *client, const char *folder, const char *id,
    const char *verb, const struct message *message, void *value,
    struct err *err)
{
	const char *path = arena_printf(&client->arena, "%s/%s",
	    tagged_path(client, folder, id), verb);

	return client_ask(client, "POST", path, NULL, NULL, message, value,
	    err);
}
