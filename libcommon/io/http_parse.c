/*
 * http_parse.c - bytes to requests, and everything that is refused.
 *
 * llhttp reads the grammar; what it lets pass and others read otherwise is
 * refused here, because a proxy before us that understands a request in
 * another way can be made to smuggle a second one past it (RFC 9112, 11.2):
 * lines that end in a bare CR or LF, folded lines, NUL, in the head and
 * between chunks; two Hosts or none, both Content-Length and
 * Transfer-Encoding, other transfer codings.
 *
 * The head is collected line by line into the exchange's own buffer, so that
 * names and values can be handed out in place.  llhttp stops behind the head
 * and is told to go on for the body; a request without one never returns
 * there.  No handler is called from within llhttp.
 */
#include <string.h>

#include "io/http_conn.h"

static int
refuse(struct http_conn *conn, enum err_code code, const char *detail)
{
	struct err err;

	(void)err_set(&err, code, "%s", detail);
	http_refuse(conn, &err);
	return 0;
}

/* Note bytes of the head; pieces of one span follow each other. */
static void
extend(struct http_exchange *exchange, struct http_span *span, const char *at,
    size_t size)
{
	if (span->at == 0)
		span->at = (uint32_t)(at - exchange->head.data);
	span->size += (uint32_t)size;
}

static int
on_url(llhttp_t *parser, const char *at, size_t size)
{
	struct http_conn *conn = parser->data;

	extend(conn->current, &conn->current->target, at, size);
	return 0;
}

static int
on_version(llhttp_t *parser, const char *at, size_t size)
{
	struct http_conn *conn = parser->data;

	extend(conn->current, &conn->current->version, at, size);
	return 0;
}

/* Fields behind a chunked body (trailers) are read over. */
static bool
is_trailer(const struct http_conn *conn)
{
	return conn->state != CONN_HEAD;
}

static int
on_name(llhttp_t *parser, const char *at, size_t size)
{
	struct http_conn *conn = parser->data;
	struct http_exchange *exchange = conn->current;

	if (is_trailer(conn))
		return 0;
	if (exchange->header_count == HTTP_HEADERS_MAX)
		return HPE_USER;
	extend(exchange, &exchange->names[exchange->header_count], at, size);
	return 0;
}

static int
on_value(llhttp_t *parser, const char *at, size_t size)
{
	struct http_conn *conn = parser->data;
	struct http_exchange *exchange = conn->current;

	if (!is_trailer(conn))
		extend(exchange, &exchange->values[exchange->header_count], at,
		    size);
	return 0;
}

static int
on_value_end(llhttp_t *parser)
{
	struct http_conn *conn = parser->data;
	struct http_exchange *exchange = conn->current;

	if (is_trailer(conn))
		return 0;
	if (exchange->names[exchange->header_count].size == 0)
		return -1; /* llhttp lets a line begin with its colon */
	exchange->header_count++;
	return 0;
}

static int
on_head_end(llhttp_t *parser)
{
	parser->upgrade = 0; /* an Upgrade is an offer; we do not take it */
	return HPE_PAUSED;
}

/* What stands between the pieces of a chunked body - sizes, extensions,
 * trailers - up to `end`: lines as those of the head. */
static bool
read_frame(struct http_conn *conn, const char *end)
{
	struct http_exchange *exchange = conn->current;

	for (; conn->frame < end; conn->frame++) {
		char last = exchange->frame_last, byte = *conn->frame;
		bool is_first = last == '\n' || last == '\0';

		if (byte == '\0' || (byte == '\n') != (last == '\r') ||
		    (is_first && (byte == ' ' || byte == '\t')))
			return false;
		exchange->frame_last = byte;
	}
	return true;
}

/* Pieces of one read are moved together, over the chunk sizes between. */
static int
on_body(llhttp_t *parser, const char *at, size_t size)
{
	struct http_conn *conn = parser->data;

	if (!read_frame(conn, at))
		return -1;
	conn->frame = at + size;
	memmove(conn->piece + conn->piece_size, at, size);
	conn->piece_size += size;
	return 0;
}

static int
on_end(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = { .on_url = on_url,
	.on_version = on_version,
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_end,
	.on_headers_complete = on_head_end,
	.on_body = on_body,
	.on_message_complete = on_end };

void
http_parse_begin(struct http_conn *conn)
{
	struct http_exchange *exchange = http_exchange_take(conn);

	TAILQ_INSERT_TAIL(&conn->exchanges, exchange, link);
	conn->in_flight++;
	conn->current = exchange;
	llhttp_init(&conn->parser, HTTP_REQUEST, &callbacks);
	conn->parser.data = conn;
	http_conn_set(conn, CONN_HEAD);
}

/* How many bytes belong to the head; it is whole when an empty line ends
 * it. */
static size_t
measure(const struct http_exchange *exchange, const char *data, size_t size,
    bool *is_whole)
{
	size_t line = exchange->head.size - exchange->line_at;
	size_t at = 0;

	*is_whole = false;
	while (at < size && !*is_whole) {
		const char *feed = memchr(data + at, '\n', size - at);
		size_t end = feed == NULL ? size : (size_t)(feed - data) + 1;

		line += end - at;
		*is_whole = feed != NULL && line <= 2;
		line = feed != NULL ? 0 : line;
		at = end;
	}
	return at;
}

/* A line ends in CR LF and holds neither of them, nor NUL, nor folds. */
static bool
is_line(const char *line, size_t size, bool is_first)
{
	if (size < 2 || line[size - 2] != '\r')
		return false;
	if (memchr(line, '\r', size - 2) != NULL || memchr(line, 0, size))
		return false;
	return is_first || (line[0] != ' ' && line[0] != '\t');
}

static bool
has_good_lines(struct http_exchange *exchange)
{
	const struct buf *head = &exchange->head;

	for (;;) {
		const char *line = head->data + exchange->line_at;
		const char *feed =
		    memchr(line, '\n', head->size - exchange->line_at);
		size_t size;

		if (feed == NULL)
			return true;
		size = (size_t)(feed - line) + 1;
		if (!is_line(line, size, exchange->line_at == 0))
			return false;
		exchange->line_at += size;
	}
}

/* Was an unknown method at least the name of one? */
static bool
begins_with_token(const struct http_exchange *exchange)
{
	struct slice word = buf_slice(&exchange->head);
	const char *blank = memchr(word.data, ' ', word.size);

	if (blank != NULL)
		word.size = (size_t)(blank - word.data);
	return http_is_token(word);
}

static int
refuse_head(struct http_conn *conn, llhttp_errno_t reason)
{
	const struct http_exchange *exchange = conn->current;

	if (exchange->version.size > 0 &&
	    exchange->head.data[exchange->version.at] == '2')
		reason = HPE_INVALID_VERSION;
	switch ((int)reason) {
	case HPE_USER:
		return refuse(conn, ERR_HEAD_TOO_LARGE,
		    "the request has too many headers");
	case HPE_INVALID_VERSION:
	case HPE_PAUSED_H2_UPGRADE:
		return refuse(conn, ERR_HTTP_VERSION, "speak HTTP/1.1");
	case HPE_INVALID_METHOD:
		if (begins_with_token(exchange))
			return refuse(conn, ERR_NOT_IMPLEMENTED,
			    "the method is unknown");
		return refuse(conn, ERR_MALFORMED, "this is not HTTP");
	case HPE_INVALID_URL:
		return refuse(conn, ERR_MALFORMED,
		    "the address holds characters that must be "
		    "percent-encoded");
	case HPE_UNEXPECTED_CONTENT_LENGTH:
	case HPE_INVALID_CONTENT_LENGTH:
	case HPE_INVALID_TRANSFER_ENCODING:
		return refuse(conn, ERR_MALFORMED,
		    "the length of the body is not clear: send one "
		    "Content-Length or Transfer-Encoding: chunked");
	}
	return refuse(conn, ERR_MALFORMED, "the header is not valid HTTP");
}

/* Is what has come within the limits? */
static bool
is_small(struct http_conn *conn)
{
	const struct http_server_settings *settings = &conn->server->settings;
	const struct http_exchange *exchange = conn->current;

	if (exchange->target.size > settings->target_max_bytes)
		return refuse(conn, ERR_URI_TOO_LONG,
		    "shorten the address, or send the query as a body");
	if (exchange->head.size > settings->head_max_bytes)
		return refuse(conn, ERR_HEAD_TOO_LARGE,
		    "send fewer or shorter headers");
	return true;
}

/* Let llhttp see what is new in the head; true when it has seen the end. */
static bool
read_head(struct http_conn *conn, bool is_whole)
{
	struct http_exchange *exchange = conn->current;
	const char *new = exchange->head.data + exchange->parsed;
	llhttp_errno_t reason;

	if (!has_good_lines(exchange))
		return refuse(conn, ERR_MALFORMED,
		    "a line of the header does not end in CR LF, is folded, "
		    "or holds control characters");
	reason = llhttp_execute(&conn->parser, new,
	    exchange->head.size - exchange->parsed);
	exchange->parsed = exchange->head.size;
	if (reason != HPE_OK && reason != HPE_PAUSED)
		return refuse_head(conn, reason);
	if (!is_small(conn))
		return false;
	if (is_whole != (reason == HPE_PAUSED))
		return refuse_head(conn, HPE_INTERNAL);
	return is_whole;
}

size_t
http_parse_head(struct http_conn *conn, const char *data, size_t size)
{
	struct http_exchange *exchange = conn->current;
	size_t most = conn->server->settings.head_max_bytes + 1;
	bool is_whole;
	size_t used = measure(exchange, data, size, &is_whole);

	if (used > most - exchange->head.size) {
		used = most - exchange->head.size;
		is_whole = false;
	}
	buf_add(&exchange->head, data, used);
	if (read_head(conn, is_whole) && http_head_finish(conn))
		http_hand_head(conn, exchange);
	return used;
}

size_t
http_parse_body(struct http_conn *conn, char *data, size_t size)
{
	struct http_exchange *exchange = conn->current;
	size_t used = size;
	llhttp_errno_t reason;

	conn->piece = data;
	conn->frame = data;
	conn->piece_size = 0;
	reason = llhttp_execute(&conn->parser, data, size);
	if (reason == HPE_PAUSED) {
		used = (size_t)(llhttp_get_error_pos(&conn->parser) - data);
		exchange->is_received = true;
	}
	if ((reason != HPE_OK && reason != HPE_PAUSED) ||
	    !read_frame(conn, data + used)) {
		refuse(conn, ERR_MALFORMED,
		    "the chunks of the body are not "
		    "valid");
		return size;
	}
	exchange->frame_bytes += used - conn->piece_size;
	if (conn->piece_size > 0 && !http_hand_piece(conn, exchange))
		return size;
	if (conn->current != exchange)
		return used;
	if (exchange->frame_bytes >
	    conn->server->settings.head_max_bytes + 16 * exchange->body_bytes)
		refuse(conn, ERR_MALFORMED,
		    "the chunks' sizes, extensions "
		    "and trailers outweigh the body");
	else if (exchange->is_received)
		http_hand_end(conn, exchange);
	return used;
}
