/* store.c - keeps and finds predictions, in the database and in the cache. */
#include "services/prediction/store.h"

#include "base/uuid.h"
#include "services/prediction/queries.h"
#include "services/prediction/shadow.h"
#include "wire/binary.h"

enum { CACHE_SECONDS = 3600 };

/* Columns of stored_predictions. */
enum { ENROLLMENT_ID, PREDICTION_ID, IS_FULL, ANSWER, CREATED_AT };

static struct prediction *
read_answer(struct slice bytes, struct arena *arena, struct err *err)
{
	struct prediction *prediction = arena_alloc(arena, sizeof(*prediction));

	return binary_decode(&prediction_message, bytes, arena, prediction, err)
	    ? prediction
	    : NULL;
}

static size_t
place_of(const struct question_set *set, int64_t enrollment_id)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->subjects[i]->enrollment_id == enrollment_id)
			return i;
	must(!"an enrollment that was asked for");
	return 0;
}

static bool
read_stored(const struct question_set *set, const struct db_result *rows,
    struct arena *arena, struct stored *found, struct err *err)
{
	for (size_t i = 0; i < rows->row_count; i++) {
		struct stored *stored = &found[place_of(set,
		    db_get_integer(rows, i, ENROLLMENT_ID))];
		struct prediction *prediction =
		    read_answer(db_get_bytes(rows, i, ANSWER), arena, err);

		if (prediction == NULL)
			return err_in(err, "stored prediction");
		prediction->prediction_id =
		    db_get_text(rows, i, PREDICTION_ID, arena);
		prediction->as_of = db_get_time(rows, i, CREATED_AT);
		*stored = (struct stored){ prediction,
			db_get_flag(rows, i, IS_FULL) };
	}
	return true;
}

bool
store_find(struct worker *w, const struct question_set *set,
    struct arena *arena, struct stored *found, struct err *err)
{
	size_t count = set->count;
	int64_t *ids = arena_array(arena, 3 * count, sizeof(*ids));
	struct db_result rows;
	bool is_good;

	for (size_t i = 0; i < count; i++) {
		ids[i] = set->subjects[i]->enrollment_id;
		ids[count + i] = set->subjects[i]->facts_revision;
		ids[2 * count + i] = set->subjects[i]->register_revision;
		found[i] = (struct stored){ NULL, false };
	}
	if (!db_query(w->db, &query_stored_predictions,
		DB_ARGS(db_text(set->basis->tenant), db_integers(ids, count),
		    db_integers(ids + count, count),
		    db_integers(ids + 2 * count, count), db_day(set->day),
		    db_text(set->serving->version), db_integer(FEATURE_VERSION),
		    db_integer(set->basis->rules->position),
		    db_text(set->serving->name)),
		&rows, err))
		return false;
	is_good = read_stored(set, &rows, arena, found, err);
	db_result_close(&rows);
	return is_good;
}

static bool
insert(struct worker *w, const struct question_set *set,
    const struct look *look, bool is_full, struct prediction *prediction,
    struct slice answer, struct db_result *row, struct err *err)
{
	const struct basis *basis = set->basis;
	const struct subject *subject = look->subject;
	float values[ANSWER_VALUES];

	answer_values(look, values);
	return db_query(w->db, &query_put_prediction,
	    DB_ARGS(db_text(basis->tenant), db_text(prediction->prediction_id),
		db_integer(subject->enrollment_id), db_day(set->day),
		db_text(set->serving->version), db_integer(FEATURE_VERSION),
		db_integer(subject->log_position),
		db_integer(subject->facts_revision),
		db_integer(subject->register_revision),
		db_integer(basis->rules->position), db_real(look->score),
		db_text(risk_category_name(look->category)), db_real(look->low),
		db_real(look->high),
		db_bytes(
		    (struct slice){ (const char *)values, sizeof(values) }),
		db_flag(is_full), db_bytes(answer),
		db_text(set->serving->name)),
	    row, err);
}

bool
store_put(struct worker *w, const struct question_set *set,
    const struct look *look, bool is_full, struct prediction *prediction,
    struct err *err)
{
	struct tools *tools = w->scratch;
	struct buf answer = { 0 };
	struct db_result row;
	char id[UUID_TEXT_SIZE];
	bool is_good;

	uuid_make(id);
	prediction->prediction_id = arena_copy(&w->arena, id);
	prediction->model_version = set->serving->version;
	prediction->arm = set->serving->arm;
	prediction->experiment = set->serving->experiment;
	binary_encode(&prediction_message, prediction, &answer);
	is_good = insert(w, set, look, is_full, prediction, buf_slice(&answer),
	    &row, err);
	buf_close(&answer);
	if (!is_good)
		return false;
	tools->has_stored = true;
	prediction->prediction_id = db_get_text(&row, 0, 0, &w->arena);
	prediction->as_of = db_get_time(&row, 0, 1);
	db_result_close(&row);
	return true;
}

bool
store_read(struct worker *w, const char *tenant, const char *prediction_id,
    const struct bus_head *who, struct prediction *prediction, struct err *err)
{
	struct db_result row;
	bool is_good;

	if (!uuid_is_valid(prediction_id))
		return err_set(err, ERR_NOT_FOUND,
		    "a prediction's id is a UUID; this is none");
	if (!db_query(w->db, &query_prediction_by_id,
		DB_ARGS(db_text(tenant), db_text(prediction_id),
		    visible_schools(who), visible_sections(who)),
		&row, err)) {
		if (err->code != ERR_NOT_FOUND)
			return false;
		return err_set(err, ERR_NOT_FOUND, "there is no prediction %s",
		    prediction_id);
	}
	is_good = binary_decode(&prediction_message, db_get_bytes(&row, 0, 0),
	    &w->arena, prediction, err);
	prediction->prediction_id = prediction_id;
	prediction->as_of = db_get_time(&row, 0, 1);
	db_result_close(&row);
	return is_good;
}

static char *
cache_key(struct arena *arena, const struct question_set *set,
    const struct subject *subject)
{
	return arena_printf(arena,
	    "prediction:%d:%s:%lld:%lld:%lld:%lld:%s:%s:%d", FEATURE_VERSION,
	    set->basis->tenant, (long long)subject->enrollment_id,
	    (long long)subject->facts_revision,
	    (long long)subject->register_revision,
	    (long long)set->basis->rules->position, set->serving->version,
	    set->serving->name, (int)set->day);
}

struct prediction *
cached_find(struct worker *w, const struct question_set *set,
    const struct subject *subject)
{
	struct prediction *prediction = NULL;
	struct buf value = { 0 };
	struct err err = { 0 };

	/* What cannot be read was written by another version: not there. */
	if (cache_get(w->cache, cache_key(&w->arena, set, subject), &value) ==
	    CACHE_HIT)
		prediction = read_answer(buf_slice(&value), &w->arena, &err);
	buf_close(&value);
	return prediction;
}

/* An answer that waits for the commit, in tools.chunk; the call has the list
 * of them, so one that fails leaves none behind. */
struct waiting {
	struct waiting *next; /* NULL: the last */
	char *key;
	struct slice value;
};

static void
fill_cache(struct worker *w, struct call *call)
{
	for (const struct waiting *waiting = call->after_user; waiting != NULL;
	     waiting = waiting->next)
		cache_set(w->cache, waiting->key, waiting->value,
		    CACHE_SECONDS);
	call->after_user = NULL;
}

void
store_settle(struct worker *w, struct call *call)
{
	fill_cache(w, call);
	shadow_submit(w);
}

void
cached_remember(struct worker *w, const struct question_set *set,
    const struct subject *subject, const struct prediction *prediction)
{
	struct tools *tools = w->scratch;
	struct waiting *waiting = arena_alloc(&tools->chunk, sizeof(*waiting));
	struct buf value = { 0 };

	binary_encode(&prediction_message, prediction, &value);
	waiting->value =
	    (struct slice){ arena_text(&tools->chunk, value.data, value.size),
		    value.size };
	buf_close(&value);
	waiting->key = cache_key(&tools->chunk, set, subject);
	waiting->next = w->call->after_user;
	w->call->after_user = waiting;
	w->call->after = store_settle;
}

bool
store_commit(struct worker *w, const char *tenant, struct err *err)
{
	struct tools *tools = w->scratch;

	if (!work_commit(w, err))
		return false;
	tools->has_stored = false;
	store_settle(w, w->call);
	return work_begin(w, tenant, err);
}
