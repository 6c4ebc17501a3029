/*
 * register_write.h - changes of the registers, in the transaction in hand.
 *
 * Each changes what differs and nothing else; what changed also goes to the
 * record log (kinds course, enrollment, tenant) in the same transaction, so
 * that readers have one feed in one order.
 */
#ifndef INGESTION_REGISTER_WRITE_H
#define INGESTION_REGISTER_WRITE_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"
#include "proto/ingestion.h"

struct registers {
	struct db *db;       /* borrowed */
	struct arena *arena; /* borrowed */
	const char *tenant;
	const char *source; /* for the log; and who set the rules */
	int32_t today;      /* local day, for the log */
};

/* Fills `today` from the tenant's clock. */
MUST_CHECK bool registers_begin(struct registers *to, struct err *err);

/* Each adds to `*changed` how many were new or different. */
MUST_CHECK bool courses_put(struct registers *to, const struct course *courses,
    size_t count, bool keep_tracked, size_t *changed, struct err *err);
MUST_CHECK bool students_put(struct registers *to,
    const struct student *students, size_t count, size_t *changed,
    struct err *err);

/* An enrollment whose student or course is not known.  With `unknown` NULL any
 * of them is an error with a place (`NAME[3].student_id`, the field alone when
 * `name` is NULL); otherwise they are left out and listed in the arena. */
struct unknown {
	size_t index;
	bool is_student; /* the student is not known; else the course */
};
MUST_CHECK bool enrollments_put(struct registers *to,
    const struct enrollment *enrollments, size_t count, const char *name,
    struct unknown **unknown, size_t *unknown_count, size_t *changed,
    struct err *err);

MUST_CHECK bool rules_put(struct registers *to,
    const struct tenant_rules *rules, bool *changed, struct err *err);
/* Rules that were never set are the usual ones: roll-call, pass mark 60,
 * Monday to Friday, UTC.  `*set_by` may be NULL. */
MUST_CHECK bool rules_get(struct db *db, const char *tenant,
    struct arena *arena, struct tenant_rules *rules, const char **set_by,
    struct err *err);

/* The first and last day that the activity feed covers. */
MUST_CHECK bool course_set_tracked(struct registers *to, const char *course_id,
    int32_t from, int32_t until, size_t *changed, struct err *err);

#endif
