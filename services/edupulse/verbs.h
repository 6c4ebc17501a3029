/*
 * verbs.h - the verbs of a command, a row each.
 *
 * A verb's usage is all that it takes: `promote VERSION --why TEXT [--as
 * ALIAS]` has --why and --as for its own, and any other option of the command
 * is refused by name, so that none is ever read over.
 */
#ifndef EDUPULSE_VERBS_H
#define EDUPULSE_VERBS_H

#include "services/edupulse/commands.h"

struct verb {
	const char *name; /* "": the command alone */
	/* How many plain words may stand behind the name. */
	size_t least, most; /* 0 or 1 */
	const char *usage;  /* as it is typed, options included */
	/* `word`: what stands behind the name, NULL: nothing; `said`: what the
	 * command's options filled. */
	bool (*run)(struct client *client, const char *word, const void *said,
	    struct err *err);
};

struct verb_table {
	const char *command;
	const struct verb *verbs;
	size_t verb_count;
	const struct option_row *options; /* of all verbs; none set yet */
	size_t option_count;
	const void *said;
};

/* Read the words and run their verb.  ERR_MALFORMED names what is wrong. */
MUST_CHECK bool verbs_run(struct client *client, struct words words,
    const struct verb_table *table, struct err *err);

#endif
