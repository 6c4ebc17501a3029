/* setting.c - read settings from file, environment and command line. */
#include "wire/setting.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct loading {
	const struct setting_sources *sources;
	const struct setting_set *sets;
	size_t count;
	struct arena *arena;
	struct err *err;
};

/* One row and the struct its value goes to. */
struct target {
	const struct setting *row;
	void *values;
};

static const char *const known_services[] = {
#define SERVICE(symbol, name) name,
#include "proto/services.def"
#undef SERVICE
};

/* A fault at `origin`: where the value came from. */
static bool
refuse(const struct loading *loading, const char *origin,
    const struct setting *row, const char *value)
{
	struct buf wanted = { 0 };
	bool is_shown = row->privacy == PUBLIC;

	setting_wanted(row, &wanted);
	err_at(loading->err, origin, "\"%.*s\" will not do, %s is wanted",
	    is_shown ? (int)utf8_cut(slice_of(value), 40) : 3,
	    is_shown ? value : "...", wanted.data);
	buf_close(&wanted);
	return false;
}

static bool
read_flag(const char *text, bool *flag)
{
	*flag = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
	return *flag || strcmp(text, "false") == 0 || strcmp(text, "no") == 0;
}

/* Digits of a decimal number and nothing else. */
static bool
read_number(const char *text, double *number)
{
	char *end;

	if (text[strspn(text, "+-.0123456789eE")] != '\0')
		return false;
	*number = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*number);
}

static void
store_number(const struct target *target, double number)
{
	char *at = (char *)target->values + target->row->offset;

	if (target->row->kind == SETTING_KIND_REAL)
		memcpy(at, &number, sizeof(number));
	else
		memcpy(at, &(int64_t){ (int64_t)number }, sizeof(int64_t));
}

static void
store_text(const struct target *target, const char *text)
{
	memcpy((char *)target->values + target->row->offset, &text,
	    sizeof(text));
}

static bool
store(const struct loading *loading, const struct target *target,
    const char *value, const char *origin)
{
	const struct setting *row = target->row;
	double number;
	bool flag;

	switch (row->kind) {
	case SETTING_KIND_TEXT:
		store_text(target, arena_copy(loading->arena, value));
		return true;
	case SETTING_KIND_FLAG:
		if (!read_flag(value, &flag))
			return refuse(loading, origin, row, value);
		*((bool *)target->values + row->offset) = flag;
		return true;
	case SETTING_KIND_INTEGER:
	case SETTING_KIND_REAL:
		break;
	}
	if (!read_number(value, &number) || number < row->least ||
	    number > row->most ||
	    (row->kind == SETTING_KIND_INTEGER && number != floor(number)))
		return refuse(loading, origin, row, value);
	store_number(target, number);
	return true;
}

static void
store_fallbacks(const struct loading *loading, const struct setting_set *set)
{
	memset(set->values, 0, set->table->size);
	memcpy(set->values, &loading->sources->service, sizeof(const char *));
	for (size_t i = 0; i < set->table->count; i++) {
		const struct setting *row = &set->table->rows[i];
		struct target target = { row, set->values };

		if (row->kind == SETTING_KIND_TEXT)
			store_text(&target, row->text);
		else if (row->kind == SETTING_KIND_FLAG)
			*((bool *)set->values + row->offset) = row->number != 0;
		else
			store_number(&target, row->number);
	}
}

/* The row of this name; `owner` NULL: in any table. */
static bool
find(const struct loading *loading, const char *name, const char *owner,
    struct target *target)
{
	for (size_t i = 0; i < loading->count; i++) {
		const struct setting_table *table = loading->sets[i].table;

		if (owner != NULL && strcmp(table->owner, owner) != 0)
			continue;
		for (size_t j = 0; j < table->count; j++)
			if (strcmp(table->rows[j].name, name) == 0) {
				*target = (struct target){ &table->rows[j],
					loading->sets[i].values };
				return true;
			}
	}
	return false;
}

/* Which lines are being stored. */
enum pass { PASS_COMMON, PASS_OWN };

static char *
trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	return text;
}

static bool
is_service(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_services); i++)
		if (strcmp(known_services[i], name) == 0)
			return true;
	return false;
}

static void
read_common(const struct loading *loading, const char *name, const char *value,
    const char *place)
{
	char *origin = arena_printf(loading->arena, "%s: %s", place, name);
	struct target target;

	if (find(loading, name, "common", &target))
		(void)store(loading, &target, value, origin);
	else if (find(loading, name, NULL, &target))
		err_at(loading->err, origin, "is one service's: write %s.%s",
		    loading->sources->service, name);
	else
		err_at(loading->err, origin,
		    "there is no such setting for "
		    "all services; one service's "
		    "is written service.name");
}

static void
read_own(const struct loading *loading, char *name, const char *value,
    const char *place)
{
	char *origin = arena_printf(loading->arena, "%s: %s", place, name);
	char *dot = strchr(name, '.');
	struct target target;

	*dot = '\0';
	if (strcmp(name, loading->sources->service) != 0) {
		if (!is_service(name))
			err_at(loading->err, origin, "there is no service %s",
			    name);
	} else if (!find(loading, dot + 1, NULL, &target)) {
		err_at(loading->err, origin, "there is no such setting");
	} else {
		(void)store(loading, &target, value, origin);
	}
}

static void
read_line(const struct loading *loading, char *line, const char *place,
    enum pass pass)
{
	char *text = trim(line);
	char *equals = strchr(text, '=');
	char *name;

	if (text[0] == '#' || text[0] == '\0')
		return;
	if (equals == NULL) {
		if (pass == PASS_COMMON)
			err_at(loading->err, place, "name = value is wanted");
		return;
	}
	*equals = '\0';
	name = trim(text);
	if (strchr(name, '.') == NULL) {
		if (pass == PASS_COMMON)
			read_common(loading, name, trim(equals + 1), place);
	} else if (pass == PASS_OWN) {
		read_own(loading, name, trim(equals + 1), place);
	}
}

static bool
read_file(const struct loading *loading, const char *path, enum pass pass)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, number = 0;

	if (file == NULL)
		return err_os(loading->err, "open settings %s", path);
	while (getline(&line, &room, file) != -1) {
		char *place =
		    arena_printf(loading->arena, "%s:%zu", path, ++number);

		read_line(loading, line, place, pass);
	}
	free(line);
	if (ferror(file) != 0) {
		(void)fclose(file);
		return err_os(loading->err, "read settings %s", path);
	}
	(void)fclose(file);
	return true;
}

static const char *
environment_value(const struct loading *loading, const char *name)
{
	char *const *entry = loading->sources->environment;
	size_t size = strlen(name);

	for (; entry != NULL && *entry != NULL; entry++)
		if (strncmp(*entry, name, size) == 0 && (*entry)[size] == '=')
			return *entry + size + 1;
	return NULL;
}

static void
take_variable(const struct loading *loading, const struct target *target)
{
	const char *name = target->row->variable;
	const char *value = environment_value(loading, name);

	if (value != NULL)
		(void)store(loading, target, value, name);
}

static void
read_environment(const struct loading *loading, const struct setting_set *set)
{
	for (size_t i = 0; i < set->table->count; i++) {
		struct target target = { &set->table->rows[i], set->values };
		char *name = arena_printf(loading->arena, "EDUPULSE_%s",
		    target.row->name);
		const char *value;

		for (char *c = name; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		if (target.row->variable != NULL)
			take_variable(loading, &target);
		value = environment_value(loading, name);
		if (value != NULL)
			(void)store(loading, &target, value, name);
	}
}

static void
read_argument(const struct loading *loading, const char *argument)
{
	const char *equals = strchr(argument, '=');
	char *name;
	struct target target;

	if (strncmp(argument, "--", 2) != 0 || equals == NULL ||
	    strncmp(argument, "--settings=", 11) == 0)
		return;
	name =
	    arena_text(loading->arena, argument, (size_t)(equals - argument));
	if (find(loading, name + 2, NULL, &target))
		(void)store(loading, &target, equals + 1, name);
	else
		err_at(loading->err, name, "there is no such setting");
}

static const char *
settings_path(const struct loading *loading)
{
	const struct setting_sources *sources = loading->sources;

	for (int i = 1; i < sources->argc; i++) {
		if (strncmp(sources->argv[i], "--settings=", 11) == 0)
			return sources->argv[i] + 11;
		if (strcmp(sources->argv[i], "--settings") == 0 &&
		    i + 1 < sources->argc)
			return sources->argv[i + 1];
	}
	return environment_value(loading, "EDUPULSE_SETTINGS");
}

bool
setting_load(const struct setting_sources *sources,
    const struct setting_set *sets, size_t count, struct arena *arena,
    struct err *err)
{
	struct loading loading = { sources, sets, count, arena, err };
	const char *path = settings_path(&loading);

	err_clear(err);
	for (size_t i = 0; i < count; i++)
		store_fallbacks(&loading, &sets[i]);
	if (path != NULL && path[0] != '\0' &&
	    (!read_file(&loading, path, PASS_COMMON) ||
		!read_file(&loading, path, PASS_OWN)))
		return false;
	for (size_t i = 0; i < count; i++)
		read_environment(&loading, &sets[i]);
	for (int i = 1; i < sources->argc; i++)
		read_argument(&loading, sources->argv[i]);
	return err->code == ERR_NONE;
}
