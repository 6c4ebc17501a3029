/*
 * line.h - one result of a benchmark: a number beside the one it is held
 * against, as one JSON object a line.
 */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include <stdio.h>

struct line {
	const char *name, *unit, *reference;
	double value, reference_value;
};

static inline void
print_line(struct line l)
{
	printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
	       "\"reference\":\"%s\",\"reference_value\":%.6g,"
	       "\"ratio\":%.3f}\n",
	    l.name, l.value, l.unit, l.reference, l.reference_value,
	    l.value / l.reference_value);
	fflush(stdout);
}

#endif
