/* looks.c - a job's test courses, and who was tested on them before. */
#include "services/training/looks.h"

#include "services/training/queries.h"

bool
looks_note(struct worker *w, const char *tenant, const char *job_id,
    const struct plan_side *test, int64_t *earlier, struct err *err)
{
	struct db_result result = { 0 };

	if (!db_query(w->db, &query_job_test,
		DB_ARGS(db_text(tenant), db_text(job_id),
		    db_texts(test->courses, test->course_count)),
		&result, err))
		return false;
	*earlier = db_get_integer(&result, 0, 0);
	db_result_close(&result);
	return true;
}
