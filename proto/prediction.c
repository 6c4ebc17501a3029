/* prediction.c - the tables of prediction.def. */
#include "proto/prediction.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/prediction.def"
#include "proto/as_messages.h"

#define PROTO_NAME prediction
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME prediction
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME prediction
#define PROTO_DEF "proto/prediction.def"
#include "proto/as_lists.h"
