/* http_text.c - decoding, matching and printing of HTTP's small texts. */
#include "io/http_text.h"

#include <string.h>
#include <strings.h>

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* The byte that %XX at the front of `text` stands for; 0 when none does. */
static char
escaped(struct slice text)
{
	int high, low;

	if (text.size < 3)
		return 0;
	high = hex_digit(text.data[1]);
	low = hex_digit(text.data[2]);
	return high < 0 || low < 0 ? 0 : (char)(high * 16 + low);
}

static struct slice
skip(struct slice text, size_t size)
{
	return (struct slice){ text.data + size, text.size - size };
}

const char *
http_decode(struct arena *arena, struct slice text, bool plus_is_blank)
{
	char *decoded = arena_alloc(arena, text.size + 1);
	size_t size = 0;

	while (text.size > 0) {
		char byte = text.data[0];
		bool is_escape = byte == '%';

		if (is_escape)
			byte = escaped(text);
		else if (plus_is_blank && byte == '+')
			byte = ' ';
		if (byte == 0)
			return NULL;
		decoded[size++] = byte;
		text = skip(text, is_escape ? 3 : 1);
	}
	return decoded;
}

/* Take what stands before the next `mark` off the front of `text`. */
static struct slice
cut(struct slice *text, char mark)
{
	struct slice part = *text;
	const char *end = NULL;

	if (text->size > 0)
		end = memchr(text->data, mark, text->size);
	if (end == NULL) {
		*text = skip(*text, text->size);
		return part;
	}
	part.size = (size_t)(end - text->data);
	*text = skip(*text, part.size + 1);
	return part;
}

bool
http_next_param(struct slice *query, struct slice *name, struct slice *value)
{
	while (query->size > 0) {
		*value = cut(query, '&');
		if (value->size == 0)
			continue;
		*name = cut(value, '=');
		return true;
	}
	return false;
}

bool
http_next_segment(struct slice *path, struct slice *segment)
{
	if (path->size == 0 || path->data[0] != '/')
		return false;
	*path = skip(*path, 1);
	*segment = *path;
	for (size_t i = 0; i < path->size; i++)
		if (path->data[i] == '/') {
			segment->size = i;
			break;
		}
	*path = skip(*path, segment->size);
	return true;
}

static bool
is_token_byte(char byte)
{
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9'))
		return true;
	return byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

bool
http_is_token(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_token_byte(text.data[i]))
			return false;
	return text.size > 0;
}

bool
http_is_value(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if ((byte < ' ' && byte != '\t') || byte == 127)
			return false;
	}
	return true;
}

static struct slice
trim(struct slice text)
{
	while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = skip(text, 1);
	while (text.size > 0 &&
	    (text.data[text.size - 1] == ' ' ||
		text.data[text.size - 1] == '\t'))
		text.size--;
	return text;
}

static bool
is_same(struct slice a, struct slice b)
{
	return a.size == b.size &&
	    (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
}

bool
http_media_is(const char *content_type, const char *media_type)
{
	struct slice type;

	if (content_type == NULL)
		return false;
	type = slice_of(content_type);
	return is_same(trim(cut(&type, ';')), slice_of(media_type));
}

/* How closely a member of an Accept header names the offer: 3 exactly, 2 its
 * kind as in text/ *, 1 anything, 0 not at all. */
static int
closeness(struct slice range, struct slice offer)
{
	if (is_same(range, offer))
		return 3;
	if (slice_is(range, "*") || slice_is(range, "*/*"))
		return 1;
	if (range.size < 2 || range.size > offer.size ||
	    memcmp(range.data + range.size - 2, "/*", 2) != 0)
		return 0;
	range.size--;
	return strncasecmp(range.data, offer.data, range.size) == 0 ? 2 : 0;
}

/* Do the parameters behind a member give it a weight of 0? */
static bool
is_refused(struct slice params)
{
	while (params.size > 0) {
		struct slice weight = trim(cut(&params, ';'));

		if (weight.size < 3 || strncasecmp(weight.data, "q=", 2) != 0)
			continue;
		for (size_t i = 2; i < weight.size; i++)
			if (weight.data[i] != '0' && weight.data[i] != '.')
				return false;
		return true;
	}
	return false;
}

bool
http_accepts(const char *header, const char *offer)
{
	struct slice list, what = slice_of(offer);
	bool takes = false;
	int best = 0;

	if (header == NULL)
		return true;
	list = slice_of(header);
	while (list.size > 0) {
		struct slice member = cut(&list, ',');
		int near = closeness(trim(cut(&member, ';')), what);

		if (near <= best)
			continue;
		best = near;
		takes = !is_refused(member);
	}
	return takes;
}

const char *
http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = { { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 206, "Partial Content" },
		{ 207, "Multi-Status" }, { 301, "Moved Permanently" },
		{ 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
		{ 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 408, "Request Timeout" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 411, "Length Required" },
		{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },
		{ 428, "Precondition Required" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" } };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

void
http_date(time_t time, char text[HTTP_DATE_SIZE])
{
	struct tm utc;

	gmtime_r(&time, &utc);
	strftime(text, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &utc);
}
