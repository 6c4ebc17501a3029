/* intake.c - from records to the log or to quarantine. */
#include "services/ingestion/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"
#include "services/ingestion/queries.h"
#include "services/ingestion/text.h"

enum { RAW_MOST = 8192, QUARANTINE_COLUMNS = 5, FIRST_ROOM = 256 };

bool
intake_begin(struct intake *in, bool may_tell_history, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(in->db, &query_tenant_clock, DB_ARGS(db_text(in->tenant)),
		&result, err))
		return false;
	in->time_zone = db_get_text(&result, 0, 0, in->arena);
	in->rules.today = db_get_day(&result, 0, 1);
	in->rules.may_tell_history = may_tell_history;
	db_result_close(&result);
	return true;
}

static struct intake_item *
add_item(struct intake *in, struct slice raw, int64_t row)
{
	if (in->items == NULL || in->count == in->room) {
		size_t room = in->items != NULL ? 2 * in->room
		    : in->room > 0              ? in->room
						: FIRST_ROOM;
		struct intake_item *items =
		    arena_array(in->arena, room, sizeof(*items));

		if (in->count > 0)
			memcpy(items, in->items, in->count * sizeof(*items));
		in->items = items;
		in->room = room;
	}
	in->items[in->count] = (struct intake_item){ .raw = raw, .row = row };
	return &in->items[in->count++];
}

struct intake_item *
intake_add(struct intake *in, const struct record *record, struct slice raw,
    int64_t row)
{
	struct intake_item *item = add_item(in, raw, row);

	item->record = record;
	item->id = record->id;
	return item;
}

static const char *
keep_text(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_copy(arena, text);
}

void
intake_add_copy(struct intake *in, const struct record *record,
    struct slice raw, int64_t row)
{
	struct record *copy = arena_alloc(in->arena, sizeof(*copy));

	*copy = *record;
	copy->id = keep_text(in->arena, record->id);
	copy->student_id = keep_text(in->arena, record->student_id);
	copy->course_id = keep_text(in->arena, record->course_id);
	copy->period = keep_text(in->arena, record->period);
	copy->assessment_id = keep_text(in->arena, record->assessment_id);
	copy->incident_type = keep_text(in->arena, record->incident_type);
	copy->activity_type = keep_text(in->arena, record->activity_type);
	intake_add(in, copy, raw, row);
}

struct intake_item *
intake_add_entry(struct intake *in, const struct entry *entry, int64_t row)
{
	struct intake_item *item = add_item(in, (struct slice){ "", 0 }, row);

	item->entry = *entry;
	return item;
}

static struct slice
cut(struct slice raw)
{
	return (struct slice){ raw.data,
		raw.size < RAW_MOST ? raw.size : RAW_MOST };
}

void
intake_refuse(struct intake *in, struct slice raw, int64_t row,
    const char *field, const char *fault)
{
	struct slice part = cut(raw);
	struct intake_item *item;

	part.data = arena_text(in->arena, part.data, part.size);
	item = add_item(in, part, row);
	item->field = keep_text(in->arena, field);
	item->fault = arena_copy(in->arena, fault);
}

const char *
intake_place(const struct intake *in, const struct intake_item *item)
{
	const char *field = item->field;
	long long row = (long long)item->row;

	if (in->file != NULL)
		return arena_printf(in->arena, "%s:%lld%s%s", in->file, row,
		    field != NULL ? ": " : "", field != NULL ? field : "");
	return arena_printf(in->arena, "records[%lld]%s%s", row,
	    field != NULL ? "." : "", field != NULL ? field : "");
}

/* Local days of the records that tell a moment. */
static bool
place_moments(struct intake *in, int32_t *days, struct err *err)
{
	int64_t *moments = arena_array(in->arena, in->count, sizeof(*moments));
	size_t *places = arena_array(in->arena, in->count, sizeof(*places));
	struct db_result result = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct record *record = in->items[i].record;

		if (record == NULL)
			continue;
		days[i] = record->date;
		if (record->has_occurred_at) {
			places[n] = i;
			moments[n++] = record->occurred_at;
		}
	}
	if (n == 0)
		return true;
	if (!db_query(in->db, &query_local_days,
		DB_ARGS(db_text(in->time_zone), db_integers(moments, n)),
		&result, err))
		return false;
	for (size_t i = 0; i < n; i++)
		days[places[i]] = db_get_day(&result, i, 0);
	db_result_close(&result);
	return true;
}

static void
check_items(struct intake *in, const int32_t *days)
{
	for (size_t i = 0; i < in->count; i++) {
		struct intake_item *item = &in->items[i];
		const struct record *record = item->record;
		struct err fault;

		if (record == NULL || item->fault != NULL)
			continue;
		if (!record_check(record, days[i], &in->rules, &fault)) {
			item->field =
			    arena_copy(in->arena, fault.places[0].pointer);
			item->fault =
			    arena_copy(in->arena, fault.places[0].message);
			continue;
		}
		entry_of_record(record, &item->entry);
		item->entry.occurred_on = days[i];
		item->entry.known_on =
		    record->has_known_on ? record->known_on : in->rules.today;
	}
}

static void
take_enrollment(struct intake_item *item, const struct wanted *wanted)
{
	item->entry.enrollment_id = wanted->enrollment_id;
	if (item->entry.kind == RECORD_GRADE) {
		item->entry.has_core = wanted->has_core;
		item->entry.core = wanted->core;
	}
	if (wanted->enrollment_id > 0)
		return;
	if (!wanted->is_student_known) {
		item->field = "student_id";
		item->fault = "this student is not in the register";
	} else if (wanted->course_id == NULL) {
		item->field = "course_id";
		item->fault = "is missing, and the student is in no school "
			      "year that holds this day";
	} else {
		item->field = "course_id";
		item->fault = "the student is not enrolled in this course";
	}
}

static bool
resolve_items(struct intake *in, struct err *err)
{
	struct wanted *wanted =
	    arena_array(in->arena, in->count, sizeof(*wanted));
	size_t *places = arena_array(in->arena, in->count, sizeof(*places));
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct intake_item *item = &in->items[i];

		if (item->record == NULL || item->fault != NULL)
			continue;
		places[n] = i;
		wanted[n++] =
		    (struct wanted){ .student_id = item->record->student_id,
			    .course_id = item->record->course_id,
			    .day = item->entry.occurred_on };
	}
	if (!enrollments_resolve(in->db, in->cache, in->tenant, wanted, n,
		in->arena, err))
		return false;
	for (size_t i = 0; i < n; i++)
		take_enrollment(&in->items[places[i]], &wanted[i]);
	return true;
}

static int
by_id(const void *a, const void *b)
{
	const struct intake_item *const *left = a, *const *right = b;
	int order = strcmp((*left)->id, (*right)->id);

	return order != 0 ? order : *left < *right ? -1 : 1;
}

/* One id twice: the first counts. */
static void
compare_with_first(struct intake *in, const struct intake_item *first,
    struct intake_item *item)
{
	if (entry_hash(&first->entry) == entry_hash(&item->entry)) {
		item->is_duplicate = true;
		return;
	}
	item->field = "id";
	item->fault = arena_printf(in->arena,
	    "was given before, in %s %lld, with other content",
	    in->file != NULL ? "line" : "record", (long long)first->row);
}

static void
find_repeats(struct intake *in)
{
	struct intake_item **keyed =
	    arena_array(in->arena, in->count, sizeof(struct intake_item *));
	size_t n = 0, first = 0;

	for (size_t i = 0; i < in->count; i++)
		if (in->items[i].id != NULL && in->items[i].fault == NULL)
			keyed[n++] = &in->items[i];
	qsort(keyed, n, sizeof(*keyed), by_id);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(keyed[first]->id, keyed[i]->id) == 0)
			compare_with_first(in, keyed[first], keyed[i]);
		else
			first = i;
	}
}

/* A row is stored whole or refused whole, and its first fault tells why. */
static void
refuse_rows(struct intake *in)
{
	struct intake_item *row = in->items, *end = in->items + in->count;

	while (row < end) {
		struct intake_item *next = row, *fault = NULL;

		for (; next < end && next->row == row->row; next++)
			if (fault == NULL && next->fault != NULL)
				fault = next;
		for (; row < next; row++) {
			if (fault == NULL || row == fault)
				continue;
			row->fault = NULL;
			row->is_duplicate = false;
			row->is_left_out = true;
		}
		in->refused += fault != NULL;
	}
}

bool
intake_settle(struct intake *in, struct err *err)
{
	int32_t *days = arena_array(in->arena, in->count, sizeof(*days));

	if (in->count == 0)
		return true;
	if (!place_moments(in, days, err))
		return false;
	check_items(in, days);
	if (!resolve_items(in, err))
		return false;
	find_repeats(in);
	refuse_rows(in);
	for (size_t i = 0; i < in->count; i++)
		in->duplicates += in->items[i].is_duplicate;
	return true;
}

static bool
append_good(struct intake *in, struct err *err)
{
	struct append_row *rows =
	    arena_array(in->arena, in->count, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct intake_item *item = &in->items[i];
		struct append_row *row = &rows[n];

		if (item->fault != NULL || item->is_duplicate ||
		    item->is_left_out)
			continue;
		row->entry = item->entry;
		row->row = item->row;
		row->has_id = item->id != NULL;
		row->has_replaced = item->replaces != NULL;
		if (row->has_id)
			id_hash(in->tenant, in->source, item->id, row->id_hash);
		if (row->has_replaced)
			id_hash(in->tenant, in->source, item->replaces,
			    row->replaced_hash);
		n++;
	}
	if (n == 0)
		return true;
	if (!append_rows(in->db, in->tenant, in->source, rows, n, &in->appended,
		err))
		return false;
	in->duplicates += n - (size_t)in->appended.stored;
	return true;
}

static bool
stage_refused(struct intake *in, struct err *err)
{
	struct copy copy;
	size_t staged;

	if (!db_exec(in->db, &query_stage_quarantine, DB_NO_ARGS, NULL, err) ||
	    !copy_start(&copy, in->db, &query_copy_staged_quarantine,
		QUARANTINE_COLUMNS, err))
		return false;
	for (size_t i = 0; i < in->count; i++) {
		const struct intake_item *item = &in->items[i];
		char id[UUID_TEXT_SIZE];

		if (item->fault == NULL)
			continue;
		uuid_make(id);
		copy_row(&copy);
		copy_text(&copy, id);
		copy_text(&copy, item->fault);
		copy_text(&copy, intake_place(in, item));
		copy_int8(&copy, item->row);
		copy_text(&copy, text_clean(cut(item->raw), in->arena));
	}
	return copy_end(&copy, &staged, err);
}

bool
intake_store(struct intake *in, struct err *err)
{
	if (!append_good(in, err))
		return false;
	if (in->refused == 0)
		return true;
	return stage_refused(in, err) &&
	    db_exec(in->db, &query_put_staged_quarantine,
		DB_ARGS(db_text(in->tenant), db_text(in->source),
		    db_text(in->batch_key), db_text(in->import_id)),
		NULL, err);
}
