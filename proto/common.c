/* common.c - the tables of common.def. */
#include "proto/common.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/common.def"
#include "proto/as_messages.h"

#define PROTO_NAME common
#define PROTO_DEF "proto/common.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME common
#define PROTO_DEF "proto/common.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME common
#define PROTO_DEF "proto/common.def"
#include "proto/as_lists.h"
