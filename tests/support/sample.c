/* sample.c - the tables of sample.def. */
#include "tests/support/sample.h"

#define PROTO_DEF "tests/support/sample.def"
#include "proto/as_messages.h"

#define PROTO_NAME sample
#define PROTO_DEF "tests/support/sample.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME sample
#define PROTO_DEF "tests/support/sample.def"
#include "proto/as_metric_table.h"
