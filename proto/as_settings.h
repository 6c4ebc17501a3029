/*
 * as_settings.h - reads the SETTING rows of PROTO_DEF as `struct
 * NAME_settings` and declares NAME_settings_table; NAME is PROTO_NAME.
 *
 *	#define PROTO_NAME prediction
 *	#define PROTO_DEF "proto/prediction.def"
 *	#include "proto/as_settings.h"
 *
 * The member `service` is the name of the service that loaded them.
 */
#include "wire/setting.h"

#define AS_PASTE(left, right) left##right
#define AS_JOIN(left, right)  AS_PASTE(left, right)

#define SETTING_TEXT(name, fallback, privacy, help) const char *name;
#define SETTING_TEXT_OF(name, variable, fallback, privacy, help) \
	const char *name;
#define SETTING_INTEGER(name, fallback, least, most, help) int64_t name;
#define SETTING_REAL(name, fallback, least, most, help) double name;
#define SETTING_FLAG(name, fallback, help) bool name;

struct AS_JOIN(PROTO_NAME, _settings) {
	const char *service;
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
};
extern const struct setting_table AS_JOIN(PROTO_NAME, _settings_table);

#undef AS_PASTE
#undef AS_JOIN
#undef PROTO_NAME
#undef PROTO_DEF
