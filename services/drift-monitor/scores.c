/* scores.c - hears prediction.made and keeps what the model has seen. */
#include <math.h>

#include "proto/prediction.h"
#include "services/drift-monitor/drift.h"
#include "services/drift-monitor/queries.h"
#include "wire/json.h"

/* Bytes of scored_enrollment.features; queries.sql knows them too. */
enum { FEATURES_SIZE = 184, SCORE_PARTS = 10000 };

/* The rows of an event as columns, in the arena. */
struct columns {
	int64_t *ids;
	int64_t *weeks;
	int64_t *scores; /* in parts */
	struct buf features;
};

static bool
fill_columns(const struct prediction_made *made, struct arena *arena,
    struct columns *columns, struct err *err)
{
	size_t count = made->items_count;

	columns->ids = arena_array(arena, count, sizeof(int64_t));
	columns->weeks = arena_array(arena, count, sizeof(int64_t));
	columns->scores = arena_array(arena, count, sizeof(int64_t));
	for (size_t i = 0; i < count; i++) {
		const struct scored_enrollment *item = &made->items[i];

		if (item->features.size != FEATURES_SIZE)
			return err_set(err, ERR_INVALID,
			    "features of enrollment %lld have %zu bytes, not "
			    "%d",
			    (long long)item->enrollment_id, item->features.size,
			    FEATURES_SIZE);
		columns->ids[i] = item->enrollment_id;
		columns->weeks[i] = item->week;
		columns->scores[i] = llround(item->risk_score * SCORE_PARTS);
		buf_add(&columns->features, item->features.data, FEATURES_SIZE);
	}
	return true;
}

static bool
put_scores(struct worker *w, const char *tenant,
    const struct prediction_made *made, const struct columns *columns,
    struct err *err)
{
	size_t count = made->items_count;

	return db_exec(w->db, &query_scored_put,
		   DB_ARGS(db_text(tenant), db_day(made->reference_date),
		       db_text(made->model_version),
		       db_integers(columns->ids, count),
		       db_integers(columns->weeks, count),
		       db_integers(columns->scores, count),
		       db_bytes(buf_slice(&columns->features))),
		   NULL, err) &&
	    db_exec(w->db, &query_watched_put,
		DB_ARGS(db_text(tenant), db_day(made->reference_date)), NULL,
		err);
}

bool
hear_scores(struct worker *w, const struct event *event, struct err *err)
{
	struct columns columns = { 0 };
	struct prediction_made made;
	bool is_good;

	if (!json_decode(&prediction_made_message, event->data, JSON_LENIENT,
		&w->arena, &made, err))
		return false;
	is_good = fill_columns(&made, &w->arena, &columns, err) &&
	    put_scores(w, event->tenant, &made, &columns, err);
	buf_close(&columns.features);
	return is_good;
}
