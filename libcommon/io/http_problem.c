/*
 * http_problem.c - an error as application/problem+json (RFC 9457).
 *
 * {"type": "/problems/not-found", "title": "...", "status": 404, "detail":
 * "...", "instance": "/api/v1/students/x", "request_id": "...", "errors":
 * [{"pointer": "records[3].score", "message": "117 is above 100"}]}
 *
 * The detail of an internal error stays in the log.
 */
#include "io/http_server.h"

/* Bytes of the UTF-8 sequence at the front; 0 when it is none (RFC 3629). */
static size_t
sequence(const unsigned char *text)
{
	size_t size = text[0] < 0x80 ? 1
	    : text[0] < 0xc2         ? 0
	    : text[0] < 0xe0         ? 2
	    : text[0] < 0xf0         ? 3
	    : text[0] < 0xf5         ? 4
				     : 0;

	for (size_t i = 1; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return size;
}

static void
put_string(struct buf *body, const char *text)
{
	buf_byte(body, '"');
	while (*text != '\0') {
		size_t size = sequence((const unsigned char *)text);

		if (size == 0)
			buf_text(body, "\xef\xbf\xbd");
		else if (*text == '"' || *text == '\\')
			buf_printf(body, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			buf_printf(body, "\\u%04x", (unsigned int)*text);
		else
			buf_add(body, text, size);
		text += size == 0 ? 1 : size;
	}
	buf_byte(body, '"');
}

static void
put_places(struct buf *body, const struct err *err)
{
	for (size_t i = 0; i < err->place_count && i < ERR_PLACES; i++) {
		buf_text(body, i == 0 ? ",\"errors\":[" : ",");
		buf_text(body, "{\"pointer\":");
		put_string(body, err->places[i].pointer);
		buf_text(body, ",\"message\":");
		put_string(body, err->places[i].message);
		buf_text(body, "}");
	}
	if (err->place_count > 0)
		buf_byte(body, ']');
}

const char *
http_problem(const struct http_request *request, const struct err *err,
    struct buf *body)
{
	const struct err_row *row = err_row(err->code);
	bool is_internal = err->code == ERR_INTERNAL;

	buf_printf(body, "{\"type\":\"/problems/%s\",\"title\":\"%s\"",
	    row->slug, row->title);
	buf_printf(body, ",\"status\":%d,\"detail\":", row->status);
	put_string(body,
	    is_internal
		? "try again later, and give the operator the request_id"
		: err->detail);
	buf_text(body, ",\"instance\":");
	put_string(body, request->path);
	buf_text(body, ",\"request_id\":");
	put_string(body, request->id);
	if (!is_internal)
		put_places(body, err);
	buf_text(body, "}");
	return "application/problem+json";
}
