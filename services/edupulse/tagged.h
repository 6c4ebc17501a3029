/*
 * tagged.h - resources that are changed on the base of their entity tag: read
 * one, send it back changed or have it removed.
 */
#ifndef EDUPULSE_TAGGED_H
#define EDUPULSE_TAGGED_H

#include "io/client.h"

struct tagged {
	const char *path; /* below /api/v1/; all in the client's arena */
	const char *etag;
};

/* `folder` is "rules" or such; `id` is escaped.  In the client's arena. */
const char *tagged_path(struct client *client, const char *folder,
    const char *id);

/* `value` may be NULL. */
MUST_CHECK bool tagged_read(struct client *client, const char *folder,
    const char *id, const struct message *message, void *value,
    struct tagged *tagged, struct err *err);

/* With --json the answer is printed. */
MUST_CHECK bool tagged_put(struct client *client, const struct tagged *tagged,
    const struct message *message, const void *value, struct err *err);
MUST_CHECK bool tagged_remove(struct client *client,
    const struct tagged *tagged, struct err *err);

/* POST folder/id/VERB without a body. */
MUST_CHECK bool tagged_do(struct client *client, const char *folder,
    const char *id, const char *verb, const struct message *message,
    void *value, struct err *err);

#endif
