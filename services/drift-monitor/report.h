/*
 * report.h - a comparison as a report: pure, no clock, no database.
 */
#ifndef DRIFT_REPORT_H
#define DRIFT_REPORT_H

#include "base/arena.h"
#include "ml/drift.h"
#include "proto/drift.h"

/* Fill in verdict, counts and features, which live in the arena: drifted ones
 * first, then by effect. */
void report_fill(const struct drift_finding *finding, struct arena *arena,
    struct drift_report *report);

/* The names of what has drifted, in the report's order. */
size_t report_drifted(const struct drift_report *report, struct arena *arena,
    const char ***names);

#endif
