/* notification.c - the tables of notification.def. */
#include "proto/notification.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/notification.def"
#include "proto/as_messages.h"

#define PROTO_NAME notification
#define PROTO_DEF "proto/notification.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME notification
#define PROTO_DEF "proto/notification.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME notification
#define PROTO_DEF "proto/notification.def"
#include "proto/as_lists.h"
