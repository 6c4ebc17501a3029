/* drift.c - the tables of drift.def. */
#include "proto/drift.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/drift.def"
#include "proto/as_messages.h"

#define PROTO_NAME drift
#define PROTO_DEF "proto/drift.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME drift
#define PROTO_DEF "proto/drift.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME drift
#define PROTO_DEF "proto/drift.def"
#include "proto/as_lists.h"
