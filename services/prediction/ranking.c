/*
 * ranking.c - finds who is out of date, has them scored, and reads the scores
 * in order.
 */
#include "services/prediction/ranking_inner.h"

#include "base/clock.h"
#include "services/prediction/queries.h"
#include "services/prediction/shadow.h"

enum { JOB_SECONDS = 60, LITTLE_SECONDS = 3 };

/* Who serves, as the queries take it: versions and names in step, and what
 * tells an enrollment's place among them. */
struct servers {
	const char *versions[1 + ARMS_MOST];
	const char *names[1 + ARMS_MOST];
	size_t count;
	struct db_value owners, inner, outer; /* null: no experiment runs */
};

static struct servers
servers_of(const struct basis *basis)
{
	const struct experiment_arms *arms = basis->arms;
	struct servers servers = { .count = basis->serving_count,
		.owners = db_null(),
		.inner = db_null(),
		.outer = db_null() };

	for (size_t i = 0; i < basis->serving_count; i++) {
		servers.versions[i] = basis->servings[i].version;
		servers.names[i] = basis->servings[i].name;
	}
	if (arms != NULL) {
		servers.owners = db_bytes((
		    struct slice){ (const char *)arms->arms.owner, ARM_PARTS });
		servers.inner = db_bytes(
		    (struct slice){ (const char *)arms->inner, ARM_PAD_SIZE });
		servers.outer = db_bytes(
		    (struct slice){ (const char *)arms->outer, ARM_PAD_SIZE });
	}
	return servers;
}

/* The ids of those that are out of date, in the worker's arena. */
static bool
find_stale(struct worker *w, const struct ranking *ranking, int64_t **ids,
    size_t *count, struct err *err)
{
	const struct basis *basis = ranking->basis;
	struct servers servers = servers_of(basis);
	struct db_result result;

	if (!db_query(w->db, &query_stale_enrollments,
		DB_ARGS(db_text(basis->tenant), db_day(ranking->day),
		    db_text(ranking->course_id), db_text(ranking->term),
		    db_texts(servers.versions, servers.count),
		    db_integer(basis->rules->position),
		    db_flag(ranking_is_look_back(ranking)),
		    db_texts(servers.names, servers.count), servers.owners,
		    servers.inner, servers.outer),
		&result, err))
		return false;
	*count = result.row_count;
	*ids = arena_array(&w->arena, *count, sizeof(**ids));
	for (size_t i = 0; i < *count; i++)
		(*ids)[i] = db_get_integer(&result, i, 0);
	db_result_close(&result);
	return true;
}

/* One chunk, in a transaction of its own. */
static bool
refresh_chunk(struct worker *w, const struct ranking *ranking,
    const struct serving_model *serving, const int64_t *ids, size_t count,
    struct err *err)
{
	struct tools *tools = w->scratch;
	struct subjects subjects = { .arena = &tools->chunk };
	const struct basis *basis = ranking->basis;

	arena_reset(&tools->chunk);
	if (!subjects_by_id(w, basis->tenant, basis->rules, ids, count,
		&subjects, err) ||
	    !ranking_score_chunk(w, ranking, serving, &subjects, err) ||
	    !work_commit(w, err))
		return false;
	shadow_submit(w);
	return work_begin(w, basis->tenant, err);
}

static bool
has_time(int64_t deadline, size_t left, struct err *err)
{
	if (clock_ticks() <= deadline)
		return true;
	err_set(err, ERR_UNAVAILABLE,
	    "%zu students are still to be scored; ask again in a moment", left);
	err->retry_after = LITTLE_SECONDS;
	return false;
}

/* Those of the ids that the serving answers for come first; how many. */
static size_t
gather(const struct basis *basis, const struct serving_model *serving,
    int64_t *ids, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t id = ids[i];

		if (basis_serving(basis, id) != serving)
			continue;
		ids[i] = ids[found];
		ids[found++] = id;
	}
	return found;
}

bool
ranking_refresh(struct worker *w, const struct ranking *ranking,
    int64_t deadline, struct err *err)
{
	const struct basis *basis = ranking->basis;
	int64_t *ids;
	size_t count;

	if (!find_stale(w, ranking, &ids, &count, err))
		return false;
	for (size_t s = 0; s < basis->serving_count; s++) {
		const struct serving_model *serving = &basis->servings[s];
		size_t served = gather(basis, serving, ids, count);

		for (size_t i = 0; i < served; i += RANKING_CHUNK) {
			size_t rest = served - i;

			if (!has_time(deadline, count - i, err) ||
			    !refresh_chunk(w, ranking, serving, ids + i,
				rest < RANKING_CHUNK ? rest : RANKING_CHUNK,
				err))
				return false;
		}
		ids += served;
		count -= served;
	}
	return true;
}

bool
ranking_count(struct worker *w, const struct ranking *ranking,
    const struct bus_head *who, int64_t *active, int64_t *scored,
    struct err *err)
{
	struct servers servers = servers_of(ranking->basis);
	struct db_result result;

	if (!db_query(w->db, &query_count_ranked,
		DB_ARGS(db_text(ranking->basis->tenant), db_day(ranking->day),
		    db_texts(servers.versions, servers.count),
		    db_text(ranking->course_id), db_text(ranking->term),
		    visible_schools(who), visible_sections(who),
		    db_flag(ranking_is_look_back(ranking)),
		    db_texts(servers.names, servers.count), servers.owners,
		    servers.inner, servers.outer),
		&result, err))
		return false;
	*active = db_get_integer(&result, 0, 0);
	*scored = db_get_integer(&result, 0, 1);
	db_result_close(&result);
	return true;
}

bool
ranking_read(struct worker *w, const struct ranking *ranking,
    const struct rank_question *question, struct rank **ranks, size_t *count,
    struct err *err)
{
	const struct bus_head *who = question->who;
	struct servers servers = servers_of(ranking->basis);
	struct db_result result;

	if (!db_query(w->db, &query_ranked_scores,
		DB_ARGS(db_text(ranking->basis->tenant), db_day(ranking->day),
		    db_texts(servers.versions, servers.count),
		    db_integer(question->after.parts),
		    db_integer(question->after.enrollment_id),
		    db_text(ranking->course_id), db_text(ranking->term),
		    question->level < 0 ? db_null()
					: db_integer(question->level),
		    visible_schools(who), visible_sections(who),
		    db_integer((int64_t)question->limit),
		    db_flag(ranking_is_look_back(ranking)),
		    db_texts(servers.names, servers.count), servers.owners,
		    servers.inner, servers.outer),
		&result, err))
		return false;
	*count = result.row_count;
	*ranks = arena_array(&w->arena, *count, sizeof(struct rank));
	for (size_t i = 0; i < *count; i++)
		(*ranks)[i] = (struct rank){ db_get_integer(&result, i, 0),
			(int)db_get_integer(&result, i, 1) };
	db_result_close(&result);
	return true;
}

/* Whose ranking is due, and the time of the news that it begins from. */
struct due {
	const char *tenant; /* NULL: nobody's; in the worker's arena */
	int64_t changed_at;
};

static bool
find_due(struct worker *w, struct due *due, struct err *err)
{
	struct db_result result;

	*due = (struct due){ 0 };
	if (!work_begin(w, NULL, err) ||
	    !db_query(w->db, &query_take_tenant_to_rank, DB_NO_ARGS, &result,
		err))
		return false;
	if (result.row_count > 0) {
		due->tenant = db_get_text(&result, 0, 0, &w->arena);
		due->changed_at = db_get_time(&result, 0, 1);
	}
	db_result_close(&result);
	return work_commit(w, err);
}

/* True also when there is nothing to rank: no rules or no model. */
static bool
refresh_tenant(struct worker *w, const char *tenant, struct err *err)
{
	struct basis basis;
	struct ranking ranking = { .basis = &basis };
	bool is_good;

	if (!basis_load(w, tenant, &basis, err)) {
		basis_close(&basis);
		return err->code == ERR_CONFLICT;
	}
	ranking.day = basis.rules->today;
	is_good = ranking_refresh(w, &ranking,
		      clock_ticks() + JOB_SECONDS * SECOND_US, err) &&
	    db_exec(w->db, &query_forget_rankings,
		DB_ARGS(db_text(tenant), db_day(ranking.day)), NULL, err) &&
	    db_exec(w->db, &query_forget_shadow_pairs,
		DB_ARGS(db_text(tenant), db_day(ranking.day)), NULL, err);
	basis_close(&basis);
	return is_good;
}

/* Marked in the last transaction of the work: a ranking that was killed or ran
 * out of time is due as before. */
bool
refresh_rankings(struct worker *w, bool *again, struct err *err)
{
	struct due due;

	if (!find_due(w, &due, err))
		return false;
	*again = due.tenant != NULL;
	if (due.tenant == NULL)
		return true;
	if (!work_begin(w, due.tenant, err) ||
	    !refresh_tenant(w, due.tenant, err))
		return false;
	err_clear(err);
	return db_exec(w->db, &query_put_tenant_ranked,
		   DB_ARGS(db_text(due.tenant), db_time(due.changed_at)), NULL,
		   err) &&
	    work_commit(w, err);
}
