/*
 * folders.h - where jobs keep their checkpoints: data_folder/JOB_ID.
 *
 * A folder belongs to a job that waits or runs, and goes when the job is no
 * longer in the queue: ended, cancelled, whoever did it and whatever was
 * killed meanwhile.
 */
#ifndef TRAINING_FOLDERS_H
#define TRAINING_FOLDERS_H

#include "services/training/run.h"

/* Of the job in hand, in its arena; NULL: none are kept. */
const char *folder_of(struct run *run);

/* Remove the folders of jobs that are not in the queue.  One that cannot be
 * removed is told in the log, and so is, by the child that would use it, a
 * data_folder that cannot be read. */
MUST_CHECK bool folders_sweep(struct worker *w, struct err *err);

#endif
