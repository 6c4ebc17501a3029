/*
 * as_none.h - gives every row that the reading at hand has not defined the
 * meaning "nothing".  Include it behind the reading's own definitions and
 * before the .def; as_end.h takes all of them back.
 */
#ifndef CHOICES
#define CHOICES(name, help)
#endif
#ifndef CHOICE_IS
#define CHOICE_IS(name, value, text)
#endif
#ifndef CHOICES_END
#define CHOICES_END(name)
#endif
#ifndef MESSAGE
#define MESSAGE(name, help)
#endif
#ifndef MESSAGE_END
#define MESSAGE_END(name)
#endif
#ifndef TEXT
#define TEXT(name, presence, least, most, privacy, help)
#endif
#ifndef INTEGER
#define INTEGER(name, presence, least, most, privacy, help)
#endif
#ifndef REAL
#define REAL(name, presence, least, most, privacy, help)
#endif
#ifndef FLAG
#define FLAG(name, presence, privacy, help)
#endif
#ifndef TIME
#define TIME(name, presence, privacy, help)
#endif
#ifndef DAY
#define DAY(name, presence, privacy, help)
#endif
#ifndef CHOICE
#define CHOICE(name, presence, choices, privacy, help)
#endif
#ifndef RAW
#define RAW(name, presence, most, privacy, help)
#endif
#ifndef BYTES
#define BYTES(name, presence, most, privacy, help)
#endif
#ifndef ONE
#define ONE(name, presence, message, privacy, help)
#endif
#ifndef MANY
#define MANY(name, presence, message, most, privacy, help)
#endif
#ifndef TEXTS
#define TEXTS(name, presence, most, privacy, help)
#endif
#ifndef REALS
#define REALS(name, presence, most, privacy, help)
#endif
#ifndef ROUTE
#define ROUTE(handler, method, path, roles, body, body_most, deadline, \
    request, reply, help)
#endif
#ifndef SAYS
#define SAYS(topic, data, help)
#endif
#ifndef HEARS
#define HEARS(publisher, topic, handler, help)
#endif
#ifndef SETTING_TEXT
#define SETTING_TEXT(name, fallback, privacy, help)
#endif
#ifndef SETTING_TEXT_OF
#define SETTING_TEXT_OF(name, variable, fallback, privacy, help)
#endif
#ifndef SETTING_INTEGER
#define SETTING_INTEGER(name, fallback, least, most, help)
#endif
#ifndef SETTING_REAL
#define SETTING_REAL(name, fallback, least, most, help)
#endif
#ifndef SETTING_FLAG
#define SETTING_FLAG(name, fallback, help)
#endif
#ifndef METRIC
#define METRIC(symbol, kind, name, label, labels, help)
#endif
