/*
 * as_metrics.h - declares the metrics of PROTO_DEF's METRIC rows, each by its
 * symbol, and NAME_metric_table; NAME is PROTO_NAME.
 */
#include "observe/metrics.h"

#define AS_PASTE(left, right) left##right
#define AS_JOIN(left, right)  AS_PASTE(left, right)

#define METRIC(symbol, kind, name, label, labels, help) \
	extern const struct metric symbol;
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
extern const struct metric_table AS_JOIN(PROTO_NAME, _metric_table);

#undef AS_PASTE
#undef AS_JOIN
#undef PROTO_NAME
#undef PROTO_DEF
