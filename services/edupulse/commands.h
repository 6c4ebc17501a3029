/*
 * commands.h - the words that `edupulse` knows; one file each.
 *
 * A command gets what stood behind its name.  It reads its options with
 * options_read(), asks the gateway, prints a table or, with --json, the
 * gateway's own answer.
 */
#ifndef EDUPULSE_COMMANDS_H
#define EDUPULSE_COMMANDS_H

#include "io/client.h"
#include "proto/common.h"
#include "proto/prediction.h"

struct words {
	int count;
	char **texts; /* borrowed: argv */
};

bool run_login(struct client *client, struct words words, struct err *err);
bool run_import(struct client *client, struct words words, struct err *err);
bool run_predict(struct client *client, struct words words, struct err *err);
bool run_risk(struct client *client, struct words words, struct err *err);
bool run_train(struct client *client, struct words words, struct err *err);
bool run_models(struct client *client, struct words words, struct err *err);
bool run_experiments(struct client *client, struct words words,
    struct err *err);
bool run_drift(struct client *client, struct words words, struct err *err);
bool run_keys(struct client *client, struct words words, struct err *err);
bool run_inbox(struct client *client, struct words words, struct err *err);
bool run_recipients(struct client *client, struct words words, struct err *err);
bool run_rules(struct client *client, struct words words, struct err *err);
bool run_status(struct client *client, struct words words, struct err *err);

/* An option `--name VALUE`, or `--name` alone when `flag` is set. */
struct option_row {
	const char *name;
	const char **value; /* filled with a borrowed text */
	bool *flag;
};

/* Take the options out; what is left are the plain words, at most
 * `plain_most` of them.  ERR_MALFORMED says what is wrong: exit status 2. */
MUST_CHECK bool options_read(struct words words, const struct option_row *rows,
    size_t row_count, const char **plain, size_t plain_most,
    size_t *plain_count, struct err *err);

/* A number given as an option; `text` NULL leaves `*number` as it is. */
MUST_CHECK bool option_integer(const char *name, const char *text,
    int64_t least, int64_t most, int64_t *number, struct err *err);

/* A day given as an option; `text` NULL leaves `*day` as it is. */
MUST_CHECK bool option_day(const char *name, const char *text, int32_t *day,
    struct err *err);

/* A category of risk given as an option; `text` NULL leaves it as it is. */
MUST_CHECK bool option_category(const char *text, enum risk_level *category,
    struct err *err);

/* A role given as an option; `taken` names those that may be, for the error. */
MUST_CHECK bool option_role(const char *text, const char *taken,
    enum role *role, struct err *err);

/* "a,b,c" as an array in the client's arena; `text` NULL: none. */
MUST_CHECK bool option_names(struct client *client, const char *text,
    const char ***names, size_t *count, struct err *err);

#endif
