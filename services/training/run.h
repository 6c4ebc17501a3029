/*
 * run.h - a job in hand, as run.c, gather.c and finish.c share it.
 */
#ifndef TRAINING_RUN_H
#define TRAINING_RUN_H

#include "base/uuid.h"
#include "services/training/plan.h"
#include "services/training/training.h"
#include "services/training/work.h"

/* Of the job's progress, how much is gathering samples. */
#define SAMPLES_SHARE 0.2

enum { RUN_ASK_SECONDS = 60 }; /* for a question to another service */

struct run {
	struct worker *w;   /* borrowed; its arena may be reset at any time */
	struct arena arena; /* owned: what follows points into it */
	const char *job_id;
	const char *tenant;
	const char *asked_by;
	char owner[UUID_TEXT_SIZE]; /* ours, of the lease */
	int64_t attempts;
	struct train_question question;
	struct plan plan;
	const char *champion;  /* version at the start; NULL: none */
	int64_t earlier_looks; /* at the test (looks.h) */
	int64_t kept_at;       /* clock_ticks of the last run_keep */
	bool is_lost;          /* cancelled, or taken over by another */
	struct work_result result;
};

/* Move the lease on and tell where the job is; false with `is_lost` when the
 * job is not ours any more. */
MUST_CHECK bool run_keep(struct run *run, const struct work_progress *progress,
    struct err *err);

/* Ask for everything the child needs and write it into `file`; the samples
 * among it. */
MUST_CHECK bool run_gather(struct run *run, int file, struct err *err);
MUST_CHECK bool run_gather_samples(struct run *run, int file, struct err *err);

/* Store models, reports, promotion and the job's end in one transaction. */
MUST_CHECK bool run_finish(struct run *run, struct err *err);

#endif
