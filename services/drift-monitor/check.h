/*
 * check.h - one check of one tenant: the window against the champion's own
 * reference, stored as a report.
 */
#ifndef DRIFT_CHECK_H
#define DRIFT_CHECK_H

#include "services/drift-monitor/drift.h"

/* What is to be looked at. */
struct check {
	const char *tenant;
	bool has_as_of; /* false: the day of the newest scores */
	int32_t as_of;
	int64_t days;
};

/* Inside the tenant's transaction.  Where there is no model, no reference or
 * too little data, the report says so; false is a failure, of training's answer
 * or of the database. */
MUST_CHECK bool check_run(struct worker *w, const struct check *check,
    struct drift_report *report, struct err *err);

#endif
