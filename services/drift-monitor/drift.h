/*
 * drift.h - what the files of drift-monitor share.
 *
 * Journey of a score: scores.c (heard, kept) > check.c (window, model,
 * comparison) > report.c (in words and numbers) > findings.c (what is new of
 * it, told once).
 */
#ifndef DRIFT_DRIFT_H
#define DRIFT_DRIFT_H

#include "proto/drift.h"
#include "service/call.h"

#define PROTO_DEF "proto/drift.def"
#include "proto/as_handlers.h"

/* job_kind.run: check one tenant whose turn it is. */
bool check_due(struct worker *w, bool *again, struct err *err);

#endif
