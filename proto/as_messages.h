/*
 * as_messages.h - reads the rows of PROTO_DEF as the tables that
 * as_structs.h has declared: names of choices, fields of messages.
 * Included once a .def, in proto/<service>.c.
 *
 * A message's rows stand in a function, because only there can the struct
 * they belong to have a name that is the same for all of them: `owner`.
 */
#include <stddef.h>

#include "wire/message.h"

#define AS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define CHOICES(name, help)	     static const char *const name##_names[] = {
#define CHOICE_IS(name, value, text) [value] = text,
#define CHOICES_END(name)                                  \
	};                                                 \
	const struct choice name##_choice = { name##_names, \
		AS_COUNT(name##_names) };

#define HAS_REQUIRED(name) 0
#define HAS_OPTIONAL(name) offsetof(owner, has_##name)

#define AS_FIELD(type, name, presence, has, count, privacy, least, most, \
    choice_table, message_table, help)                                   \
	{ #name, FIELD_##type, presence, privacy, offsetof(owner, name), \
		has, count, least, most, choice_table, message_table, help },
#define AS_PLAIN(type, name, presence, least, most, privacy, help) \
	AS_FIELD(type, name, presence, 0, 0, privacy, least, most, NULL, NULL, \
	    help)
#define AS_VALUE(type, name, presence, least, most, choices, privacy, help) \
	AS_FIELD(type, name, presence, HAS_##presence(name), 0, privacy,    \
	    least, most, choices, NULL, help)
#define AS_LIST(type, name, presence, most, items, privacy, help)      \
	AS_FIELD(type, name, presence, 0, offsetof(owner, name##_count), \
	    privacy, 0, most, NULL, items, help)

#define MESSAGE(name, help)                              \
	static const char name##_help[] = help;          \
	static struct fields name##_fields(void)         \
	{                                                \
		typedef struct name owner;               \
		static const struct field rows[] = {
#define MESSAGE_END(name)                                               \
		};                                                      \
		return (struct fields) { rows, AS_COUNT(rows) };        \
	}                                                               \
	const struct message name##_message = { #name, name##_help,     \
		sizeof(struct name), name##_fields };

#define TEXT(name, presence, least, most, privacy, help) \
	AS_PLAIN(TEXT, name, presence, least, most, privacy, help)
#define INTEGER(name, presence, least, most, privacy, help) \
	AS_VALUE(INTEGER, name, presence, least, most, NULL, privacy, help)
#define REAL(name, presence, least, most, privacy, help) \
	AS_VALUE(REAL, name, presence, least, most, NULL, privacy, help)
#define FLAG(name, presence, privacy, help) \
	AS_VALUE(FLAG, name, presence, 0, 1, NULL, privacy, help)
#define TIME(name, presence, privacy, help) \
	AS_VALUE(TIME, name, presence, 0, 0, NULL, privacy, help)
#define DAY(name, presence, privacy, help) \
	AS_VALUE(DAY, name, presence, 0, 0, NULL, privacy, help)
#define CHOICE(name, presence, choices, privacy, help)                      \
	AS_VALUE(CHOICE, name, presence, 0, 0, &choices##_choice, privacy, \
	    help)
#define RAW(name, presence, most, privacy, help) \
	AS_PLAIN(RAW, name, presence, 0, most, privacy, help)
#define BYTES(name, presence, most, privacy, help) \
	AS_PLAIN(BYTES, name, presence, 0, most, privacy, help)
#define ONE(name, presence, item, privacy, help)                          \
	AS_FIELD(ONE, name, presence, 0, 0, privacy, 0, 0, NULL,          \
	    &item##_message, help)
#define MANY(name, presence, item, most, privacy, help) \
	AS_LIST(MANY, name, presence, most, &item##_message, privacy, help)
#define TEXTS(name, presence, most, privacy, help) \
	AS_LIST(TEXTS, name, presence, most, NULL, privacy, help)
#define REALS(name, presence, most, privacy, help) \
	AS_LIST(REALS, name, presence, most, NULL, privacy, help)

#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"

#undef HAS_REQUIRED
#undef HAS_OPTIONAL
#undef AS_COUNT
#undef AS_FIELD
#undef AS_PLAIN
#undef AS_VALUE
#undef AS_LIST
#undef PROTO_DEF
