/* training.c - the tables of training.def. */
#include "proto/training.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/training.def"
#include "proto/as_messages.h"

#define PROTO_NAME training
#define PROTO_DEF "proto/training.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME training
#define PROTO_DEF "proto/training.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME training
#define PROTO_DEF "proto/training.def"
#include "proto/as_lists.h"
