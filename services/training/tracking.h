/*
 * tracking.h - what is to be told to the tracking server (tracked.h) waits in a
 * table, written in the transaction that made it so, and a job tells it.
 * Training waits for neither: an address that nobody answers at costs rows.
 */
#ifndef TRAINING_TRACKING_H
#define TRAINING_TRACKING_H

#include "service/service.h"

/* Of tracking_task.kind. */
#define TRACKED_JOB   "job"   /* one that has ended, by its id */
#define TRACKED_ALIAS "alias" /* where it points, by its name */

/* Have it told, in the transaction in hand; nothing where no tracking server is
 * set. */
MUST_CHECK bool tracking_want(struct worker *w, const char *tenant,
    const char *kind, const char *name, struct err *err);

/* job_kind.run, apart: tell the next.  One after the other; what fails is tried
 * again after a pause that doubles up to five minutes, and the rest waits
 * behind it.  What the server refuses for good is put aside for a day. */
bool tracking_tell(struct worker *w, bool *again, struct err *err);

#endif
