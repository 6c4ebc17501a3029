/*
 * as_metric_table.h - defines what as_metrics.h has declared.  Included once
 * a .def, in proto/<service>.c.
 */
#include <stddef.h>

#include "observe/metrics.h"

#define AS_PASTE(left, right) left##right
#define AS_JOIN(left, right)  AS_PASTE(left, right)
#define AS_TEXT(text)	      #text
#define AS_NAME(name)	      AS_TEXT(name)

#define METRIC(symbol, kind, name, label, labels, help)               \
	static _Atomic uint64_t symbol##_cells[METRIC_CELLS];         \
	const struct metric symbol = { METRIC_##kind, name, label, labels, \
		help, symbol##_cells };
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"

#define METRIC(symbol, kind, name, label, labels, help) &symbol,
static const struct metric *const AS_JOIN(PROTO_NAME, _metric_rows)[] = {
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
	NULL
};
const struct metric_table AS_JOIN(PROTO_NAME, _metric_table) = {
	AS_NAME(PROTO_NAME), AS_JOIN(PROTO_NAME, _metric_rows) };

#undef AS_PASTE
#undef AS_JOIN
#undef AS_TEXT
#undef AS_NAME
#undef PROTO_NAME
#undef PROTO_DEF
