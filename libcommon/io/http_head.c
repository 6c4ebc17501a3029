/*
 * http_head.c - what a complete head means: address, host, body, version.
 *
 * Makes texts of the spans that http_parse.c noted, by ending each with a NUL
 * in place, and checks what the grammar alone does not say.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/uuid.h"
#include "io/http_conn.h"

/* What the headers said that matter to us. */
struct meaning {
	size_t hosts;
	size_t encodings;
	const char *encoding;
	const char *expect;
	const char *id;
};

static char *
text_of(struct http_exchange *exchange, struct http_span span)
{
	char *text = exchange->head.data + span.at;

	while (span.size > 0 &&
	    (text[span.size - 1] == ' ' || text[span.size - 1] == '\t'))
		span.size--;
	text[span.size] = '\0';
	return text;
}

static void
note(struct http_request *request, const struct http_header *header,
    struct meaning *meaning)
{
	switch (strlen(header->name)) {
	case 4:
		if (strcasecmp(header->name, "host") != 0)
			break;
		meaning->hosts++;
		request->host = header->value;
		break;
	case 6:
		if (strcasecmp(header->name, "expect") == 0)
			meaning->expect = header->value;
		break;
	case 12:
		if (strcasecmp(header->name, "x-request-id") == 0)
			meaning->id = header->value;
		break;
	case 17:
		if (strcasecmp(header->name, "transfer-encoding") != 0)
			break;
		meaning->encodings++;
		meaning->encoding = header->value;
		break;
	}
}

static void
name_headers(struct http_exchange *exchange, struct meaning *meaning)
{
	struct http_request *request = &exchange->request;
	size_t count = exchange->header_count;
	struct http_header *headers =
	    arena_array(&request->arena, count, sizeof(*headers));

	for (size_t i = 0; i < count; i++) {
		/* a value without a byte has no place: its NUL must not
		 * fall into the head */
		struct http_span value = exchange->values[i];

		headers[i].name = text_of(exchange, exchange->names[i]);
		headers[i].value =
		    value.size == 0 ? "" : text_of(exchange, value);
		note(request, &headers[i], meaning);
	}
	request->headers = headers;
	request->header_count = count;
}

static bool
read_version(struct http_exchange *exchange, struct err *err)
{
	const char *version = exchange->head.data + exchange->version.at;

	if (exchange->version.at < 5 || exchange->version.size != 3 ||
	    memcmp(version - 5, "HTTP/1.", 7) != 0 || version[2] < '0' ||
	    version[2] > '1')
		return err_set(err, ERR_HTTP_VERSION, "speak HTTP/1.1");
	exchange->is_old = version[2] == '0';
	return true;
}

static bool
read_method(struct http_conn *conn, struct http_request *request,
    struct err *err)
{
	enum llhttp_method method = conn->parser.method;

	if (method == HTTP_CONNECT || method > HTTP_SOURCE)
		return err_set(err, ERR_NOT_IMPLEMENTED,
		    "the method is not served");
	request->method = llhttp_method_name(method);
	return true;
}

/* Take scheme and authority off an absolute target (RFC 9112, 3.2.2); NULL
 * when it names no host (RFC 9110, 4.2.1). */
static const char *
local_part(struct http_request *request)
{
	const char *target = request->target;
	size_t scheme = 0, authority;

	if (strncasecmp(target, "http://", 7) == 0)
		scheme = 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		scheme = 8;
	if (scheme == 0)
		return target;
	target += scheme;
	authority = strcspn(target, "/?#");
	if (authority == 0 || target[0] == ':')
		return NULL;
	request->host = arena_text(&request->arena, target, authority);
	return target[authority] == '\0' ? "/" : target + authority;
}

static bool
read_target(struct http_exchange *exchange, struct err *err)
{
	struct http_request *request = &exchange->request;
	const char *local;
	size_t size;

	request->target = text_of(exchange, exchange->target);
	local = local_part(request);
	if (local == NULL)
		return err_set(err, ERR_MALFORMED, "the address names no host");
	size = strcspn(local, "?");
	if (local[size] == '?')
		request->query = local + size + 1;
	request->path = arena_printf(&request->arena, "%s%.*s",
	    local[0] == '?' ? "/" : "", (int)size, local);
	if (strcmp(request->path, "*") == 0 &&
	    strcmp(request->method, "OPTIONS") == 0)
		return true;
	if (request->path[0] != '/' || strchr(local, '#') != NULL)
		return err_set(err, ERR_MALFORMED,
		    "the address is neither a path nor an http address");
	return true;
}

static bool
check_host(const struct http_exchange *exchange, size_t hosts, struct err *err)
{
	const char *host = exchange->request.host;

	if (hosts > 1 || (hosts == 0 && !exchange->is_old))
		return err_set(err, ERR_MALFORMED, "send one Host header");
	for (; *host != '\0'; host++)
		if (*host <= ' ' || *host > '~' ||
		    strchr("/\\@?#<>\"{}|^`", *host) != NULL)
			return err_set(err, ERR_MALFORMED,
			    "the Host header names no host");
	return true;
}

/* How long the body will be: RFC 9112, 6.3. */
static bool
read_length(struct http_conn *conn, const struct meaning *meaning,
    struct err *err)
{
	struct http_exchange *exchange = conn->current;

	exchange->request.content_length = 0;
	if (meaning->encodings == 0) {
		if (conn->parser.content_length > INT64_MAX)
			return err_set(err, ERR_TOO_LARGE,
			    "send a smaller body");
		exchange->request.content_length =
		    (int64_t)conn->parser.content_length;
		return true;
	}
	if (meaning->encodings > 1 || exchange->is_old ||
	    (conn->parser.flags & F_CONTENT_LENGTH) != 0)
		return err_set(err, ERR_MALFORMED,
		    "the length of the body is not clear: send one "
		    "Content-Length or Transfer-Encoding: chunked");
	if (strcasecmp(meaning->encoding, "chunked") != 0 ||
	    (conn->parser.flags & F_CHUNKED) == 0)
		return err_set(err, ERR_NOT_IMPLEMENTED,
		    "the only transfer coding served is chunked");
	exchange->request.content_length = -1;
	return true;
}

static bool
read_expect(struct http_exchange *exchange, const char *expect, struct err *err)
{
	if (expect == NULL || exchange->is_old)
		return true;
	if (strcasecmp(expect, "100-continue") != 0)
		return err_set(err, ERR_EXPECTATION,
		    "the only expectation served is 100-continue");
	exchange->has_expected = exchange->request.content_length != 0;
	return true;
}

/* Keep the client's id when it is fit for logs and headers. */
static void
read_id(struct http_request *request, const char *id)
{
	static const char fit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz"
				  "0123456789-_.:/+=";

	if (id != NULL && *id != '\0' && strlen(id) < HTTP_ID_SIZE &&
	    id[strspn(id, fit)] == '\0')
		memcpy(request->id, id, strlen(id) + 1);
	else
		uuid_make(request->id);
}

bool
http_head_finish(struct http_conn *conn)
{
	struct http_exchange *exchange = conn->current;
	struct http_request *request = &exchange->request;
	struct meaning meaning = { 0 };
	struct err err;

	name_headers(exchange, &meaning);
	read_id(request, meaning.id);
	exchange->is_last = !llhttp_should_keep_alive(&conn->parser);
	if (read_version(exchange, &err) && read_method(conn, request, &err) &&
	    read_target(exchange, &err) &&
	    check_host(exchange, meaning.hosts, &err) &&
	    read_length(conn, &meaning, &err) &&
	    read_expect(exchange, meaning.expect, &err)) {
		exchange->is_last = exchange->is_last || exchange->is_old;
		llhttp_resume(&conn->parser);
		return true;
	}
	http_refuse(conn, &err);
	return false;
}
