/* choose.c - finds the enrollment that is meant. */
#include "services/prediction/choose.h"

#include <stdio.h>
#include <string.h>

#include "services/prediction/verdicts.h"

static bool
name_courses(const struct subject *rows, size_t count, int32_t day,
    struct err *err)
{
	char names[120] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (!subject_is_active(&rows[i], day) ||
		    used + strlen(rows[i].course_id) + 8 > sizeof(names))
			continue;
		used += (size_t)snprintf(names + used, sizeof(names) - used,
		    "%s%s", used > 0 ? ", " : "", rows[i].course_id);
	}
	return err_at(err, "course_id", "say which: this student is in %s",
	    names);
}

bool
choose_enrollment(const struct subject *rows, size_t count, int32_t day,
    const struct subject **chosen, struct err *err)
{
	const struct subject *latest = NULL;
	size_t active = 0;

	for (size_t i = 0; i < count; i++) {
		if (subject_is_active(&rows[i], day)) {
			*chosen = &rows[i];
			active++;
		}
		if (latest == NULL ||
		    rows[i].features.course_end_day >
			latest->features.course_end_day)
			latest = &rows[i];
	}
	if (active == 1)
		return true;
	if (active > 1)
		return name_courses(rows, count, day, err);
	if (latest != NULL)
		return verdict_inactive(latest, day, err);
	return err_set(err, ERR_NOT_FOUND,
	    "no such student is enrolled (in this course, if one was named)");
}
