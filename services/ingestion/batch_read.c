/*
 * batch_read.c - the records of a batch's body, one at a time: a bad one is
 * refused alone.
 *
 * A body is JSON ({"records": [...], ...}) or NDJSON, one record a line with
 * the options in the query.
 */
#include <string.h>
#include <strings.h>

#include "services/ingestion/batch.h"
#include "wire/json.h"
#include "wire/query.h"

enum { RECORDS_MOST = 10000, LINE_MOST = 65536 /* bytes */ };

static bool
check_count(const struct batch *batch, struct err *err)
{
	if (batch->in.count < RECORDS_MOST)
		return true;
	return err_set(err, ERR_TOO_LARGE,
	    "a batch has at most 10,000 records; send several");
}

/* `records[3].score` is the field `score`. */
static const char *
field_of(const char *pointer)
{
	const char *dot = strchr(pointer, '.');

	if (pointer[0] == '\0' || strncmp(pointer, "records[", 8) != 0)
		return pointer[0] == '\0' ? NULL : pointer;
	return dot != NULL ? dot + 1 : NULL;
}

static void
refuse(struct batch *batch, struct slice raw, const struct err *fault)
{
	int64_t row = (int64_t)batch->in.count;

	if (fault->place_count > 0)
		intake_refuse(&batch->in, raw, row,
		    field_of(fault->places[0].pointer),
		    fault->places[0].message);
	else
		intake_refuse(&batch->in, raw, row, NULL, fault->detail);
}

static bool
take_item(void *user, const struct json_item *item, struct err *err)
{
	struct batch *batch = user;

	if (!check_count(batch, err))
		return false;
	if (item->value != NULL)
		intake_add_copy(&batch->in, item->value, item->raw,
		    (int64_t)item->index);
	else
		refuse(batch, item->raw, item->fault);
	return true;
}

static bool
read_json(struct batch *batch, struct err *err)
{
	struct batch_request request = { 0 };

	if (!json_decode_list(&batch_request_message, "records",
		&record_message, batch->call->body, batch->call->arena,
		&request, take_item, batch, err))
		return false;
	batch->options = (struct batch_options){
		.batch_key = request.batch_key,
		.atomic = request.atomic,
		.has_atomic = request.has_atomic,
		.source = request.source,
	};
	return true;
}

static void
take_line(struct batch *batch, struct slice line)
{
	struct record *record = arena_alloc(batch->in.arena, sizeof(*record));
	struct err fault = { 0 };

	if (line.size > LINE_MOST)
		(void)err_set(&fault, ERR_TOO_LARGE,
		    "the line is longer than 65,536 bytes");
	else if (json_decode(&record_message, line, JSON_STRICT,
		     batch->in.arena, record, &fault)) {
		intake_add(&batch->in, record, line, (int64_t)batch->in.count);
		return;
	}
	refuse(batch, line, &fault);
}

static bool
is_blank(struct slice line)
{
	for (size_t i = 0; i < line.size; i++)
		if (strchr(" \t\r", line.data[i]) == NULL ||
		    line.data[i] == '\0')
			return false;
	return true;
}

static bool
read_lines(struct batch *batch, struct err *err)
{
	struct slice body = batch->call->body;
	const char *at = body.data, *end = body.data + body.size;

	if (!query_decode(&batch_options_message, batch->call->query,
		batch->call->arena, &batch->options, err))
		return false;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct slice line = { at,
			(size_t)((stop != NULL ? stop : end) - at) };

		at += line.size + 1;
		if (is_blank(line))
			continue;
		if (!check_count(batch, err))
			return false;
		take_line(batch, line);
	}
	return true;
}

static bool
is_type(const char *content_type, const char *wanted)
{
	size_t size = strlen(wanted);

	return content_type != NULL &&
	    strncasecmp(content_type, wanted, size) == 0 &&
	    (content_type[size] == '\0' || content_type[size] == ';' ||
		content_type[size] == ' ');
}

bool
batch_read(struct batch *batch, struct err *err)
{
	const char *type = batch->call->head->content_type;

	if (batch->is_ndjson)
		return read_lines(batch, err);
	if (is_type(type, "application/x-ndjson") ||
	    is_type(type, "application/ndjson") ||
	    is_type(type, "application/jsonl")) {
		batch->is_ndjson = true;
		return read_lines(batch, err);
	}
	if (type != NULL && !is_type(type, "application/json"))
		return err_set(err, ERR_MEDIA_TYPE,
		    "send application/json or application/x-ndjson");
	return read_json(batch, err);
}
