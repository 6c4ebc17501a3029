/* head.c - checks of the headers that go on. */
#include "services/gateway/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "secure/digest.h"

/* Headers given once, and how long they may be (bus_head in common.def); 0:
 * they do not go on. */
static const struct limit {
	const char *name;
	size_t most;
} limits[] = {
	{ "Authorization", 0 },
	{ "X-Api-Key", 0 },
	{ "Content-Encoding", 0 },
	{ "Content-Type", 255 },
	{ "Idempotency-Key", 255 },
	{ "If-Match", 255 },
	{ "If-None-Match", 1024 },
	{ "Inference-Header-Content-Length", 9 },
};

static bool
check_value(const struct limit *limit, const char *value, struct err *err)
{
	struct slice text = slice_of(value);

	if (limit->most == 0)
		return true;
	if (text.size == 0 || text.size > limit->most)
		return err_set(err, ERR_MALFORMED,
		    "the header %s has 1 to %zu bytes", limit->name,
		    limit->most);
	if (utf8_valid(text) < text.size)
		return err_set(err, ERR_MALFORMED, "the header %s is not UTF-8",
		    limit->name);
	return true;
}

static bool
check_header(const struct http_request *request, const struct limit *limit,
    struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];

		if (strcasecmp(header->name, limit->name) != 0)
			continue;
		if (count++ > 0)
			return err_set(err, ERR_MALFORMED,
			    "the header %s is given twice", limit->name);
		if (!check_value(limit, header->value, err))
			return false;
	}
	return true;
}

static const char *
json_size_of(const struct http_request *request)
{
	return http_header(request, "Inference-Header-Content-Length");
}

bool
head_check(const struct http_request *request, struct err *err)
{
	const char *size;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (!check_header(request, &limits[i], err))
			return false;
	size = json_size_of(request);
	return size == NULL || size[strspn(size, "0123456789")] == '\0' ||
	    err_set(err, ERR_MALFORMED,
		"the header Inference-Header-Content-Length is no number");
}

bool
head_json_size(const struct http_request *request, int64_t *size)
{
	const char *text = json_size_of(request);

	if (text == NULL)
		return false;
	*size = strtoll(text, NULL, 10);
	return true;
}

/* `size` small hexadecimal digits that are not all 0. */
static bool
is_trace_id(const char *text, size_t size)
{
	return strspn(text, "0123456789abcdef") >= size &&
	    strspn(text, "0") < size;
}

/* 00-(32 digits)-(16)-(2).  Later versions may go on differently: they begin
 * a new trace. */
static bool
is_traceparent(const char *text)
{
	if (text == NULL || strlen(text) != TRACEPARENT_SIZE - 1)
		return false;
	return strncmp(text, "00-", 3) == 0 && is_trace_id(text + 3, 32) &&
	    text[35] == '-' && is_trace_id(text + 36, 16) && text[52] == '-' &&
	    strspn(text + 53, "0123456789abcdef") == 2;
}

void
head_trace(const struct http_request *request,
    char traceparent[TRACEPARENT_SIZE])
{
	const char *given = http_header(request, "traceparent");
	unsigned char bytes[DIGEST_SIZE];
	char hex[DIGEST_TEXT_SIZE];

	if (is_traceparent(given)) {
		memcpy(traceparent, given, TRACEPARENT_SIZE);
		return;
	}
	random_bytes(bytes, sizeof(bytes));
	digest_text(bytes, hex);
	snprintf(traceparent, TRACEPARENT_SIZE, "00-%.32s-%.16s-01", hex,
	    hex + 32);
}
