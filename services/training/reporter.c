/*
 * reporter.c - one line at a time, not too many.
 */
#include "services/training/reporter.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/child.h"
#include "services/training/work.h"
#include "wire/json.h"

#define PAUSE_US (SECOND_US / 10)

void
reporter_init(struct reporter *reporter, int file)
{
	*reporter = (struct reporter){ .file = file };
	pthread_mutex_init(&reporter->lock, NULL);
}

/* The parent is gone when it cannot be told; then there is no use going on. */
static void
write_line(const struct reporter *r, const struct work_progress *progress)
{
	struct buf line = { 0 };
	struct err err = { 0 };

	if (r->file == -1)
		return;
	json_encode(&work_progress_message, progress, &line);
	if (!child_report(r->file, buf_slice(&line), &err))
		_exit(1);
	buf_close(&line);
}

static bool
is_told(double loss)
{
	return isfinite(loss) && loss >= 0 && loss <= 1e6;
}

static void
tell(struct reporter *r, const struct reporter_unit *unit)
{
	const char *phase = unit->phase != NULL ? unit->phase : r->phase;
	struct work_progress progress = { .phase = phase,
		.progress = r->progress,
		.has_epoch = unit->epoch > 0,
		.epoch = unit->epoch,
		.has_train_loss = unit->epoch > 0 && is_told(unit->train_loss),
		.train_loss = unit->train_loss,
		.has_validation_loss =
		    unit->epoch > 0 && is_told(unit->validation_loss),
		.validation_loss = unit->validation_loss };

	write_line(r, &progress);
	r->last = clock_ticks();
}

void
reporter_stage(struct reporter *reporter, const char *phase, double to,
    uint64_t total)
{
	static const struct reporter_unit none;

	pthread_mutex_lock(&reporter->lock);
	snprintf(reporter->phase, sizeof(reporter->phase), "%s", phase);
	reporter->from = reporter->to;
	reporter->to = to;
	reporter->progress = reporter->from;
	reporter->done = 0;
	reporter->total = total;
	tell(reporter, &none);
	pthread_mutex_unlock(&reporter->lock);
}

void
reporter_unit(struct reporter *reporter, const struct reporter_unit *unit)
{
	double share;

	pthread_mutex_lock(&reporter->lock);
	if (reporter->done < reporter->total)
		reporter->done++;
	share = (double)reporter->done / (double)reporter->total;
	reporter->progress =
	    reporter->from + share * (reporter->to - reporter->from);
	if (clock_ticks() - reporter->last >= PAUSE_US)
		tell(reporter, unit);
	pthread_mutex_unlock(&reporter->lock);
}
