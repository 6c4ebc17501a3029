/*
 * as_setting_table.h - reads the SETTING rows of PROTO_DEF as the table that
 * as_settings.h has declared.  Included once a .def, in proto/<service>.c.
 * A row without a name ends it, so that a service may have none.
 */
#include <stddef.h>

#include "wire/setting.h"

#define AS_PASTE(left, right) left##right
#define AS_JOIN(left, right)  AS_PASTE(left, right)
#define AS_TEXT(text)	      #text
#define AS_NAME(name)	      AS_TEXT(name)
#define AS_ROW(name, kind, privacy, text, number, least, most, help) \
	{ #name, SETTING_KIND_##kind, privacy,                       \
		offsetof(struct AS_JOIN(PROTO_NAME, _settings), name), text, \
		number, least, most, help, NULL },

#define SETTING_TEXT(name, fallback, privacy, help) \
	AS_ROW(name, TEXT, privacy, fallback, 0, 0, 0, help)
#define SETTING_TEXT_OF(name, variable, fallback, privacy, help)      \
	{ #name, SETTING_KIND_TEXT, privacy,                          \
		offsetof(struct AS_JOIN(PROTO_NAME, _settings), name), \
		fallback, 0, 0, 0, help, variable },
#define SETTING_INTEGER(name, fallback, least, most, help) \
	AS_ROW(name, INTEGER, PUBLIC, NULL, fallback, least, most, help)
#define SETTING_REAL(name, fallback, least, most, help) \
	AS_ROW(name, REAL, PUBLIC, NULL, fallback, least, most, help)
#define SETTING_FLAG(name, fallback, help) \
	AS_ROW(name, FLAG, PUBLIC, NULL, fallback, 0, 1, help)

static const struct setting AS_JOIN(PROTO_NAME, _setting_rows)[] = {
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
	{ .name = NULL }
};
const struct setting_table AS_JOIN(PROTO_NAME, _settings_table) = {
	AS_NAME(PROTO_NAME), sizeof(struct AS_JOIN(PROTO_NAME, _settings)),
	AS_JOIN(PROTO_NAME, _setting_rows),
	sizeof(AS_JOIN(PROTO_NAME, _setting_rows)) / sizeof(struct setting) -
	    1 };

#undef AS_PASTE
#undef AS_JOIN
#undef AS_TEXT
#undef AS_NAME
#undef AS_ROW
#undef PROTO_NAME
#undef PROTO_DEF
