/* ingestion.c - the tables of ingestion.def. */
#include "proto/ingestion.h"

#include "proto/registry.h"

#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_messages.h"

#define PROTO_NAME ingestion
#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_setting_table.h"

#define PROTO_NAME ingestion
#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_metric_table.h"

#define PROTO_NAME ingestion
#define PROTO_DEF "proto/ingestion.def"
#include "proto/as_lists.h"
