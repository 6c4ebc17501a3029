/* verbs.c - find the verb, refuse what is not its own, run it. */
#include "services/edupulse/verbs.h"

#include <ctype.h>
#include <string.h>

static const struct verb *
find_verb(const struct verb_table *table, const char *name)
{
	for (size_t i = 0; i < table->verb_count; i++)
		if (strcmp(table->verbs[i].name, name) == 0)
			return &table->verbs[i];
	return NULL;
}

/* "models has no verb x: report, approve or models alone". */
static bool
refuse_verb(const struct verb_table *table, const char *name, struct err *err)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < table->verb_count; i++)
		if (table->verbs[i].name[0] != '\0')
			buf_printf(&names, "%s%s", names.size > 0 ? ", " : "",
			    table->verbs[i].name);
	err_set(err, ERR_MALFORMED,
	    "%s has no verb %.40s, only %s: edupulse %s --help", table->command,
	    name, names.data, table->command);
	buf_close(&names);
	return false;
}

/* Does --name stand in the usage, as a whole word? */
static bool
is_own(const struct verb *verb, const char *name)
{
	size_t size = strlen(name);
	const char *at = verb->usage;

	while ((at = strstr(at, "--")) != NULL) {
		at += 2;
		if (strncmp(at, name, size) == 0 && at[size] != '-' &&
		    !isalpha((unsigned char)at[size]))
			return true;
	}
	return false;
}

static bool
check_options(const struct verb_table *table, const struct verb *verb,
    struct err *err)
{
	const char *gap = verb->name[0] != '\0' ? " " : "";
	struct buf foreign = { 0 };

	for (size_t i = 0; i < table->option_count; i++) {
		const struct option_row *row = &table->options[i];
		bool is_set =
		    row->flag != NULL ? *row->flag : *row->value != NULL;

		if (is_set && !is_own(verb, row->name))
			buf_printf(&foreign, "%s--%s",
			    foreign.size > 0 ? ", " : "", row->name);
	}
	if (foreign.size > 0)
		err_set(err, ERR_MALFORMED, "%s%s%s takes no %s: %s%s%s",
		    table->command, gap, verb->name, foreign.data,
		    table->command, verb->usage[0] != '\0' ? " " : "",
		    verb->usage);
	buf_close(&foreign);
	return err->code == ERR_NONE;
}

bool
verbs_run(struct client *client, struct words words,
    const struct verb_table *table, struct err *err)
{
	const char *plain[2] = { "", NULL };
	const struct verb *verb;
	size_t count, behind;

	if (!options_read(words, table->options, table->option_count, plain, 2,
		&count, err))
		return false;
	verb = find_verb(table, plain[0]);
	if (verb == NULL)
		return refuse_verb(table, plain[0], err);
	behind = count > 0 ? count - 1 : 0;
	if (behind < verb->least || behind > verb->most)
		return err_set(err, ERR_MALFORMED, "%s is said so: %s %s",
		    verb->name, table->command, verb->usage);
	return check_options(table, verb, err) &&
	    verb->run(client, plain[1], table->said, err);
}
