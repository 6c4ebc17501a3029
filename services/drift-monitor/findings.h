/*
 * findings.h - what of a report is news: told once, and again only after it
 * has come back.
 */
#ifndef DRIFT_FINDINGS_H
#define DRIFT_FINDINGS_H

#include "services/drift-monitor/drift.h"

/* Fill in report->new_findings, remember what drifts, and say drift.detected
 * when there is news.  For a report of the current day with a comparison. */
MUST_CHECK bool findings_note(struct worker *w, const char *tenant,
    struct drift_report *report, struct err *err);

#endif
