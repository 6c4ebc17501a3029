/*
 * uploads.c - PUT /internal/uploads/{upload_id}/parts/{part}, and reading the
 * parts again.  Parts are rows: nothing that was acknowledged lives outside
 * of the database.
 */
#include "services/ingestion/uploads.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/queries.h"

enum { PARTS_MOST = 1000000 };

static bool
read_part_number(const char *text, int64_t *part)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 9)
		return false;
	*part = strtoll(text, &end, 10);
	return *end == '\0' && *part < PARTS_MOST;
}

bool
put_upload_part(struct worker *w, struct call *call, struct err *err)
{
	const char *upload_id = call_path(call, "upload_id");
	struct upload_part_answer answer = { .size = (int64_t)call->body.size };
	size_t kept;

	if (!uuid_is_valid(upload_id) ||
	    !read_part_number(call_path(call, "part"), &answer.part))
		return err_set(err, ERR_NOT_FOUND,
		    "uploads have a UUID, parts a number below 1,000,000");
	if (!db_exec(w->db, &query_put_upload_part,
		DB_ARGS(db_text(upload_id), db_integer(answer.part),
		    db_text(call->head->tenant), db_bytes(call->body)),
		&kept, err))
		return false;
	if (kept == 0)
		return err_set(err, ERR_CONFLICT, "the upload is another's");
	return reply(call, 200, &upload_part_answer_message, &answer);
}

bool
upload_open(struct upload *upload, struct db *db, const char *tenant,
    const char *id, int64_t parts, int64_t size, struct err *err)
{
	struct db_result result = { 0 };
	uint64_t end = 0;

	*upload = (struct upload){ .db = db, .id = id };
	if (!db_query(db, &query_upload_parts,
		DB_ARGS(db_text(id), db_text(tenant)), &result, err))
		return false;
	upload->ends = mem_alloc(result.row_count + 1, sizeof(uint64_t));
	for (size_t i = 0; i < result.row_count; i++) {
		if (db_get_integer(&result, i, 0) != (int64_t)i)
			break;
		end += (uint64_t)db_get_integer(&result, i, 1);
		upload->ends[upload->part_count++] = end;
	}
	db_result_close(&result);
	upload->part_held = upload->part_count;
	if ((int64_t)upload->part_count == parts && (int64_t)end == size)
		return true;
	upload_close(upload);
	return err_set(err, ERR_CONFLICT,
	    "the upload is not complete; upload it again");
}

void
upload_close(struct upload *upload)
{
	free(upload->ends);
	upload->ends = NULL;
	buf_close(&upload->part);
}

static bool
hold_part(struct upload *upload, size_t part)
{
	struct db_result result = { 0 };
	struct slice bytes;

	if (upload->part_held == part)
		return true;
	if (!db_query(upload->db, &query_read_upload_part,
		DB_ARGS(db_text(upload->id), db_integer((int64_t)part)),
		&result, &upload->fault))
		return false;
	bytes = db_get_bytes(&result, 0, 0);
	buf_clear(&upload->part);
	buf_add(&upload->part, bytes.data, bytes.size);
	db_result_close(&result);
	upload->part_held = part;
	return true;
}

/* The part that holds the byte; parts may be of any size. */
static size_t
find_part(const struct upload *upload, uint64_t offset)
{
	size_t low = 0, high = upload->part_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (upload->ends[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
read_at(void *user, uint64_t offset, void *to, size_t size, size_t *got)
{
	struct upload *upload = user;
	size_t part = find_part(upload, offset);
	uint64_t begin;

	*got = 0;
	if (part == upload->part_count)
		return true;
	if (!hold_part(upload, part))
		return false;
	begin = part > 0 ? upload->ends[part - 1] : 0;
	*got = (size_t)(upload->ends[part] - offset);
	if (*got > size)
		*got = size;
	must(offset - begin + *got <= upload->part.size);
	memcpy(to, upload->part.data + (offset - begin), *got);
	return true;
}

struct byte_source
upload_source(struct upload *upload)
{
	uint64_t size =
	    upload->part_count > 0 ? upload->ends[upload->part_count - 1] : 0;

	return (struct byte_source){ read_at, upload, size, &upload->fault };
}
