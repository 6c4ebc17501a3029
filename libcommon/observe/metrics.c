/* metrics.c - count with atomics, print for Prometheus. */
#include "observe/metrics.h"

#include <math.h>
#include <string.h>

#include "base/must.h"
#include "wire/json.h"

/* Upper ends of the buckets in seconds; one more holds the rest. */
static const double bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
	0.25, 0.5, 1, 2.5, 5, 10 };

enum { BUCKETS = ARRAY_SIZE(bounds) + 1, SUM_CELL = BUCKETS };
_Static_assert(ARRAY_SIZE(bounds) + 1 < METRIC_CELLS, "the sum has a cell");

static double
as_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static uint64_t
as_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static _Atomic uint64_t *
cell(const struct metric *metric, enum metric_kind kind, size_t which)
{
	must(metric->kind == kind && which < METRIC_CELLS);
	return &metric->cells[which];
}

void
metric_add(const struct metric *metric, size_t which, uint64_t count)
{
	atomic_fetch_add_explicit(cell(metric, METRIC_COUNTER, which), count,
	    memory_order_relaxed);
}

void
metric_set(const struct metric *metric, size_t which, double value)
{
	atomic_store_explicit(cell(metric, METRIC_GAUGE, which), as_bits(value),
	    memory_order_relaxed);
}

void
metric_move(const struct metric *metric, size_t which, double by)
{
	_Atomic uint64_t *at = cell(metric, METRIC_GAUGE, which);
	uint64_t old = atomic_load_explicit(at, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(at, &old,
	    as_bits(as_double(old) + by), memory_order_relaxed,
	    memory_order_relaxed))
		;
}

void
metric_observe(const struct metric *metric, double seconds)
{
	double micros = seconds > 0 ? fmin(seconds, 1e9) * 1e6 : 0;
	size_t bucket = 0;

	while (bucket < ARRAY_SIZE(bounds) && seconds > bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(cell(metric, METRIC_HISTOGRAM, bucket), 1,
	    memory_order_relaxed);
	atomic_fetch_add_explicit(cell(metric, METRIC_HISTOGRAM, SUM_CELL),
	    (uint64_t)micros, memory_order_relaxed);
}

static uint64_t
load(const struct metric *metric, size_t which)
{
	must(which < METRIC_CELLS);
	return atomic_load_explicit(&metric->cells[which],
	    memory_order_relaxed);
}

uint64_t
metric_count(const struct metric *metric, size_t which)
{
	must(metric->kind == METRIC_COUNTER);
	return load(metric, which);
}

/* Backslash and line end are escaped everywhere, quotes in label values. */
static void
add_escaped(struct buf *out, struct slice text, bool is_quoted)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == '\n')
			buf_text(out, "\\n");
		else if (text.data[i] == '\\' ||
		    (is_quoted && text.data[i] == '"'))
			buf_printf(out, "\\%c", text.data[i]);
		else
			buf_byte(out, text.data[i]);
}

static void
add_number(struct buf *out, double value)
{
	if (isnan(value))
		buf_text(out, "NaN");
	else if (isinf(value))
		buf_text(out, value > 0 ? "+Inf" : "-Inf");
	else
		json_real(out, value);
	buf_byte(out, '\n');
}

static double
value_of(const struct metric *metric, size_t which)
{
	uint64_t bits = load(metric, which);

	return metric->kind == METRIC_GAUGE ? as_double(bits) : (double)bits;
}

static void
print_labels(const struct metric *metric, struct buf *out)
{
	const char *at = metric->labels;

	for (size_t which = 0; *at != '\0'; which++) {
		size_t size = strcspn(at, " ");

		buf_printf(out, "%s{%s=\"", metric->name, metric->label);
		add_escaped(out, (struct slice){ at, size }, true);
		buf_text(out, "\"} ");
		add_number(out, value_of(metric, which));
		at += size;
		at += strspn(at, " ");
	}
}

static void
print_histogram(const struct metric *metric, struct buf *out)
{
	uint64_t count = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		count += load(metric, i);
		buf_printf(out, "%s_bucket{le=\"", metric->name);
		if (i < ARRAY_SIZE(bounds))
			json_real(out, bounds[i]);
		else
			buf_text(out, "+Inf");
		buf_printf(out, "\"} %llu\n", (unsigned long long)count);
	}
	buf_printf(out, "%s_sum ", metric->name);
	add_number(out, (double)load(metric, SUM_CELL) / 1e6);
	buf_printf(out, "%s_count %llu\n", metric->name,
	    (unsigned long long)count);
}

static void
print_metric(const struct metric *metric, struct buf *out)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };

	buf_printf(out, "# HELP %s ", metric->name);
	add_escaped(out, slice_of(metric->help), false);
	buf_printf(out, "\n# TYPE %s %s\n", metric->name, kinds[metric->kind]);
	if (metric->kind == METRIC_HISTOGRAM) {
		print_histogram(metric, out);
	} else if (metric->label[0] != '\0') {
		print_labels(metric, out);
	} else {
		buf_printf(out, "%s ", metric->name);
		add_number(out, value_of(metric, 0));
	}
}

void
metrics_print(const struct metric_table *table, struct buf *out)
{
	for (size_t i = 0; table->rows[i] != NULL; i++)
		print_metric(table->rows[i], out);
}
