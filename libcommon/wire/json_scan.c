/* json_scan.c - the grammar of RFC 8259, one function a rule. */
#include "wire/json_scan.h"

#include <string.h>

#include "base/utf8.h"

struct json_scan
json_scan_of(struct slice text)
{
	return (
	    struct json_scan){ .at = text.data, .end = text.data + text.size };
}

static bool
wrong(struct json_scan *scan, const char *fault)
{
	scan->fault = fault;
	return false;
}

void
json_scan_blanks(struct json_scan *scan)
{
	while (scan->at < scan->end &&
	    (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' ||
		*scan->at == '\r'))
		scan->at++;
}

static bool
take(struct json_scan *scan, char wanted)
{
	if (scan->at == scan->end || *scan->at != wanted)
		return false;
	scan->at++;
	return true;
}

/* The four digits of \uXXXX; -1 when they are not. */
static int
hex4(const struct json_scan *scan)
{
	int code = 0;

	if (scan->end - scan->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = scan->at[i];

		if (c >= '0' && c <= '9')
			code = code * 16 + (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			code = code * 16 + ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	return code;
}

static bool
scan_code(struct json_scan *scan)
{
	int code = hex4(scan);

	if (code == -1)
		return wrong(scan, "\\u needs four hexadecimal digits");
	scan->at += 4;
	if (code >= 0xdc00 && code <= 0xdfff)
		return wrong(scan, "half of a surrogate pair is missing");
	if (code < 0xd800 || code > 0xdbff)
		return true;
	if (!take(scan, '\\') || !take(scan, 'u'))
		return wrong(scan, "half of a surrogate pair is missing");
	code = hex4(scan);
	if (code < 0xdc00 || code > 0xdfff)
		return wrong(scan, "half of a surrogate pair is missing");
	scan->at += 4;
	return true;
}

static bool
scan_escape(struct json_scan *scan)
{
	scan->at++;
	if (take(scan, 'u'))
		return scan_code(scan);
	if (scan->at == scan->end || *scan->at == '\0' ||
	    strchr("\"\\/bfnrt", *scan->at) == NULL)
		return wrong(scan, "there is no such escape");
	scan->at++;
	return true;
}

bool
json_scan_text(struct json_scan *scan)
{
	if (!take(scan, '"'))
		return wrong(scan, "a name in quotes is expected");
	while (scan->at < scan->end) {
		unsigned char c = (unsigned char)*scan->at;

		if (c == '"') {
			scan->at++;
			return true;
		}
		if (c < 0x20)
			return wrong(scan,
			    "a control character in a text "
			    "must be escaped");
		if (c != '\\')
			scan->at++;
		else if (!scan_escape(scan))
			return false;
	}
	return wrong(scan, "a text has no end");
}

static size_t
scan_digits(struct json_scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - from);
}

static bool
scan_number(struct json_scan *scan)
{
	const char *from = scan->at;

	(void)take(scan, '-');
	if (!take(scan, '0') && scan_digits(scan) == 0)
		return wrong(scan, "a value is expected");
	if (take(scan, '.') && scan_digits(scan) == 0)
		return wrong(scan, "a digit is expected behind the point");
	if (take(scan, 'e') || take(scan, 'E')) {
		if (!take(scan, '+'))
			(void)take(scan, '-');
		if (scan_digits(scan) == 0)
			return wrong(scan, "the exponent has no digits");
	}
	if (scan->at - from > JSON_NUMBER_SIZE)
		return wrong(scan, "a number is longer than 60 characters");
	return true;
}

static bool
scan_word(struct json_scan *scan, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(scan->end - scan->at) < size ||
	    memcmp(scan->at, word, size) != 0)
		return wrong(scan, "a value is expected");
	scan->at += size;
	return true;
}

static bool
scan_member(struct json_scan *scan, int depth)
{
	json_scan_blanks(scan);
	if (!json_scan_text(scan))
		return false;
	json_scan_blanks(scan);
	if (!take(scan, ':'))
		return wrong(scan, "a colon is expected");
	return json_scan_value(scan, depth);
}

/* What stands between brackets: members of an object, items of an array. */
static bool
scan_parts(struct json_scan *scan, char close, int depth)
{
	scan->at++;
	if (depth >= JSON_DEPTH)
		return wrong(scan, "it is nested deeper than 32 levels");
	json_scan_blanks(scan);
	if (take(scan, close))
		return true;
	do {
		if (!(close == '}' ? scan_member(scan, depth + 1)
				   : json_scan_value(scan, depth + 1)))
			return false;
		json_scan_blanks(scan);
	} while (take(scan, ','));
	if (!take(scan, close))
		return wrong(scan,
		    close == '}' ? "a comma or } is expected"
				 : "a comma or ] is expected");
	return true;
}

bool
json_scan_value(struct json_scan *scan, int depth)
{
	json_scan_blanks(scan);
	if (scan->at == scan->end)
		return wrong(scan, "a value is expected");
	switch (*scan->at) {
	case '{':
		return scan_parts(scan, '}', depth);
	case '[':
		return scan_parts(scan, ']', depth);
	case '"':
		return json_scan_text(scan);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		return scan_number(scan);
	}
}

bool
json_scan_whole(struct json_scan *scan)
{
	struct slice text = { scan->at, (size_t)(scan->end - scan->at) };
	size_t valid = utf8_valid(text);

	if (valid < text.size) {
		scan->at += valid;
		return wrong(scan, "it is not UTF-8");
	}
	if (!json_scan_value(scan, 0))
		return false;
	json_scan_blanks(scan);
	if (scan->at < scan->end)
		return wrong(scan, "nothing may follow the value");
	return true;
}

static bool
skip_text(struct json_scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"') {
			scan->at++;
			return true;
		}
		if (*scan->at == '\\' && ++scan->at == scan->end)
			break;
	}
	return wrong(scan, "a text has no end");
}

static bool
skip_brackets(struct json_scan *scan)
{
	size_t open = 0;

	while (scan->at < scan->end) {
		char c = *scan->at;

		if (c == '"') {
			if (!skip_text(scan))
				return false;
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			open++;
		else if ((c == '}' || c == ']') && --open == 0)
			return true;
	}
	return wrong(scan, "a bracket is not closed");
}

/* May this stand behind a number or a word? */
static bool
ends_bare(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' ||
	    c == '\r' || c == '\n' || c == '\0';
}

bool
json_skip_value(struct json_scan *scan)
{
	json_scan_blanks(scan);
	if (scan->at == scan->end)
		return wrong(scan, "a value is expected");
	if (*scan->at == '{' || *scan->at == '[')
		return skip_brackets(scan);
	if (*scan->at == '"')
		return skip_text(scan);
	while (scan->at < scan->end && !ends_bare(*scan->at))
		scan->at++;
	return true;
}

struct json_scan
json_parts_of(struct slice text)
{
	struct json_scan parts = json_scan_of(text);

	json_scan_blanks(&parts);
	must(parts.at < parts.end && (*parts.at == '{' || *parts.at == '['));
	parts.at++;
	return parts;
}

bool
json_next_part(struct json_scan *parts, struct slice *key, struct slice *value)
{
	json_scan_blanks(parts);
	(void)take(parts, ',');
	json_scan_blanks(parts);
	if (parts->at == parts->end || *parts->at == '}' || *parts->at == ']')
		return false;
	if (key != NULL) {
		key->data = parts->at + 1;
		must(json_skip_value(parts));
		key->size = (size_t)(parts->at - key->data) - 1;
		json_scan_blanks(parts);
		must(take(parts, ':'));
		json_scan_blanks(parts);
	}
	value->data = parts->at;
	must(json_skip_value(parts));
	value->size = (size_t)(parts->at - value->data);
	return true;
}
