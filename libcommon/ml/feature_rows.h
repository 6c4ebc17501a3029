/*
 * feature_rows.h - the names, places and words of proto/features.def in C.
 */
#ifndef ML_FEATURE_ROWS_H
#define ML_FEATURE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum feature {
#define FEATURE(index, NAME, ...) FEATURE_##NAME = (index),
#define CONTEXT(...)
#include "proto/features.def"
#undef CONTEXT
#undef FEATURE
	FEATURE_COUNT
};

enum feature_context {
#define FEATURE(...)
#define CONTEXT(index, NAME, ...) CONTEXT_##NAME = (index),
#include "proto/features.def"
#undef CONTEXT
#undef FEATURE
	CONTEXT_COUNT
};

/* Rows 0 to 41 are the features, 42 to 45 the context inputs. */
enum { FEATURE_ROWS = FEATURE_COUNT + CONTEXT_COUNT };

enum feature_group {
	GROUP_ATTENDANCE, /* features 0-13 */
	GROUP_GRADES,     /* 14-28 */
	GROUP_DISCIPLINE, /* 29-41 */
	GROUP_CONTEXT
};

/* One row of proto/features.def. */
struct feature_row {
	const char *name; /* attendance_rate */
	enum feature_group group;
	const char *unit;
	bool is_actionable;
	const char *label;
	const char *help;
	const char *advice; /* "" in GROUP_CONTEXT */
};

/* `index` is below FEATURE_ROWS. */
const struct feature_row *feature_row(size_t index);
/* The index of the row with this name; FEATURE_ROWS when there is none. */
size_t feature_index(const char *name);
const char *feature_group_name(enum feature_group group); /* attendance */

#endif
