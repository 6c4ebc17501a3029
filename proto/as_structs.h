/*
 * as_structs.h - reads the rows of PROTO_DEF as enums, structs and the
 * declarations of their tables.
 *
 *	#define PROTO_DEF "proto/prediction.def"
 *	#include "proto/as_structs.h"
 *
 * A row of choices NAME gives `enum NAME { NAME_VALUE... }` in the case of
 * the rows: CHOICE_IS(risk_category, RISK_LOW, "low") gives RISK_LOW.
 * A message NAME gives `struct NAME` and `NAME_message`.
 */
#include "base/buf.h"
#include "wire/message.h"

#define CHOICES(name, help)	     enum name {
#define CHOICE_IS(name, value, text) value,
#define CHOICES_END(name)            \
	};                           \
	extern const struct choice name##_choice;

#define HAS_REQUIRED(name)
#define HAS_OPTIONAL(name) bool has_##name;

#define MESSAGE(name, help) struct name {
#define MESSAGE_END(name) \
	};                \
	extern const struct message name##_message;
#define TEXT(name, presence, least, most, privacy, help) const char *name;
#define INTEGER(name, presence, least, most, privacy, help) \
	int64_t name;                                       \
	HAS_##presence(name)
#define REAL(name, presence, least, most, privacy, help) \
	double name;                                     \
	HAS_##presence(name)
#define FLAG(name, presence, privacy, help) \
	bool name;                          \
	HAS_##presence(name)
#define TIME(name, presence, privacy, help) \
	int64_t name;                       \
	HAS_##presence(name)
#define DAY(name, presence, privacy, help) \
	int32_t name;                      \
	HAS_##presence(name)
#define CHOICE(name, presence, choices, privacy, help) \
	enum choices name;                             \
	HAS_##presence(name)
#define RAW(name, presence, most, privacy, help)   struct slice name;
#define BYTES(name, presence, most, privacy, help) struct slice name;
#define ONE(name, presence, item, privacy, help) struct item *name;
#define MANY(name, presence, item, most, privacy, help) \
	struct item *name;                                 \
	size_t name##_count;
#define TEXTS(name, presence, most, privacy, help) \
	const char **name;                         \
	size_t name##_count;
#define REALS(name, presence, most, privacy, help) \
	double *name;                              \
	size_t name##_count;

#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"

#undef HAS_REQUIRED
#undef HAS_OPTIONAL
#undef PROTO_DEF
