/* gateway.c - the tables of gateway.def. */
#include "proto/gateway.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/gateway.def"
#include "proto/as_messages.h"

#define PROTO_NAME gateway
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME gateway
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME gateway
#define PROTO_DEF "proto/gateway.def"
#include "proto/as_lists.h"
