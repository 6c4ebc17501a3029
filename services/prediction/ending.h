/*
 * ending.h - how an enrollment ended: its label, as seen from a day.
 *
 * The label is 1 when an adverse outcome happened after the day and by the end
 * of the course, whatever else is told of the enrollment; it is 0 when all
 * that is told of the days after it is not adverse.  What is dated by the day,
 * adverse or not, tells nothing of what came after it, and who had an adverse
 * outcome by then has no label at all: it is too late to warn.  What is dated
 * behind the course's end does not count, a censored outcome tells nothing.
 *
 * What staff told (POST /api/v1/feedback) counts like an outcome record where
 * the institution's records tell nothing.
 */
#ifndef PREDICTION_ENDING_H
#define PREDICTION_ENDING_H

#include "services/prediction/subject.h"

/* Read what staff told of each of the subjects. */
MUST_CHECK bool endings_load(struct worker *w, const char *tenant,
    struct subjects *subjects, struct err *err);

/* Visit those of the enrollments that are there (subjects_visit), each with its
 * facts and what staff told of it, by id. */
MUST_CHECK bool endings_visit(struct worker *w, const char *tenant,
    const struct rules *rules, const int64_t *ids, size_t count,
    subject_visitor *visit, void *user, struct err *err);

/* The ids of a page of enrollments, its first column, in `ids`; `*after` is
 * then the last.  Returns how many; closes `page`. */
size_t ids_take(struct db_result *page, int64_t *ids, int64_t *after);

/* The outcome that labels the subject, whose facts are loaded, as seen from
 * `day` with what was known on `known_by`; NULL: none does. */
const struct fact *ending_find(const struct subject *subject, int32_t known_by,
    int32_t day);

#endif
