/* entry.c - entries of the log to bytes and back. */
#include "services/ingestion/entry.h"

#include <string.h>

#include "ml/facts.h"
#include "secure/digest.h"
#include "wire/binary.h"

enum { HAS_CODE = 1, HAS_VALUE = 2, HAS_TYPE = 4, HAS_CORE = 8, IS_CORE = 16 };

static void
set_code(struct entry *entry, int code)
{
	entry->has_code = true;
	entry->code = (uint8_t)code;
}

static void
set_value(struct entry *entry, double value)
{
	entry->has_value = true;
	entry->value = value;
}

/* A label that is also counted by its 16-bit hash. */
static void
set_type(struct entry *entry, const char *text)
{
	if (text == NULL)
		return;
	entry->has_type = true;
	entry->type = fact_type_code(text);
	entry->label = text;
}

void
entry_of_record(const struct record *record, struct entry *entry)
{
	entry->kind = record->kind;
	entry->label = "";
	switch (record->kind) {
	case RECORD_ATTENDANCE:
		set_code(entry, record->status);
		set_type(entry, record->period);
		return;
	case RECORD_GRADE:
		set_code(entry,
		    record->has_assessment_type ? (int)record->assessment_type
						: TYPE_OTHER);
		set_value(entry, record->score);
		if (record->assessment_id != NULL)
			entry->label = record->assessment_id;
		return;
	case RECORD_INCIDENT:
		set_value(entry, (double)record->severity);
		set_type(entry, record->incident_type);
		return;
	case RECORD_ACTIVITY:
		set_value(entry, record->has_count ? (double)record->count : 1);
		if (record->activity_type != NULL)
			entry->label = record->activity_type;
		return;
	case RECORD_OUTCOME:
		set_code(entry, record->result);
		return;
	case RECORD_FEEDBACK:
	case RECORD_ATTEMPT:
	case RECORD_COURSE:
	case RECORD_ENROLLMENT:
	case RECORD_TENANT:
		break;
	}
	must(!"record_check lets only records through");
}

static void
add_little(struct buf *out, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		buf_byte(out, (char)(value >> (8 * i)));
}

static uint64_t
read_little(const char *data, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64_t)(unsigned char)data[i] << (8 * i);
	return value;
}

void
entry_pack(const struct entry *entry, struct buf *out)
{
	uint64_t bits;

	buf_byte(out,
	    (char)((entry->has_code ? HAS_CODE : 0) |
		(entry->has_value ? HAS_VALUE : 0) |
		(entry->has_type ? HAS_TYPE : 0) |
		(entry->has_core ? HAS_CORE : 0) |
		(entry->has_core && entry->core ? IS_CORE : 0)));
	if (entry->has_code)
		buf_byte(out, (char)entry->code);
	memcpy(&bits, &entry->value, sizeof(bits));
	if (entry->has_value)
		add_little(out, bits, 8);
	if (entry->has_type)
		add_little(out, entry->type, 2);
	buf_text(out, entry->label);
}

static bool
unpack_facts(struct slice body, struct log_entry *to)
{
	size_t at = 1;
	unsigned char has;
	uint64_t bits;

	if (body.size < 1)
		return false;
	has = (unsigned char)body.data[0];
	if (body.size < 1u + ((has & HAS_CODE) ? 1 : 0) +
		((has & HAS_VALUE) ? 8 : 0) + ((has & HAS_TYPE) ? 2 : 0))
		return false;
	to->has_value_code = (has & HAS_CODE) != 0;
	if (has & HAS_CODE)
		to->value_code = (unsigned char)body.data[at++];
	to->has_value = (has & HAS_VALUE) != 0;
	if (has & HAS_VALUE) {
		bits = read_little(body.data + at, 8);
		memcpy(&to->value, &bits, sizeof(bits));
		at += 8;
	}
	to->has_type_code = (has & HAS_TYPE) != 0;
	if (has & HAS_TYPE)
		to->type_code = (int64_t)read_little(body.data + at, 2);
	to->has_core = (has & HAS_CORE) != 0;
	to->core = (has & IS_CORE) != 0;
	return true;
}

static bool
unpack_register(const struct message *message, struct slice body,
    struct arena *arena, void **value, struct err *err)
{
	*value = arena_alloc(arena, message->size);
	return binary_decode(message, body, arena, *value, err);
}

bool
entry_unpack(enum record_kind kind, struct slice body, struct arena *arena,
    struct log_entry *to, struct err *err)
{
	void *value = NULL;

	switch (kind) {
	case RECORD_COURSE:
		if (!unpack_register(&course_message, body, arena, &value, err))
			return false;
		to->course = value;
		return true;
	case RECORD_ENROLLMENT:
		if (!unpack_register(&enrollment_message, body, arena, &value,
			err))
			return false;
		to->enrollment = value;
		return true;
	case RECORD_TENANT:
		if (!unpack_register(&tenant_rules_message, body, arena, &value,
			err))
			return false;
		to->rules = value;
		return true;
	case RECORD_ATTENDANCE:
	case RECORD_GRADE:
	case RECORD_INCIDENT:
	case RECORD_ACTIVITY:
	case RECORD_OUTCOME:
	case RECORD_FEEDBACK:
	case RECORD_ATTEMPT:
		break;
	}
	if (!unpack_facts(body, to))
		return err_set(err, ERR_INTERNAL,
		    "an entry of the log is torn");
	return true;
}

int64_t
entry_hash(const struct entry *entry)
{
	unsigned char hash[DIGEST_SIZE];
	struct entry sent = *entry;
	struct buf bytes = { 0 };
	int64_t value;

	sent.has_core = false;
	buf_byte(&bytes, (char)entry->kind);
	buf_be64(&bytes, (uint64_t)entry->enrollment_id);
	buf_be32(&bytes, (uint32_t)entry->occurred_on);
	entry_pack(&sent, &bytes);
	digest(buf_slice(&bytes), hash);
	buf_close(&bytes);
	memcpy(&value, hash, sizeof(value));
	return value;
}

void
id_hash(const char *tenant, const char *source, const char *id,
    unsigned char out[ID_HASH_SIZE])
{
	unsigned char hash[DIGEST_SIZE];
	struct buf bytes = { 0 };

	/* With their NULs: no two triples give the same bytes. */
	buf_add(&bytes, tenant, strlen(tenant) + 1);
	buf_add(&bytes, source, strlen(source) + 1);
	buf_text(&bytes, id);
	digest(buf_slice(&bytes), hash);
	buf_close(&bytes);
	memcpy(out, hash, ID_HASH_SIZE);
}
