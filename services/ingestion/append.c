/* append.c - COPY into the log, straight or by way of the staging table. */
#include "services/ingestion/append.h"

#include "services/ingestion/queries.h"
#include "wire/binary.h"

enum { LOG_COLUMNS = 7, STAGED_COLUMNS = 9 };

static void
copy_entry(struct copy *copy, const struct entry *entry, struct buf *body)
{
	copy_int8(copy, entry->enrollment_id);
	copy_day(copy, entry->occurred_on);
	copy_day(copy, entry->known_on);
	buf_clear(body);
	entry_pack(entry, body);
	copy_bytes(copy, buf_slice(body));
}

static bool
append_plain(struct db *db, const char *tenant, const char *source,
    const struct append_row *rows, size_t row_count, size_t *stored,
    struct err *err)
{
	struct buf body = { 0 };
	struct copy copy;

	if (!copy_start(&copy, db, &query_copy_record_log, LOG_COLUMNS, err))
		return false;
	for (size_t i = 0; i < row_count; i++) {
		if (rows[i].has_id)
			continue;
		copy_row(&copy);
		copy_text(&copy, tenant);
		copy_text(&copy, source);
		copy_int2(&copy, (int16_t)rows[i].entry.kind);
		copy_entry(&copy, &rows[i].entry, &body);
	}
	buf_close(&body);
	return copy_end(&copy, stored, err);
}

static struct slice
hash_slice(const unsigned char hash[ID_HASH_SIZE])
{
	return (struct slice){ (const char *)hash, ID_HASH_SIZE };
}

static bool
stage(struct db *db, const struct append_row *rows, size_t row_count,
    struct err *err)
{
	struct buf body = { 0 };
	struct copy copy;
	size_t staged;

	if (!db_exec(db, &query_stage_records, DB_NO_ARGS, NULL, err) ||
	    !copy_start(&copy, db, &query_copy_staged_record, STAGED_COLUMNS,
		err))
		return false;
	for (size_t i = 0; i < row_count; i++) {
		if (!rows[i].has_id)
			continue;
		copy_row(&copy);
		copy_bytes(&copy, hash_slice(rows[i].id_hash));
		copy_int8(&copy, entry_hash(&rows[i].entry));
		if (rows[i].has_replaced)
			copy_bytes(&copy, hash_slice(rows[i].replaced_hash));
		else
			copy_null(&copy);
		copy_int8(&copy, rows[i].row);
		copy_int2(&copy, (int16_t)rows[i].entry.kind);
		copy_entry(&copy, &rows[i].entry, &body);
	}
	buf_close(&body);
	return copy_end(&copy, &staged, err);
}

static bool
append_keyed(struct db *db, const char *tenant, const char *source,
    const struct append_row *rows, size_t row_count, struct append_count *count,
    struct err *err)
{
	struct db_result result = { 0 };

	if (!stage(db, rows, row_count, err) ||
	    !db_query(db, &query_append_staged,
		DB_ARGS(db_text(tenant), db_text(source)), &result, err))
		return false;
	count->stored += db_get_integer(&result, 0, 0);
	count->superseded += db_get_integer(&result, 0, 1);
	count->rows_stored += db_get_integer(&result, 0, 2);
	db_result_close(&result);
	return true;
}

bool
append_rows(struct db *db, const char *tenant, const char *source,
    const struct append_row *rows, size_t row_count, struct append_count *count,
    struct err *err)
{
	size_t keyed = 0, stored = 0;

	for (size_t i = 0; i < row_count; i++)
		keyed += rows[i].has_id;
	if (keyed < row_count &&
	    !append_plain(db, tenant, source, rows, row_count, &stored, err))
		return false;
	count->stored += (int64_t)stored;
	count->rows_stored += (int64_t)stored;
	return keyed == 0 ||
	    append_keyed(db, tenant, source, rows, row_count, count, err);
}

bool
append_registers_begin(struct append_registers *to, struct db *db,
    const char *tenant, const char *source, int32_t today, struct err *err)
{
	*to = (struct append_registers){ .tenant = tenant,
		.source = source,
		.today = today };
	return copy_start(&to->copy, db, &query_copy_record_log, LOG_COLUMNS,
	    err);
}

void
append_register(struct append_registers *to, enum record_kind kind,
    int64_t enrollment_id, const struct message *message, const void *value)
{
	copy_row(&to->copy);
	copy_text(&to->copy, to->tenant);
	copy_text(&to->copy, to->source);
	copy_int2(&to->copy, (int16_t)kind);
	if (enrollment_id > 0)
		copy_int8(&to->copy, enrollment_id);
	else
		copy_null(&to->copy);
	copy_day(&to->copy, to->today);
	copy_day(&to->copy, to->today);
	buf_clear(&to->body);
	binary_encode(message, value, &to->body);
	copy_bytes(&to->copy, buf_slice(&to->body));
	to->count++;
}

bool
append_registers_end(struct append_registers *to, struct err *err)
{
	size_t rows;

	buf_close(&to->body);
	return copy_end(&to->copy, &rows, err);
}
