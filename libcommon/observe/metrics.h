/*
 * metrics.h - counters, gauges and histograms: rows of a .def, counted
 * without locks, printed for Prometheus (text format 0.0.4).
 *
 * METRIC(symbol, kind, name, label, labels, help) gives an object `symbol`:
 *	metric_add(&METRIC_CALLS, STATUS_CLASS_2XX, 1);
 * `label` is "" or the one label's name, `labels` its values parted by
 * blanks; the argument `which` of each function is a value's place there,
 * from 0, and 0 without label.  A histogram has no label.  Any thread may
 * call any function; a value read while it changes is the old or the new one.
 */
#ifndef OBSERVE_METRICS_H
#define OBSERVE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Label values of a metric, or a histogram's buckets and sum, at most. */
enum { METRIC_CELLS = 16 };

struct metric {
	enum metric_kind kind;
	const char *name;
	const char *label;  /* "": none */
	const char *labels; /* values, parted by blanks */
	const char *help;
	_Atomic uint64_t *cells; /* METRIC_CELLS of them: counts of a counter,
				  * bits of a gauge's doubles, counts of a
				  * histogram's buckets and its microseconds */
};

struct metric_table {
	const char *owner;		   /* "common" or the service */
	const struct metric *const *rows; /* the last one is NULL */
};

void metric_add(const struct metric *metric, size_t which, uint64_t count);
void metric_set(const struct metric *metric, size_t which, double value);
/* Move a gauge up or down. */
void metric_move(const struct metric *metric, size_t which, double by);
/* Buckets up to 1, 2.5, 5, 10, 25, 50, 100, 250, 500 ms, 1, 2.5, 5, 10 s. */
void metric_observe(const struct metric *metric, double seconds);

uint64_t metric_count(const struct metric *metric, size_t which);

void metrics_print(const struct metric_table *table, struct buf *out);

#endif
