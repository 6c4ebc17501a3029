/*
 * choose.h - which of a student's enrollments a question is about.
 */
#ifndef PREDICTION_CHOOSE_H
#define PREDICTION_CHOOSE_H

#include "services/prediction/subject.h"

/*
 * The one that is active on the day.  ERR_NOT_FOUND when there is none at all,
 * ERR_INVALID naming the courses when several are active, ERR_CONFLICT saying
 * since when when none is.
 */
MUST_CHECK bool choose_enrollment(const struct subject *rows, size_t count,
    int32_t day, const struct subject **chosen, struct err *err);

#endif
