/* options.c - options and plain words of a command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "services/edupulse/commands.h"

enum { NAMES_MOST = 100 };

static const struct option_row *
find_option(const struct option_row *rows, size_t count, const char *word)
{
	size_t size = strcspn(word, "=");

	for (size_t i = 0; i < count; i++)
		if (strlen(rows[i].name) == size &&
		    memcmp(rows[i].name, word, size) == 0)
			return &rows[i];
	return NULL;
}

/* The option at `words->texts[at]`; moves `at` to its last word. */
static bool
read_option(struct words words, const struct option_row *row, int *at,
    struct err *err)
{
	const char *equals = strchr(words.texts[*at], '=');

	if (row->flag != NULL) {
		*row->flag = true;
		return equals == NULL ||
		    err_set(err, ERR_MALFORMED, "--%s takes no value",
			row->name);
	}
	if (equals != NULL) {
		*row->value = equals + 1;
		return true;
	}
	if (*at + 1 >= words.count)
		return err_set(err, ERR_MALFORMED, "--%s wants a value",
		    row->name);
	*row->value = words.texts[++*at];
	return true;
}

bool
options_read(struct words words, const struct option_row *rows,
    size_t row_count, const char **plain, size_t plain_most,
    size_t *plain_count, struct err *err)
{
	*plain_count = 0;
	for (int i = 0; i < words.count; i++) {
		const char *word = words.texts[i];
		const struct option_row *row;

		if (strncmp(word, "--", 2) != 0) {
			if (*plain_count == plain_most)
				return err_set(err, ERR_MALFORMED,
				    "%s: one word too many", word);
			plain[(*plain_count)++] = word;
			continue;
		}
		row = find_option(rows, row_count, word + 2);
		if (row == NULL)
			return err_set(err, ERR_MALFORMED,
			    "%s is no option of this command", word);
		if (!read_option(words, row, &i, err))
			return false;
	}
	return true;
}

bool
option_integer(const char *name, const char *text, int64_t least, int64_t most,
    int64_t *number, struct err *err)
{
	long long value;
	char *end;

	if (text == NULL)
		return true;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (*text == '\0' || *end != '\0' || errno != 0 || value < least ||
	    value > most)
		return err_set(err, ERR_MALFORMED,
		    "--%s is a whole number from %lld to %lld, not %s", name,
		    (long long)least, (long long)most, text);
	*number = value;
	return true;
}

bool
option_names(struct client *client, const char *text, const char ***names,
    size_t *count, struct err *err)
{
	char *copy, *name;

	*count = 0;
	if (text == NULL)
		return true;
	copy = arena_copy(&client->arena, text);
	*names = arena_array(&client->arena, NAMES_MOST, sizeof(char *));
	while ((name = strsep(&copy, ",")) != NULL) {
		if (name[0] == '\0' || *count == NAMES_MOST)
			return err_set(err, ERR_MALFORMED,
			    "%s is no list of 1 to %d names parted by commas",
			    text, NAMES_MOST);
		(*names)[(*count)++] = name;
	}
	return true;
}

bool
option_role(const char *text, const char *taken, enum role *role,
    struct err *err)
{
	int value = choice_value(&role_choice, text);

	if (value < 0)
		return err_set(err, ERR_MALFORMED, "%s is no role: %s", text,
		    taken);
	*role = (enum role)value;
	return true;
}

bool
option_day(const char *name, const char *text, int32_t *day, struct err *err)
{
	return text == NULL || day_parse(text, day) ||
	    err_set(err, ERR_MALFORMED, "--%s is a day like 2026-01-31, not %s",
		name, text);
}

bool
option_category(const char *text, enum risk_level *category, struct err *err)
{
	int value;

	if (text == NULL)
		return true;
	value = choice_value(&risk_level_choice, text);
	if (value < 0)
		return err_set(err, ERR_MALFORMED,
		    "%s is no category: low, medium, high or critical", text);
	*category = (enum risk_level)value;
	return true;
}
