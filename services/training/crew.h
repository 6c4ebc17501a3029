/*
 * crew.h - independent tasks on all processors of the machine.
 *
 * Tasks are taken in order by whichever thread is free.  Each writes only to
 * its own place, so the outcome does not depend on who does what when.
 */
#ifndef TRAINING_CREW_H
#define TRAINING_CREW_H

#include <stddef.h>

typedef void crew_task(void *user, size_t task);

/* Run tasks 0 ... count - 1; returns when all are done. */
void crew_run(crew_task *run, void *user, size_t count);

#endif
