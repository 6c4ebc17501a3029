/*
 * feature_rows.c - the names, places and words of proto/features.def in C.
 */
#include "ml/feature_rows.h"

#include <string.h>

#include "base/must.h"
#include "ml/network.h"

_Static_assert((int)FEATURE_COUNT == (int)NETWORK_INPUTS,
    "network.h has as many inputs as features.def has features");
_Static_assert((int)CONTEXT_COUNT == (int)NETWORK_CONTEXT,
    "network.h has as many context inputs as features.def");

enum { ACTIONABLE_NO, ACTIONABLE_YES };

static const struct feature_row rows[FEATURE_ROWS] = {
#define FEATURE(index, NAME, name, group, unit, actionable, label, help,       \
    advice)                                                                    \
	[index] = { name, GROUP_##group, unit, ACTIONABLE_##actionable, label, \
		help, advice },
#define CONTEXT(index, NAME, name, unit, label, help)                          \
	[FEATURE_COUNT + (index)] = { name, GROUP_CONTEXT, unit, false, label, \
		help, "" },
#include "proto/features.def"
#undef CONTEXT
#undef FEATURE
};

const struct feature_row *
feature_row(size_t index)
{
	must(index < FEATURE_ROWS);
	return &rows[index];
}

size_t
feature_index(const char *name)
{
	size_t i = 0;

	while (i < FEATURE_ROWS && strcmp(rows[i].name, name) != 0)
		i++;
	return i;
}

const char *
feature_group_name(enum feature_group group)
{
	static const char *const names[] = { "attendance", "grades",
		"discipline", "context" };

	must(group <= GROUP_CONTEXT);
	return names[group];
}
