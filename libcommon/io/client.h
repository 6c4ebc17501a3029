/*
 * client.h - how programs outside of the platform talk to its gateway: the
 * command-line client and the simulator.
 *
 * One struct holds where and as whom; every call answers with a status and a
 * body, or has failed.  A problem of the gateway becomes `err`, its places
 * included, so that commands only see what went well.
 */
#ifndef IO_CLIENT_H
#define IO_CLIENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "io/http_ask.h"
#include "wire/message.h"

struct client {
	char *url;              /* owned: http://host:port, without a slash */
	char *key;              /* owned: the API key */
	bool is_json;           /* print for programs */
	struct http_line *line; /* owned: to the gateway */
	struct arena arena;     /* what was decoded; until the client closes */
	char etag[256];         /* of the last answer; "" when it had none */
	long status;            /* HTTP's of the last call; 0: no answer came */
};

/* Where and as whom, as far as the command line says; NULL: it does not.  The
 * key itself or a file that holds it, which its owner alone may read. */
struct client_account {
	const char *url;
	const char *key;
	const char *key_file;
};

/* What is not given comes from the environment, EDUPULSE_URL and EDUPULSE_KEY,
 * then from the file that `edupulse login` wrote. */
MUST_CHECK bool client_init(struct client *client,
    const struct client_account *given, struct err *err);
void client_close(struct client *client);
/* Go on with what is given, and with what was for the rest. */
MUST_CHECK bool client_take(struct client *client,
    const struct client_account *given, struct err *err);

/* The file that login writes: EDUPULSE_CONFIG, or below the user's
 * configuration folder.  In the client's arena. */
const char *client_file(struct client *client);
/* Write address and key to it, readable by its owner alone. */
MUST_CHECK bool client_remember(struct client *client, struct err *err);

struct client_body {
	const char *content_type;
	struct slice bytes;
	const char *file; /* instead of bytes: the path of a file to send */
	const char *if_match;
	/* Called while a file goes out, with bytes sent and in all; may be
	 * NULL. */
	void (*progress)(void *user, double sent, double total);
	void *user;
};

/* `path` is below /api/v1/ and already encoded; `body` NULL: none.  The
 * answer's bytes are added to `answer`. */
MUST_CHECK bool client_call(struct client *client, const char *method,
    const char *path, const struct client_body *body, struct buf *answer,
    struct err *err);

/* The same with a message each way; either may be NULL.  With --json the
 * answer is printed as it came and `*value` is filled as well. */
MUST_CHECK bool client_ask(struct client *client, const char *method,
    const char *path, const struct message *question, const void *asked,
    const struct message *message, void *value, struct err *err);

/* Exit status for an error: 3 not reachable, 4 not allowed, else 1. */
int client_exit_status(const struct err *err);

#endif
