/* err.c - fill, extend and look up errors. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { WORD_MOST = 40 };

static const struct err_row rows[ERR_COUNT] = {
	[ERR_NONE] = { "NONE", 200, "none", "Nothing failed" },
#define ERROR(name, status, slug, title) \
	[ERR_##name] = { #name, status, slug, title },
#include "proto/errors.def"
#undef ERROR
};

const struct err_row *
err_row(enum err_code code)
{
	must(code < ERR_COUNT);
	return &rows[code];
}

enum err_code
err_code_of(const char *slug)
{
	for (int code = 1; code < ERR_COUNT; code++)
		if (strcmp(rows[code].slug, slug) == 0)
			return (enum err_code)code;
	return ERR_INTERNAL;
}

/* What did not fit was cut off, maybe within a character: keep whole ones, or
 * the text could not be stored or sent as UTF-8. */
static void
cut_at_character(char *text, size_t size)
{
	size_t length = strlen(text);

	if (length + 1 == size)
		text[utf8_valid((struct slice){ text, length })] = '\0';
}

/* A text for readers that did not fit ends behind a whole word, if the last is
 * no very long one, and with "...". */
static void
cut_at_word(char *text, size_t size)
{
	static const char dots[] = "...";
	size_t most = size - sizeof(dots);
	size_t end = utf8_cut((struct slice){ text, size - 1 }, most);

	for (size_t i = end; i > 0 && end - i < WORD_MOST; i--)
		if (text[i] == ' ') {
			end = i;
			break;
		}
	memcpy(text + end, dots, sizeof(dots));
}

/* Like vsnprintf, but what does not fit is cut for readers. */
static void
print_words(char *text, size_t size, const char *format, va_list args)
{
	if (vsnprintf(text, size, format, args) >= (int)size)
		cut_at_word(text, size);
}

static void
set_detail(struct err *err, enum err_code code, const char *format,
    va_list args)
{
	char detail[ERR_DETAIL_SIZE]; /* args may point into err->detail */

	print_words(detail, sizeof(detail), format, args);
	memcpy(err->detail, detail, sizeof(detail));
	err->code = code;
	err->place_count = 0;
	err->retry_after = 0;
}

bool
err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_detail(err, code, format, args);
	va_end(args);
	return false;
}

bool
err_os(struct err *err, const char *format, ...)
{
	int number = errno;
	va_list args;
	size_t used;

	va_start(args, format);
	set_detail(err, ERR_INTERNAL, format, args);
	va_end(args);
	used = strlen(err->detail);
	snprintf(err->detail + used, sizeof(err->detail) - used, ": %s",
	    strerrordesc_np(number));
	return false;
}

bool
err_at(struct err *err, const char *pointer, const char *format, ...)
{
	struct err_place place;
	va_list args;

	snprintf(place.pointer, sizeof(place.pointer), "%s", pointer);
	va_start(args, format);
	print_words(place.message, sizeof(place.message), format, args);
	va_end(args);
	cut_at_character(place.pointer, sizeof(place.pointer));
	if (err->code == ERR_NONE) {
		err->code = ERR_INVALID;
		err->place_count = 0;
	}
	if (err->place_count == 0)
		snprintf(err->detail, sizeof(err->detail), "%s%s%s",
		    place.pointer, place.pointer[0] != '\0' ? ": " : "",
		    place.message);
	if (err->place_count < ERR_PLACES)
		err->places[err->place_count] = place;
	err->place_count++;
	return false;
}

bool
err_in(struct err *err, const char *format, ...)
{
	char context[ERR_DETAIL_SIZE];
	char detail[2 * ERR_DETAIL_SIZE + 2];
	va_list args;

	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	snprintf(detail, sizeof(detail), "%s: %s", context, err->detail);
	if (strlen(detail) >= sizeof(err->detail))
		cut_at_word(detail, sizeof(err->detail));
	memcpy(err->detail, detail, sizeof(err->detail));
	return false;
}

void
err_clear(struct err *err)
{
	err->code = ERR_NONE;
	err->retry_after = 0;
	err->place_count = 0;
	err->detail[0] = '\0';
}
